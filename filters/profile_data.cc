// SPDX-License-Identifier: Apache-2.0
#include "filters/profile_data.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "config/base/embedded.h"
#include "config/base/json.h"

namespace stockade::embedded {
extern const std::span<const EmbeddedFile> kFloorProfiles;
}  // namespace stockade::embedded

namespace stockade::filters {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Json;

constexpr std::uint64_t kWholeArgument = 0xffffffff;  // every argument that a profile tests is 32 bits

std::optional<int> ErrnoNumber(std::string_view name) {
  static constexpr std::pair<std::string_view, int> kErrnos[] = {
      {"ENOSYS", ENOSYS},
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
  return std::nullopt;
}

// A value of a condition: a number, or a string in hexadecimal ("0x5412").
std::uint64_t Value(const Json& json) {
  if (json.is_number()) return json.get<std::uint64_t>();
  const std::string& text = json.get_ref<const std::string&>();
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (!text.starts_with("0x") || error != std::errc() || at != end) {
    throw std::invalid_argument("not a hexadecimal number: " + text);
  }
  return value;
}

// The matches of one argument's condition: {"in": [V, ...]}, {"outside": [V, ...]}, either under a "mask",
// or {"outside": [V, ...], "below": a power of two}.
std::vector<BitMatch> ReadCondition(unsigned index, const Json& json) {
  const std::uint64_t mask = json.contains("mask") ? Value(json["mask"]) : kWholeArgument;
  const bool outside = json.contains("outside");
  std::vector<std::uint64_t> values;
  for (const Json& value : json.at(outside ? "outside" : "in")) values.push_back(Value(value));
  for (const std::uint64_t value : values) {
    if ((value & ~mask) != 0) throw std::invalid_argument("a value reaches beyond its mask");
  }
  if (outside) return Outside(index, mask, values, json.contains("below") ? Value(json["below"]) : 0);
  std::vector<BitMatch> matches;
  for (const std::uint64_t value : values) matches.push_back({index, mask, value});
  return matches;
}

// All combinations of the conditions of one alternative: {"arg0": {...}, "arg2": {...}}.
void ReadAlternative(const Json& json, std::vector<BitMatches>& out) {
  std::vector<BitMatches> combined{{}};
  for (const auto& [key, condition] : json.items()) {
    if (key.size() != 4 || !key.starts_with("arg") || key[3] < '0' || key[3] > '5') {
      throw std::invalid_argument("not an argument: " + key);
    }
    std::vector<BitMatches> wider;
    for (const BitMatch& match : ReadCondition(static_cast<unsigned>(key[3] - '0'), condition)) {
      for (BitMatches matches : combined) {
        matches.push_back(match);
        wider.push_back(std::move(matches));
      }
    }
    combined = std::move(wider);
  }
  std::move(combined.begin(), combined.end(), std::back_inserter(out));
}

CallGroup ReadGroup(const Json& json) {
  CallGroup group;
  group.id = json.at("id").get<std::string>();
  group.reason = json.at("reason").get<std::string>();
  const Json& open = json.at("open");
  if (open.is_array()) {
    group.open = CallGroup::Open::kCapability;
    group.capabilities = open.get<config::CapabilityNames>();
  } else if (open == "always") {
    group.open = CallGroup::Open::kAlways;
  } else if (open != "never") {
    throw std::invalid_argument("open is neither always, never nor a list");
  }
  if (group.open != CallGroup::Open::kAlways) {
    group.fallback = json.at("fallback").get<std::string>();
    const auto number = ErrnoNumber(json.at("errno").get_ref<const std::string&>());
    if (!number) throw std::invalid_argument("unknown errno");
    group.error_number = *number;
  }
  group.calls = json.at("calls").get<std::vector<std::string>>();
  if (json.contains("when")) {
    for (const Json& alternative : json["when"]) ReadAlternative(alternative, group.when);
  }
  return group;
}

// Adds the groups of `document` to `profile`, taking the calls that they name out of what is there.
void Merge(const Json& document, Profile& profile) {
  std::vector<CallGroup> groups;
  std::set<std::string, std::less<>> decided_here;
  for (const Json& json : document.at("groups")) {
    groups.push_back(ReadGroup(json));
    decided_here.insert(groups.back().calls.begin(), groups.back().calls.end());
  }
  for (CallGroup& group : profile.groups) {
    std::erase_if(group.calls, [&](const std::string& call) { return decided_here.contains(call); });
  }
  std::erase_if(profile.groups, [](const CallGroup& group) { return group.calls.empty(); });
  std::move(groups.begin(), groups.end(), std::back_inserter(profile.groups));
}

const embedded::EmbeddedFile* FindProfile(std::string_view name) {
  for (const embedded::EmbeddedFile& file : embedded::kFloorProfiles) {
    if (file.name.substr(0, file.name.find('.')) == name) return &file;
  }
  return nullptr;
}

}  // namespace

bool CallGroup::IsOpen(const config::CapabilityNames& remaining) const {
  if (open != Open::kCapability) return open == Open::kAlways;
  return std::ranges::any_of(capabilities, [&](const std::string& capability) {
    return std::ranges::find(remaining, capability) != remaining.end();
  });
}

std::vector<std::string_view> ProfileNames() {
  std::vector<std::string_view> names;
  for (const embedded::EmbeddedFile& file : embedded::kFloorProfiles) {
    names.push_back(file.name.substr(0, file.name.find('.')));
  }
  return names;
}

base::Result<Profile> LoadProfile(std::string_view name) {
  const embedded::EmbeddedFile* const file = FindProfile(name);
  if (file == nullptr) {
    return base::FailHint(ErrorKind::kPolicy, fmt::format("one of: {}", fmt::join(ProfileNames(), ", ")),
                          "there is no seccomp profile \"{}\"", name);
  }
  STOCKADE_ASSIGN(const base::ParsedJson parsed,
                  base::ParseJson(file->text, base::kPolicyLimits, file->name, ErrorKind::kInternal));
  Profile profile;
  try {
    if (parsed.value.contains("extends")) {
      STOCKADE_ASSIGN(profile, LoadProfile(parsed.value["extends"].get<std::string>()));
    } else {
      const auto number = ErrnoNumber(parsed.value.at("defaultErrno").get<std::string>());
      profile.default_error_number = number.value_or(ENOSYS);
    }
    profile.name = name;
    Merge(parsed.value, profile);
  } catch (const std::exception& error) {
    return Fail(ErrorKind::kInternal, "shipped profile {}: {}", file->name, error.what());
  }
  return profile;
}

}  // namespace stockade::filters
