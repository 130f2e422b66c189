// SPDX-License-Identifier: Apache-2.0
// The filter that hands a class's interposed calls to the container's supervisor. stockade-init
// installs it last and as a listener; every other call passes, for the class's own filter to
// decide.
//
//   STOCKADE_ASSIGN(const Program program, NotifyFilter(policy.interposition));
//   EncodeFilter(program, kNotifyFlags);
//
// It closes the ways around what it hands over: other interfaces of the kernel, io_uring, SCTP's
// own connect and bind, and the socket options that route packets over another destination than the
// one that was asked for (IP_OPTIONS, IPV6_RTHDR, IPV6_2292PKTOPTIONS). And it closes Landlock, by
// which a thread restricts itself and not who performs its calls.
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/class_policy.h"
#include "filters/bpf.h"

namespace stockade::filters {

// A listener, whose callers can only be killed, not interrupted, once the supervisor has their call
// (Linux 5.19): a signal could otherwise make the supervisor perform a call twice.
inline constexpr unsigned kNotifyFlags =
    SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;

// The program for an active rule. kPolicy error for a refused call that has no number here.
base::Result<Program> NotifyFilter(const config::InterpositionRule& rule);

// What of `rule` the program does not keep, one sentence each, found by evaluating it: for the last
// look before the hand-over. Shares nothing with NotifyFilter.
std::vector<std::string> BrokenNotifyPromises(ProgramView program,
                                              const config::InterpositionRule& rule);

}  // namespace stockade::filters
