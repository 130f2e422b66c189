// SPDX-License-Identifier: Apache-2.0
// sendto, sendmsg and sendmmsg.
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/supervisor/message.h"
#include "sandbox/supervisor/network_calls.h"

namespace stockade::supervisor {
namespace {

constexpr std::size_t kMaxParts = 1024;     // UIO_MAXIOV
constexpr std::size_t kMaxMessages = 1024;  // the same, of one sendmmsg

int Option(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

// 0, an errno value, or kGone.
int TakeSocket(const Services& services, const seccomp_notif& call, SendSocket& socket) {
  socket.fd = services.targets.Descriptor(static_cast<pid_t>(call.pid),
                                          static_cast<std::int32_t>(call.data.args[0]));
  const int error = errno;
  if (!socket.fd) return services.source.IsWaiting(call.id) ? error : kGone;
  socket.domain = Option(socket.fd.get(), SO_DOMAIN);
  if (socket.domain < 0) return errno;
  socket.type = Option(socket.fd.get(), SO_TYPE);
  return 0;
}

// The layout of struct msghdr for a caller of the same architecture.
int TakeHeader(const seccomp_notif& call, const msghdr& header, MessageSource& source) {
  if (static_cast<std::int32_t>(header.msg_namelen) < 0) return EINVAL;
  if (header.msg_iovlen > kMaxParts) return EMSGSIZE;
  source.name = reinterpret_cast<std::uint64_t>(header.msg_name);
  source.name_length = std::min<std::uint64_t>(header.msg_namelen, sizeof(sockaddr_storage));
  if (source.name_length == 0) source.name = 0;
  source.control = reinterpret_cast<std::uint64_t>(header.msg_control);
  source.control_length = header.msg_controllen;
  source.data.resize(header.msg_iovlen);
  return ReadMemory(static_cast<pid_t>(call.pid), reinterpret_cast<std::uint64_t>(header.msg_iov),
                    std::as_writable_bytes(std::span(source.data)))
             ? 0
             : EFAULT;
}

Prepared End(int error) { return error == kGone ? Prepared{} : Failed(error); }

// sendto and sendmsg.
class SendOne : public Operation {
 public:
  SendOne(const Services& services, const seccomp_notif& call, std::string_view name)
      : call_(call), message_(services, call_, name) {}
  int Take(SendSocket socket, MessageSource source, int flags) {
    socket_ = std::move(socket);
    return message_.Take(socket_, std::move(source), flags);
  }
  std::optional<Reply> Try() override { return message_.Try(socket_); }
  std::optional<Reply> Perform(const StillWaiting& still_waiting) override {
    return message_.Perform(socket_, still_waiting);
  }

 private:
  seccomp_notif call_;
  SendSocket socket_;
  Message message_;
};

Prepared One(const Services& services, const seccomp_notif& call, std::string_view name,
             SendSocket socket, MessageSource source, std::uint64_t flags) {
  auto send = std::make_unique<SendOne>(services, call, name);
  const int error = send->Take(std::move(socket), std::move(source), static_cast<int>(flags));
  if (error != 0) return End(error);
  return {.reply = std::nullopt, .operation = std::move(send)};
}

// sendmmsg: message after message until one fails.
class SendMany : public Operation {
 public:
  SendMany(const Services& services, const seccomp_notif& call, SendSocket socket)
      : services_(services), call_(call), socket_(std::move(socket)) {}

  std::optional<Reply> Try() override {
    return SendAll([this] { return message_->Try(socket_); });
  }
  std::optional<Reply> Perform(const StillWaiting& still_waiting) override {
    return SendAll([&] { return message_->Perform(socket_, still_waiting); });
  }

 private:
  // Nothing if `send` has none: of a stream's message some may have been sent by then, and the
  // message knows how much.
  template <class Send>
  std::optional<Reply> SendAll(const Send& send) {
    const auto count =
        std::min<std::size_t>(static_cast<std::uint32_t>(call_.data.args[2]), kMaxMessages);
    for (; at_ < count; ++at_) {
      if (!message_) {
        message_.emplace(services_, call_, "sendmmsg");
        if (const int error = Take(*message_); error != 0) return Ended(error);
      }
      const std::optional<Reply> reply = send();
      if (!reply) return std::nullopt;
      if (reply->error != 0) return Ended(reply->error);
      if (!NoteSent(reply->value)) return Ended(EFAULT);
      message_.reset();
    }
    return Reply{static_cast<std::int64_t>(at_), 0};
  }

  std::uint64_t Address() const { return call_.data.args[1] + at_ * sizeof(mmsghdr); }

  int Take(Message& message) {
    mmsghdr header{};
    if (!ReadObject(static_cast<pid_t>(call_.pid), Address(), header)) return EFAULT;
    MessageSource source;
    const int error = TakeHeader(call_, header.msg_hdr, source);
    if (error != 0) return error;
    return message.Take(socket_, std::move(source), static_cast<int>(call_.data.args[3]));
  }

  // The caller waits in its call and can only be killed, so the memory is still what it gave us.
  bool NoteSent(std::int64_t length) {
    unsigned value = static_cast<unsigned>(length);
    const iovec local{.iov_base = &value, .iov_len = sizeof value};
    const iovec remote{
        .iov_base = reinterpret_cast<void*>(Address() + offsetof(mmsghdr, msg_len)),  // NOLINT
        .iov_len = sizeof value};
    return services_.source.IsWaiting(call_.id) &&
           process_vm_writev(static_cast<pid_t>(call_.pid), &local, 1, &remote, 1, 0) ==
               static_cast<ssize_t>(sizeof value);
  }

  Reply Ended(int error) const {
    if (error == kGone || at_ == 0) return {0, error};
    return {static_cast<std::int64_t>(at_), 0};
  }

  const Services& services_;
  seccomp_notif call_;
  SendSocket socket_;
  std::size_t at_ = 0;
  std::optional<Message> message_;  // the one at `at_`, once it has been taken
};

}  // namespace

Prepared PrepareSendTo(const Services& services, const seccomp_notif& call) {
  SendSocket socket;
  if (const int error = TakeSocket(services, call, socket); error != 0) return End(error);
  const auto& args = call.data.args;
  MessageSource source{.name = args[4],
                       .name_length = args[5],
                       .control = 0,
                       .control_length = 0,
                       .data = {{reinterpret_cast<void*>(args[1]),  // NOLINT
                                 std::min<std::size_t>(args[2], Message::kMaxTotal)}}};
  // The kernel has no address then either, but where it needs one.
  const bool needed = socket.IsIp() && !socket.IsStream();
  if (static_cast<std::int32_t>(source.name_length) == 0 && !needed) source.name = 0;
  return One(services, call, "sendto", std::move(socket), std::move(source), args[3]);
}

Prepared PrepareSendMessage(const Services& services, const seccomp_notif& call) {
  SendSocket socket;
  if (const int error = TakeSocket(services, call, socket); error != 0) return End(error);
  msghdr header{};
  MessageSource source;
  if (!ReadObject(static_cast<pid_t>(call.pid), call.data.args[1], header)) return Failed(EFAULT);
  if (const int error = TakeHeader(call, header, source); error != 0) return End(error);
  return One(services, call, "sendmsg", std::move(socket), std::move(source), call.data.args[2]);
}

Prepared PrepareSendMessages(const Services& services, const seccomp_notif& call) {
  SendSocket socket;
  if (const int error = TakeSocket(services, call, socket); error != 0) return End(error);
  return {.reply = std::nullopt,
          .operation = std::make_unique<SendMany>(services, call, std::move(socket))};
}

}  // namespace stockade::supervisor
