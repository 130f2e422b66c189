// SPDX-License-Identifier: Apache-2.0
// The table of promises (filters/verify_floor.cc) misses no call that the tests of known attacks
// and of documented practice (tests/regressions) find closed: a floor that opens it breaks a
// promise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "config/base/file.h"
#include "filters/floor.h"
#include "filters/syscall_names.h"
#include "filters/verify_floor.h"

namespace stockade::filters {
namespace {

using base::Json;

Json Document(const std::string& name) {
  const std::string path = STOCKADE_REGRESSIONS "/" + name;
  return base::ParseJson(base::ReadFile(path, 1 << 20).value(), base::kPolicyLimits, path,
                         base::ErrorKind::kInternal)
      .value()
      .value;
}

std::uint64_t Value(const Json& json) {
  if (json.is_string()) return std::stoull(json.get<std::string>(), nullptr, 0);
  return static_cast<std::uint64_t>(json.get<std::int64_t>());
}

// The promises that break when `profile` lets exactly this call through.
std::vector<std::string> BrokenByOpening(std::string_view profile, const Json& call) {
  Json floor = BuildFloor(profile, {}, {}).value();
  Json args = Json::array();
  for (const Json& arg : call["args"]) {
    args.push_back({{"index", args.size()},
                    {"value", 0xffffffffU},
                    {"valueTwo", Value(arg) & 0xffffffffU},
                    {"op", "SCMP_CMP_MASKED_EQ"}});
  }
  const Json name = call["call"];
  std::vector<std::string> broken;
  // The form is a promise of its own; what counts here is the call.
  for (Json& entry : floor["syscalls"]) {
    const bool allowed = entry["action"] == "SCMP_ACT_ALLOW";
    if (!allowed) std::erase(entry["names"].get_ref<Json::array_t&>(), name);
  }
  std::erase_if(floor["syscalls"].get_ref<Json::array_t&>(),
                [](const Json& entry) { return entry["names"].empty(); });
  floor["syscalls"].push_back(
      {{"names", {name}}, {"action", "SCMP_ACT_ALLOW"}, {"args", std::move(args)}});
  return BrokenFloorPromises(floor, profile, {}, {});
}

void ExpectPromised(std::string_view profile, const std::string& label, const Json& call) {
  if (!SyscallNumber(call["call"].get<std::string>()))
    return;  // by the door of another architecture
  EXPECT_FALSE(BrokenByOpening(profile, call).empty())
      << profile << " promises nothing of " << label << ": add it to filters/verify_floor.cc";
}

TEST(DocumentedCallsTest, ArePromised) {
  const Json practice = Document("practice.json");
  for (const std::string_view profile : FloorProfiles()) {
    std::set<std::string> open;
    for (const auto& [name, exception] : practice["openIn"].items()) {
      for (const Json& one : exception["classes"]) {
        if (one == profile) open.insert(name);
      }
    }
    for (const auto& [label, call] : practice["calls"].items()) {
      if (!open.contains(label)) ExpectPromised(profile, label, call);
    }
  }
}

TEST(DocumentedCallsTest, ThatKnownAttacksNeedArePromised) {
  const Json calls = Document("calls.json")["calls"];
  const Json needs = Document("needs.json")["needs"];
  const Json rows = Document("rows.json")["rows"];
  for (const Json& row : rows) {
    for (const Json& profile : row["claims"]) {
      for (const Json& need : row["needs"]) {
        for (const Json& door : needs[need.get<std::string>()]["doors"]) {
          const std::string label = door;
          if (calls.contains(label))
            ExpectPromised(profile.get<std::string>(), label, calls[label]);
        }
      }
    }
  }
}

TEST(DocumentedCallsTest, AnOpenCallBreaksNothing) {
  EXPECT_THAT(BrokenByOpening("restricted", Json::parse(R"({"call": "getpid", "args": []})")),
              ::testing::IsEmpty());
}

}  // namespace
}  // namespace stockade::filters
