// SPDX-License-Identifier: Apache-2.0
// How a pod tunes its class: annotations `stockade.dev/<key>` that the class lists under
// /annotations/podMay, each with a check function that can only tighten.
//
//   stockade.dev/capabilities: "none"            fewer capabilities
//   stockade.dev/tmpfs-size.tmp: "8Mi"          a smaller tmpfs
//   stockade.dev/writable-paths: "/var/cache/x"  a path within rootfs.podMayAdd (opened by the
//   admin)
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"

namespace stockade::config {

inline constexpr std::string_view kAnnotationPrefix = "stockade.dev/";

class Tuning;  // annotation_checks.h

// One key of the table in annotations.cc.
struct AnnotationRule {
  std::string_view key;       // without the prefix; a final "." takes a suffix ("tmpfs-size.tmp")
  std::string_view tightens;  // JSON pointer of the setting that it changes
  std::string_view help;      // one line: what it does, and an example
  base::Status (*apply)(Tuning& tuning);  // checks the value and changes the class
};

// How a class lists the rule under /annotations/podMay: the key, with a "*" for the suffix.
std::string PodMayName(const AnnotationRule& rule);

// All keys that exist, for `classes show`, `features` and the docs.
std::span<const AnnotationRule> AnnotationTable();

// The class after the pod's annotations (the spec's /annotations object, may be null). An unknown
// stockade.dev key, one that the class does not list, or a value that would loosen is an error of
// kind kSpec naming the key, the value, and what would be accepted.
base::Result<ClassPolicy> ApplyAnnotations(ClassPolicy policy, const base::Json* annotations);

}  // namespace stockade::config
