// SPDX-License-Identifier: Apache-2.0
// Numbers in text that is nothing else.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace stockade::base {

// All of `text` as a number of type T: digits of `base`, and "-" where T has a sign. Nothing for
// any other text, the empty one among it, and for what T cannot hold.
template <class T>
std::optional<T> WholeNumber(std::string_view text, int base = 10) {
  T number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number, base);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

}  // namespace stockade::base
