// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/file_decision.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace stockade::filters {
namespace {

config::FilesRule Rule(config::FileLimit others) {
  config::FilesRule rule;
  rule.mode = config::Mode::kConfine;
  rule.every_open = true;
  rule.others = others;
  rule.deny = {"/etc/shadow", "**/secret/**"};
  rule.read_only = {"/etc/**", "/data/log/*.old"};
  rule.allow = {"/data/**", "/etc/mine"};
  return rule;
}

struct Case {
  const char* path;
  bool read;
  bool write;
  const char* rule;
};

TEST(FileDecision, TheFirstListThatHasAPathDecides) {
  constexpr Case kCases[] = {
      {"/etc/shadow", false, false, "/etc/shadow"},
      {"/data/secret/x", false, false, "**/secret/**"},
      {"/etc/passwd", true, false, "/etc/**"},
      {"/etc/mine", true, false, "/etc/**"},
      {"/etc", true, false, "/etc/**"},
      {"/data/log/x.old", true, false, "/data/log/*.old"},
      {"/data/log/x", true, true, "/data/**"},
      {"/etcetera", true, false, "default"},
  };
  const config::FilesRule rule = Rule(config::FileLimit::kReadOnly);
  for (const Case& test : kCases) {
    const auto read = DecideFile(rule, {.path = test.path, .writes = false});
    const auto write = DecideFile(rule, {.path = test.path, .writes = true});
    EXPECT_EQ(read.allowed, test.read) << test.path;
    EXPECT_EQ(write.allowed, test.write) << test.path;
    EXPECT_EQ(write.rule, test.rule) << test.path;
  }
}

TEST(FileDecision, TheDefaultDecidesWhatNoListHasAndWhatHasNoPath) {
  using config::FileLimit;
  for (const bool unnamed : {false, true}) {
    const std::string path = unnamed ? "/data/x" : "/other";
    for (const bool writes : {false, true}) {
      const FoundFile file{.path = path, .writes = writes, .unnamed = unnamed};
      EXPECT_TRUE(DecideFile(Rule(FileLimit::kAllow), file).allowed);
      EXPECT_EQ(DecideFile(Rule(FileLimit::kReadOnly), file).allowed, !writes);
      EXPECT_FALSE(DecideFile(Rule(FileLimit::kDeny), file).allowed);
    }
  }
}

TEST(FileDecision, DevicesThatEveryContainerHas) {
  const auto answer = [](mode_t type, unsigned major, unsigned minor) {
    return DecideDevice(type, makedev(major, minor));
  };
  for (const unsigned minor : {3U, 5U, 7U, 8U, 9U}) {
    EXPECT_EQ(answer(S_IFCHR, 1, minor), DeviceAnswer::kOpen) << minor;
  }
  for (const unsigned minor : {1U, 2U, 4U, 11U}) {  // mem, kmem, port, kmsg
    EXPECT_EQ(answer(S_IFCHR, 1, minor), DeviceAnswer::kRefuse) << minor;
  }
  EXPECT_EQ(answer(S_IFCHR, 5, 0), DeviceAnswer::kTerminal);
  EXPECT_EQ(answer(S_IFCHR, 5, 1), DeviceAnswer::kRefuse);
  EXPECT_EQ(answer(S_IFCHR, 5, 2), DeviceAnswer::kOpen);
  EXPECT_EQ(answer(S_IFCHR, 136, 0), DeviceAnswer::kOpen);
  EXPECT_EQ(answer(S_IFCHR, 143, 255), DeviceAnswer::kOpen);
  EXPECT_EQ(answer(S_IFCHR, 144, 0), DeviceAnswer::kRefuse);
  EXPECT_EQ(answer(S_IFCHR, 10, 200), DeviceAnswer::kRefuse);  // net/tun
  EXPECT_EQ(answer(S_IFBLK, 1, 3), DeviceAnswer::kRefuse);
  EXPECT_EQ(answer(S_IFREG, 1, 3), DeviceAnswer::kRefuse);
}

TEST(FileDecision, FilesOfProcThatAnswerForTheirOpener) {
  EXPECT_TRUE(DependsOnOpener("sys/net/core/somaxconn", false));
  EXPECT_TRUE(DependsOnOpener("sys/kernel/shmmax", false));
  EXPECT_TRUE(DependsOnOpener("sysvipc/shm", false));
  EXPECT_FALSE(DependsOnOpener("sys/vm/overcommit_memory", false));
  EXPECT_TRUE(DependsOnOpener("sys/vm/overcommit_memory", true));
  EXPECT_FALSE(DependsOnOpener("12/oom_score_adj", true));
  EXPECT_FALSE(DependsOnOpener("12/net/tcp", false));
}

}  // namespace
}  // namespace stockade::filters
