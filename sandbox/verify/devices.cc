// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <optional>

#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using base::Json;
using config::Mode;

constexpr std::int64_t kAny = -1;  // runc's and crun's wildcard number

struct Numbers {
  char type;
  std::int64_t major;
  std::int64_t minor;
};

// The devices that Linux numbers for good (Documentation/admin-guide/devices.txt).
struct Known {
  std::string_view path;
  Numbers numbers;
};
constexpr std::array<Known, 12> kKnown{{{"/dev/null", {'c', 1, 3}},
                                        {"/dev/zero", {'c', 1, 5}},
                                        {"/dev/full", {'c', 1, 7}},
                                        {"/dev/random", {'c', 1, 8}},
                                        {"/dev/urandom", {'c', 1, 9}},
                                        {"/dev/tty", {'c', 5, 0}},
                                        {"/dev/console", {'c', 5, 1}},
                                        {"/dev/ptmx", {'c', 5, 2}},
                                        {"/dev/net/tun", {'c', 10, 200}},
                                        {"/dev/fuse", {'c', 10, 229}},
                                        {"/dev/kvm", {'c', 10, 232}},
                                        {"/dev/vhost-net", {'c', 10, 238}}}};

// What an allowed path stands for; nothing when neither the list nor the host knows it.
std::optional<Numbers> NumbersOf(const Final& final, const std::string& path) {
  const auto known = std::ranges::find(kKnown, path, &Known::path);
  if (known != kKnown.end()) return known->numbers;
  const auto device = final.host.Device(path);
  if (!device) return std::nullopt;
  return Numbers{device->type, device->major, device->minor};
}

std::int64_t NumberAt(const Json& object, std::string_view pointer) {
  const Json& value = At(object, pointer);
  return value.is_number_integer() ? value.get<std::int64_t>() : kAny;
}

bool Allowed(const Final& final, char type, std::int64_t major, std::int64_t minor) {
  return std::ranges::any_of(final.policy.devices.allowed, [&](const std::string& path) {
    const auto numbers = NumbersOf(final, path);
    return numbers && type == numbers->type && major == numbers->major && minor == numbers->minor;
  });
}

bool DeniesAll(const Json& rule) {
  const std::string type = TextAt(rule, "/type");
  const std::string access = TextAt(rule, "/access");
  return !IsTrue(At(rule, "/allow")) && (type.empty() || type == "a") &&
         NumberAt(rule, "/major") == kAny && NumberAt(rule, "/minor") == kAny &&
         std::ranges::all_of(std::string_view("rwm"),
                             [&](char letter) { return access.find(letter) != std::string::npos; });
}

void CheckRules(const Final& final, Broken& broken) {
  const Json& rules = At(final.root, "/linux/resources/devices");
  if (!rules.is_array() || rules.empty() || !DeniesAll(rules[0])) {
    broken.Add("the device rules do not begin by denying every device");
  }
  for (const Json& rule : rules) {
    if (!IsTrue(At(rule, "/allow"))) continue;
    const std::string type = TextAt(rule, "/type");
    const auto major = NumberAt(rule, "/major");
    const auto minor = NumberAt(rule, "/minor");
    if (type.size() != 1 || !Allowed(final, type[0], major, minor)) {
      broken.Add("a device rule allows {} {}:{}, which the class does not give",
                 type.empty() ? "every type" : type, major, minor);
    }
  }
}

}  // namespace

void CheckDevices(const Final& final, Broken& broken) {
  if (final.policy.devices.mode == Mode::kOff) return;
  CheckRules(final, broken);
  for (const Json& device : At(final.root, "/linux/devices")) {
    const std::string path = TextAt(device, "/path");
    const std::string type = TextAt(device, "/type") == "u" ? "c" : TextAt(device, "/type");
    if (!Contains(final.policy.devices.allowed, Normalised(path))) {
      broken.Add("the device {} is not one that the class gives", path);
    } else if (type.size() != 1 ||
               !Allowed(final, type[0], NumberAt(device, "/major"), NumberAt(device, "/minor"))) {
      broken.Add("{} has not the numbers of the device of that name", path);
    }
  }
}

}  // namespace stockade::sandbox::verify
