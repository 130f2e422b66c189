// SPDX-License-Identifier: Apache-2.0
// What a fuzz target is: one function over hostile bytes that ends the process when a property does
// not hold. libFuzzer calls it with clang (preset `fuzz`); replay_main.cc calls it with every file
// of the committed corpus, as an ordinary test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace stockade::fuzz {

// Ends the process with `what` and `detail` on stderr unless `holds`.
void Require(bool holds, const char* what, std::string_view detail = {});

inline std::string_view AsText(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace stockade::fuzz
