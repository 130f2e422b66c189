// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/message.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "sandbox/supervisor/control_message.h"

namespace stockade::supervisor {
namespace {

constexpr std::size_t kMaxPart = 128U << 10;    // of a stream, in our memory at a time
constexpr std::size_t kMaxDatagram = 1U << 20;  // above every default socket buffer
constexpr int kZeroCopy = 0x4000000;            // MSG_ZEROCOPY

bool MayWait(int socket, int flags) {
  const int mode = fcntl(socket, F_GETFL);
  return (flags & MSG_DONTWAIT) == 0 && (mode < 0 || (mode & O_NONBLOCK) == 0);
}

}  // namespace

bool SendSocket::IsIp() const { return domain == AF_INET || domain == AF_INET6; }
bool SendSocket::IsStream() const { return type == SOCK_STREAM; }

int Message::Take(const SendSocket& socket, MessageSource source, int flags) {
  source_ = std::move(source);
  flags_ = flags;
  if ((flags & kZeroCopy) != 0) return ENOBUFS;  // our copy could change before it is sent
  for (iovec& part : source_.data) {
    if (static_cast<ssize_t>(part.iov_len) < 0) return EINVAL;
    part.iov_len = std::min(part.iov_len, kMaxTotal - total_);
    total_ += part.iov_len;
  }
  if (!socket.IsStream() && total_ > kMaxDatagram) return EMSGSIZE;
  if (source_.name != 0) {
    const int error = address_.Take(services_, call_, name_, source_.name, source_.name_length,
                                    filters::SocketUse::kSend);
    if (error != 0) return error;
  }
  if (source_.control_length != 0) {
    if (source_.control_length > kMaxControl) return ENOBUFS;
    control_.resize(source_.control_length);
    const auto thread = static_cast<pid_t>(call_.pid);
    if (!ReadMemory(thread, source_.control, control_)) return EFAULT;
    const auto duplicate = [&](int fd) { return services_.targets.Descriptor(thread, fd); };
    const int error = TakeControl(control_, socket.domain == AF_UNIX, duplicate, passed_);
    if (error != 0) return error;
  }
  if (!Fill(socket)) return EFAULT;
  return services_.source.IsWaiting(call_.id) ? 0 : kGone;
}

// Copies the next part: all of a datagram, some of a stream.
bool Message::Fill(const SendSocket& socket) {
  const std::size_t left = total_ - sent_;
  part_.resize(socket.IsStream() ? std::min(left, kMaxPart) : left);
  part_at_ = 0;
  std::span<std::byte> room(part_);
  while (!room.empty()) {
    const iovec& from = source_.data[segment_];
    const std::size_t size = std::min(room.size(), from.iov_len - segment_at_);
    const auto address = reinterpret_cast<std::uint64_t>(from.iov_base) + segment_at_;
    if (!ReadMemory(static_cast<pid_t>(call_.pid), address, room.first(size))) return false;
    room = room.subspan(size);
    segment_at_ += size;
    if (segment_at_ == from.iov_len) {
      ++segment_;
      segment_at_ = 0;
    }
  }
  return true;
}

int Message::SendTo(const SendSocket& socket, int flags, const sockaddr* address, socklen_t length,
                    std::size_t& sent) {
  iovec data{.iov_base = part_.data() + part_at_, .iov_len = part_.size() - part_at_};
  msghdr header{};
  header.msg_name = const_cast<sockaddr*>(address);
  header.msg_namelen = length;
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control_.empty() ? nullptr : control_.data();
  header.msg_controllen = control_.size();
  const ssize_t result = sendmsg(socket.fd.get(), &header, flags | MSG_NOSIGNAL);
  if (result < 0) return errno;
  sent = static_cast<std::size_t>(result);
  flags_ &= ~MSG_FASTOPEN;  // it is connected by now
  control_.clear();         // goes with the first byte
  passed_.clear();
  return 0;
}

int Message::SendPart(const SendSocket& socket, int flags, std::size_t& sent) {
  const bool named = address_.length() != 0;
  if (socket.IsIp()) {
    return SendTo(socket, flags, named ? address_.get() : nullptr, address_.length(), sent);
  }
  Reach reach(services_, call_, named ? &address_ : nullptr);
  if (!reach) return services_.source.IsWaiting(call_.id) ? EACCES : kGone;
  if (const int error = reach.Resolve(name_); error != 0) return error;
  return SendTo(socket, flags, reach.address(), reach.length(), sent);
}

Reply Message::End(const SendSocket& socket, int error) const {
  if (error == kGone) return {0, kGone};
  if (sent_ != 0) return {static_cast<std::int64_t>(sent_), 0};
  if (error == EPIPE && socket.IsStream() && (flags_ & MSG_NOSIGNAL) == 0) {
    services_.targets.Signal(static_cast<pid_t>(call_.pid), SIGPIPE,
                             [this] { return services_.source.IsWaiting(call_.id); });
  }
  return {0, error};
}

std::optional<Reply> Message::Try(const SendSocket& socket) {
  do {
    std::size_t sent = 0;
    const int error = SendPart(socket, flags_ | MSG_DONTWAIT, sent);
    // EINPROGRESS: it connects first (MSG_FASTOPEN, TCP_FASTOPEN_CONNECT).
    const bool later = error == EAGAIN || error == EINPROGRESS;
    if (later && MayWait(socket.fd.get(), flags_)) return std::nullopt;
    if (error != 0) return End(socket, error);
    sent_ += sent;
    part_at_ += sent;
    if (part_at_ == part_.size() && sent_ < total_ && !Fill(socket)) return End(socket, EFAULT);
    if (sent_ < total_ && !services_.source.IsWaiting(call_.id)) return Reply{0, kGone};
  } while (socket.IsStream() && sent_ < total_);
  return End(socket, 0);
}

std::optional<Reply> Message::Perform(const SendSocket& socket, const StillWaiting& still_waiting) {
  for (;;) {
    std::size_t sent = 0;
    const int error = SendPart(socket, flags_, sent);
    if (error == EINTR || error == kGone) {
      if (!still_waiting()) return std::nullopt;
      continue;
    }
    if (error != 0) return End(socket, error);
    sent_ += sent;
    part_at_ += sent;
    if (!socket.IsStream() || sent_ == total_) return End(socket, 0);
    if (part_at_ == part_.size() && !Fill(socket)) return End(socket, EFAULT);
    if (!still_waiting()) return std::nullopt;
  }
}

}  // namespace stockade::supervisor
