// SPDX-License-Identifier: Apache-2.0
// The device cgroup rules of a spec (/linux/resources/devices) as values.
//
//   STOCKADE_ASSIGN(const auto rules, DeviceRulesOf(edit.Root()));
//   if (rules[0].allow && rules[0].Everything()) ...   // {"allow": true, "access": "rwm"}
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "sandbox/host_view.h"

namespace stockade::sandbox {

struct DeviceRule {
  bool allow = false;
  std::string type;                   // "c", "b", "a" or ""
  std::optional<std::int64_t> major;  // nothing: any
  std::optional<std::int64_t> minor;
  std::string access;  // of "r", "w", "m"

  // True for a rule about all devices: to the kernel that is every rule without a kind of device,
  // whatever numbers it names.
  bool Everything() const { return type.empty() || type == "a"; }
  // True if the rule speaks of exactly this device.
  bool Is(const DeviceNumbers& device) const;
};

// The rules in their order. Errors for wrong types, unknown kinds and unknown accesses.
base::Result<std::vector<DeviceRule>> DeviceRulesOf(const base::Json& spec);

// The spec's form of a rule.
base::Json ToJson(const DeviceRule& rule);

// The numbers that `path` has on every Linux ("/dev/null" is c 1:3), or nothing.
std::optional<DeviceNumbers> StandardDevice(const std::string& path);

}  // namespace stockade::sandbox
