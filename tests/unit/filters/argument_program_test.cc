// SPDX-License-Identifier: Apache-2.0
#include "filters/argument_program.h"

#include <gmock/gmock.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "config/base/file.h"
#include "filters/call_samples.h"
#include "filters/call_table.h"
#include "filters/check_program.h"
#include "filters/class_filter.h"
#include "filters/profile_data.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

using base::Json;
using testing::IsEmpty;
using Tests = std::vector<BitMatch>;  // of one rule

// A profile that refuses what it does not name, with a rule for getppid for each of `rules`.
Json Object(const std::vector<std::pair<Tests, int>>& rules) {
  Json profile = Json::object();
  profile["defaultAction"] = "SCMP_ACT_ERRNO";
  profile["defaultErrnoRet"] = 38U;
  profile["syscalls"] = Json::array();
  for (const auto& [tests, error_number] : rules) {
    Json entry = Json::object();
    entry["names"] = std::vector<std::string>{"getppid"};
    entry["action"] = error_number == 0 ? "SCMP_ACT_ALLOW" : "SCMP_ACT_ERRNO";
    if (error_number != 0) entry["errnoRet"] = static_cast<unsigned>(error_number);
    entry["args"] = Json::array();
    for (const BitMatch& test : tests) {
      Json argument = Json::object();
      argument["index"] = test.index;
      argument["value"] = test.mask;
      argument["valueTwo"] = test.value;
      argument["op"] = "SCMP_CMP_MASKED_EQ";
      entry["args"].push_back(argument);
    }
    profile["syscalls"].push_back(entry);
  }
  return profile;
}

ArgumentProgram Compiled(const Json& profile) {
  std::string why;
  const auto rules = OciRules::Read(profile, why);
  EXPECT_TRUE(rules) << why;
  return CompileArguments(*rules);
}

// What the whole check says of the profile; "" if all is well. It must have been decided here.
std::string Wrong(const Json& profile) {
  EXPECT_EQ(Compiled(profile).calls.size(), 1U);
  const auto program = CompileChecked(profile);
  return program ? "" : program.error().Text();
}

constexpr std::uint64_t kWhole = 0xffffffff;

TEST(ArgumentProgramTest, MeansWhatTheRulesSay) {
  std::vector<std::pair<Tests, int>> all_but_three{
      {{{1, kWhole, 5}}, 1}, {{{1, kWhole, 6}}, 1}, {{{1, kWhole, 0x80000000}}, 22}};
  for (const BitMatch& match : Outside(1, kWhole, std::vector<std::uint64_t>{5, 6, 0x80000000})) {
    all_but_three.push_back({{match}, 0});
  }
  const std::vector<std::vector<std::pair<Tests, int>>> profiles{
      all_but_three,
      {{{{0, kWhole, 1}}, 0}},
      {{{{3, 1, 0}}, 0}, {{{3, 1, 1}}, 95}},
      {{{{3, 1, 1}}, 0}},
      {{{{0, 0xf0, 0x30}, {2, kWhole, 7}}, 0}, {{{0, kWhole, 0x40}}, 0}, {{{0, 0xf, 1}}, 0}},
      {{{{0, kWhole, 2}, {1, 0xf, 1}, {2, kWhole, 0}}, 0},
       {{{0, kWhole, 2}, {1, 0xf, 2}}, 0},
       {{{0, kWhole, 16}, {2, kWhole, 0}}, 0},
       {{{0, kWhole, 16}, {2, kWhole, 9}}, 93},
       {{{0, kWhole, 1}}, 0}},
  };
  for (const auto& profile : profiles) EXPECT_EQ(Wrong(Object(profile)), "");
}

TEST(ArgumentProgramTest, TestsTheFewWhereTheRestIsTheMany) {
  std::vector<std::pair<Tests, int>> rules{{{{1, kWhole, 5}}, 1}};
  for (const BitMatch& match : Outside(1, kWhole, std::vector<std::uint64_t>{5})) {
    rules.push_back({{match}, 0});
  }
  // Architecture and number; then load, compare, two answers.
  EXPECT_EQ(Compiled(Object(rules)).code.size(), 5U + 4U);
  rules.pop_back();  // now the default has a share, and it is not what most get
  EXPECT_GT(Compiled(Object(rules)).code.size(), 40U);
  EXPECT_EQ(Wrong(Object(rules)), "");
}

TEST(ArgumentProgramTest, LeavesToLibseccompWhatItIsNotFor) {
  const auto none = [](Json profile, const char* member, const Json& value) {
    profile["syscalls"][0]["args"][0][member] = value;
    return Compiled(profile);
  };
  const Json one = Object({{{{0, kWhole, 1}}, 0}});
  EXPECT_THAT(none(one, "op", "SCMP_CMP_EQ").calls, IsEmpty());
  EXPECT_THAT(none(one, "value", 0xffffffffffU).calls, IsEmpty());
  EXPECT_THAT(none(one, "valueTwo", 0x100000000U).calls, IsEmpty());
  EXPECT_THAT(none(one, "value", 0U).calls, IsEmpty());
  // Rules that contradict each other, and one without arguments beside one with.
  const Json both = Object({{{{0, kWhole, 1}}, 0}, {{{1, kWhole, 1}}, 5}});
  EXPECT_THAT(Compiled(both).calls, IsEmpty());
  EXPECT_THAT(Compiled(both).code, IsEmpty());
  EXPECT_THAT(Compiled(Object({{{{0, kWhole, 1}}, 0}, {{}, 5}})).calls, IsEmpty());
}

// The instructions that `program` runs for a call.
std::ptrdiff_t Cost(ProgramView program, std::string_view name, const Arguments& args) {
  seccomp_data call = CallOf(Abi::kNative, CallNumber(Abi::kNative, name).value());
  std::ranges::copy(args, std::begin(call.args));
  std::vector<bool> visited(program.size());
  EXPECT_EQ(Evaluate(program, call, &visited), SECCOMP_RET_ALLOW) << name;
  return std::ranges::count(visited, true);
}

TEST(ArgumentProgramTest, DecidesWarmCallsOfTheShippedProfilesAtOnce) {
  for (const CompiledProfile& shipped : CompiledProfiles()) {
    EXPECT_LE(Cost(shipped.program, "ioctl", {3, TIOCGWINSZ}), 10);
    EXPECT_LE(Cost(shipped.program, "clone", {0x3d0f00}), 20);
    EXPECT_LE(Cost(shipped.program, "socket", {1, 1, 0}), 64);  // libseccomp's
    if (shipped.profile != "restricted") continue;
    EXPECT_LE(Cost(shipped.program, "sendto", {3, 0, 0, 0x4000}), 12);
    EXPECT_LE(Cost(shipped.program, "sendmsg", {3, 0, 0x4000}), 12);
    EXPECT_LE(Cost(shipped.program, "setsockopt", {3, 1, 2}), 16);
  }
}

// The calls of a profile's groups that look at arguments.
std::set<std::string_view> Checked(const Profile& profile) {
  std::set<std::string_view> calls;
  for (const CallGroup& group : profile.groups) {
    if (!group.when.empty()) calls.insert(group.calls.begin(), group.calls.end());
  }
  return calls;
}

// The table in README.md, section "Calls decided on their arguments": "| `ioctl` | baseline, … |".
std::map<std::string, std::string> Documented() {
  std::map<std::string, std::string> rows;
  std::istringstream lines(base::ReadFile(STOCKADE_README, 1 << 20).value());
  bool ours = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) ours = line == "## Calls decided on their arguments";
    if (!ours || !line.starts_with("| `")) continue;
    const auto end = line.find("` |");
    const auto classes = line.find(" |", end + 4);
    rows[line.substr(3, end - 3)] = line.substr(end + 4, classes - end - 4);
  }
  return rows;
}

TEST(ArgumentProgramTest, EveryCallThatOnlyWeCheckIsDocumented) {
  const auto text = base::ReadFile(STOCKADE_TEST_DATA "/containerd-1.6.20-default.json", 1 << 20);
  const auto json = base::ParseJson(text.value(), base::kSpecLimits, "the engine's default",
                                    base::ErrorKind::kSpec);
  const Json& engine = json.value().value["seccomp"];
  std::string why;
  const auto rules = OciRules::Read(engine, why);
  ASSERT_TRUE(rules) << why;
  std::map<std::string, std::string> only_ours;
  for (const Profile& profile : Profiles()) {
    for (const std::string_view call : Checked(profile)) {
      const auto number = CallNumber(Abi::kNative, call);
      if (!number) continue;
      const bool engine_too = std::ranges::any_of(
          rules->For(*number), [](const OciRule& rule) { return !rule.comparisons->empty(); });
      if (engine_too) continue;
      std::string& classes = only_ours[std::string(call)];
      classes += (classes.empty() ? "" : ", ") + std::string(profile.name);
    }
  }
  EXPECT_EQ(Documented(), only_ours);
}

}  // namespace
}  // namespace stockade::filters
