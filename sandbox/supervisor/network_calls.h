// SPDX-License-Identifier: Apache-2.0
// connect, bind, sendto, sendmsg and sendmmsg: the address is copied once and decided
// (filters/interposition/network_decision.h), and the call is made with the copy on a duplicate of
// the caller's socket. Whatever another thread writes over the address, or puts in the descriptor's
// place, changes nothing.
//
// Calls on Unix sockets are made as the caller: its ids, and for a path its root and working
// directory. A path is decided by where it leads: the node is opened, its name in the container is
// read back from the kernel, and the call goes to that very node.
//
// What is not the same as without a supervisor: the peer of a Unix socket sees the supervisor's
// pid; SCM_CREDENTIALS are refused; MSG_ZEROCOPY is answered as when its memory is used up; a path
// through /proc/self leads nowhere.
#pragma once

#include "sandbox/supervisor/operation.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

Prepared PrepareConnect(const Services& services, const seccomp_notif& call);
Prepared PrepareBind(const Services& services, const seccomp_notif& call);
Prepared PrepareSendTo(const Services& services, const seccomp_notif& call);
Prepared PrepareSendMessage(const Services& services, const seccomp_notif& call);
Prepared PrepareSendMessages(const Services& services, const seccomp_notif& call);

}  // namespace stockade::supervisor
