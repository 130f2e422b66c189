// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/socket_address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace stockade::filters {
namespace {

using Bytes = std::span<const std::byte>;
using Kind = SocketAddress::Kind;

constexpr std::size_t kIpv6Min = 24;  // SIN6_LEN_RFC2133: without the scope

template <class T>
T Load(Bytes bytes, std::size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::optional<SocketAddress> DecodeIpv4(Bytes bytes, SocketAddress address) {
  if (bytes.size() < sizeof(sockaddr_in)) return std::nullopt;
  const auto in = Load<sockaddr_in>(bytes, 0);
  address.kind = Kind::kIp;
  address.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(&address.ip[12], &in.sin_addr, 4);
  address.port = ntohs(in.sin_port);
  return address;
}

std::optional<SocketAddress> DecodeIpv6(Bytes bytes, SocketAddress address) {
  if (bytes.size() < kIpv6Min) return std::nullopt;
  address.kind = Kind::kIp;
  std::memcpy(address.ip.data(), bytes.data() + offsetof(sockaddr_in6, sin6_addr), 16);
  address.port = ntohs(Load<in_port_t>(bytes, offsetof(sockaddr_in6, sin6_port)));
  return address;
}

std::optional<SocketAddress> DecodeUnix(Bytes bytes, SocketAddress address, SocketUse use) {
  const Bytes path = bytes.subspan(offsetof(sockaddr_un, sun_path));
  if (path.empty()) {
    address.kind = Kind::kUnixUnnamed;
    return use == SocketUse::kBind ? std::optional(address) : std::nullopt;
  }
  const char* const text = reinterpret_cast<const char*>(path.data());
  if (text[0] == '\0') {
    address.kind = Kind::kUnixAbstract;
    address.name.assign(text + 1, path.size() - 1);
    return address;
  }
  address.kind = Kind::kUnixPath;
  address.name.assign(text, strnlen(text, path.size()));
  return address;
}

// Control characters and what is not ASCII, escaped.
std::string Quoted(const std::string& name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte >= 0x7f || c == '\\' ? fmt::format("\\x{:02x}", byte)
                                                     : std::string(1, c);
  }
  return text;
}

std::string IpText(const config::IpAddress& ip, unsigned port) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (config::IsMappedIpv4(ip)) {
    inet_ntop(AF_INET, &ip[12], text.data(), text.size());
    return fmt::format("{}:{}", text.data(), port);
  }
  inet_ntop(AF_INET6, ip.data(), text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), port);
}

}  // namespace

std::string SocketAddress::Text() const {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kIp:
      return IpText(ip, port);
    case Kind::kUnixPath:
      return "unix:" + Quoted(name);
    case Kind::kUnixAbstract:
      return "unix:@" + Quoted(name);
    case Kind::kUnixUnnamed:
      return "unix:";
    case Kind::kOther:
      break;
  }
  return fmt::format("family {}", family);
}

std::optional<SocketAddress> DecodeAddress(Bytes bytes, SocketUse use) {
  if (bytes.size() < sizeof(sa_family_t)) return std::nullopt;
  SocketAddress address;
  address.family = Load<sa_family_t>(bytes, 0);
  switch (address.family) {
    case AF_UNSPEC:
      if (use == SocketUse::kConnect) {
        address.kind = Kind::kNone;
        return address;
      }
      // IPv4 sockets send to it and bind to it as if it said AF_INET.
      return DecodeIpv4(bytes, address);
    case AF_INET:
      return DecodeIpv4(bytes, address);
    case AF_INET6:
      return DecodeIpv6(bytes, address);
    case AF_UNIX:
      return DecodeUnix(bytes, address, use);
    default:
      return address;
  }
}

}  // namespace stockade::filters
