// SPDX-License-Identifier: Apache-2.0
// Becoming the delegate, or running it and waiting. The working directory, the environment, signals
// (but SIGCHLD, which nobody ignores: RunRuntime) and every inherited descriptor reach it as they
// reached us.
//
//   return BecomeDelegate("/usr/sbin/runc", call.passed);   // returns only on failure
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"

namespace stockade::shim {

// execve's `delegate` with `arguments` behind its own argv[0]. Does not return on success.
base::Error BecomeDelegate(const std::string& delegate, const std::vector<std::string>& arguments);

// Runs the delegate as a child in the same process group, passes on the signals that are sent to us
// alone, and returns its exit status: its exit code, or 128 + the signal that ended it. The child
// is killed if we are.
base::Result<int> RunDelegate(const std::string& delegate,
                              const std::vector<std::string>& arguments);

// What a short run of the delegate printed.
struct Captured {
  int exit_code = 0;
  std::string out;  // at most 1 MiB
};

// Runs the delegate with its stdout captured; stderr stays ours.
base::Result<Captured> CaptureDelegate(const std::string& delegate,
                                       const std::vector<std::string>& arguments);

}  // namespace stockade::shim
