// SPDX-License-Identifier: Apache-2.0
// sysinfo, uname, and mknod of devices.
//
// sysinfo and uname decide nothing: the answer is made here (filters/interposition/system_info.h)
// and written into the caller's memory. /proc has other figures, and is the business of a class's
// kernelPaths.
//
// A device node is decided on registers. One of the harmless devices is made by the kernel as for
// the caller itself: its root, directories, ids and umask, and of its path a copy. Only
// CAP_MKNOD is the supervisor's, whose own filter allows it these devices alone. Where devices
// cannot be opened, and in a user namespace of the pod's own, whose mounts are of that kind, the
// node would be of no use, and is refused.
#pragma once

#include "sandbox/supervisor/operation.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

Prepared PrepareSysinfo(const Services& services, const seccomp_notif& call);
Prepared PrepareUname(const Services& services, const seccomp_notif& call);
// mknod and mknodat of a device other than a whiteout.
Prepared PrepareDeviceNode(const Services& services, const seccomp_notif& call);

}  // namespace stockade::supervisor
