// SPDX-License-Identifier: Apache-2.0
#include "config/class_values.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "config/base/number.h"
#include "config/glob.h"
#include "config/nearest.h"

namespace stockade::config {
namespace {

using base::Status;

constexpr std::size_t kMaxText = 4096;
constexpr std::size_t kMaxShown = 12;  // choices in one message

bool HasControl(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// Appends what `read` makes of each element, refusing one that is there already.
Status ReadUnique(const Node& node, std::vector<std::string>& out,
                  const std::function<Status(const Node&, std::string&)>& read) {
  out.clear();
  return ReadArray(node, [&](const Node& element) -> Status {
    std::string text;
    STOCKADE_TRY(read(element, text));
    if (std::find(out.begin(), out.end(), text) != out.end()) {
      return element.Refuse(fmt::format("\"{}\" stands twice in the list", text));
    }
    out.push_back(std::move(text));
    return {};
  });
}

}  // namespace

Status ReadModeOf(const Node& node, const std::vector<Mode>& choices, Mode& out) {
  std::vector<std::string_view> names;
  for (const Mode mode : choices) names.emplace_back(ModeName(mode));
  std::string name;
  STOCKADE_TRY(ReadChoice(node, names, name));
  const auto at = std::find(names.begin(), names.end(), name) - names.begin();
  out = choices[static_cast<std::size_t>(at)];
  return {};
}

Status ReadMode(const Node& node, Mode& out) {
  return ReadModeOf(node, {Mode::kOff, Mode::kConfine, Mode::kRefuse}, out);
}

Status ReadBool(const Node& node, bool& out) {
  if (!node.value().is_boolean()) return node.Refuse("neither true nor false");
  out = node.value().get<bool>();
  return {};
}

Status ReadText(const Node& node, std::string& out) {
  if (!node.value().is_string()) return node.Refuse("not a text");
  const auto& text = node.value().get_ref<const std::string&>();
  if (text.size() > kMaxText) return node.Refuse(fmt::format("longer than {} bytes", kMaxText));
  if (HasControl(text)) return node.Refuse("has a control character");
  out = text;
  return {};
}

Status ReadChoice(const Node& node, const std::vector<std::string_view>& choices,
                  std::string& out) {
  std::string text;
  STOCKADE_TRY(ReadText(node, text));
  if (std::find(choices.begin(), choices.end(), text) == choices.end()) {
    const std::string nearest = Nearest(text, choices);
    const std::string hint = nearest.empty() ? "" : fmt::format("the nearest is \"{}\"", nearest);
    if (choices.size() > kMaxShown)
      return node.Refuse(fmt::format("\"{}\" is not known", text), hint);
    return node.Refuse(fmt::format("\"{}\" is none of {}", text, fmt::join(choices, ", ")), hint);
  }
  out = std::move(text);
  return {};
}

Status ReadEither(const Node& node, std::string_view no, std::string_view yes, bool& out) {
  std::string word;
  STOCKADE_TRY(ReadChoice(node, {no, yes}, word));
  out = word == yes;
  return {};
}

Status ReadNumber(const Node& node, std::uint64_t low, std::uint64_t high, std::uint64_t& out) {
  if (!node.value().is_number_unsigned()) {
    return node.Refuse(fmt::format("not an integer from {} to {}", low, high));
  }
  const auto number = node.value().get<std::uint64_t>();
  if (number < low || number > high) {
    return node.Refuse(fmt::format("{} is not from {} to {}", number, low, high));
  }
  out = number;
  return {};
}

std::optional<std::uint64_t> ParseSize(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end == text.data()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  int shift = 0;
  if (unit == "Ki") {
    shift = 10;
  } else if (unit == "Mi") {
    shift = 20;
  } else if (unit == "Gi") {
    shift = 30;
  } else if (!unit.empty()) {
    return std::nullopt;
  }
  if (number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return number << shift;
}

Status ReadSize(const Node& node, std::uint64_t low, std::uint64_t high, std::uint64_t& out) {
  if (!node.value().is_string()) return ReadNumber(node, low, high, out);
  const auto& text = node.value().get_ref<const std::string&>();
  const std::optional<std::uint64_t> size = ParseSize(text);
  if (!size)
    return node.Refuse("not a size", "write a number of bytes, or \"64Mi\", \"512Ki\", \"1Gi\"");
  if (*size < low || *size > high) {
    return node.Refuse(fmt::format("{} is not from {} to {} bytes", text, low, high));
  }
  out = *size;
  return {};
}

Status ReadPermissions(const Node& node, std::uint32_t& out) {
  std::string text;
  STOCKADE_TRY(ReadText(node, text));
  const auto bits = base::WholeNumber<std::uint32_t>(text, 8);
  if (!bits || text.size() < 3 || *bits > 07777) {
    return node.Refuse(fmt::format("\"{}\" is not an octal mode", text),
                       "write \"0755\" or \"1777\"");
  }
  out = *bits;
  return {};
}

Status ReadPath(const Node& node, std::string& out) {
  std::string text;
  STOCKADE_TRY(ReadText(node, text));
  if (!IsNormalPath(text)) {
    return node.Refuse(
        fmt::format("\"{}\" is not an absolute path without \".\", \"..\", \"//\" and "
                    "a final \"/\"",
                    text));
  }
  out = std::move(text);
  return {};
}

Status ReadTexts(const Node& node, std::vector<std::string>& out) {
  return ReadUnique(node, out, [](const Node& element, std::string& text) -> Status {
    STOCKADE_TRY(ReadText(element, text));
    if (text.empty()) return element.Refuse("an empty text");
    return {};
  });
}

Status ReadPaths(const Node& node, std::vector<std::string>& out) {
  return ReadUnique(node, out, ReadPath);
}

Status ReadPatterns(const Node& node, std::vector<std::string>& out) {
  return ReadUnique(node, out, [](const Node& element, std::string& text) -> Status {
    STOCKADE_TRY(ReadText(element, text));
    return element.Wrap(CheckPathPattern(text));
  });
}

Status ReadChoices(const Node& node, const std::vector<std::string_view>& choices,
                   std::vector<std::string>& out) {
  return ReadUnique(node, out, [&](const Node& element, std::string& text) {
    return ReadChoice(element, choices, text);
  });
}

}  // namespace stockade::config
