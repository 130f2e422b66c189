// SPDX-License-Identifier: Apache-2.0
// `features` (runtime-spec features.md): the delegate's answer with ours merged in.
//
//   MergeFeatures(R"({"ociVersionMin":"1.0.0"})")
#pragma once

#include <string>
#include <string_view>

#include "config/base/error.h"

namespace stockade::shim {

// Adds our version and layers to "annotations", and our pod annotations to
// "potentiallyUnsafeConfigAnnotations". kDelegate error if the delegate's answer is not a JSON
// object.
base::Result<std::string> MergeFeatures(std::string_view delegate_answer);

}  // namespace stockade::shim
