// SPDX-License-Identifier: Apache-2.0
// A socket address as a call brought it, decoded from a copy of its bytes. The bytes are hostile:
// any length, any family, no NUL where one belongs.
//
//   DecodeAddress(bytes, SocketUse::kConnect)->Text();   // "10.1.2.3:443", "unix:/run/x.sock"
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "config/network_pattern.h"

namespace stockade::filters {

// What an address is for: the kernel reads AF_UNSPEC in three ways.
enum class SocketUse { kConnect, kBind, kSend };

struct SocketAddress {
  enum class Kind {
    kNone,          // connect's AF_UNSPEC: the socket is disconnected
    kIp,            // IPv4 and IPv6
    kUnixPath,      // a path, as it was given
    kUnixAbstract,  // a name of the network namespace
    kUnixUnnamed,   // bind: the kernel invents a name
    kOther,         // another family: its number in `family`
  };
  Kind kind = Kind::kOther;
  unsigned family = 0;
  config::IpAddress ip{};  // kIp; IPv4 as ::ffff:a.b.c.d
  std::uint16_t port = 0;  // kIp
  std::string name;        // of a Unix socket

  // As people and records write it.
  std::string Text() const;
};

// Nothing if the kernel would not take so short an address of this family (EINVAL).
std::optional<SocketAddress> DecodeAddress(std::span<const std::byte> bytes, SocketUse use);

}  // namespace stockade::filters
