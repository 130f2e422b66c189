// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/network_decision.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>

namespace stockade::filters {
namespace {

std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string Ipv4(const char* address, std::uint16_t port, sa_family_t family = AF_INET) {
  sockaddr_in in{};
  in.sin_family = family;
  in.sin_port = htons(port);
  inet_pton(AF_INET, address, &in.sin_addr);
  return {reinterpret_cast<const char*>(&in), sizeof in};
}

std::string Ipv6(const char* address, std::uint16_t port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  inet_pton(AF_INET6, address, &in.sin6_addr);
  return {reinterpret_cast<const char*>(&in), sizeof in};
}

std::string Unix(std::string_view name) {
  const sa_family_t family = AF_UNIX;
  return std::string(reinterpret_cast<const char*>(&family), sizeof family) + std::string(name);
}

std::string TextOf(const std::string& bytes, SocketUse use = SocketUse::kConnect) {
  const auto address = DecodeAddress(Bytes(bytes), use);
  return address ? address->Text() : "too short";
}

TEST(SocketAddress, ReadsEveryFamilyAsTheKernelDoes) {
  EXPECT_EQ(TextOf(Ipv4("10.1.2.3", 443)), "10.1.2.3:443");
  EXPECT_EQ(TextOf(Ipv6("fd00::1", 53)), "[fd00::1]:53");
  EXPECT_EQ(TextOf(Ipv6("::ffff:10.1.2.3", 1)), "10.1.2.3:1");
  EXPECT_EQ(TextOf(Unix(std::string_view("/run/x\0junk", 11))), "unix:/run/x");
  EXPECT_EQ(TextOf(Unix(std::string_view("\0a\0b", 4))), "unix:@a\\x00b");
  EXPECT_EQ(TextOf(Unix("/with\nline")), "unix:/with\\x0aline");
  EXPECT_EQ(TextOf(Unix("relative")), "unix:relative");
  EXPECT_EQ(TextOf(Unix(""), SocketUse::kBind), "unix:");
  EXPECT_EQ(TextOf(std::string("\x10\0", 2)), "family 16");
}

TEST(SocketAddress, ReadsAfUnspecByItsUse) {
  EXPECT_EQ(TextOf(Ipv4("10.1.2.3", 80, AF_UNSPEC)), "none");
  EXPECT_EQ(TextOf(Ipv4("10.1.2.3", 80, AF_UNSPEC), SocketUse::kSend), "10.1.2.3:80");
  EXPECT_EQ(TextOf(Ipv4("10.1.2.3", 80, AF_UNSPEC), SocketUse::kBind), "10.1.2.3:80");
}

TEST(SocketAddress, RefusesWhatIsTooShort) {
  const std::string four = Ipv4("10.1.2.3", 80);
  const std::string six = Ipv6("fd00::1", 80);
  for (std::size_t size = 0; size < four.size(); ++size) {
    EXPECT_EQ(TextOf(four.substr(0, size)), "too short") << size;
  }
  for (std::size_t size = 0; size < 24; ++size) {
    EXPECT_EQ(TextOf(six.substr(0, size)), "too short") << size;
  }
  EXPECT_EQ(TextOf(six.substr(0, 24)), "[fd00::1]:80");  // the kernel needs no scope
  EXPECT_EQ(TextOf(Unix("")), "too short");
}

config::NetworkRule Rule(const std::vector<const char*>& deny,
                         const std::vector<const char*>& allow = {}, bool others = true) {
  config::NetworkRule rule;
  rule.mode = config::Mode::kConfine;
  for (config::AddressRule* list : {&rule.connect, &rule.bind}) {
    list->allow_others = others;
    for (const char* text : deny) list->deny.push_back(*config::ParseNetworkPattern(text));
    for (const char* text : allow) list->allow.push_back(*config::ParseNetworkPattern(text));
  }
  return rule;
}

bool Allowed(const config::NetworkRule& rule, const std::string& bytes,
             SocketUse use = SocketUse::kConnect) {
  return DecideAddress(rule, *DecodeAddress(Bytes(bytes), use), use).allowed;
}

TEST(NetworkDecision, DenyGoesBeforeAllowAndBothBeforeTheDefault) {
  const auto rule = Rule({"10.0.0.0/8 80"}, {"10.0.0.0/8", "fd00::/9 1-9"}, false);
  EXPECT_FALSE(Allowed(rule, Ipv4("10.255.0.1", 80)));
  EXPECT_TRUE(Allowed(rule, Ipv4("10.255.0.1", 81)));
  EXPECT_FALSE(Allowed(rule, Ipv4("11.0.0.0", 81)));
  EXPECT_TRUE(Allowed(rule, Ipv6("fd7f::1", 9)));
  EXPECT_FALSE(Allowed(rule, Ipv6("fd80::1", 9)));
  EXPECT_FALSE(Allowed(rule, Ipv6("fd7f::1", 10)));
  EXPECT_EQ(DecideAddress(rule, *DecodeAddress(Bytes(Ipv4("10.0.0.1", 80)), SocketUse::kSend),
                          SocketUse::kSend)
                .rule,
            "10.0.0.0/8 80");
}

TEST(NetworkDecision, AMappedAddressIsTheIpv4AddressAndNothingElse) {
  EXPECT_FALSE(Allowed(Rule({"10.0.0.0/8"}), Ipv6("::ffff:10.1.2.3", 1)));
  EXPECT_FALSE(Allowed(Rule({}, {"::/0"}, false), Ipv6("::ffff:10.1.2.3", 1)));
  EXPECT_FALSE(Allowed(Rule({}, {"::/0"}, false), Ipv4("10.1.2.3", 1)));
  EXPECT_FALSE(Allowed(Rule({"*"}), Ipv6("::ffff:10.1.2.3", 1)));
}

TEST(NetworkDecision, AllZerosAreTheLoopbackThatTheKernelTakesThemFor) {
  EXPECT_FALSE(Allowed(Rule({"127.0.0.0/8"}), Ipv4("0.0.0.0", 1)));
  EXPECT_FALSE(Allowed(Rule({"127.0.0.0/8"}), Ipv6("::", 1)));
  EXPECT_FALSE(Allowed(Rule({"::1"}), Ipv6("::", 1)));
  EXPECT_FALSE(Allowed(Rule({"127.0.0.0/8"}), Ipv6("::ffff:0.0.0.0", 1)));
  EXPECT_TRUE(Allowed(Rule({"127.0.0.0/8"}), Ipv4("0.0.0.0", 1), SocketUse::kBind));
}

TEST(NetworkDecision, MetadataIsRefusedUnlessTheClassSaysOtherwise) {
  auto rule = Rule({}, {"*"});
  for (const auto& bytes :
       {Ipv4("169.254.169.254", 80), Ipv6("::ffff:169.254.169.254", 80), Ipv6("fd00:ec2::254", 80),
        Ipv4("100.100.100.200", 1), Ipv4("169.254.169.254", 80, AF_UNSPEC)}) {
    EXPECT_FALSE(Allowed(rule, bytes, SocketUse::kSend));
  }
  EXPECT_TRUE(Allowed(rule, Ipv4("169.254.169.253", 80)));
  rule.metadata = true;
  EXPECT_TRUE(Allowed(rule, Ipv4("169.254.169.254", 80)));
}

TEST(NetworkDecision, UnixNamesAndOtherFamilies) {
  const auto rule = Rule({"unix:/run/*.sock", "unix:@secret"});
  EXPECT_FALSE(Allowed(rule, Unix("/run/a.sock")));
  EXPECT_TRUE(Allowed(rule, Unix("/run/a/b.sock")));
  EXPECT_FALSE(Allowed(rule, Unix(std::string_view("\0secret", 7))));
  EXPECT_TRUE(Allowed(rule, Unix(std::string_view("\0secret\0", 8))));
  EXPECT_TRUE(Allowed(rule, std::string("\x10\0", 2)));   // netlink
  EXPECT_FALSE(Allowed(rule, std::string("\x28\0", 2)));  // vsock
}

TEST(NetworkPattern, RefusesWhatIsNoPattern) {
  for (const char* text :
       {"", "10.0.0.1/8", "10.0.0.0/33", "10.0.0/8", "::/129", "fd00::1/64", "* 0-70000", "* 9-8",
        "* x", "10.0.0.0/8 ", "unix:relative", "host.example", "* 1-"}) {
    EXPECT_FALSE(config::ParseNetworkPattern(text)) << text;
  }
}

}  // namespace
}  // namespace stockade::filters
