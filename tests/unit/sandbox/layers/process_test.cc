// SPDX-License-Identifier: Apache-2.0
// The small layers over the process: no new privileges, user, rlimits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using config::Mode;
using testing::HasSubstr;

TEST(NoNewPrivileges, IsForcedOrDemanded) {
  config::ClassPolicy policy = EmptyClass();
  policy.no_new_privileges.mode = Mode::kConfine;
  for (const char* spec :
       {"{}", R"({"process": null})", R"({"process": {"noNewPrivileges": false}})"}) {
    EXPECT_EQ(RunLayer("no new privileges", policy, spec).At("/process/noNewPrivileges"), true);
  }
  EXPECT_EQ(RunExec("no new privileges", policy, R"({"args": []})").At("/noNewPrivileges"), true);
  policy.no_new_privileges.mode = Mode::kRefuse;
  EXPECT_THAT(RunLayer("no new privileges", policy, "{}").Refusal(),
              HasSubstr("allowPrivilegeEscalation"));
  EXPECT_FALSE(RunExec("no new privileges", policy, R"({"noNewPrivileges": true})").error);
}

TEST(User, RootIsRefusedInEveryShape) {
  config::ClassPolicy policy = EmptyClass();
  for (const Mode mode : {Mode::kRefuse, Mode::kConfine}) {
    policy.user.run_as_non_root = mode;
    for (const char* user :
         {"{}", R"({"user": null})", R"({"user": {"uid": 0}})",
          R"({"user": {"uid": null, "gid": 5}})", R"({"user": {"uid": 4294967295}})",
          R"({"user": {"uid": 7, "gid": 4294967295}})"}) {
      EXPECT_TRUE(RunLayer("user", policy, fmt::format(R"({{"process": {}}})", user)).error)
          << user;
      EXPECT_TRUE(RunExec("user", policy, user).error) << user;
    }
    EXPECT_TRUE(RunLayer("user", policy, "{}").error);
    EXPECT_FALSE(RunExec("user", policy, R"({"user": {"uid": 1000, "gid": 0}})").error);
  }
}

config::ClassPolicy Limits(Mode mode) {
  config::ClassPolicy policy = EmptyClass();
  policy.rlimits = {mode, {{"RLIMIT_CORE", 0}, {"RLIMIT_NOFILE", 1024}}};
  return policy;
}

FakeHost Host() {
  FakeHost host;
  host.limits = {{"RLIMIT_CORE", {~0ULL, ~0ULL}}, {"RLIMIT_NOFILE", {256, 512}}};
  return host;
}

TEST(Rlimits, AreClampedAndFilledIn) {
  const Outcome out = RunLayer("rlimits", Limits(Mode::kConfine), R"({"process": {"rlimits": [
      {"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 5},
      {"type": "RLIMIT_NPROC", "hard": 99999, "soft": 99999}]}})",
                               Host());
  ASSERT_FALSE(out.error) << out.Refusal();
  EXPECT_EQ(out.At("/process/rlimits"), Json::parse(R"([
      {"type": "RLIMIT_CORE", "hard": 0, "soft": 0},
      {"type": "RLIMIT_NPROC", "hard": 99999, "soft": 99999},
      {"type": "RLIMIT_NOFILE", "hard": 512, "soft": 256}])"));  // never raised
  EXPECT_EQ(RunLayer("rlimits", Limits(Mode::kConfine), "{}", Host()).At("/process/rlimits").size(),
            2U);
  EXPECT_EQ(RunExec("rlimits", Limits(Mode::kConfine), "{}", Host()).At("/rlimits/0/hard"), 0);
}

TEST(Rlimits, TooMuchIsRefusedAndNonsenseIsAnError) {
  EXPECT_THAT(RunLayer("rlimits", Limits(Mode::kRefuse), R"({"process": {"rlimits": [
      {"type": "RLIMIT_NOFILE", "hard": 2048, "soft": 1}]}})",
                       Host())
                  .Refusal(),
              HasSubstr("RLIMIT_NOFILE = 2048"));
  for (const char* list : {R"([{"type": "NOFILE", "hard": 1, "soft": 1}])", R"([{"hard": 1}])",
                           R"([{"type": "RLIMIT_CORE"}, {"type": "RLIMIT_CORE", "hard": 9}])"}) {
    EXPECT_TRUE(RunExec("rlimits", Limits(Mode::kConfine),
                        fmt::format(R"({{"rlimits": {}}})", list), Host())
                    .error)
        << list;
  }
  EXPECT_TRUE(RunExec("rlimits", Limits(Mode::kConfine), "{}").error);  // inherited limit unknown
}

}  // namespace
}  // namespace stockade::sandbox
