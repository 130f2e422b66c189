// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/device_rules.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sandbox/layers/fields.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Json;

// Source: Documentation/admin-guide/devices.txt of Linux.
constexpr std::array<std::pair<std::string_view, DeviceNumbers>, 8> kStandard{{
    {"/dev/null", {'c', 1, 3}},
    {"/dev/zero", {'c', 1, 5}},
    {"/dev/full", {'c', 1, 7}},
    {"/dev/random", {'c', 1, 8}},
    {"/dev/urandom", {'c', 1, 9}},
    {"/dev/tty", {'c', 5, 0}},
    {"/dev/console", {'c', 5, 1}},
    {"/dev/ptmx", {'c', 5, 2}},
}};

}  // namespace

bool DeviceRule::Is(const DeviceNumbers& device) const {
  return type == std::string(1, device.type) && major == device.major && minor == device.minor;
}

base::Result<std::vector<DeviceRule>> DeviceRulesOf(const Json& spec) {
  const std::string list = "/linux/resources/devices";
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(spec, list));
  std::vector<DeviceRule> rules;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string pointer = fmt::format("{}/{}", list, i);
    STOCKADE_ASSIGN(const auto allow, FlagAt(spec, pointer + "/allow"));
    STOCKADE_ASSIGN(const auto type, TextAt(spec, pointer + "/type"));
    STOCKADE_ASSIGN(const auto major, IntegerAt(spec, pointer + "/major"));
    STOCKADE_ASSIGN(const auto minor, IntegerAt(spec, pointer + "/minor"));
    STOCKADE_ASSIGN(const auto access, TextAt(spec, pointer + "/access"));
    DeviceRule rule{allow.value_or(false), type.value_or(""), major, minor, access.value_or("")};
    if (rule.type != "" && rule.type != "a" && rule.type != "b" && rule.type != "c") {
      return Fail(ErrorKind::kSpec, "{}/type is \"{:.20}\", not a, b or c", pointer, rule.type);
    }
    if (rule.access.find_first_not_of("rwm") != std::string::npos) {
      return Fail(ErrorKind::kSpec, "{}/access is \"{:.20}\", not of r, w and m", pointer,
                  rule.access);
    }
    // -1 is how some engines write "any".
    if (rule.major && *rule.major < 0) rule.major.reset();
    if (rule.minor && *rule.minor < 0) rule.minor.reset();
    rules.push_back(std::move(rule));
  }
  return rules;
}

Json ToJson(const DeviceRule& rule) {
  Json json{{"allow", rule.allow}};
  if (!rule.type.empty()) json["type"] = rule.type;
  if (rule.major) json["major"] = *rule.major;
  if (rule.minor) json["minor"] = *rule.minor;
  json["access"] = rule.access;
  return json;
}

std::optional<DeviceNumbers> StandardDevice(const std::string& path) {
  const auto found =
      std::ranges::find(kStandard, path, &std::pair<std::string_view, DeviceNumbers>::first);
  if (found == kStandard.end()) return std::nullopt;
  return found->second;
}

}  // namespace stockade::sandbox
