// SPDX-License-Identifier: Apache-2.0
// A system call as people write it, read into what a filter sees of it.
//
//   STOCKADE_ASSIGN(const seccomp_data call, ParseCall("socket(AF_INET,
//   SOCK_STREAM|SOCK_CLOEXEC)")); ParseCall("unshare(CLONE_NEWUSER)");
//   ParseCall("i386:socketcall(1)");   ParseCall("425")
//
//   call      = [interface ":"] (name | number) ["(" [argument {"," argument}] ")"]
//   interface = "i386" | "x32"
//   argument  = value {"|" value}
//   value     = ["-"] number | constant       decimal, 0x hexadecimal or 0 octal; constant_names.h
#pragma once

#include <linux/seccomp.h>

#include <string_view>

#include "config/base/error.h"

namespace stockade::ctl {

// Arguments that are not written are 0. kUsage error that says which word it is and what was
// probably meant.
base::Result<seccomp_data> ParseCall(std::string_view text);

}  // namespace stockade::ctl
