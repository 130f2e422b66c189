// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace stockade::ctl {
namespace {

struct Range {
  std::uint32_t first;
  std::uint32_t last;
};

template <std::size_t N>
bool In(const std::array<Range, N>& ranges, std::uint32_t point) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const Range& range) {
    return point >= range.first && point <= range.last;
  });
}

// Invisible, or able to change how their neighbours are shown.
constexpr std::array kUnprintable{
    Range{0x00, 0x1F},       Range{0x7F, 0x9F},     Range{0xAD, 0xAD},     Range{0x61C, 0x61C},
    Range{0x180E, 0x180E},   Range{0x200B, 0x200F}, Range{0x2028, 0x202E}, Range{0x2060, 0x206F},
    Range{0xE000, 0xF8FF},   Range{0xFEFF, 0xFEFF}, Range{0xFFF0, 0xFFFB}, Range{0xFFFE, 0xFFFF},
    Range{0xE0000, 0x10FFFF}};
constexpr std::array kCombining{Range{0x300, 0x36F},   Range{0x483, 0x489},   Range{0x591, 0x5BD},
                                Range{0x610, 0x61A},   Range{0x64B, 0x65F},   Range{0x1AB0, 0x1AFF},
                                Range{0x1DC0, 0x1DFF}, Range{0x20D0, 0x20FF}, Range{0xFE00, 0xFE0F},
                                Range{0xFE20, 0xFE2F}};
constexpr std::array kWide{Range{0x1100, 0x115F},   Range{0x2E80, 0x303E},  Range{0x3041, 0xA4CF},
                           Range{0xAC00, 0xD7A3},   Range{0xF900, 0xFAFF},  Range{0xFE30, 0xFE6F},
                           Range{0xFF00, 0xFF60},   Range{0xFFE0, 0xFFE6},  Range{0x1F300, 0x1F64F},
                           Range{0x1F900, 0x1F9FF}, Range{0x20000, 0x3FFFD}};

// One code point of UTF-8 (RFC 3629); length 0 where `text` does not begin with a valid one.
struct Decoded {
  std::uint32_t point = 0;
  std::size_t length = 0;
};

Decoded Decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t point = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    point = point << 6U | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kLeast[length] || point > 0x10FFFF || surrogate) return {};
  return {point, length};
}

std::size_t WidthOf(std::uint32_t point) {
  if (In(kCombining, point)) return 0;
  return In(kWide, point) ? 2 : 1;
}

}  // namespace

std::string Printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = Decode(text);
    const std::size_t length = std::max<std::size_t>(next.length, 1);
    if (next.length == 0 || (next.point < 0x80 && In(kUnprintable, next.point))) {
      const auto byte = static_cast<unsigned char>(text.front());
      result += byte == '\n' ? "\\n" : byte == '\t' ? "\\t" : fmt::format("\\x{:02x}", byte);
    } else if (In(kUnprintable, next.point)) {
      result += fmt::format("\\u{{{:x}}}", next.point);
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return result;
}

std::size_t Width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Decoded next = Decode(text);
    width += next.length == 0 ? 1 : WidthOf(next.point);
    text.remove_prefix(std::max<std::size_t>(next.length, 1));
  }
  return width;
}

std::string Cut(std::string_view text, std::size_t columns) {
  if (columns == 0) return {};
  if (Width(text) <= columns) return std::string(text);
  std::size_t kept = 0;
  std::size_t width = 0;
  while (kept < text.size()) {
    const Decoded next = Decode(text.substr(kept));
    const std::size_t more = next.length == 0 ? 1 : WidthOf(next.point);
    if (width + more > columns - 1) break;
    width += more;
    kept += std::max<std::size_t>(next.length, 1);
  }
  return std::string(text.substr(0, kept)) + "…";
}

}  // namespace stockade::ctl
