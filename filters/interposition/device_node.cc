// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/device_node.h"

#include <sys/stat.h>

#include <algorithm>

namespace stockade::filters {

bool IsHarmlessDevice(std::uint32_t mode, std::uint32_t device) {
  return (mode & S_IFMT) == S_IFCHR &&
         std::ranges::find(kHarmlessDevices, device) != kHarmlessDevices.end();
}

}  // namespace stockade::filters
