// SPDX-License-Identifier: Apache-2.0
// How many of the kernel's calls a workload reaches: filters/README.md has the figures, counted
// here from the programs that the build has compiled.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "config/base/file.h"
#include "filters/call_table.h"
#include "filters/class_filter.h"
#include "filters/interposition/notify_filter.h"

namespace stockade::filters {
namespace {

struct Reach {
  int whole = 0;     // whatever the arguments
  int in_part = 0;   // with some arguments
  int answered = 0;  // of both, by a supervisor, where the class has one, and never by the kernel
};

bool Lets(const std::vector<std::uint32_t>& answers, std::uint32_t action) {
  return std::ranges::any_of(
      answers, [&](std::uint32_t each) { return (each & SECCOMP_RET_ACTION_FULL) == action; });
}

Reach ReachOf(ProgramView profile, ProgramView notify) {
  Reach reach;
  for (const CallEntry& call : NativeCalls()) {
    const auto answers = Answers(profile, KnownCall::Of(call.number));
    if (answers && !Lets(*answers, SECCOMP_RET_ALLOW)) continue;
    const bool whole = answers && answers->size() == 1;
    ++(whole ? reach.whole : reach.in_part);
    const auto handed = Answers(notify, KnownCall::Of(call.number));
    if (handed && !Lets(*handed, SECCOMP_RET_ALLOW)) ++reach.answered;
  }
  return reach;
}

// The rows of the section "Calls that a workload reaches".
std::vector<std::string> Documented() {
  std::vector<std::string> rows;
  std::istringstream lines(base::ReadFile(STOCKADE_README, 1 << 20).value());
  bool ours = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) ours = line == "## Calls that a workload reaches";
    if (ours && line.starts_with("| `")) rows.push_back(line);
  }
  return rows;
}

TEST(DirectCallsTest, AreAsManyAsDocumented) {
  config::InterpositionRule rule;
  rule.network.mode = config::Mode::kConfine;  // as in the class isolated
  const Program notify = NotifyFilter(rule).value();
  std::vector<std::string> rows;
  for (const CompiledProfile& shipped : CompiledProfiles()) {
    const Reach reach = ReachOf(shipped.program, notify);
    const int answered = shipped.profile == "isolated" ? reach.answered : 0;
    rows.push_back(fmt::format("| `{}` | {} | {} | {} | {} |", shipped.profile, reach.whole,
                               reach.in_part, answered, reach.whole + reach.in_part - answered));
    fmt::print("{}\n", rows.back());
  }
  EXPECT_EQ(Documented(), rows);
}

}  // namespace
}  // namespace stockade::filters
