// SPDX-License-Identifier: Apache-2.0
// Runs during the build: reads the profiles given as arguments, merges each over what it extends
// (which must come earlier), and prints the C++ that defines Profiles() of profile_data.h.
//
//   profile_compiler baseline.json restricted.json isolated.json > profiles.cc
//
// A profile is {"profile", "about", "defaultErrno" | "extends", "groups": [group, ...]}. A group is
//   {"id", "reason", "open": "always" | "never" | [capability, ...], "calls": [name, ...],
//    "errno" and "fallback" unless always open, "when": [{"argN": condition, ...}, ...]}
// with conditions as ReadCondition() has them. A call that an extending profile names is taken out
// of the groups that it extends: one file alone decides it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>
#include <vector>

#include "config/base/file.h"
#include "config/base/json.h"
#include "config/base/number.h"
#include "filters/argument_sets.h"

namespace stockade::filters {
namespace {

using base::Json;
using Conjunction = std::vector<BitMatch>;

constexpr std::uint64_t kWholeArgument =
    0xffffffff;  // every argument that a profile tests is 32 bits

struct Group {
  std::string id;
  std::string reason;
  std::string fallback;
  std::string open;  // the enumerator
  std::vector<std::string> capabilities;
  int error_number = 0;
  std::vector<std::string> calls;
  std::vector<Conjunction> when;
};

struct Document {
  std::string name;
  int default_error_number = 0;
  std::vector<Group> groups;
};

[[noreturn]] void Reject(const std::string& why) { throw std::invalid_argument(why); }

int ErrnoNumber(std::string_view name) {
  static constexpr std::pair<std::string_view, int> kErrnos[] = {
      {"ENOSYS", ENOSYS},
      {"EINVAL", EINVAL},
      {"ENOTTY", ENOTTY},
      {"EPERM", EPERM},
      {"EAFNOSUPPORT", EAFNOSUPPORT},
      {"EPROTONOSUPPORT", EPROTONOSUPPORT},
      {"ESOCKTNOSUPPORT", ESOCKTNOSUPPORT},
      {"ENOPROTOOPT", ENOPROTOOPT},
      {"EOPNOTSUPP", EOPNOTSUPP},
  };
  for (const auto& [errno_name, number] : kErrnos) {
    if (errno_name == name) return number;
  }
  Reject("an errno that is not in the table: " + std::string(name));
}

// A value of a condition: a number, or a string in hexadecimal ("0x5412").
std::uint64_t Value(const Json& json) {
  if (json.is_number()) return json.get<std::uint64_t>();
  const std::string& text = json.get_ref<const std::string&>();
  std::optional<std::uint64_t> value;
  if (text.starts_with("0x")) value = base::WholeNumber<std::uint64_t>(text.substr(2), 16);
  if (!value) Reject("not a hexadecimal number: " + text);
  return *value;
}

// The matches of one argument's condition: {"in": [V, ...]}, {"outside": [V, ...]}, either under a
// "mask", or {"outside": [V, ...], "below": a power of two}.
std::vector<BitMatch> ReadCondition(unsigned index, const Json& json) {
  const std::uint64_t mask = json.contains("mask") ? Value(json["mask"]) : kWholeArgument;
  const bool outside = json.contains("outside");
  std::vector<std::uint64_t> values;
  for (const Json& value : json.at(outside ? "outside" : "in")) values.push_back(Value(value));
  for (const std::uint64_t value : values) {
    if ((value & ~mask) != 0) Reject("a value reaches beyond its mask");
  }
  if (outside)
    return Outside(index, mask, values, json.contains("below") ? Value(json["below"]) : 0);
  std::vector<BitMatch> matches;
  for (const std::uint64_t value : values) matches.push_back({index, mask, value});
  return matches;
}

// All combinations of the conditions of one alternative: {"arg0": {...}, "arg2": {...}}.
void ReadAlternative(const Json& json, std::vector<Conjunction>& out) {
  std::vector<Conjunction> combined{{}};
  for (const auto& [key, condition] : json.items()) {
    if (key.size() != 4 || !key.starts_with("arg") || key[3] < '0' || key[3] > '5') {
      Reject("not an argument: " + key);
    }
    std::vector<Conjunction> wider;
    for (const BitMatch& match : ReadCondition(static_cast<unsigned>(key[3] - '0'), condition)) {
      for (Conjunction matches : combined) {
        matches.push_back(match);
        wider.push_back(std::move(matches));
      }
    }
    combined = std::move(wider);
  }
  std::move(combined.begin(), combined.end(), std::back_inserter(out));
}

Group ReadGroup(const Json& json) {
  Group group;
  group.id = json.at("id").get<std::string>();
  group.reason = json.at("reason").get<std::string>();
  const Json& open = json.at("open");
  if (open.is_array()) {
    group.open = "kCapability";
    group.capabilities = open.get<std::vector<std::string>>();
  } else if (open == "always") {
    group.open = "kAlways";
  } else if (open == "never") {
    group.open = "kNever";
  } else {
    Reject(group.id + ": open is neither always, never nor a list");
  }
  if (open != "always") {
    group.fallback = json.at("fallback").get<std::string>();
    group.error_number = ErrnoNumber(json.at("errno").get<std::string>());
  }
  group.calls = json.at("calls").get<std::vector<std::string>>();
  if (json.contains("when")) {
    for (const Json& alternative : json["when"]) ReadAlternative(alternative, group.when);
  }
  return group;
}

Document ReadDocument(const Json& json, const std::vector<Document>& earlier) {
  Document document;
  if (json.contains("extends")) {
    const auto found =
        std::ranges::find(earlier, json["extends"].get<std::string>(), &Document::name);
    if (found == earlier.end()) Reject("extends a profile that did not come earlier");
    document = *found;
  } else {
    document.default_error_number = ErrnoNumber(json.at("defaultErrno").get<std::string>());
  }
  document.name = json.at("profile").get<std::string>();

  std::vector<Group> groups;
  std::set<std::string, std::less<>> decided_here;
  for (const Json& group : json.at("groups")) {
    groups.push_back(ReadGroup(group));
    decided_here.insert(groups.back().calls.begin(), groups.back().calls.end());
  }
  for (Group& group : document.groups) {
    std::erase_if(group.calls,
                  [&](const std::string& call) { return decided_here.contains(call); });
  }
  std::erase_if(document.groups, [](const Group& group) { return group.calls.empty(); });
  std::ranges::move(groups, std::back_inserter(document.groups));
  return document;
}

// `text` as a C++ string literal.
std::string Quoted(const std::string& text) { return base::DumpJson(text); }

std::string QuotedList(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += (out.empty() ? "" : ", ") + Quoted(item);
  return out;
}

// Prints the arrays that a group refers to, under the prefix `name`, and returns its initialiser.
std::string PrintGroup(const std::string& name, const Group& group) {
  fmt::print("constexpr std::string_view {}_calls[] = {{{}}};\n", name, QuotedList(group.calls));
  if (!group.capabilities.empty()) {
    fmt::print("constexpr std::string_view {}_caps[] = {{{}}};\n", name,
               QuotedList(group.capabilities));
  }
  std::vector<std::string> spans;
  for (const Conjunction& conjunction : group.when) {
    const std::string array = fmt::format("{}_when{}", name, spans.size());
    fmt::print("constexpr BitMatch {}[] = {{", array);
    for (const BitMatch& match : conjunction) {
      fmt::print("{{{}, {:#x}, {:#x}}}, ", match.index, match.mask, match.value);
    }
    fmt::print("}};\n");
    spans.push_back(array);
  }
  if (!spans.empty()) {
    fmt::print("constexpr std::span<const BitMatch> {}_when[] = {{{}}};\n", name,
               fmt::join(spans, ", "));
  }
  return fmt::format("{{{}, {}, {}, Open::{}, {}, {}, {}_calls, {}}}", Quoted(group.id),
                     Quoted(group.reason), Quoted(group.fallback), group.open,
                     group.capabilities.empty() ? "{}" : name + "_caps", group.error_number, name,
                     spans.empty() ? "{}" : name + "_when");
}

void PrintDocuments(const std::vector<Document>& documents) {
  fmt::print(
      "// Made by filters/profile_compiler.cc from filters/profiles; do not edit.\n"
      "#include \"filters/profile_data.h\"\n\nnamespace stockade::filters {{\nnamespace {{\n\n");
  std::string profiles;
  for (const Document& document : documents) {
    std::string groups;
    for (std::size_t i = 0; i < document.groups.size(); ++i) {
      const std::string name = fmt::format("k_{}_{}", document.name, i);
      groups += "    " + PrintGroup(name, document.groups[i]) + ",\n";
    }
    fmt::print("constexpr CallGroup k_{}[] = {{\n{}}};\n\n", document.name, groups);
    profiles += fmt::format("    {{{}, {}, k_{}}},\n", Quoted(document.name),
                            document.default_error_number, document.name);
  }
  fmt::print(
      "constexpr Profile kProfiles[] = {{\n{}}};\n\n}}  // namespace\n\n"
      "std::span<const Profile> Profiles() {{ return kProfiles; }}\n\n"
      "}}  // namespace stockade::filters\n",
      profiles);
}

int Compile(std::span<char*> paths) {
  std::vector<Document> documents;
  for (const char* const path : paths) {
    const auto text = base::ReadFile(path, base::kPolicyLimits.max_bytes);
    const auto json =
        text ? base::ParseJson(*text, base::kPolicyLimits, path, base::ErrorKind::kInternal)
             : tl::unexpected(text.error());
    if (!json) {
      fmt::print(stderr, "{}\n", json.error().Text());
      return 1;
    }
    try {
      documents.push_back(ReadDocument(json->value, documents));
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}: {}\n", path, error.what());
      return 1;
    }
  }
  PrintDocuments(documents);
  return 0;
}

}  // namespace
}  // namespace stockade::filters

int main(int argc, char** argv) {
  return stockade::filters::Compile(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
}
