// SPDX-License-Identifier: Apache-2.0
// The supervisor's capabilities, a thread at a time. What it may ever use is its permitted set,
// made once (confinement.h); what it uses always is kAlways, and the rest is raised around one
// call.
//
//   const RaisedCapability low_port(CAP_NET_BIND_SERVICE);
#pragma once

#include <linux/capability.h>
#include <sys/types.h>

#include <cstdint>

namespace stockade::supervisor {

constexpr std::uint64_t Bit(int capability) { return std::uint64_t{1} << capability; }

// Looking into callers, and signalling them.
inline constexpr std::uint64_t kAlways = Bit(CAP_SYS_PTRACE) | Bit(CAP_KILL);
// Besides: acting as a caller, in its root, binding a low port for one that may, and making nodes
// of the devices that own_filter.cc names.
inline constexpr std::uint64_t kPermitted = kAlways | Bit(CAP_SETUID) | Bit(CAP_SETGID) |
                                            Bit(CAP_SYS_CHROOT) | Bit(CAP_NET_BIND_SERVICE) |
                                            Bit(CAP_MKNOD);

// The holder's besides, of a class that has tmpfs mounted: used by a process of its own that enters
// the container for it (mount_effect.h).
inline constexpr std::uint64_t kMounting = kPermitted | Bit(CAP_SYS_ADMIN);

// Sets this thread's permitted and effective sets; the inheritable set becomes empty.
bool SetCapabilities(std::uint64_t permitted, std::uint64_t effective);

// After what changed this thread's sets by other means (setns(2)).
void CapabilitiesChanged();

// The effective set of a thread; 0 if it cannot be told.
std::uint64_t EffectiveOf(pid_t thread);

// Raises what kPermitted has while it lives.
class RaisedCapability {
 public:
  explicit RaisedCapability(std::uint64_t set) { (void)SetCapabilities(kPermitted, kAlways | set); }
  RaisedCapability(const RaisedCapability&) = delete;
  RaisedCapability& operator=(const RaisedCapability&) = delete;
  ~RaisedCapability() { (void)SetCapabilities(kPermitted, kAlways); }
};

}  // namespace stockade::supervisor
