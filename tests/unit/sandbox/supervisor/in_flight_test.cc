// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/in_flight.h"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace stockade::supervisor {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST(InFlight, RemembersWhatHasNoAnswer) {
  InFlight calls;
  ASSERT_TRUE(calls);
  const int slot = calls.Acquire();
  ASSERT_GE(slot, 0);
  EXPECT_THAT(calls.LostOf(7), IsEmpty());
  calls.Begin(slot, 7, 1000);
  EXPECT_THAT(calls.LostOf(7), Contains(1000U));
  EXPECT_THAT(calls.LostOf(6), IsEmpty());
  calls.End(slot);
  // Whatever was answered is not asked for again; what may have come after it is.
  EXPECT_THAT(calls.LostOf(7), Not(Contains(1000U)));
  EXPECT_THAT(calls.LostOf(7), Contains(1001U));
  EXPECT_THAT(calls.LostOf(7), SizeIs(InFlight::kUnnoted));
  calls.Forget(7);
  EXPECT_THAT(calls.LostOf(7), IsEmpty());
}

TEST(InFlight, SurvivesTheProcessThatWroteIt) {
  InFlight calls;
  const pid_t child = fork();
  if (child == 0) {
    calls.Begin(calls.Acquire(), 0, 42);
    _exit(0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_THAT(calls.LostOf(0), Contains(42U));
  calls.FreeSlots();
  EXPECT_THAT(calls.LostOf(0), Not(Contains(42U)));
}

TEST(InFlight, HasAnEndOfSlots) {
  InFlight calls;
  std::vector<int> slots;
  for (unsigned i = 0; i < InFlight::kThreads; ++i) slots.push_back(calls.Acquire());
  EXPECT_EQ(calls.Acquire(), -1);
  std::ranges::sort(slots);
  EXPECT_EQ(slots.front(), 0);
  EXPECT_EQ(std::unique(slots.begin(), slots.end()), slots.end());
  calls.Release(5);
  EXPECT_EQ(calls.Acquire(), 5);
}

}  // namespace
}  // namespace stockade::supervisor
