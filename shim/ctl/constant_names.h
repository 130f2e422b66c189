// SPDX-License-Identifier: Apache-2.0
// Names that people write for the arguments of system calls, as their C headers have them.
//
//   ConstantValue("SOCK_STREAM");    // 1
//   ConstantNear("SOCK_STREEM");     // "SOCK_STREAM"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stockade::ctl {

// The value of a constant: socket families, types, protocols, levels and options, flags of
// messages, clone() and unshare(), open() and mmap(), ioctl requests, personalities, prctl and
// ptrace requests. Nothing for any other word.
std::optional<std::uint64_t> ConstantValue(std::string_view name);

// The constant that was probably meant, or "".
std::string ConstantNear(std::string_view name);

}  // namespace stockade::ctl
