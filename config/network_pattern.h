// SPDX-License-Identifier: Apache-2.0
// A set of socket addresses, as a class writes it:
//
//   "10.0.0.0/8"              every port of an IPv4 network
//   "10.0.0.0/8 443"          one port of it; "8000-8999" is a range
//   "fd00::/8 53", "* 53"     IPv6; "*" is every IPv4 and IPv6 address
//   "unix:/run/*.sock"        a socket's path as the container sees it, a glob (config/glob.h)
//   "unix:@name"              an abstract name, "*" in it as in a glob
//
// An IPv4 address that is written as IPv6 (::ffff:10.0.0.1) is that IPv4 address.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "config/base/error.h"

namespace stockade::config {

// 128 bits in network order; an IPv4 address is ::ffff:a.b.c.d.
using IpAddress = std::array<std::uint8_t, 16>;

// True for an address of ::ffff:0:0/96.
bool IsMappedIpv4(const IpAddress& address);

struct NetworkPattern {
  enum class Kind { kAnyIp, kIp, kUnixPath, kUnixAbstract };
  Kind kind = Kind::kAnyIp;
  IpAddress prefix{};          // kIp
  unsigned bits = 0;           // of `prefix` that count, 96 and more for IPv4
  std::uint16_t low_port = 0;  // kAnyIp, kIp: both ends count
  std::uint16_t high_port = 65535;
  std::string name;  // kUnixPath: the glob; kUnixAbstract: the name without "@"
  std::string text;  // as written

  bool operator==(const NetworkPattern&) const = default;
};

// kPolicy error, without a place, for a text that is no pattern, or an address with bits beyond its
// prefix, which is mostly a mistake.
base::Result<NetworkPattern> ParseNetworkPattern(std::string_view text);

}  // namespace stockade::config
