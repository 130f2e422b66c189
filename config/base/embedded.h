// SPDX-License-Identifier: Apache-2.0
// Data files compiled into the programs, so that a node with nothing under /etc and /usr/share
// still has every class and profile. Made by stockade_embed() in config/base/stockade.cmake:
//
//   stockade_embed(stockade_config kBuiltinClasses classes/baseline.json ...)      # CMake
//   extern const std::span<const EmbeddedFile> kBuiltinClasses;                    // in
//   stockade::embedded
#pragma once

#include <span>
#include <string_view>

namespace stockade::embedded {

// One file: its base name ("baseline.json") and its whole text.
struct EmbeddedFile {
  std::string_view name;
  std::string_view text;
};

}  // namespace stockade::embedded
