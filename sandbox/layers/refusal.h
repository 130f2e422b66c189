// SPDX-License-Identifier: Apache-2.0
// How a layer says no: what was asked for, which class and setting refuses it, and the way out.
//
//   return Refuse(in, "/capabilities/ceiling", "drop it from securityContext.capabilities.add",
//                 "{} asks for {}", pointer, name);
//   // "... asks for CAP_SYS_ADMIN, which class restricted refuses (/capabilities/ceiling of
//   built-in
//   //  restricted.json:12)"
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "sandbox/layer.h"

namespace stockade::sandbox {

inline tl::unexpected<base::Error> RefuseText(const LayerInput& in, std::string_view setting,
                                              std::string hint, std::string_view asked) {
  return base::FailHint(base::ErrorKind::kSpec, std::move(hint),
                        "{}, which class {} refuses ({} of {})", asked, in.policy.name, setting,
                        in.policy.OriginOf(setting).Text());
}

// `format` says what was asked for, as a clause that "which class C refuses" can follow.
template <class... Args>
tl::unexpected<base::Error> Refuse(const LayerInput& in, std::string_view setting, std::string hint,
                                   fmt::format_string<Args...> format, Args&&... args) {
  return RefuseText(in, setting, std::move(hint), fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace stockade::sandbox
