// SPDX-License-Identifier: Apache-2.0
#include "sandbox/fd_message.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace stockade::sandbox {
namespace {

constexpr std::size_t kMaxAncillary = 256;

}  // namespace

FdMessage ReceiveFd(int socket, void* to, std::size_t room) {
  FdMessage received;
  iovec data{.iov_base = to, .iov_len = room};
  alignas(cmsghdr) std::array<char, kMaxAncillary> control;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  received.size = recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (received.size < 0) return received;
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    if (at->cmsg_level != SOL_SOCKET) continue;
    if (at->cmsg_type == SCM_CREDENTIALS) {
      ucred who{};
      std::memcpy(&who, CMSG_DATA(at), sizeof who);
      received.pid = who.pid;
    } else if (at->cmsg_type == SCM_RIGHTS) {
      const std::size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (std::size_t i = 0; i < count; ++i) {
        int fd = -1;
        std::memcpy(&fd, CMSG_DATA(at) + i * sizeof fd, sizeof fd);
        received.fd.Reset(fd);
      }
    }
  }
  return received;
}

bool SendFd(int socket, const void* data, std::size_t size, int fd) {
  iovec part{.iov_base = const_cast<void*>(data), .iov_len = size};  // NOLINT: only read
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = space.data();
  message.msg_controllen = space.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  return sendmsg(socket, &message, MSG_NOSIGNAL) == static_cast<ssize_t>(size);
}

}  // namespace stockade::sandbox
