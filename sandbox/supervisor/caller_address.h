// SPDX-License-Identifier: Apache-2.0
// An address of a caller, copied, decided, and ready for a call of ours.
//
//   CallerAddress address;
//   if (const int error = address.Take(services, call, "connect", pointer, length, use)) …
//   const Reach reach(services, call, address);   // for a Unix socket: as the caller, in its root
#pragma once

#include <sys/socket.h>

#include <optional>
#include <string_view>

#include "filters/interposition/network_decision.h"
#include "sandbox/supervisor/acting_as.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

// A call's answer that stands for "the caller is gone": no errno value.
inline constexpr int kGone = -1;

class CallerAddress {
 public:
  // Copies `length` bytes at `pointer` and decides. 0, an errno value for the caller, or kGone.
  // A Unix path is decided later, by Reach.
  int Take(const Services& services, const seccomp_notif& call, std::string_view name,
           std::uint64_t pointer, std::uint64_t length, filters::SocketUse use);

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&bytes_); }
  socklen_t length() const { return length_; }
  const filters::SocketAddress& decoded() const { return decoded_; }
  bool IsUnixPath() const {
    return length_ != 0 && decoded_.kind == filters::SocketAddress::Kind::kUnixPath;
  }

 private:
  sockaddr_storage bytes_{};
  socklen_t length_ = 0;
  filters::SocketAddress decoded_;
};

// This thread, made ready to use a Unix socket for a caller.
class Reach {
 public:
  // Takes the caller's ids, and its root and directory if `address` is a path.
  Reach(const Services& services, const seccomp_notif& call, const CallerAddress* address);
  // Resolves the path of `address` to a socket and decides on where it is. 0, an errno value, or
  // kGone. Then address() names that socket.
  int Resolve(std::string_view name);
  const sockaddr* address() const;
  socklen_t length() const;
  // False if the caller is gone or its identity could not be taken on.
  explicit operator bool() const { return acting_ && *acting_; }

 private:
  const Services& services_;
  const seccomp_notif& call_;
  const CallerAddress* address_;
  std::optional<Caller> caller_;
  std::optional<ActingAs> acting_;
  base::UniqueFd node_;
  sockaddr_storage by_number_{};
  socklen_t by_number_length_ = 0;
};

}  // namespace stockade::supervisor
