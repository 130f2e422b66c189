// SPDX-License-Identifier: Apache-2.0
// Work on hostile data by code that is not ours, in a child that can compute and nothing else: the
// library may loop for ever, take all memory or be taken over, and the create only fails.
//
//   STOCKADE_ASSIGN(const std::string bytes, RunContained("the compiler", {}, [&] { … }));
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "config/base/error.h"

namespace stockade::sandbox {

struct ContainedLimits {
  unsigned cpu_seconds = 2;                         // of processor time; one more until SIGKILL
  std::size_t memory_bytes = 256U << 20;            // beyond what this process has mapped
  std::size_t result_bytes = std::size_t{1} << 20;  // of the result or the error's text
};

// What `work` returns, run in a forked child without any descriptor but the result's pipe, which
// reaches no system call but those for memory, memory files and its own end. `what` is the subject
// of a sentence: "the compiler". kSpec error when `work` breaks a limit or dies, for data did it;
// kHost error when there can be no such child. The process must have one thread.
base::Result<std::string> RunContained(std::string_view what, const ContainedLimits& limits,
                                       const std::function<base::Result<std::string>()>& work);

}  // namespace stockade::sandbox
