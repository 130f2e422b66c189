// SPDX-License-Identifier: Apache-2.0
// The namespaces of a process, by descriptors that keep them alive (namespaces(7)).
//
//   const base::UniqueFd user = OpenNamespace(proc, pid, "user");
//   if (InodeOf(user) == home) …
#pragma once

#include <sys/types.h>

#include "config/base/fd.h"

namespace stockade::supervisor {

// `kind` is a name of PROC/<pid>/ns; none with errno set.
base::UniqueFd OpenNamespace(int proc, pid_t process, const char* kind);

// What tells namespaces of a kind apart; 0 if it cannot be told.
ino_t InodeOf(const base::UniqueFd& space);

}  // namespace stockade::supervisor
