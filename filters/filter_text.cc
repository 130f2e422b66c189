// SPDX-License-Identifier: Apache-2.0
#include "filters/filter_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace stockade::filters {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// The value of a base64 digit, or -1.
int DigitValue(char c) {
  const auto at = kDigits.find(c);
  return at == std::string_view::npos ? -1 : static_cast<int>(at);
}

}  // namespace

std::string EncodeFilter(ProgramView program, unsigned flags) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(program.data());
  const std::size_t size = program.size_bytes();
  std::string text = fmt::format("{:x}:", flags);
  text.reserve(text.size() + (size + 2) / 3 * 4);
  for (std::size_t at = 0; at < size; at += 3) {
    std::uint32_t quantum = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      quantum = quantum << 8 | (at + i < size ? std::uint32_t{bytes[at + i]} : 0);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i <= size ? kDigits[quantum >> (18 - 6 * i) & 63] : '=';
    }
  }
  return text;
}

std::optional<Program> DecodeFilter(std::string_view text, unsigned& flags) {
  const std::string_view whole = text;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), flags, 16);
  text.remove_prefix(static_cast<std::size_t>(at - text.data()));
  if (error != std::errc() || !text.starts_with(':')) return std::nullopt;
  text.remove_prefix(1);
  std::string bytes;
  if (text.size() % 4 != 0 || text.size() > BPF_MAXINSNS * sizeof(sock_filter) * 2) {
    return std::nullopt;
  }
  while (!text.empty()) {
    std::array<int, 4> values{};
    std::ranges::transform(text.substr(0, 4), values.begin(), DigitValue);
    text.remove_prefix(4);
    const auto padding = static_cast<std::size_t>(std::ranges::count(values, -1));
    if (padding > 2 || (padding > 0 && !text.empty())) return std::nullopt;
    std::uint32_t quantum = 0;
    for (const int value : values)
      quantum = quantum << 6 | static_cast<unsigned>(std::max(value, 0));
    const std::array<char, 3> decoded{static_cast<char>(quantum >> 16 & 255),
                                      static_cast<char>(quantum >> 8 & 255),
                                      static_cast<char>(quantum & 255)};
    bytes.append(decoded.data(), decoded.size() - padding);
  }
  if (bytes.empty() || bytes.size() % sizeof(sock_filter) != 0) return std::nullopt;
  Program program(bytes.size() / sizeof(sock_filter));
  if (program.size() > BPF_MAXINSNS) return std::nullopt;
  std::memcpy(program.data(), bytes.data(), bytes.size());
  // One text for one program: what the stub would read from another form is not asked.
  return EncodeFilter(program, flags) == whole ? std::optional(program) : std::nullopt;
}

}  // namespace stockade::filters
