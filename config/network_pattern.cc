// SPDX-License-Identifier: Apache-2.0
#include "config/network_pattern.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "config/base/number.h"

namespace stockade::config {
namespace {

using base::ErrorKind;
using base::Fail;

constexpr unsigned kMappedBits = 96;

// A decimal number of `text`, all of it, up to `max`.
std::optional<unsigned> Number(std::string_view text, unsigned max) {
  const auto value = base::WholeNumber<unsigned>(text);
  return value && *value <= max ? value : std::nullopt;
}

base::Status ReadPorts(std::string_view text, NetworkPattern& out) {
  const auto dash = text.find('-');
  const auto low = Number(text.substr(0, dash), 65535);
  const auto high = dash == std::string_view::npos ? low : Number(text.substr(dash + 1), 65535);
  if (!low || !high || *low > *high) {
    return Fail(ErrorKind::kPolicy, "\"{}\" is neither a port nor a range of ports", text);
  }
  out.low_port = static_cast<std::uint16_t>(*low);
  out.high_port = static_cast<std::uint16_t>(*high);
  return {};
}

// Clears nothing: a bit beyond the prefix is an error.
bool HasBitsBeyond(const IpAddress& address, unsigned bits) {
  for (unsigned bit = bits; bit < 128; ++bit) {
    if ((address[bit / 8] & (0x80U >> bit % 8)) != 0) return true;
  }
  return false;
}

base::Status ReadNetwork(std::string_view text, NetworkPattern& out) {
  const auto slash = text.find('/');
  const std::string address(text.substr(0, slash));
  std::array<std::uint8_t, 4> four{};
  unsigned above = 0;
  if (inet_pton(AF_INET, address.c_str(), four.data()) == 1) {
    out.prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::copy(four.begin(), four.end(), out.prefix.begin() + 12);
    above = kMappedBits;
  } else if (inet_pton(AF_INET6, address.c_str(), out.prefix.data()) != 1) {
    return Fail(ErrorKind::kPolicy, "\"{}\" is not an IPv4 or IPv6 address", address);
  }
  out.bits = 128;
  if (slash != std::string_view::npos) {
    const auto bits = Number(text.substr(slash + 1), 128 - above);
    if (!bits) return Fail(ErrorKind::kPolicy, "\"{}\" has no good prefix length", text);
    out.bits = *bits + above;
  }
  if (HasBitsBeyond(out.prefix, out.bits)) {
    return Fail(ErrorKind::kPolicy, "\"{}\" has bits beyond its prefix length", text);
  }
  out.kind = NetworkPattern::Kind::kIp;
  return {};
}

}  // namespace

bool IsMappedIpv4(const IpAddress& address) {
  constexpr IpAddress kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(address.begin(), address.begin() + 12, kMapped.begin());
}

base::Result<NetworkPattern> ParseNetworkPattern(std::string_view text) {
  NetworkPattern out;
  out.text = text;
  if (text.starts_with("unix:@")) {
    out.kind = NetworkPattern::Kind::kUnixAbstract;
    out.name = text.substr(6);
    return out;
  }
  if (text.starts_with("unix:/")) {
    out.kind = NetworkPattern::Kind::kUnixPath;
    out.name = text.substr(5);
    return out;
  }
  const auto space = text.find(' ');
  const std::string_view network = text.substr(0, space);
  if (network != "*") STOCKADE_TRY(ReadNetwork(network, out));
  if (space != std::string_view::npos) STOCKADE_TRY(ReadPorts(text.substr(space + 1), out));
  return out;
}

}  // namespace stockade::config
