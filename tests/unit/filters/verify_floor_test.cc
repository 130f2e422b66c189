// SPDX-License-Identifier: Apache-2.0
#include "filters/verify_floor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "filters/floor.h"

namespace stockade::filters {
namespace {

using base::Json;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Json Floor(std::string_view profile, const config::CapabilityNames& remaining = {}) {
  return BuildFloor(profile, remaining, {}).value();
}

std::vector<std::string> Broken(const Json& seccomp, std::string_view profile = "restricted") {
  return BrokenFloorPromises(seccomp, profile, {}, {});
}

void Allow(Json& seccomp, const char* call, Json args = Json::array()) {
  seccomp["syscalls"].push_back(
      {{"names", {call}}, {"action", "SCMP_ACT_ALLOW"}, {"args", std::move(args)}});
}

TEST(BrokenFloorPromisesTest, EveryFloorKeepsThem) {
  const std::vector<config::CapabilityNames> sets{
      {},
      {"CAP_SYS_ADMIN"},
      {"CAP_NET_RAW", "CAP_NET_ADMIN", "CAP_AUDIT_WRITE"},
      {"CAP_SYS_PTRACE", "CAP_SYS_CHROOT", "CAP_SYS_NICE", "CAP_SYS_TIME", "CAP_SYS_MODULE"},
      {"CAP_BPF", "CAP_PERFMON", "CAP_SYSLOG", "CAP_SYS_BOOT", "CAP_SYS_PACCT", "CAP_SYS_RAWIO",
       "CAP_SYS_TTY_CONFIG", "CAP_DAC_READ_SEARCH"}};
  for (const std::string_view profile : FloorProfiles()) {
    for (const auto& remaining : sets) {
      EXPECT_THAT(BrokenFloorPromises(Floor(profile, remaining), profile, remaining, {}), IsEmpty())
          << profile;
    }
  }
}

TEST(BrokenFloorPromisesTest, CapabilitiesThatAreGoneOpenNothing) {
  EXPECT_THAT(Broken(Floor("baseline", {"CAP_SYS_ADMIN"}), "baseline"),
              Contains(HasSubstr("mount can be called")));
  EXPECT_THAT(Broken(Floor("baseline", {"CAP_SYS_CHROOT"}), "baseline"),
              ElementsAre(HasSubstr("chroot")));
  EXPECT_THAT(Broken(Floor("baseline", {"CAP_NET_RAW"}), "baseline"),
              Contains(HasSubstr("raw IPv4 sockets")));
}

TEST(BrokenFloorPromisesTest, BaselineIsNotRestricted) {
  const auto broken = Broken(Floor("baseline"));
  EXPECT_THAT(broken, Contains(HasSubstr("ptrace")));
  EXPECT_THAT(broken, Contains(HasSubstr("TCP_ULP")));
  EXPECT_THAT(broken, Contains(HasSubstr("MSG_OOB")));
  EXPECT_THAT(broken, Contains(HasSubstr("modify_ldt")));
}

TEST(BrokenFloorPromisesTest, EachPromiseCanBreak) {
  struct Case {
    const char* call;
    std::vector<Json> args;
    const char* said;
  };
  const auto masked = [](unsigned index, std::uint64_t mask, std::uint64_t value) {
    return Json{
        {"index", index}, {"value", mask}, {"valueTwo", value}, {"op", "SCMP_CMP_MASKED_EQ"}};
  };
  const std::vector<Case> cases{
      {"io_uring_setup", {}, "io_uring"},
      {"clone3", {}, "clone3"},
      {"clone", {masked(0, 0x10000000, 0x10000000)}, "new user namespace"},
      {"clone", {}, "new mount namespace"},
      {"ioctl", {masked(1, 0xffffffff, 0x5412)}, "typing into a terminal"},
      {"ioctl", {masked(1, 0xff, 0x23)}, "line disciplines"},
      {"socket", {masked(0, 0xffffffff, 40)}, "family 40"},
      {"socket", {masked(0, 0xffffffffffffffff, 0x100000026)}, "family 38"},
      {"socket", {masked(1, 0xf, 1)}, "family 33"},
      {"socket", {masked(0, 0xffffffff, 16)}, "netlink NETFILTER"},
      {"setsockopt", {masked(1, 0xffffffff, 6)}, "TCP_ULP"},
      {"sendto", {}, "MSG_OOB"},
      {"personality", {}, "randomisation"},
      {"mount", {}, "mount can be called"},
      {"keyctl", {}, "keyctl"},
  };
  for (const Case& one : cases) {
    Json seccomp = Floor("restricted");
    Allow(seccomp, one.call, one.args);
    EXPECT_THAT(Broken(seccomp), Contains(HasSubstr(one.said)))
        << one.call << Json(one.args).dump();
  }
}

TEST(BrokenFloorPromisesTest, TheFormIsPartOfThePromise) {
  const auto changed = [](const char* key, Json value) {
    Json seccomp = Floor("restricted");
    seccomp[key] = std::move(value);
    return Broken(seccomp);
  };
  EXPECT_THAT(changed("defaultAction", "SCMP_ACT_ALLOW"), Contains(HasSubstr("does not name")));
  EXPECT_THAT(changed("defaultAction", "SCMP_ACT_LOG"), Contains(HasSubstr("does not name")));
  EXPECT_THAT(changed("architectures", Json::array({"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"})),
              Contains(HasSubstr("architectures")));
  EXPECT_THAT(changed("architectures", Json::array()), Contains(HasSubstr("architectures")));
  EXPECT_THAT(changed("flags", Json::array({"SECCOMP_FILTER_FLAG_SPEC_ALLOW"})),
              Contains(HasSubstr("\"flags\"")));
  EXPECT_THAT(changed("listenerPath", "/run/x"), Contains(HasSubstr("listener")));
  EXPECT_THAT(changed("syscalls", "none"), Contains(HasSubstr("syscalls")));
  EXPECT_THAT(Broken(nullptr), ElementsAre(HasSubstr("no object")));
  EXPECT_THAT(Broken(Floor("restricted"), "lax"), ElementsAre(HasSubstr("\"lax\"")));
}

TEST(BrokenFloorPromisesTest, RulesWhoseOrderWouldDecideAreRefused) {
  Json seccomp = Floor("restricted");
  seccomp["syscalls"].push_back(
      {{"names", {"read"}},
       {"action", "SCMP_ACT_ERRNO"},
       {"errnoRet", 1},
       {"args",
        {{{"index", 0}, {"value", 0xffffffff}, {"valueTwo", 7}, {"op", "SCMP_CMP_MASKED_EQ"}}}}});
  EXPECT_THAT(Broken(seccomp), ElementsAre(HasSubstr("both allows and refuses read")));
  Json inequality = Floor("restricted");
  Allow(inequality, "getcpu", {{{"index", 0}, {"value", 7}, {"op", "SCMP_CMP_GT"}}});
  EXPECT_THAT(Broken(inequality), ElementsAre(HasSubstr("getcpu is no plain mask")));
}

}  // namespace
}  // namespace stockade::filters
