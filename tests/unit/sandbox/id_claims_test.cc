// SPDX-License-Identifier: Apache-2.0
#include "sandbox/id_claims.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <set>

#include "tests/unit/sandbox/scratch.h"

namespace stockade::sandbox {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kFirst = 10000000;

std::vector<IdRange> Ranges(std::uint32_t count, std::uint32_t first = kFirst) {
  std::vector<IdRange> ranges;
  for (std::uint32_t i = 0; i < count; ++i) ranges.push_back({first + i * IdRange::kSize});
  return ranges;
}

IdOwner Pod(const std::string& name) { return {"%2Frun%2Frunc", name}; }

// A process that is over.
ProcessId Dead() {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  return {child, 1};
}

class IdClaimsTest : public ::testing::Test {
 protected:
  IdClaims claims() const { return IdClaims(scratch_.Path("state")); }
  std::string Entry(std::uint32_t first) const {
    return scratch_.Path(fmt::format("state/.ids/{}", first));
  }
  std::size_t Count() const {
    const auto all = claims().List();
    EXPECT_TRUE(all);
    return all ? all->size() : 0;
  }

  Scratch scratch_;
};

TEST_F(IdClaimsTest, GivesEachPodOneRangeAndTheSameAgain) {
  const auto usable = Ranges(3);
  std::set<std::uint32_t> given;
  for (const char* pod : {"a", "b", "c"}) {
    const auto ids = claims().Claim(Pod(pod), ProcessId::Self(), usable);
    ASSERT_TRUE(ids) << ids.error().Text();
    given.insert(ids->first);
    EXPECT_EQ(claims().Claim(Pod(pod), ProcessId::Self(), usable), *ids);
    EXPECT_EQ(*claims().Find(Pod(pod)), *ids);
  }
  EXPECT_THAT(given, SizeIs(3));
  EXPECT_EQ(*claims().Find(Pod("d")), std::nullopt);
  // The same id below another root is another pod.
  EXPECT_EQ(*claims().Find({"%2Frun%2Fcrun", "a"}), std::nullopt);
}

TEST_F(IdClaimsTest, ListSaysWhoHasWhat) {
  EXPECT_THAT(*claims().List(), IsEmpty());
  const auto ids = claims().Claim(Pod("web"), ProcessId::Self(), Ranges(9));
  ASSERT_TRUE(ids);
  const auto all = claims().List();
  ASSERT_TRUE(all);
  ASSERT_THAT(*all, SizeIs(1));
  EXPECT_EQ(all->front().ids, *ids);
  EXPECT_EQ(all->front().owner, Pod("web"));
  EXPECT_EQ(all->front().claimer, ProcessId::Self());
  struct stat info = {};
  ASSERT_EQ(stat(scratch_.Path("state/.ids").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
}

TEST_F(IdClaimsTest, ExhaustionSaysHowManyThereAreAndWhatToDo) {
  const auto usable = Ranges(2);
  ASSERT_TRUE(claims().Claim(Pod("a"), ProcessId::Self(), usable));
  ASSERT_TRUE(claims().Claim(Pod("b"), ProcessId::Self(), usable));
  const auto third = claims().Claim(Pod("c"), ProcessId::Self(), usable);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, base::ErrorKind::kHost);
  EXPECT_THAT(third.error().Text(),
              AllOf(HasSubstr("no ids are left for pod c: all 2 ranges of 65536 are taken"),
                    HasSubstr("\"idPool\"")));
  ASSERT_TRUE(claims().Release(Pod("a"), ProcessId::Self()));
  EXPECT_TRUE(claims().Claim(Pod("c"), ProcessId::Self(), usable));
}

TEST_F(IdClaimsTest, ReleaseTakesTheOwnersOnly) {
  EXPECT_TRUE(claims().Release(Pod("a"), ProcessId::Self()));  // no directory yet
  ASSERT_TRUE(claims().Claim(Pod("a"), ProcessId::Self(), Ranges(9)));
  ASSERT_TRUE(claims().Claim(Pod("b"), ProcessId::Self(), Ranges(9)));
  EXPECT_TRUE(claims().Release(Pod("c"), ProcessId::Self()));
  EXPECT_EQ(Count(), 2U);
  EXPECT_TRUE(claims().Release(Pod("a"), ProcessId::Self()));
  EXPECT_TRUE(claims().Release(Pod("a"), ProcessId::Self()));
  EXPECT_EQ(*claims().Find(Pod("a")), std::nullopt);
  EXPECT_NE(*claims().Find(Pod("b")), std::nullopt);
}

// Of two creates of one id, the delete of the container before may come between: it takes back what
// that one's creator took, and not what the next one has.
TEST_F(IdClaimsTest, ReleaseLeavesWhatALivingProcessHasTakenSince) {
  const ProcessId before = Dead();
  ASSERT_TRUE(claims().Claim(Pod("a"), before, Ranges(9)));
  ASSERT_TRUE(claims().Claim(Pod("a"), ProcessId::Self(), Ranges(9)));
  EXPECT_TRUE(claims().Release(Pod("a"), before));
  EXPECT_NE(*claims().Find(Pod("a")), std::nullopt);
  EXPECT_TRUE(claims().Release(Pod("a"), ProcessId::Self()));
  EXPECT_EQ(*claims().Find(Pod("a")), std::nullopt);
  // A pod's last container is not always what took them.
  ASSERT_TRUE(claims().Claim(Pod("a"), before, Ranges(9)));
  EXPECT_TRUE(claims().Release(Pod("a"), ProcessId::Self()));
  EXPECT_EQ(*claims().Find(Pod("a")), std::nullopt);
}

TEST_F(IdClaimsTest, ARangeThatOverlapsATakenOneIsNotGiven) {
  // The pool was moved by half a range while a pod lived.
  ASSERT_TRUE(claims().Claim(Pod("a"), ProcessId::Self(), Ranges(1)));
  const auto moved = Ranges(3, kFirst - IdRange::kSize / 2);
  const auto ids = claims().Claim(Pod("b"), ProcessId::Self(), moved);
  ASSERT_TRUE(ids);
  EXPECT_EQ(ids->first, moved[2].first);
  EXPECT_FALSE(claims().Claim(Pod("c"), ProcessId::Self(), moved));
  // The pod whose range is in the pool no more keeps it.
  EXPECT_EQ(claims().Claim(Pod("a"), ProcessId::Self(), moved)->first, kFirst);
}

TEST_F(IdClaimsTest, WhatIsNoClaimIsTakenAndStays) {
  const auto usable = Ranges(10);
  std::filesystem::create_directories(Entry(usable[1].first));
  scratch_.Write(fmt::format("state/.ids/{}", usable[0].first), "");
  scratch_.Write(fmt::format("state/.ids/{}", usable[2].first), "%2Frun%2Frunc/a/1/1");
  const char* kTexts[] = {"x",       "%2Frun%2Frunc/a",       "%2Frun%2Frunc/a/b/c",
                          "/",       "%2Frun%2Frunc/a/1/1/1", "../a/1/1",
                          "a/../1/1"};
  for (std::size_t i = 0; i < std::size(kTexts); ++i) {
    ASSERT_EQ(symlink(kTexts[i], Entry(usable[3 + i].first).c_str()), 0);
  }
  scratch_.Write("state/.ids/README", "");
  const auto all = claims().List();
  ASSERT_TRUE(all);
  ASSERT_THAT(*all, SizeIs(10));
  for (const IdClaim& claim : *all) EXPECT_EQ(claim.owner, std::nullopt) << claim.ids.first;
  EXPECT_FALSE(claims().Claim(Pod("a"), ProcessId::Self(), usable));
  EXPECT_TRUE(claims().Sweep([](const IdOwner&) { return false; }));
  EXPECT_EQ(Count(), 10U);
}

TEST_F(IdClaimsTest, AnIdThatIsNoFileNameGetsNothing) {
  for (const char* pod : {"", "..", "a/b", ".hidden", "a b"}) {
    const auto ids = claims().Claim(Pod(pod), ProcessId::Self(), Ranges(9));
    ASSERT_FALSE(ids) << pod;
    EXPECT_EQ(ids.error().kind, base::ErrorKind::kSpec);
  }
  EXPECT_EQ(Count(), 0U);
}

TEST_F(IdClaimsTest, SweepTakesWhatHasNeitherARecordNorALivingClaimer) {
  ASSERT_TRUE(claims().Claim(Pod("starting"), ProcessId::Self(), Ranges(9)));
  ASSERT_TRUE(claims().Claim(Pod("running"), Dead(), Ranges(9)));
  ASSERT_TRUE(claims().Claim(Pod("killed"), Dead(), Ranges(9)));
  std::vector<IdOwner> asked;
  ASSERT_TRUE(claims().Sweep([&](const IdOwner& owner) {
    asked.push_back(owner);
    return owner.pod == "running";
  }));
  EXPECT_THAT(asked, ::testing::IsSupersetOf({Pod("running"), Pod("killed")}));
  EXPECT_THAT(asked, ::testing::Not(::testing::Contains(Pod("starting"))));
  EXPECT_NE(*claims().Find(Pod("starting")), std::nullopt);
  EXPECT_NE(*claims().Find(Pod("running")), std::nullopt);
  EXPECT_EQ(*claims().Find(Pod("killed")), std::nullopt);
}

TEST_F(IdClaimsTest, ARetriedCreateAnswersForTheRangeFromThenOn) {
  const auto first = claims().Claim(Pod("a"), Dead(), Ranges(9));
  ASSERT_TRUE(first);
  EXPECT_EQ(claims().Claim(Pod("a"), ProcessId::Self(), Ranges(9)), *first);
  ASSERT_TRUE(claims().Sweep([](const IdOwner&) { return false; }));
  EXPECT_EQ(*claims().Find(Pod("a")), *first);
}

TEST_F(IdClaimsTest, TwoLivingProcessesCannotMakeTheSamePod) {
  ASSERT_TRUE(claims().Claim(Pod("a"), ProcessId::Self(), Ranges(9)));
  const pid_t child = fork();
  if (child == 0) {
    const auto ids = claims().Claim(Pod("a"), ProcessId::Self(), Ranges(9));
    _exit(!ids && ids.error().kind == base::ErrorKind::kUsage &&
                  ids.error().message.find("already exists: a (process") != std::string::npos
              ? 0
              : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

// Children that each run `work`, all at once; fails for one that does not end with 0.
template <class Work>
void InParallel(int count, Work work) {
  int gate[2];
  ASSERT_EQ(pipe(gate), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      close(gate[1]);
      char byte = 0;
      (void)!read(gate[0], &byte, 1);  // until the parent closes it
      _exit(work(i));
    }
    children.push_back(child);
  }
  close(gate[0]);
  close(gate[1]);
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

TEST_F(IdClaimsTest, AHundredAtOnceGetAHundredRanges) {
  const auto usable = Ranges(100);
  const auto start = std::chrono::steady_clock::now();
  InParallel(100, [&](int i) {
    return claims().Claim(Pod(fmt::format("pod-{}", i)), ProcessId::Self(), usable) ? 0 : 1;
  });
  const auto took = std::chrono::steady_clock::now() - start;
  RecordProperty(
      "milliseconds",
      static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  const auto all = claims().List();
  ASSERT_TRUE(all);
  std::set<std::string> owners;
  for (const IdClaim& claim : *all) owners.insert(claim.owner ? claim.owner->pod : "?");
  EXPECT_THAT(owners, SizeIs(100));
  EXPECT_EQ(Count(), 100U);
}

// Claims, gives back and sweeps until it is killed; ends with a code when something is wrong.
[[noreturn]] void ClaimForEver(const IdClaims& claims, const Scratch& scratch, const IdOwner& owner,
                               const std::vector<IdRange>& usable) {
  for (;;) {
    const auto ids = claims.Claim(owner, ProcessId::Self(), usable);
    if (!ids) _exit(2);
    // Whoever has the range as well meets this lock, which a kill lets go.
    base::UniqueFd mark(
        open(scratch.Path(std::to_string(ids->first)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!mark || flock(mark.get(), LOCK_EX | LOCK_NB) != 0) _exit(3);
    if (!claims.Sweep([](const IdOwner&) { return false; })) _exit(4);
    mark.Reset();
    if (!claims.Release(owner, ProcessId::Self())) _exit(5);
  }
}

// No range is ever two pods', a killed create that is tried again goes on, and what the killed
// leave is swept.
TEST_F(IdClaimsTest, SurvivesAKillAtAnyMoment) {
  const auto usable = Ranges(8);
  constexpr std::size_t kPods = 6;
  std::vector<pid_t> children(kPods, 0);
  const auto start = [&](std::size_t i) {
    children[i] = fork();
    if (children[i] == 0) ClaimForEver(claims(), scratch_, Pod(fmt::format("pod-{}", i)), usable);
  };
  const auto stop = [&](std::size_t i) {
    kill(children[i], SIGKILL);
    int status = 0;
    waitpid(children[i], &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status)) << "code " << WEXITSTATUS(status);
  };
  for (std::size_t i = 0; i < kPods; ++i) start(i);
  for (std::size_t kills = 0; kills < 600 && !HasFailure(); ++kills) {
    usleep(static_cast<useconds_t>(200 + kills * 37 % 700));
    stop(kills % kPods);
    start(kills % kPods);
  }
  for (std::size_t i = 0; i < kPods; ++i) stop(i);
  ASSERT_TRUE(claims().Sweep([](const IdOwner&) { return false; }));
  EXPECT_EQ(Count(), 0U);
}

}  // namespace
}  // namespace stockade::sandbox
