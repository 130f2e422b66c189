// SPDX-License-Identifier: Apache-2.0
// The control messages of a caller's sendmsg, made ready for ours. The bytes are a copy of hostile
// memory.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "config/base/fd.h"

namespace stockade::supervisor {

// As much as sendmsg(2) takes by default (net.core.optmem_max of older kernels).
inline constexpr std::size_t kMaxControl = 20480;

// A duplicate of the caller's descriptor of that number; none if it has none.
using DuplicateFd = std::function<base::UniqueFd(int)>;

// Checks every message in `control` and, on a Unix socket, puts duplicates in place of the
// descriptors that SCM_RIGHTS passes; `passed` owns them. 0 or an errno value: EINVAL for what the
// kernel would not take, EPERM for credentials (the supervisor cannot vouch for a caller's pid) and
// for options that send a packet elsewhere than to its address.
int TakeControl(std::vector<std::byte>& control, bool unix_socket, const DuplicateFd& duplicate,
                std::vector<base::UniqueFd>& passed);

}  // namespace stockade::supervisor
