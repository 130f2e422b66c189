// SPDX-License-Identifier: Apache-2.0
#include "config/glob.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace stockade::config {
namespace {

constexpr std::size_t kMaxPattern = 1024;
constexpr std::size_t kMaxPath = 4095;
constexpr std::string_view kStandalone = "${standalone}";

// A component of a pattern with its variables replaced: characters, and kStar for a "*".
using Component = std::u16string;
constexpr char16_t kStar = 0x100;  // no char has this value

// The value of a variable, or nullptr for a name that does not exist.
const std::string* ValueOf(std::string_view name, const PathVariables& variables) {
  if (name == "container-id") return &variables.container_id;
  if (name == "sandbox-id") return &variables.sandbox_id;
  if (name == "pod-uid") return &variables.pod_uid;
  return nullptr;
}

char16_t Literal(char c) { return static_cast<unsigned char>(c); }

// Nothing if a variable is unknown, has no value, or has one that is no part of a component.
std::optional<Component> Substitute(std::string_view raw, const PathVariables& variables) {
  Component component;
  while (!raw.empty()) {
    if (!raw.starts_with("${")) {
      component += raw.front() == '*' ? kStar : Literal(raw.front());
      raw.remove_prefix(1);
      continue;
    }
    const auto end = raw.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string* value = ValueOf(raw.substr(2, end - 2), variables);
    if (value == nullptr || value->empty() || value->find('/') != std::string::npos) {
      return std::nullopt;
    }
    std::transform(value->begin(), value->end(), std::back_inserter(component), Literal);
    raw.remove_prefix(end + 1);
  }
  return component;
}

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    if (slash > 0) parts.push_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

// Matches a sequence against one with wildcards. `is_wild(i)` tells a pattern element that stands
// for any number of elements, `equal(i, j)` compares one pattern element with one of the text.
// Going back to the last wildcard alone is enough, for an earlier one cannot make up for what a
// later one cannot.
template <class IsWild, class Equal>
bool MatchSequence(std::size_t pattern_size, std::size_t text_size, IsWild is_wild, Equal equal) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::optional<std::size_t> wild;
  std::size_t wild_text = 0;
  while (t < text_size) {
    if (p < pattern_size && is_wild(p)) {
      wild = p++;
      wild_text = t;
    } else if (p < pattern_size && equal(p, t)) {
      ++p;
      ++t;
    } else if (wild) {
      p = *wild + 1;
      t = ++wild_text;
    } else {
      return false;
    }
  }
  while (p < pattern_size && is_wild(p)) ++p;
  return p == pattern_size;
}

bool ComponentMatches(const Component& pattern, std::string_view text) {
  return MatchSequence(
      pattern.size(), text.size(), [&](std::size_t p) { return pattern[p] == kStar; },
      [&](std::size_t p, std::size_t t) { return pattern[p] == Literal(text[t]); });
}

base::Status CheckComponent(std::string_view pattern, std::string_view component) {
  const auto bad = [&](std::string_view what) {
    return base::Fail(base::ErrorKind::kPolicy, "the pattern \"{}\" {}", pattern, what);
  };
  if (component.empty()) return bad("has an empty component");
  if (component == "." || component == "..") return bad("has a \".\" or \"..\" component");
  if (component != "**" && component.find("**") != std::string_view::npos) {
    return bad("has a \"**\" that is not a whole component");
  }
  for (auto at = component.find("${"); at != std::string_view::npos;
       at = component.find("${", at + 2)) {
    const auto end = component.find('}', at);
    if (end == std::string_view::npos) return bad("has a \"${\" without \"}\"");
    if (ValueOf(component.substr(at + 2, end - at - 2), {}) == nullptr) {
      return bad("names a variable other than ${container-id}, ${sandbox-id} and ${pod-uid}");
    }
  }
  return {};
}

}  // namespace

bool PathMatches(std::string_view pattern, std::string_view path, const PathVariables& variables) {
  if (pattern.size() > kMaxPattern || path.size() > kMaxPath || !path.starts_with('/'))
    return false;
  if (pattern.starts_with(kStandalone)) {
    if (!variables.standalone) return false;
    pattern.remove_prefix(kStandalone.size());
  }
  if (!pattern.starts_with('/') && !pattern.starts_with("**/")) return false;
  std::vector<std::optional<Component>> wanted;  // nothing stands for "**"
  for (const std::string_view raw : Split(pattern)) {
    if (raw == "**") {
      wanted.emplace_back();
      continue;
    }
    wanted.push_back(Substitute(raw, variables));
    if (!wanted.back()) return false;
  }
  const std::vector<std::string_view> parts = Split(path);
  return MatchSequence(
      wanted.size(), parts.size(), [&](std::size_t p) { return !wanted[p]; },
      [&](std::size_t p, std::size_t t) { return ComponentMatches(*wanted[p], parts[t]); });
}

base::Status CheckPathPattern(std::string_view pattern) {
  std::string_view rest = pattern;
  if (rest.starts_with(kStandalone)) rest.remove_prefix(kStandalone.size());
  if (pattern.size() > kMaxPattern) {
    return base::Fail(base::ErrorKind::kPolicy, "a pattern is longer than {} bytes", kMaxPattern);
  }
  if (!rest.starts_with('/') && !rest.starts_with("**/")) {
    return base::Fail(base::ErrorKind::kPolicy,
                      "the pattern \"{}\" begins with neither \"/\" nor \"**/\"", pattern);
  }
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.empty()) return {};  // "/" itself
  for (;;) {
    const auto slash = rest.find('/');
    STOCKADE_TRY(CheckComponent(pattern, rest.substr(0, slash)));
    if (slash == std::string_view::npos) return {};
    rest.remove_prefix(slash + 1);
  }
}

bool IsNormalPath(std::string_view path) {
  if (path == "/") return true;
  if (!path.starts_with('/') || path.size() > kMaxPath || path.ends_with('/')) return false;
  if (std::any_of(path.begin(), path.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return false;
  }
  if (path.find("//") != std::string_view::npos) return false;
  const std::vector<std::string_view> parts = Split(path);
  return std::none_of(parts.begin(), parts.end(),
                      [](std::string_view part) { return part == "." || part == ".."; });
}

bool IsWithin(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

}  // namespace stockade::config
