// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor_client.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "config/base/file.h"
#include "sandbox/fd_message.h"
#include "sandbox/supervisor/protocol.h"
#include "sandbox/supervisor_cgroup.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::Result;
using base::Status;
using base::UniqueFd;

constexpr int kPatienceMs = 10'000;  // a supervisor is ready in some milliseconds
// Above every number that a supervisor's descriptors get, so that none is overwritten.
constexpr int kSafeFd = 100;

struct Session {
  UniqueFd ours;
  UniqueFd theirs;
};

Result<Session> NewSession() {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "socketpair");
  }
  return Session{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Waits for the supervisor's first word on a session.
Status AwaitReady(int session) {
  pollfd state{.fd = session, .events = POLLIN, .revents = 0};
  std::array<char, 513> text{};
  const ssize_t got =
      poll(&state, 1, kPatienceMs) == 1 ? recv(session, text.data(), text.size() - 1, 0) : -1;
  if (got > 0 && text[0] == supervisor::kReady) return {};
  if (got > 0) return base::Fail(ErrorKind::kHost, "stockade-supervisor: {}", text.data() + 1);
  return base::Fail(ErrorKind::kHost, "stockade-supervisor {}",
                    got == 0 ? "ended before it was ready" : "did not answer");
}

// A control socket's address: by the directory's descriptor, for a path may be too long for one.
sockaddr_un ControlAddress(int directory) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/proc/self/fd/{}{}", directory, supervisor::kControlName);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Result<UniqueFd> OpenDirectory(const std::string& path) {
  UniqueFd directory(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  if (!directory) return FailErrno(ErrorKind::kHost, errno, path);
  return directory;
}

Result<UniqueFd> Listen(const std::string& state_directory) {
  STOCKADE_ASSIGN(const UniqueFd directory, OpenDirectory(state_directory));
  const sockaddr_un address = ControlAddress(directory.get());
  UniqueFd control(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const std::string path = state_directory + supervisor::kControlName;
  if (!control ||
      bind(control.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0600) != 0 || listen(control.get(), 64) != 0) {
    return FailErrno(ErrorKind::kHost, errno, path);
  }
  return control;
}

Result<UniqueFd> PolicyFile(const base::Json& section) {
  UniqueFd file(memfd_create("stockade-policy", MFD_CLOEXEC));
  if (!file) return FailErrno(ErrorKind::kHost, errno, "memfd_create");
  STOCKADE_TRY(base::WriteAll(file.get(), base::DumpJson(section), "the policy"));
  if (lseek(file.get(), 0, SEEK_SET) != 0) return FailErrno(ErrorKind::kHost, errno, "lseek");
  return file;
}

Result<UniqueFd> OpenLog(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return FailErrno(ErrorKind::kHost, errno, path);
  return file;
}

// The descriptors that the supervisor starts with, by the numbers that they get.
using Inherited = std::array<UniqueFd, supervisor::kEndOfFds>;

// Between vfork and exec, in the memory of the parent, which waits: async-signal-safe calls only.
[[noreturn]] void BecomeSupervisor(const char* program, char** arguments, const int* fds) {
  sigset_t none;
  sigemptyset(&none);
  for (int fd = 0; fd < supervisor::kEndOfFds; ++fd) {
    if (dup2(fds[fd], fd) != fd) _exit(126);
  }
  (void)syscall(SYS_close_range, supervisor::kEndOfFds, ~0U, 0);
  for (int signal = 1; signal < 32; ++signal) (void)::signal(signal, SIG_DFL);
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)sigprocmask(SIG_SETMASK, &none, nullptr);
  std::array<char*, 1> environment{nullptr};
  if (chdir("/") != 0) _exit(126);
  (void)umask(077);
  execve(program, arguments, environment.data());
  _exit(errno == ENOENT ? 127 : 126);
}

// Starts it as an orphan in a session of its own, and in the cgroups of `join`: the process
// between, which ends with 0 or an errno value once the supervisor runs. Joining takes the kernel a
// grace period, in which this process goes on.
Result<pid_t> Spawn(const std::string& program, const std::string& id, const Inherited& inherited,
                    const JoinFiles& join) {
  std::array<int, supervisor::kEndOfFds> fds{};
  for (std::size_t i = 0; i < fds.size(); ++i) fds[i] = inherited[i].get();
  std::string name = "stockade-supervisor";
  std::string argument = id;
  std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
  const char* const path = program.c_str();
  const pid_t between = fork();
  if (between < 0) return FailErrno(ErrorKind::kHost, errno, "fork");
  // NOLINTBEGIN(clang-analyzer-unix.Vfork): the child keeps to what is safe and never returns.
  if (between == 0) {
    (void)setsid();
    if (const int error = JoinCgroups(join); error != 0) _exit(error);
    const pid_t child = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
    if (child == 0) BecomeSupervisor(path, arguments.data(), fds.data());
    _exit(child < 0 ? errno : 0);
  }
  // NOLINTEND(clang-analyzer-unix.Vfork)
  return between;
}

// How a process ended: its exit code, or EIO.
int ExitOf(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return EIO;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

}  // namespace

Result<std::string> SupervisorProgram() {
  STOCKADE_ASSIGN(const std::string self, base::ResolvePath("/proc/self/exe"));
  const std::string bin = self.substr(0, self.rfind('/'));
  std::string path = bin.substr(0, bin.rfind('/')) + "/libexec/stockade/stockade-supervisor";
  STOCKADE_TRY(base::CheckOwnedByRoot(path, ErrorKind::kHost));
  return path;
}

StartingSupervisor::~StartingSupervisor() {
  session_.Reset();  // and it ends by itself
  if (between_ > 0) (void)ExitOf(between_);
}

Result<UniqueFd> StartingSupervisor::Await() {
  if (const int error = ExitOf(std::exchange(between_, -1)); error != 0) {
    const char* where = joins_ ? " in its pod's cgroup" : "";
    return FailErrno(ErrorKind::kHost, error,
                     "stockade-supervisor cannot be started" + std::string(where));
  }
  STOCKADE_TRY(AwaitReady(session_.get()));
  return std::move(session_);
}

Result<StartingSupervisor> StartSupervisor(const std::string& program,
                                           const std::string& state_directory,
                                           const std::string& id, const base::Json& section,
                                           const std::optional<PodCgroup>& pod) {
  JoinFiles join;
  if (pod) {
    STOCKADE_ASSIGN(join, OpenPodCgroup(kCgroups, *pod, state_directory, id));
  }
  STOCKADE_ASSIGN(Session session, NewSession());
  Inherited inherited;
  STOCKADE_ASSIGN(inherited[supervisor::kControlFd], Listen(state_directory));
  inherited[supervisor::kSessionFd] = std::move(session.theirs);
  STOCKADE_ASSIGN(inherited[supervisor::kPolicyFd], PolicyFile(section));
  STOCKADE_ASSIGN(inherited[supervisor::kEventsFd],
                  OpenLog(state_directory + supervisor::kEventsName));
  STOCKADE_ASSIGN(inherited[supervisor::kOlderEventsFd],
                  OpenLog(state_directory + supervisor::kOlderEventsName));
  STOCKADE_ASSIGN(inherited[2], OpenLog(state_directory + supervisor::kLogName));
  for (const int number : {0, 1}) {
    inherited[static_cast<std::size_t>(number)].Reset(open("/dev/null", O_RDWR | O_CLOEXEC));
  }
  for (UniqueFd& fd : inherited) {
    UniqueFd safe(fcntl(fd.get(), F_DUPFD_CLOEXEC, kSafeFd));
    if (!safe) return FailErrno(ErrorKind::kHost, errno, "pass a descriptor");
    fd = std::move(safe);
  }
  STOCKADE_ASSIGN(const pid_t between, Spawn(program, id, inherited, join));
  return StartingSupervisor(std::move(session.ours), between, !join.empty());
}

Result<UniqueFd> OpenSession(const std::string& state_directory) {
  STOCKADE_ASSIGN(const UniqueFd directory, OpenDirectory(state_directory));
  const sockaddr_un address = ControlAddress(directory.get());
  const UniqueFd control(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!control ||
      connect(control.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return base::FailHint(ErrorKind::kHost, "recreate the container",
                          "the container's supervisor does not answer: {}", std::strerror(errno));
  }
  STOCKADE_ASSIGN(Session session, NewSession());
  const char byte = 0;
  if (!SendFd(control.get(), &byte, 1, session.theirs.get())) {
    return FailErrno(ErrorKind::kHost, errno, "the container's supervisor");
  }
  session.theirs.Reset();
  STOCKADE_TRY(AwaitReady(session.ours.get()));
  return std::move(session.ours);
}

}  // namespace stockade::sandbox
