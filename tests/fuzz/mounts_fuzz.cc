// SPDX-License-Identifier: Apache-2.0
// Lines of /proc/<pid>/mountinfo, of which containers choose paths and sources: what is read of an
// overlay is what the kernel would print of it again. And names of sysctls: they stay below net/.
#include <string>
#include <string_view>

#include "sandbox/host/mount_info.h"
#include "sandbox/host/net_sysctl.h"
#include "sandbox/host/overlay_options.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using stockade::fuzz::Require;
using stockade::sandbox::OverlayOptions;

// As the kernel escapes the value of an option.
std::string Escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (std::string_view(", \t\n\\\"").find(c) == std::string_view::npos) {
      text += c;
    } else {
      text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

void CheckOverlay(std::string_view text) {
  const auto options = stockade::sandbox::ParseOverlayOptions(text);
  if (!options) return;
  std::string printed;
  for (const OverlayOptions::Option& option : options->all) {
    printed += fmt::format(",{}={}", option.key, Escaped(option.value));
  }
  const auto again = stockade::sandbox::ParseOverlayOptions(printed);
  Require(again && again->all == options->all && again->layers == options->layers &&
              again->upper == options->upper && again->work == options->work,
          "an overlay reads differently the second time");
  Require(!options->layers.empty(), "an overlay without layers");
}

void CheckSysctl(const std::string& name) {
  const auto path = stockade::sandbox::NetSysctlPath(name);
  if (!path) return;
  Require(path->starts_with("net/"), "a sysctl that is not the network's");
  Require(("/" + *path + "/").find("/../") == std::string::npos, "a sysctl that climbs");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = stockade::fuzz::AsText(data, size);
  CheckSysctl(std::string(text));
  CheckOverlay(text);
  const auto mounts = stockade::sandbox::ParseMountInfo(text);
  if (!mounts) return 0;
  for (const stockade::sandbox::MountEntry& mount : *mounts) {
    Require(mount.point.starts_with('/'), "a mount point that is not absolute");
    CheckOverlay(mount.super_options);
  }
  return 0;
}
