// SPDX-License-Identifier: Apache-2.0
// The checks behind the annotations: each reads one value, makes sure that it can only tighten the
// class, and changes the class's document. The class is parsed again afterwards, so that an
// annotation can no more make an impossible class than a file can.
//
//   Status TuneRunAsNonRoot(Tuning& tuning) {
//     STOCKADE_TRY(tuning.OnlyValue("true"));
//     tuning.Set("/user/runAsNonRoot", "refuse");
//     return {};
//   }
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"

namespace stockade::config {

// One annotation that is being applied to a class.
class Tuning {
 public:
  // `key` with its suffix, without the prefix; `suffix` what follows the rule's key.
  Tuning(const ClassPolicy& policy, std::string key, std::string suffix, std::string value)
      : policy_(policy),
        key_(std::move(key)),
        suffix_(std::move(suffix)),
        value_(std::move(value)),
        document_(policy.document),
        origins_(policy.origins) {}

  const ClassPolicy& policy() const { return policy_; }
  const std::string& suffix() const { return suffix_; }
  const std::string& value() const { return value_; }

  // A kSpec error about this annotation.
  tl::unexpected<base::Error> Refuse(std::string_view what, std::string hint) const;
  // Success if the value is `only`.
  base::Status OnlyValue(std::string_view only) const;
  // Success if the layer that the annotation tightens is on.
  base::Status LayerOn(Mode mode, std::string_view section) const;
  // The value as a list of 1 to 64 texts separated by commas, blanks around them dropped.
  base::Result<std::vector<std::string>> List() const;
  // The value as a list of normalised absolute paths.
  base::Result<std::vector<std::string>> Paths() const;

  // Changes or appends ("/-") a member of the document, whose origin the annotation becomes.
  void Set(std::string_view pointer, base::Json value);
  // The class after the changes.
  base::Result<ClassPolicy> Finish() &&;

 private:
  const ClassPolicy& policy_;
  std::string key_;
  std::string suffix_;
  std::string value_;
  base::Json document_;
  Origins origins_;
};

base::Status TuneCapabilities(Tuning& tuning);
base::Status TuneSeccompProfile(Tuning& tuning);
// Loosens, which no built-in class lets a pod do: an admin lists it for a class to try workloads
// in.
base::Status TuneSeccompComplain(Tuning& tuning);
base::Status TuneRunAsNonRoot(Tuning& tuning);
base::Status TuneReadOnlyRoot(Tuning& tuning);
base::Status TuneWritablePaths(Tuning& tuning);
base::Status TuneTmpfsSize(Tuning& tuning);
base::Status TuneMaskedPaths(Tuning& tuning);
base::Status TuneDeniedHostMounts(Tuning& tuning);
base::Status TuneSysctls(Tuning& tuning);

}  // namespace stockade::config
