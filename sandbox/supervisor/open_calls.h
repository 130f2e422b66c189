// SPDX-License-Identifier: Apache-2.0
// open, openat, creat and openat2: the path is copied once and resolved as the caller
// (path_resolver.h), the class decides on what was found, and that very file is opened: through its
// descriptor here if it exists, and by its name in the directory that was found if it is to be
// made. Whatever another thread does to the path, to the directories on its way or to the
// descriptor it begins at, changes nothing.
//
// What is not the same as without a supervisor: sandbox/supervisor/README.md.
#pragma once

#include "sandbox/supervisor/operation.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

Prepared PrepareOpen(const Services& services, const seccomp_notif& call);
Prepared PrepareOpenAt(const Services& services, const seccomp_notif& call);
Prepared PrepareCreate(const Services& services, const seccomp_notif& call);
Prepared PrepareOpenAt2(const Services& services, const seccomp_notif& call);

}  // namespace stockade::supervisor
