// SPDX-License-Identifier: Apache-2.0
// The floor for tests that are not C++ (tests/e2e/test_floor.py):
//
//   floor_tool build restricted CAP_CHOWN        # the linux.seccomp object, on stdout
//   floor_tool build baseline SCMP_ARCH_X86      # open for 32-bit programs too
//   floor_tool judge restricted < config.json    # "replaceable", or the call that would be lost
#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/file.h"
#include "config/base/json.h"
#include "filters/floor.h"
#include "filters/pod_profile.h"

namespace {

using stockade::base::Json;

int Judge(const Json& floor) {
  const auto text = stockade::base::ReadFd(STDIN_FILENO, std::size_t{1} << 22, "stdin", true);
  const auto config = text ? stockade::base::ParseJson(*text, stockade::base::kSpecLimits, "stdin",
                                                       stockade::base::ErrorKind::kSpec)
                           : tl::unexpected(text.error());
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().Text());
    return 1;
  }
  const Json* const profile = stockade::base::Find(config->value, "/linux/seccomp");
  const auto lost = stockade::filters::FirstCallLost(profile == nullptr ? Json() : *profile, floor);
  fmt::print("{}\n", lost ? lost->call + " " + lost->reason : "replaceable");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> args(argv, static_cast<std::size_t>(argc));
  if (args.size() < 3) return 2;
  std::vector<std::string> architectures;
  stockade::config::CapabilityNames remaining;
  for (const std::string name : args.subspan(3)) {
    if (name.starts_with("SCMP_ARCH_")) {
      architectures.push_back(name);
    } else {
      remaining.push_back(name);
    }
  }
  const auto floor = stockade::filters::BuildFloor(args[2], remaining, architectures);
  if (!floor) {
    fmt::print(stderr, "{}\n", floor.error().Text());
    return 1;
  }
  if (std::string_view(args[1]) == "judge") return Judge(*floor);
  fmt::print("{}\n", stockade::base::DumpJson(*floor));
  return 0;
}
