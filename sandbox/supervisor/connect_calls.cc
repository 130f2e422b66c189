// SPDX-License-Identifier: Apache-2.0
// connect and bind.
#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "sandbox/supervisor/caller_address.h"
#include "sandbox/supervisor/capabilities.h"
#include "sandbox/supervisor/network_calls.h"

namespace stockade::supervisor {
namespace {

using filters::SocketUse;
using Kind = filters::SocketAddress::Kind;

// A caller's connect or bind with what was taken of it.
struct Taken {
  base::UniqueFd socket;
  CallerAddress address;
};

// 0, an errno value, or kGone.
int Take(const Services& services, const seccomp_notif& call, std::string_view name, SocketUse use,
         Taken& taken) {
  taken.socket = services.targets.Descriptor(static_cast<pid_t>(call.pid),
                                             static_cast<std::int32_t>(call.data.args[0]));
  if (!taken.socket) {
    const int error = errno;
    return services.source.IsWaiting(call.id) ? error : kGone;
  }
  return taken.address.Take(services, call, name, call.data.args[1], call.data.args[2], use);
}

Prepared End(int error) { return error == kGone ? Prepared{} : Failed(error); }

int Option(int socket, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  return getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

// True if the call is made as the caller. Another socket refuses such an address in its own words.
bool IsUnix(const Taken& taken) {
  const Kind kind = taken.address.decoded().kind;
  const bool address =
      kind == Kind::kUnixPath || kind == Kind::kUnixAbstract || kind == Kind::kUnixUnnamed;
  return address && Option(taken.socket.get(), SO_DOMAIN) == AF_UNIX;
}

// True if a connect on `socket` returns at once whatever the peer does.
bool NeverWaits(int socket) {
  const int type = Option(socket, SO_TYPE);
  if (type < 0 || type == SOCK_DGRAM || type == SOCK_RAW) return true;
  const int flags = fcntl(socket, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

class Connect : public Operation {
 public:
  Connect(const Services& services, const seccomp_notif& call, Taken taken)
      : services_(services), call_(call), taken_(std::move(taken)) {}

  std::optional<Reply> Try() override {
    if (!NeverWaits(taken_.socket.get())) return std::nullopt;
    return Make();
  }

  std::optional<Reply> Perform(const StillWaiting& still_waiting) override {
    for (;;) {
      // A stream that is still connecting goes on waiting when it is asked again.
      const Reply reply = Make();
      if (reply.error == kGone) return std::nullopt;
      if (reply.error != EINTR) return reply;
      if (!still_waiting()) return std::nullopt;
    }
  }

 private:
  Reply Make() {
    if (!IsUnix(taken_)) {
      return Result(connect(taken_.socket.get(), taken_.address.get(), taken_.address.length()));
    }
    Reach reach(services_, call_, &taken_.address);
    if (!reach) return {0, services_.source.IsWaiting(call_.id) ? EACCES : kGone};
    if (const int error = reach.Resolve("connect"); error != 0) return {0, error};
    return Result(connect(taken_.socket.get(), reach.address(), reach.length()));
  }
  static Reply Result(int result) { return {0, result == 0 ? 0 : errno}; }

  const Services& services_;
  seccomp_notif call_;
  Taken taken_;
};

// A port below 1024 is for those with CAP_NET_BIND_SERVICE in the socket's user namespace, which
// the supervisor uses only for a caller that has it.
int BindIp(const Services& services, const seccomp_notif& call, const Taken& taken) {
  const CallerAddress& address = taken.address;
  if (bind(taken.socket.get(), address.get(), address.length()) == 0) return 0;
  const int error = errno;
  const auto thread = static_cast<pid_t>(call.pid);
  const bool may = error == EACCES && services.same_user_namespace &&
                   (EffectiveOf(thread) & Bit(CAP_NET_BIND_SERVICE)) != 0 &&
                   services.source.IsWaiting(call.id);
  if (!may) return error;
  const RaisedCapability low_port(Bit(CAP_NET_BIND_SERVICE));
  return bind(taken.socket.get(), address.get(), address.length()) == 0 ? 0 : errno;
}

int BindUnix(const Services& services, const seccomp_notif& call, const Taken& taken) {
  const Reach reach(services, call, &taken.address);
  if (!reach) return services.source.IsWaiting(call.id) ? EACCES : kGone;
  return bind(taken.socket.get(), taken.address.get(), taken.address.length()) == 0 ? 0 : errno;
}

}  // namespace

Prepared PrepareConnect(const Services& services, const seccomp_notif& call) {
  Taken taken;
  if (const int error = Take(services, call, "connect", SocketUse::kConnect, taken); error != 0) {
    return End(error);
  }
  if (!services.source.IsWaiting(call.id)) return {};
  return {.reply = std::nullopt,
          .operation = std::make_unique<Connect>(services, call, std::move(taken))};
}

Prepared PrepareBind(const Services& services, const seccomp_notif& call) {
  Taken taken;
  if (const int error = Take(services, call, "bind", SocketUse::kBind, taken); error != 0) {
    return End(error);
  }
  if (!services.source.IsWaiting(call.id)) return {};
  const int error = IsUnix(taken) ? BindUnix(services, call, taken) : BindIp(services, call, taken);
  return End(error);
}

}  // namespace stockade::supervisor
