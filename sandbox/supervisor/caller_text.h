// SPDX-License-Identifier: Apache-2.0
// A text in a caller's memory, copied once.
//
//   std::string path;
//   if (const int error = ReadCallerPath(call.pid, call.data.args[1], path); error != 0) …
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace stockade::supervisor {

// A path up to its NUL. 0, EFAULT if that cannot be read, ENAMETOOLONG without a NUL in PATH_MAX
// bytes, or ENOENT if it is empty. What another thread writes meanwhile may be in it by half.
int ReadCallerPath(pid_t thread, std::uint64_t address, std::string& path);

// For a record: control characters and what is not ASCII, escaped.
std::string Printable(std::string_view text);

}  // namespace stockade::supervisor
