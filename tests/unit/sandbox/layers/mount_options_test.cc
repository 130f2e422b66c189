// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/mount_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/layers/mount_list.h"

namespace stockade::sandbox {
namespace {

using testing::ElementsAre;

TEST(MountOptions, ForceTakesOutWhatWouldUndoIt) {
  EXPECT_THAT(Force({"nosuid", "rw", "suid", "rsuid"}, {"nosuid", "ro"}),
              ElementsAre("nosuid", "ro"));
  EXPECT_THAT(Force({"noexec", "exec"}, {"noexec"}), ElementsAre("noexec"));
  EXPECT_THAT(Force({"rexec", "size=1"}, {"noexec"}), ElementsAre("size=1", "noexec"));
  EXPECT_THAT(Force({"ro", "noexec"}, {"noexec", "ro"}), ElementsAre("ro", "noexec"));
  EXPECT_THAT(Force({}, {"ro", "rro"}), ElementsAre("ro", "rro"));
}

TEST(MountOptions, TheLastWordWins) {
  EXPECT_TRUE(IsReadOnly({"rw", "ro"}));
  EXPECT_FALSE(IsReadOnly({"ro", "rw"}));
  EXPECT_FALSE(IsReadOnly({"rro", "rrw"}));
  EXPECT_FALSE(IsReadOnly({}));
}

TEST(MountOptions, WordsAreKnownByTheirFileSystem) {
  for (const char* word :
       {"ro", "rro", "nosuid", "relatime", "rprivate", "tmpcopyup", "context=x"}) {
    EXPECT_TRUE(IsKnownWord(word, "tmpfs")) << word;
    EXPECT_TRUE(IsKnownWord(word, "bind")) << word;
  }
  EXPECT_TRUE(IsKnownWord("size=64k", "tmpfs"));
  EXPECT_FALSE(IsKnownWord("size=64k", "bind"));
  EXPECT_FALSE(IsKnownWord("mode=1777,size=0", "tmpfs"));
  EXPECT_FALSE(IsKnownWord("a=b,c", "overlay"));
  EXPECT_TRUE(IsKnownWord("context=\"system_u:object_r:container_file_t:s0:c1,c2\"", "tmpfs"));
  EXPECT_FALSE(IsKnownWord("size", "tmpfs"));
  EXPECT_TRUE(IsKnownWord("newinstance", "devpts"));
  EXPECT_TRUE(IsKnownWord("addr=10.0.0.1", "nfs"));
  EXPECT_FALSE(IsKnownWord("strange", "nfs"));
  for (const char* word : {"remount", "", "r", "RO", "ro ", "=", "rrro"}) {
    EXPECT_FALSE(IsKnownWord(word, "bind")) << word;
  }
}

TEST(MountOptionWords, TightenUnlessAnotherClearsThem) {
  using testing::ElementsAre;
  EXPECT_THAT(TighteningFlags({"rbind", "noexec", "ro", "rslave"}), ElementsAre("ro", "noexec"));
  EXPECT_THAT(TighteningFlags({"rbind", "rro", "nosuid", "rnosuid"}),
              ElementsAre("ro", "rro", "nosuid", "rnosuid"));
  EXPECT_THAT(TighteningFlags({"ro", "rw", "nodev", "rdev", "rsuid", "nosymfollow"}),
              ElementsAre("nosymfollow"));
  EXPECT_THAT(TighteningFlags({"noatime", "size=1k", "dev"}), testing::IsEmpty());
}

TEST(NormalPath, KnowsOneFormOnly) {
  EXPECT_EQ(NormalPath("/a//b/./c/"), "/a/b/c");
  EXPECT_EQ(NormalPath("/./"), "/");
  EXPECT_EQ(NormalPath("/..a/b..c"), "/..a/b..c");
  for (const char* bad : {"", "a", "./a", "/a/..", "/../a"}) {
    EXPECT_EQ(NormalPath(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace stockade::sandbox
