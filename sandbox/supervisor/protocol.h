// SPDX-License-Identifier: Apache-2.0
// What stockade and a supervisor agree on. A session is a socket pair of which the supervisor has
// one end and the other becomes kSupervisorFd of stockade-init (sandbox/init/protocol.h). The
// supervisor begins it with kReady; then the stub sends its listener.
//
// The first session is inherited. For every later one stockade connects to the control socket in
// the container's state directory, which root alone can reach, and sends the supervisor's end over
// it.
#pragma once

namespace stockade::supervisor {

// The descriptors that a supervisor starts with; 2 is its log.
enum InheritedFd {
  kControlFd = 3,  // a listening socket
  kSessionFd,      // the first session
  kPolicyFd,       // {"interposition": …}, the class's section
  kEventsFd,       // the record of refusals (event_log.h), and the older one
  kOlderEventsFd,
  kEndOfFds,
};

inline constexpr char kReady = 'R';
inline constexpr char kFailed = 'E';  // and the reason, in one message of at most 512 bytes

// In the container's state directory.
inline constexpr char kControlName[] = "/supervisor.sock";
inline constexpr char kEventsName[] = "/events.jsonl";
inline constexpr char kOlderEventsName[] = "/events.old.jsonl";
inline constexpr char kLogName[] = "/supervisor.log";

}  // namespace stockade::supervisor
