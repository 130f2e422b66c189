// SPDX-License-Identifier: Apache-2.0
// A short run of another program: output captured, time and size bounded, with nothing to read and
// a small fixed environment.
//
//   STOCKADE_ASSIGN(const Ran ran, RunProgram({"/usr/bin/runc", "--version"}));
//   if (ran.exit_code == 0) … ran.out
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "config/base/error.h"

namespace stockade::ctl {

struct Ran {
  int exit_code = 0;  // or 128 + the signal that ended it
  std::string out;    // at most 1 MiB
  std::string err;    // the first 4 KiB of stderr
};

// Runs words[0], an absolute path, and waits. kDelegate error if it cannot be started, prints more
// than that, or has not ended after `limit`; it is killed then.
base::Result<Ran> RunProgram(const std::vector<std::string>& words,
                             std::chrono::milliseconds limit = std::chrono::seconds(10));

}  // namespace stockade::ctl
