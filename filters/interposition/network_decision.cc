// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/network_decision.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>

#include "config/glob.h"

namespace stockade::filters {
namespace {

using config::AddressRule;
using config::IpAddress;
using config::NetworkPattern;
using AddressKind = SocketAddress::Kind;
using PatternKind = NetworkPattern::Kind;

constexpr IpAddress Ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

constexpr IpAddress kIpv6Loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// Where clouds answer for the node. Each is a single address, so no workload loses a network by it.
constexpr auto kMetadata = std::to_array<IpAddress>({
    Ipv4(169, 254, 169, 254),  // AWS, Azure, Google, OpenStack, Oracle, DigitalOcean, Hetzner
    Ipv4(169, 254, 170, 2),    // AWS: credentials of ECS tasks
    Ipv4(169, 254, 170, 23),   // AWS: credentials of EKS pods
    Ipv4(168, 63, 129, 16),    // Azure: the host's agent
    Ipv4(100, 100, 100, 200),  // Alibaba
    Ipv4(169, 254, 0, 23),     // Tencent
    Ipv4(192, 0, 0, 192),      // Oracle, classic
    {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},  // AWS fd00:ec2::254
    {0xfd, 0x00, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x00, 0x23},  // AWS fd00:ec2::23
    {0xfd, 0x20, 0x00, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54},  // Google fd20:ce::254
    {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa9, 0xfe, 0xa9, 0xfe},  // OpenStack
});

bool HasPrefix(const IpAddress& address, const IpAddress& prefix, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(prefix.begin(), prefix.begin() + whole, address.begin())) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xff00U >> bits % 8 & 0xffU;
  return (address[whole] & mask) == (prefix[whole] & mask);
}

bool Matches(const NetworkPattern& pattern, const SocketAddress& address) {
  const bool in_ports = address.port >= pattern.low_port && address.port <= pattern.high_port;
  switch (pattern.kind) {
    case PatternKind::kAnyIp:
      return address.kind == AddressKind::kIp && in_ports;
    case PatternKind::kIp:
      return address.kind == AddressKind::kIp && in_ports &&
             config::IsMappedIpv4(pattern.prefix) == config::IsMappedIpv4(address.ip) &&
             HasPrefix(address.ip, pattern.prefix, pattern.bits);
    case PatternKind::kUnixPath:
      return address.kind == AddressKind::kUnixPath &&
             config::PathMatches(pattern.name, address.name);
    case PatternKind::kUnixAbstract:
      return address.kind == AddressKind::kUnixAbstract && pattern.name == address.name;
  }
  return false;
}

const NetworkPattern* FirstMatch(const std::vector<NetworkPattern>& patterns,
                                 const SocketAddress& address) {
  const auto found = std::ranges::find_if(
      patterns, [&](const NetworkPattern& pattern) { return Matches(pattern, address); });
  return found == patterns.end() ? nullptr : &*found;
}

AddressDecision DecideOne(const config::NetworkRule& rule, const SocketAddress& address,
                          SocketUse use) {
  const AddressRule& rules = use == SocketUse::kBind ? rule.bind : rule.connect;
  const bool metadata = use != SocketUse::kBind && !rule.metadata &&
                        address.kind == AddressKind::kIp && IsMetadataAddress(address.ip);
  if (metadata) return {false, "metadata address"};
  if (const auto* pattern = FirstMatch(rules.deny, address)) return {false, pattern->text};
  if (const auto* pattern = FirstMatch(rules.allow, address)) return {true, pattern->text};
  return {rules.allow_others, "default"};
}

// What the kernel connects to when a destination is all zeros; nothing for any other.
std::vector<IpAddress> LoopbackOf(const IpAddress& address) {
  if (address == Ipv4(0, 0, 0, 0)) return {Ipv4(127, 0, 0, 1)};
  // A socket that is bound to an IPv4 address takes :: for 127.0.0.1.
  if (address == IpAddress{}) return {kIpv6Loopback, Ipv4(127, 0, 0, 1)};
  return {};
}

}  // namespace

bool IsMetadataAddress(const IpAddress& address) {
  return std::ranges::find(kMetadata, address) != kMetadata.end();
}

AddressDecision DecideAddress(const config::NetworkRule& rule, const SocketAddress& address,
                              SocketUse use) {
  switch (address.kind) {
    case AddressKind::kNone:
    case AddressKind::kUnixUnnamed:
      return {true, "default"};
    case AddressKind::kOther:
      return {address.family == AF_NETLINK, "address family"};
    default:
      break;
  }
  AddressDecision decision = DecideOne(rule, address, use);
  if (address.kind != AddressKind::kIp || use == SocketUse::kBind) return decision;
  for (const IpAddress& loopback : LoopbackOf(address.ip)) {
    if (!decision.allowed) return decision;
    SocketAddress meant = address;
    meant.ip = loopback;
    decision = DecideOne(rule, meant, use);
  }
  return decision;
}

}  // namespace stockade::filters
