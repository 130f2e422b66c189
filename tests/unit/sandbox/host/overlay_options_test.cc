// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/overlay_options.h"

#include <gmock/gmock.h>
#include <sys/mount.h>

namespace stockade::sandbox {
namespace {

using testing::ElementsAre;

OverlayOptions Parse(std::string_view text) {
  auto options = ParseOverlayOptions(text);
  EXPECT_TRUE(options) << options.error().Text();
  return std::move(options).value_or(OverlayOptions{});
}

TEST(ParseOverlayOptions, ReadsWhatContainerdMounts) {
  const auto options = Parse(
      "rw,lowerdir=2/fs:1/fs,upperdir=/s/3/fs,workdir=/s/3/work,index=off,uuid=on,nouserxattr");
  EXPECT_THAT(options.layers, ElementsAre("2/fs", "1/fs"));
  EXPECT_EQ(options.upper, "/s/3/fs");
  EXPECT_EQ(options.work, "/s/3/work");
  EXPECT_EQ(options.flags, 0UL);
  EXPECT_FALSE(options.is_volatile);
  EXPECT_FALSE(options.one_by_one);
  EXPECT_EQ(options.Data(),
            "lowerdir=2/fs:1/fs,upperdir=/s/3/fs,workdir=/s/3/work,index=off,uuid=on,nouserxattr");
}

TEST(ParseOverlayOptions, KeepsWhatItDoesNotKnow) {
  const std::string_view more =
      "redirect_dir=follow,index=on,uuid=on,nfs_export=on,xino=auto,metacopy=on,userxattr,verity="
      "on,"
      "fsync=strict,default_permissions,something=new,word";
  EXPECT_EQ(Parse("ro,sync,lazytime,lowerdir=/a," + std::string(more)).Data(),
            "lowerdir=/a," + std::string(more));
  EXPECT_EQ(Parse("ro,sync,lazytime,lowerdir=/a").flags,
            static_cast<unsigned long>(MS_RDONLY | MS_SYNCHRONOUS | MS_LAZYTIME));
}

TEST(ParseOverlayOptions, KeepsSelinuxContextsAndDropsTheirMark) {
  const std::string context =
      "context=\"system_u:object_r:container_file_t:s0:c1,c2\",lowerdir=/a,fscontext=\"a,b\"";
  EXPECT_EQ(Parse("rw,seclabel," + context).Data(), context);
  EXPECT_EQ(Parse("rw,context=system_u:object_r:t:s0,lowerdir=/a").Data(),
            "context=system_u:object_r:t:s0,lowerdir=/a");
  EXPECT_THAT(Parse("rw,lowerdir=/quo\"te,context=\"x,y").layers, ElementsAre("/quo\"te"));
}

TEST(ParseOverlayOptions, TakesTheQuotesOffContextsOnly) {
  const OverlayOptions options =
      Parse("rw,context=\"u:r:t:s0:c1,c2\",fscontext=u:r:t:s0,lowerdir+=\"/a\",context=\"");
  std::vector<std::string> plain;
  for (const auto& option : options.all) plain.push_back(option.Plain());
  EXPECT_THAT(plain, ElementsAre("u:r:t:s0:c1,c2", "u:r:t:s0", "\"/a\"", "\""));
}

// The texts are what Linux 6.18 prints of such names; overlay_rootfs_test.cc mounts them.
TEST(ParseOverlayOptions, ReadsOddNames) {
  const auto options = Parse(
      "rw,lowerdir=/a\\134\\054b/l:/c\\134:d:/e\\134\\134f:/g\\040h,upperdir=/a\\134\\054b:c/u,"
      "workdir=/a\\134\\054b:c/w");
  EXPECT_THAT(options.layers, ElementsAre("/a,b/l", "/c:d", "/e\\f", "/g h"));
  EXPECT_EQ(options.upper, "/a,b:c/u");
  EXPECT_EQ(options.Data(),
            "lowerdir=/a\\,b/l:/c\\:d:/e\\\\f:/g h,upperdir=/a\\,b:c/u,workdir=/a\\,b:c/w");
}

TEST(ParseOverlayOptions, ReadsDataLayersAndSingleLayers) {
  EXPECT_THAT(Parse("ro,lowerdir=/a:/b::/c::/d").layers, ElementsAre("/a", "/b", "/c", "/d"));
  const auto single = Parse(
      "rw,lowerdir+=/a:b,lowerdir+=/c\\054d,datadir+=/e,upperdir=/u\\134x,workdir=/w,metacopy=on");
  EXPECT_TRUE(single.one_by_one);
  EXPECT_THAT(single.layers, ElementsAre("/a:b", "/c,d", "/e"));
  EXPECT_EQ(single.upper, "/u\\x");
}

TEST(ParseOverlayOptions, KnowsVolatileByBothNames) {
  EXPECT_TRUE(Parse("rw,lowerdir=/a,upperdir=/u,workdir=/w,volatile").is_volatile);
  EXPECT_TRUE(Parse("rw,lowerdir=/a,upperdir=/u,workdir=/w,fsync=volatile").is_volatile);
  EXPECT_FALSE(Parse("rw,lowerdir=/volatile,upperdir=/u,workdir=/w,fsync=auto").is_volatile);
}

TEST(ParseOverlayOptions, RefusesWhatIsNoOverlay) {
  EXPECT_FALSE(ParseOverlayOptions("rw"));
  EXPECT_FALSE(ParseOverlayOptions("rw,lowerdir="));
  EXPECT_FALSE(ParseOverlayOptions("rw,lowerdir=/a,upperdir=/u"));
  EXPECT_FALSE(ParseOverlayOptions("rw,lowerdir=/a,workdir=/w"));
}

TEST(FoldersAbove, ClimbsToTheRoot) {
  EXPECT_THAT(FoldersAbove("/a/b/c"), ElementsAre("/a/b", "/a", "/"));
  EXPECT_THAT(FoldersAbove("/a"), ElementsAre("/"));
  EXPECT_THAT(FoldersAbove("/"), ElementsAre());
}

}  // namespace
}  // namespace stockade::sandbox
