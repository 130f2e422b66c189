// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/sessions.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "config/base/file.h"
#include "sandbox/fd_message.h"
#include "sandbox/init/protocol.h"
#include "sandbox/supervisor/namespace_file.h"
#include "sandbox/supervisor/protocol.h"
#include "sandbox/supervisor/settled_view.h"

namespace stockade::supervisor {
namespace {

// The listener out of the stub: by its number, for sendmsg is one of the calls that nobody answers
// yet. The stub waits for us meanwhile.
base::UniqueFd FetchListener(pid_t stub, int number) {
  const base::UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, stub, 0)));
  if (!pidfd) return {};
  base::UniqueFd fd(static_cast<int>(syscall(SYS_pidfd_getfd, pidfd.get(), number, 0)));
  if (fd && !KernelSource::IsListener(fd.get())) fd.Reset();
  return fd;
}

Names NamesOf(const new_utsname& names) {
  Names copy;
  std::ranges::copy(names.nodename, copy.node.begin());
  std::ranges::copy(names.domainname, copy.domain.begin());
  return copy;
}

// True if the stub, and so whatever the workload becomes, keeps its ids and root.
bool IsSettled(int proc, pid_t stub) {
  std::string status;
  return TargetDescriptors(proc).ReadStatus(stub, status) && KeepsIdsAndRoot(status);
}

}  // namespace

Sessions::Sessions(base::UniqueFd control, WorkerParts& parts)
    : control_(std::move(control)), parts_(parts) {
  if (PerformsMounts(parts.rule) && parts.memory) {
    mounts_.emplace(parts.view.proc.get(), *parts.memory);
  }
}

void Sessions::CloseOwn() {
  control_.Reset();
  sessions_.clear();
  listeners_.clear();
}

base::Status Sessions::StartWorker() {
  parts_.calls.FreeSlots();
  if (mounts_) parts_.orders = mounts_->NewLink();
  const pid_t pid = worker_.Start();
  if (pid < 0) return base::FailErrno(base::ErrorKind::kHost, errno, "start a worker");
  if (pid == 0) {
    CloseOwn();
    mounts_.reset();
    _exit(RunWorker(parts_, worker_.TakeLink()));
  }
  parts_.orders.Reset();
  for (const Held& held : listeners_) (void)worker_.Give(held.source.fd(), held.facts);
  return {};
}

bool Sessions::ReplaceWorker() {
  const std::string how = worker_.Reap();
  for (Held& held : listeners_) {
    for (const std::uint64_t id : parts_.calls.LostOf(held.facts.number)) {
      if (held.source.IsWaiting(id)) held.source.Answer(id, 0, EINTR);
    }
  }
  constexpr std::time_t kPeriod = 60;
  const std::time_t now = std::time(nullptr);
  std::erase_if(deaths_, [&](std::time_t death) { return death + kPeriod < now; });
  deaths_.push_back(now);
  const bool again = deaths_.size() <= kMaxDeaths && StartWorker();
  const std::string line = fmt::format("the worker {}; {}\n", how,
                                       again ? "another goes on" : "the container's calls fail");
  (void)base::WriteAll(STDERR_FILENO, line, "log");
  return again;
}

unsigned Sessions::FreeNumber() const {
  unsigned number = 0;
  while (std::ranges::any_of(listeners_,
                             [&](const Held& held) { return held.facts.number == number; })) {
    ++number;
  }
  return number;
}

void Sessions::Add(base::UniqueFd session) {
  const int on = 1;
  if (sessions_.size() + listeners_.size() >= kMax ||
      setsockopt(session.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0 ||
      write(session.get(), &kReady, 1) != 1) {
    return;
  }
  sessions_.push_back(std::move(session));
}

void Sessions::Accept() {
  const base::UniqueFd peer(accept4(control_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ucred who{};
  socklen_t size = sizeof who;
  // The directory is root's; this is the second lock on the same door.
  if (!peer || getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 || who.uid != 0) {
    return;
  }
  pollfd ready{.fd = peer.get(), .events = POLLIN, .revents = 0};
  constexpr int kPatienceMs = 1000;
  if (poll(&ready, 1, kPatienceMs) != 1) return;
  char byte = 0;
  sandbox::FdMessage received = sandbox::ReceiveFd(peer.get(), &byte, 1);
  if (received.size == 1 && received.fd) Add(std::move(received.fd));
}

bool Sessions::TakeHome(pid_t stub) {
  const int proc = parts_.view.proc.get();
  base::UniqueFd theirs = OpenNamespace(proc, stub, "user");
  const ino_t inode = InodeOf(theirs);
  if (home_ != 0 || inode == 0) return home_ == inode && inode != 0;
  const ino_t ours = InodeOf(OpenNamespace(proc, getpid(), "user"));
  if (ours == 0) return false;
  home_ = inode;
  shared_ = inode == ours;
  if (shared_) return true;
  // A worker that has just died is replaced by one that has it from its beginning.
  (void)worker_.GiveHome(theirs.get());
  parts_.user_namespace = std::move(theirs);
  return true;
}

MountHome Sessions::HomeForWorker() const {
  MountHome home = mounts_ ? mounts_->home() : MountHome{};
  if (!shared_ && home.root != static_cast<uid_t>(-1)) home.root = 0;  // in its own numbers
  return home;
}

bool Sessions::TakeListener(int session) {
  init::Listener message{};
  const sandbox::FdMessage received = sandbox::ReceiveFd(session, &message, sizeof message);
  if (received.size != static_cast<ssize_t>(sizeof message) || received.pid <= 0) return false;
  base::UniqueFd fd = FetchListener(received.pid, message.fd);
  if (!fd || !TakeHome(received.pid) || (mounts_ && !mounts_->TakeHome(received.pid))) {
    return false;
  }
  const ListenerFacts facts{.number = FreeNumber(),
                            .same_user_namespace = shared_,
                            .names = NamesOf(message.names),
                            .settled = IsSettled(parts_.view.proc.get(), received.pid),
                            .home = HomeForWorker()};
  parts_.calls.Forget(facts.number);
  // A worker that has just died gets it with the others, when it is replaced.
  (void)worker_.Give(fd.get(), facts);
  listeners_.push_back({facts, KernelSource(std::move(fd))});
  return write(session, &init::kAccepted, 1) == 1;
}

int Sessions::Run() {
  while (!sessions_.empty() || !listeners_.empty()) {
    std::vector<pollfd> fds{{control_.get(), POLLIN, 0},
                            {worker_.link(), POLLIN, 0},
                            {mounts_ ? mounts_->poll_fd() : -1, POLLIN, 0}};
    for (const base::UniqueFd& session : sessions_) fds.push_back({session.get(), POLLIN, 0});
    for (const Held& held : listeners_) fds.push_back({held.source.fd(), 0, 0});
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) return 1;
    if (fds[1].revents != 0 && !ReplaceWorker()) return 1;
    if (fds[2].revents != 0) {
      mounts_->Serve([this] {
        CloseOwn();
        (void)worker_.TakeLink();
      });
    }
    auto state = fds.begin() + 3;
    std::vector<base::UniqueFd> ready;
    for (base::UniqueFd& session : sessions_) {
      if (state++->revents != 0) ready.push_back(std::move(session));
    }
    std::erase_if(sessions_, [](const base::UniqueFd& session) { return !session; });
    std::erase_if(listeners_, [&](const Held&) { return (state++->revents & POLLHUP) != 0; });
    // One message is all that a session has to say.
    for (const base::UniqueFd& session : ready) (void)TakeListener(session.get());
    if (fds[0].revents != 0) Accept();
  }
  if (mounts_) mounts_->Stop();
  return 0;
}

}  // namespace stockade::supervisor
