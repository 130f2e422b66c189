// SPDX-License-Identifier: Apache-2.0
// The word that somebody probably meant, for the hints of errors:
//
//   Nearest("ceilng", {"mode", "ceiling"})  // "ceiling"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stockade::config {

// The candidate with the smallest edit distance to `word`, ignoring case, or one that `word`
// begins; "" if none is near (more than half of the word would have to change) or the word is
// longer than 64 bytes.
std::string Nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace stockade::config
