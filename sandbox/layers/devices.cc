// SPDX-License-Identifier: Apache-2.0
// Device nodes that the delegate makes (/linux/devices) and devices that the cgroup lets the
// container open (/linux/resources/devices). A path stands for one device only: a disk that is
// called /dev/null is no /dev/null. Bind mounts of device nodes are the host mount layer's
// business.
#include "sandbox/layers/device_rules.h"

#include <algorithm>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using base::Result;
using base::Status;
using config::Mode;

constexpr const char* kSetting = "/devices/allowed";
constexpr const char* kHint = "remove the device from the pod, or ask for a class that allows it";
constexpr const char* kWhy = "only listed devices exist and can be opened";

struct AllowedDevice {
  std::string path;
  DeviceNumbers numbers;
};

// A listed device that this host does not have is not allowed: nobody can say which one it is.
std::vector<AllowedDevice> AllowedDevices(const LayerInput& in) {
  std::vector<AllowedDevice> allowed;
  for (const std::string& path : in.policy.devices.allowed) {
    if (const auto standard = StandardDevice(path)) {
      allowed.push_back({path, *standard});
    } else if (const auto host = in.host.Device(path)) {
      allowed.push_back({path, *host});
    }
  }
  return allowed;
}

bool IsAllowed(const std::vector<AllowedDevice>& allowed, const DeviceRule& rule) {
  return std::ranges::any_of(allowed,
                             [&](const AllowedDevice& device) { return rule.Is(device.numbers); });
}

// What engines write for every container: the basic devices, terminals, and mknod of anything.
// Dropping these is no answer to a pod's request, so they are never a reason to refuse.
bool IsEngineDefault(const DeviceRule& rule) {
  if (rule.Everything()) return false;
  if (!rule.major && !rule.minor) return rule.access == "m";
  if (rule.type != "c" || !rule.major) return false;
  if (*rule.major == 136) return true;                            // pseudo terminals
  if (*rule.major == 10) return rule.minor == std::int64_t{200};  // tun
  return (*rule.major == 1 || *rule.major == 5) && rule.minor && *rule.minor <= 9;
}

Status CheckNodes(const LayerInput& in, SpecEditor& edit,
                  const std::vector<AllowedDevice>& allowed) {
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(edit.Root(), "/linux/devices"));
  for (std::size_t i = count; i-- > 0;) {
    const std::string pointer = fmt::format("/linux/devices/{}", i);
    STOCKADE_ASSIGN(const auto path, TextAt(edit.Root(), pointer + "/path"));
    STOCKADE_ASSIGN(const auto type, TextAt(edit.Root(), pointer + "/type"));
    STOCKADE_ASSIGN(const auto major, IntegerAt(edit.Root(), pointer + "/major"));
    STOCKADE_ASSIGN(const auto minor, IntegerAt(edit.Root(), pointer + "/minor"));
    // "u" is an older name of "c".
    const DeviceRule asked{true, type == "u" ? "c" : type.value_or(""), major, minor, ""};
    const bool good = std::ranges::any_of(allowed, [&](const AllowedDevice& device) {
      return path == device.path && asked.Is(device.numbers);
    });
    if (good) continue;
    const std::string what = fmt::format("{} {} {}:{}", path.value_or("(no path)"), asked.type,
                                         major.value_or(0), minor.value_or(0));
    if (in.policy.devices.mode == Mode::kRefuse) {
      return Refuse(in, kSetting, kHint, "{} asks for the device {}", pointer, what);
    }
    edit.Remove(pointer, kWhy, kSetting);
  }
  return {};
}

Result<Json> TightRules(const LayerInput& in, const SpecEditor& edit,
                        const std::vector<AllowedDevice>& allowed) {
  STOCKADE_ASSIGN(const auto rules, DeviceRulesOf(edit.Root()));
  const Json deny_all{{"allow", false}, {"access", "rwm"}};
  Json tight = Json::array({deny_all});
  for (const DeviceRule& rule : rules) {
    if (!rule.allow && (rule.Everything() || !rule.major || !rule.minor)) {
      tight = Json::array({deny_all});  // takes back what was allowed before it
      continue;
    }
    if (rule.allow && !IsAllowed(allowed, rule)) {
      if (in.policy.devices.mode == Mode::kRefuse && !IsEngineDefault(rule)) {
        return Refuse(in, kSetting, kHint, "/linux/resources/devices opens {}",
                      base::DumpJson(ToJson(rule)));
      }
      continue;
    }
    tight.push_back(ToJson(rule));
  }
  return tight;
}

}  // namespace

Status ApplyDevices(const LayerInput& in, SpecEditor& edit) {
  if (in.policy.devices.mode == Mode::kOff) return {};
  const std::vector<AllowedDevice> allowed = AllowedDevices(in);
  STOCKADE_TRY(CheckNodes(in, edit, allowed));
  STOCKADE_ASSIGN(Json rules, TightRules(in, edit, allowed));
  edit.Set("/linux/resources/devices", std::move(rules), kWhy, kSetting);
  return {};
}

}  // namespace stockade::sandbox
