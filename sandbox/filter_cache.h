// SPDX-License-Identifier: Apache-2.0
// What it takes time to find out about filters, remembered by content (content_cache.h) so that an
// ordinary create compiles and compares nothing.
//
//   const FilterCache cache("/run/stockade/.filters");
//   STOCKADE_ASSIGN(const filters::Program program, cache.Get(seccomp));
//
// The compiler runs in a child that can do no more than compute (contained.h), and not for ever:
// a pod's own profile decides what it is fed with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"
#include "filters/bpf.h"
#include "sandbox/contained.h"
#include "sandbox/content_cache.h"

namespace stockade::sandbox {

class FilterCache {
 public:
  explicit FilterCache(std::string directory, ContainedLimits limits = {})
      : cache_(std::move(directory)), limits_(limits) {}

  // The program of a `linux.seccomp` object, which means what the object says
  // (filters::CheckProgram). Errors are those of filters::CompileSeccomp, and kSpec ones for a
  // profile that compiles to something else, or takes more time or memory than any real one.
  base::Result<filters::Program> Get(const base::Json& seccomp) const;

  // True if the class's filter (BuildFloor of the first three) refuses all that the pod's profile
  // `own` refuses (filters::FirstCallLost). Errors are BuildFloor's.
  base::Result<bool> Covers(std::string_view profile, const config::CapabilityNames& remaining,
                            const std::vector<std::string>& compat_architectures,
                            const base::Json& own) const;

 private:
  ContentCache cache_;
  ContainedLimits limits_;
};

}  // namespace stockade::sandbox
