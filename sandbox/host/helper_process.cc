// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/helper_process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string>
#include <string_view>

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

constexpr std::size_t kMaxMessage = 16384;

// What the helper says: one descriptor and no text, or an error as "<kind><message>\0<hint>".
struct Message {
  std::string text;
  UniqueFd descriptor;
};

union ControlBuffer {
  std::array<char, CMSG_SPACE(sizeof(int))> bytes;
  cmsghdr alignment;
};

bool Send(int socket, const Message& message) {
  iovec part{const_cast<char*>(message.text.data()), message.text.size()};
  ControlBuffer control = {};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (message.descriptor) {
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    cmsghdr* const rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = message.descriptor.get();
    std::memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL) >= 0;
}

base::Result<Message> Receive(int socket) {
  Message message;
  message.text.resize(kMaxMessage);
  iovec part{message.text.data(), message.text.size()};
  ControlBuffer control = {};
  msghdr header = {};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  ssize_t got = 0;
  do {
    got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return FailErrno(ErrorKind::kHost, errno, "receive a mount");
  message.text.resize(static_cast<std::size_t>(got));
  const cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  if (rights != nullptr && rights->cmsg_type == SCM_RIGHTS) {
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(rights), sizeof(fd));
    message.descriptor.Reset(fd);
  }
  return message;
}

std::string Encode(const base::Error& error) {
  std::string text(1, static_cast<char>('0' + static_cast<int>(error.kind)));
  text += error.message.substr(0, kMaxMessage / 2) + '\0' + error.hint.substr(0, kMaxMessage / 4);
  return text;
}

base::Error Decode(std::string_view text) {
  if (text.size() < 2 || text[0] < '0' || text[0] > '0' + static_cast<int>(ErrorKind::kInternal)) {
    return {ErrorKind::kHost, "the process that makes the mounts ended too early", {}};
  }
  const auto end = std::min(text.find('\0'), text.size() - 1);
  return {static_cast<ErrorKind>(text[0] - '0'), std::string(text.substr(1, end - 1)),
          std::string(text.substr(end + 1))};
}

// Everything but these two: a log must reach its end although we still live.
void CloseOthers(int one, int two) {
  const auto low = static_cast<unsigned>(std::min(one, two));
  const auto high = static_cast<unsigned>(std::max(one, two));
  if (low > 0) close_range(0, low - 1, 0);
  if (high > low + 1) close_range(low + 1, high - 1, 0);
  close_range(high + 1, ~0U, 0);
}

base::Result<UniqueFd> DoWork(const HelperProcess::Work& work, int socket) {
  // Private, not only a slave: what is unmounted on the host has to stay here.
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "make the mounts private");
  }
  return work([socket] {
    pollfd end{socket, POLLIN, 0};
    return poll(&end, 1, 0) == 0;  // nothing is ever sent to us, so anything is the end
  });
}

[[noreturn]] void RunHelper(const HelperProcess::Work& work, int socket, int kept) {
  CloseOthers(socket, kept);
  {
    Message message;
    auto made = DoWork(work, socket);
    if (made) {
      message.text = "+";
      message.descriptor = std::move(*made);
    } else {
      message.text = Encode(made.error());
    }
    if (!Send(socket, message)) _exit(1);
  }
  char end = 0;
  while (read(socket, &end, 1) < 0 && errno == EINTR) {
  }
  _exit(0);
}

// Forks the helper from a child that ends at once, so that it is an orphan from its beginning. In
// that child, between vfork and _exit, there is one system call.
base::Status ForkOrphan(const HelperProcess::Work& work, int socket, int kept) {
  const pid_t between = vfork();  // NOLINT(clang-analyzer-security.insecureAPI.vfork)
  if (between < 0) return FailErrno(ErrorKind::kHost, errno, "fork");
  if (between == 0) {
    // NOLINTNEXTLINE(clang-analyzer-unix.Vfork): a copy of memory from here on, not a share.
    const long helper = syscall(SYS_clone, CLONE_NEWNS | SIGCHLD, nullptr, nullptr, nullptr, 0);
    if (helper == 0) RunHelper(work, socket, kept);  // NOLINT(clang-analyzer-unix.Vfork): the same
    _exit(helper < 0 ? errno : 0);
  }
  int status = 0;
  while (waitpid(between, &status, 0) < 0) {
    if (errno != EINTR) return FailErrno(ErrorKind::kHost, errno, "wait for a child");
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return FailErrno(ErrorKind::kHost, WIFEXITED(status) ? WEXITSTATUS(status) : EINTR,
                   "make a mount namespace");
}

}  // namespace

base::Result<HelperProcess> HelperProcess::Start(const Work& work, int kept) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "socketpair");
  }
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  STOCKADE_TRY(ForkOrphan(work, theirs.get(), kept));
  theirs.Reset();
  STOCKADE_ASSIGN(Message message, Receive(ours.get()));
  if (!message.descriptor) return tl::unexpected(Decode(message.text));
  return HelperProcess(std::move(ours), std::move(message.descriptor));
}

}  // namespace stockade::sandbox
