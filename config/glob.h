// SPDX-License-Identifier: Apache-2.0
// Patterns over absolute paths, as host mounts (/hostMounts/allowed, /writable) and a pod's
// writable paths (/rootfs/podMayAdd) use them:
//
//   *                 any text within one component
//   **                any number of whole components, also none; stands alone between slashes
//   ${container-id}   this container's own id; likewise ${sandbox-id} and ${pod-uid}
//   ${standalone}     as the very first thing: the pattern counts only outside Kubernetes pods
//
//   PathMatches("/var/lib/kubelet/pods/${pod-uid}/volumes/**", source, variables)
//
// What a variable stands for is plain text: a "*" in it matches only a "*". A variable without a
// value makes the pattern match nothing, so that "/pods/${pod-uid}/x" never becomes "/pods/x".
#pragma once

#include <string>
#include <string_view>

#include "config/base/error.h"

namespace stockade::config {

// What the variables of a pattern stand for. Empty means unknown.
struct PathVariables {
  std::string container_id;
  std::string sandbox_id;
  std::string pod_uid;
  bool standalone = false;  // not a container of a Kubernetes pod
};

// True if all of `path`, absolute and normalised, matches `pattern`. False for a malformed pattern
// and for a value with a "/" in it. Takes time in the product of the two lengths at most.
bool PathMatches(std::string_view pattern, std::string_view path,
                 const PathVariables& variables = {});

// kPolicy error saying what is wrong with a pattern: it must begin with "/", "**/" or
// "${standalone}/", be normalised, name known variables only, and be at most 1024 bytes long.
base::Status CheckPathPattern(std::string_view pattern);

// True for an absolute path without "", "." and ".." components, without a final slash (but for
// "/") and without control characters, of at most 4095 bytes.
bool IsNormalPath(std::string_view path);

// True if `path` is `directory` or lies in it; both normalised.
bool IsWithin(std::string_view path, std::string_view directory);

}  // namespace stockade::config
