// SPDX-License-Identifier: Apache-2.0
// The filter that a command is about: of a class, of a shipped profile, or of an OCI document.
//
//   STOCKADE_ASSIGN(const FilterSource source, FindFilter("restricted", request));
//   Evaluate(source.program, call);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/base/json.h"
#include "filters/bpf.h"
#include "filters/profile_oracle.h"
#include "shim/ctl/command.h"

namespace stockade::ctl {

struct FilterSource {
  std::string title;   // "profile restricted", "class web", "/path/config.json"
  base::Json seccomp;  // the OCI object
  filters::Program program;
  // Of a class or a profile; not set for an OCI document.
  const filters::Profile* profile = nullptr;
  config::CapabilityNames remaining;  // for which the filter is made
  std::vector<std::string> compat_architectures;

  // For a source that has a profile.
  filters::ProfileOracle Oracle() const { return {*profile, remaining, compat_architectures}; }
};

// `name` is a file if it holds a "/" or ends in ".json": config.json, or its linux.seccomp alone.
// "class:NAME" is a class, "profile:NAME" a profile; a bare name is a profile, or else a class.
// A class's filter is made for its whole ceiling of capabilities, a profile's for none, unless
// --capabilities says otherwise, and for the interfaces of --architectures besides the machine's
// own. The program has been checked against the object (filters/check_program.h).
base::Result<FilterSource> FindFilter(const std::string& name, const Request& request);

// The filter of a class that is loaded already. kPolicy error if it leaves system calls alone.
base::Result<FilterSource> FilterOfClass(const config::ClassPolicy& policy, const Request& request);

}  // namespace stockade::ctl
