// SPDX-License-Identifier: Apache-2.0
// The default profiles of real engines, as they wrote them into config.json, recognised by what
// they mean. tests/e2e/test_floor.py makes the files in data/ (STOCKADE_CAPTURE_PROFILES=DIR) and
// repeats the check on whatever engine is installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "config/base/file.h"
#include "filters/call_samples.h"
#include "filters/call_table.h"
#include "filters/floor.h"
#include "filters/oci_rules.h"
#include "filters/pod_profile.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

using base::Json;
using ::testing::HasSubstr;

struct Fixture {
  std::string name;
  config::CapabilityNames bounding;
  Json seccomp;
};

// Those without capabilities first.
std::vector<Fixture> Fixtures() {
  std::vector<Fixture> fixtures;
  for (const auto& entry : std::filesystem::directory_iterator(STOCKADE_TEST_DATA)) {
    const auto text = base::ReadFile(entry.path(), 1 << 20);
    const auto json = base::ParseJson(text.value(), base::kSpecLimits, entry.path().string(),
                                      base::ErrorKind::kSpec);
    fixtures.push_back(
        {entry.path().filename(), json.value().value["bounding"], json.value().value["seccomp"]});
  }
  std::ranges::stable_sort(fixtures, {},
                           [](const Fixture& fixture) { return !fixture.bounding.empty(); });
  return fixtures;
}

std::string Lost(const Json& profile, std::string_view floor,
                 const config::CapabilityNames& remaining) {
  const auto lost = FirstCallLost(profile, BuildFloor(floor, remaining, {}).value());
  return lost ? lost->call + " " + lost->reason : "";
}

TEST(EngineProfilesTest, MayBeReplaced) {
  ASSERT_GE(Fixtures().size(), 9U);
  for (const Fixture& fixture : Fixtures()) {
    EXPECT_EQ(Lost(fixture.seccomp, "baseline", {}), "") << fixture.name;
    EXPECT_EQ(Lost(fixture.seccomp, "restricted", {}), "") << fixture.name;
    EXPECT_EQ(Lost(fixture.seccomp, "baseline", fixture.bounding), "") << fixture.name;
  }
}

TEST(EngineProfilesTest, NotByAFloorForMoreCapabilities) {
  for (const Fixture& fixture : Fixtures()) {
    if (!fixture.bounding.empty()) continue;
    EXPECT_NE(Lost(fixture.seccomp, "baseline", {"CAP_SYS_CHROOT"}), "") << fixture.name;
  }
}

TEST(EngineProfilesTest, NotOnceACallIsTakenOut) {
  for (const Fixture& fixture : Fixtures()) {
    Json stricter = fixture.seccomp;
    for (Json& entry : stricter["syscalls"]) {
      Json kept = Json::array();
      for (const Json& name : entry["names"]) {
        if (name != "fchmodat") kept.push_back(name);
      }
      entry["names"] = kept;
    }
    EXPECT_THAT(Lost(stricter, "restricted", {}), HasSubstr("fchmodat is refused")) << fixture.name;
  }
}

// How much of a call goes through: nothing, some arguments, or everything.
enum class Width { kNothing, kSome, kAll };

Width WidthOf(const OciRules& rules, int call) {
  Width width = Width::kNothing;
  for (const OciRule& rule : rules.For(call)) {
    if (rule.allows && rule.comparisons->empty()) return Width::kAll;
    if (rule.allows) width = Width::kSome;
  }
  return width;
}

TEST(EngineProfilesTest, DifferencesAreWrittenDown) {
  std::set<std::string> found;
  std::string why;
  const Json ours = BuildFloor("baseline", {}, {}).value();
  const auto floor = OciRules::Read(ours, why);
  ASSERT_TRUE(floor) << why;
  for (const Fixture& fixture : Fixtures()) {
    if (!fixture.bounding.empty()) continue;
    const auto engine = OciRules::Read(fixture.seccomp, why);
    ASSERT_TRUE(engine) << why;
    for (const OciRule& rule : engine->all()) {
      if (rule.call < 0) continue;  // not on this architecture
      const Width ours_is = WidthOf(*floor, rule.call);
      if (ours_is >= WidthOf(*engine, rule.call)) continue;
      found.insert((ours_is == Width::kNothing ? "closed " : "narrowed ") + std::string(rule.name));
    }
  }

  const auto text = base::ReadFile(STOCKADE_DIFFERENCES, 1 << 20);
  const auto written = base::ParseJson(text.value(), base::kSpecLimits, "differences.json",
                                       base::ErrorKind::kInternal);
  ASSERT_TRUE(written) << written.error().Text();
  std::set<std::string> expected;
  for (const Json& difference : written->value["differences"]) {
    EXPECT_FALSE(difference["reason"].get<std::string>().empty());
    for (const Json& call : difference["calls"]) {
      expected.insert(difference["change"].get<std::string>() + " " + call.get<std::string>());
    }
  }
  EXPECT_THAT(found, ::testing::ContainerEq(expected));
}

// The calls that the floor answers more strictly and more freely than the engine, by running both
// programs around every value that a rule of either compares with.
struct Differing {
  std::set<std::string> stricter;
  std::set<std::string> freer;
  std::size_t answers = 0;
};

bool Allows(const Program& program, const seccomp_data& call) {
  return Evaluate(program, call) == SECCOMP_RET_ALLOW;
}

Differing Compare(const Json& engine, const Json& floor) {
  std::string why;
  const auto engine_rules = OciRules::Read(engine, why);
  const auto floor_rules = OciRules::Read(floor, why);
  const Program engine_program = CompileSeccomp(engine).value();
  const Program floor_program = CompileSeccomp(floor).value();
  Differing differing;
  for (int number = 0; number <= engine_rules.value().newest_call(); ++number) {
    std::vector<Comparisons> rules;
    for (const OciRules* const side : {&*engine_rules, &*floor_rules}) {
      for (const OciRule& rule : side->For(number)) rules.push_back(*rule.comparisons);
    }
    seccomp_data call = CallOf(Abi::kNative, number);
    for (const Arguments& args : Samples(rules, 2000)) {
      std::ranges::copy(args, call.args);
      const bool theirs = Allows(engine_program, call);
      const bool ours = Allows(floor_program, call);
      ++differing.answers;
      if (theirs && !ours) differing.stricter.emplace(CallName(call));
      // What the floor compares on 32 bits, the kernel reads as 32 bits.
      for (auto& argument : call.args) argument &= 0xffffffff;
      if (ours && !theirs && !Allows(engine_program, call)) {
        differing.freer.emplace(CallName(call));
      }
    }
  }
  return differing;
}

// With the capabilities that the engine's profile was made for: where a capability opens a call,
// both open it, but for what is written.
TEST(EngineProfilesTest, DecisionsDifferOnlyAsWritten) {
  const auto text = base::ReadFile(STOCKADE_DIFFERENCES, 1 << 20);
  const auto document = base::ParseJson(text.value(), base::kSpecLimits, "differences.json",
                                        base::ErrorKind::kInternal);
  const auto calls_in = [&](const char* list) {
    std::set<std::string> calls;
    for (const Json& difference : document.value().value[list]) {
      for (const Json& call : difference["calls"]) calls.insert(call.get<std::string>());
    }
    return calls;
  };
  const std::set<std::string> written = calls_in("differences");
  std::set<std::string> found;
  std::size_t answers = 0;
  for (const Fixture& fixture : Fixtures()) {
    const Differing differing =
        Compare(fixture.seccomp, BuildFloor("baseline", fixture.bounding, {}).value());
    answers += differing.answers;
    EXPECT_THAT(differing.freer, ::testing::IsEmpty()) << fixture.name;
    for (const std::string& call : differing.stricter) {
      if (!written.contains(call)) found.insert(call);
    }
    EXPECT_TRUE(found.empty() || !fixture.bounding.empty()) << fixture.name;
  }
  EXPECT_THAT(found, ::testing::ContainerEq(calls_in("withCapabilities")));
  std::printf("%zu answers compared\n", answers);
}

}  // namespace
}  // namespace stockade::filters
