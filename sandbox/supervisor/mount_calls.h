// SPDX-License-Identifier: Apache-2.0
// mount and umount2. Where the class says so, tmpfs is mounted for the container's root: this
// process decides on a copy of the arguments, finds the place as the caller, and orders the mount
// from the holder (mount_order.h). The kernel gives it to whoever has CAP_SYS_ADMIN; here the class
// gives it, to a caller in the container's own user and mount namespace that is root there.
#pragma once

#include "sandbox/supervisor/operation.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

Prepared PrepareMount(const Services& services, const seccomp_notif& call);
Prepared PrepareUnmount(const Services& services, const seccomp_notif& call);

}  // namespace stockade::supervisor
