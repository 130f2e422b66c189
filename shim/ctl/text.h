// SPDX-License-Identifier: Apache-2.0
// Text for a terminal. Names, paths and values come from containers and may hold escape sequences,
// text that runs from right to left, or bytes that are no text at all: none of it reaches the
// terminal as it is.
//
//   Printable("a\x1b[2Jb")        // "a\x1b[2Jb", spelled with a backslash
//   Cut("CAP_CHOWN, CAP_KILL", 9)  // "CAP_CHOW…"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stockade::ctl {

// `text` with every control character, invalid byte and invisible or direction-changing code point
// written as an escape: \n, \xNN for bytes, \u{NNNN} for code points.
std::string Printable(std::string_view text);

// Columns that printable UTF-8 takes: one a code point, none for combining marks, two for East
// Asian wide ones and emoji (Unicode 15, the blocks that terminals agree on).
std::size_t Width(std::string_view text);

// At most `columns` columns of printable text, the last one "…" where something was cut.
std::string Cut(std::string_view text, std::size_t columns);

}  // namespace stockade::ctl
