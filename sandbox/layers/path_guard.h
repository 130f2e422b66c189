// SPDX-License-Identifier: Apache-2.0
// Which paths of the host a container may see: those that are no guarded path, contain none and lie
// in none, and those that the class allows in spite of that. Paths are compared after all symbolic
// links, the guards' own included, and then by where they lie in their file systems.
//
//   const PathGuard guard(in);
//   if (const auto guarded = guard.Guarding("/var/run")) ...   // "/run/containerd"
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/glob.h"
#include "sandbox/layer.h"

namespace stockade::sandbox {

class PathGuard {
 public:
  explicit PathGuard(const LayerInput& in);

  // The guarded path that forbids the mount of `source`, a resolved path; nothing if it may be
  // mounted. Where only what is allowed may be, that is `source` itself.
  std::optional<std::string> Guarding(const std::string& source) const;
  // True if a mount of `source` may stay writable.
  bool Writable(const std::string& source) const;
  // True if programs may run from a mount of `source`, which is then read-only.
  bool Executable(const std::string& source) const;
  // The guarded path that `path` is or contains: what may not become a root file system.
  std::optional<std::string> Inside(const std::string& path) const;

 private:
  // The same for a source that is another name of a guarded path, or of something in it or around
  // it: what is mounted a second time.
  std::optional<std::string> GuardingByPlace(const std::string& source) const;
  bool Matches(const std::vector<std::string>& patterns, const std::string& source) const;

  const HostView& host_;
  config::PathVariables variables_;
  std::vector<std::string> guarded_;
  std::vector<std::string> allowed_;
  std::vector<std::string> writable_;
  std::vector<std::string> executable_;
  bool read_only_;
  bool only_allowed_;
  bool no_exec_;
};

}  // namespace stockade::sandbox
