// SPDX-License-Identifier: Apache-2.0
// The default profiles of real engines, as they wrote them into config.json, recognised by what
// they mean. tests/e2e/test_floor.py makes the files in data/ (STOCKADE_CAPTURE_PROFILES=DIR) and
// repeats the check on whatever engine is installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "config/base/file.h"
#include "filters/floor.h"
#include "filters/oci_rules.h"
#include "filters/pod_profile.h"

namespace stockade::filters {
namespace {

using base::Json;
using ::testing::HasSubstr;

struct Fixture {
  std::string name;
  config::CapabilityNames bounding;
  Json seccomp;
};

std::vector<Fixture> Fixtures() {
  std::vector<Fixture> fixtures;
  for (const auto& entry : std::filesystem::directory_iterator(STOCKADE_TEST_DATA)) {
    const auto text = base::ReadFile(entry.path(), 1 << 20);
    const auto json = base::ParseJson(text.value(), base::kSpecLimits, entry.path().string(),
                                      base::ErrorKind::kSpec);
    fixtures.push_back(
        {entry.path().filename(), json.value().value["bounding"], json.value().value["seccomp"]});
  }
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

}  // namespace
}  // namespace stockade::filters
