// SPDX-License-Identifier: Apache-2.0
// The devices that a container may make nodes of where its class says so: each gives its user
// nothing that every container does not have in /dev.
#pragma once

#include <array>
#include <cstdint>

namespace stockade::filters {

// A device number as mknod(2) takes it.
constexpr std::uint32_t DeviceNumber(std::uint32_t major, std::uint32_t minor) {
  return (minor & 0xff) | major << 8 | (minor & ~0xffU) << 12;
}

// Character devices: null, zero, full, random, urandom and tty.
inline constexpr std::array<std::uint32_t, 6> kHarmlessDevices{
    DeviceNumber(1, 3), DeviceNumber(1, 5), DeviceNumber(1, 7),
    DeviceNumber(1, 8), DeviceNumber(1, 9), DeviceNumber(5, 0)};

// True for one of these. `mode` has the type, as mknod(2) takes it.
bool IsHarmlessDevice(std::uint32_t mode, std::uint32_t device);

}  // namespace stockade::filters
