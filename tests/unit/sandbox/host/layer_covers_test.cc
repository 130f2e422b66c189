// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/layer_covers.h"

#include <gmock/gmock.h>

namespace stockade::sandbox {
namespace {

using testing::ElementsAre;

std::vector<std::string> Covers(const std::vector<LayerPlace>& places) {
  std::vector<std::string> covers;
  for (const LayerPlace& cover : PlacesToCover(places)) {
    covers.push_back(fmt::format("{}@{}", cover.path, cover.mount));
  }
  return covers;
}

TEST(CommonFolder, IsTheNearest) {
  EXPECT_EQ(CommonFolder("/s/1/fs", "/s/12/fs"), "/s");
  EXPECT_EQ(CommonFolder("/s/1", "/s/1/fs"), "/s/1");
  EXPECT_EQ(CommonFolder("/s/1/fs", "/s/1"), "/s/1");
  EXPECT_EQ(CommonFolder("/s/1", "/s/1"), "/s/1");
  EXPECT_EQ(CommonFolder("/a", "/b"), "/");
  EXPECT_EQ(CommonFolder("/", "/b/c"), "/");
}

TEST(PlacesToCover, AreOneAMount) {
  EXPECT_THAT(Covers({{"/s/1/fs", 7}, {"/s/2/fs", 7}, {"/s/3", 7}}), ElementsAre("/s@7"));
  EXPECT_THAT(Covers({{"/s/1/fs", 7}}), ElementsAre("/s/1/fs@7"));
  EXPECT_THAT(Covers({{"/s/m/x", 8}, {"/s/1/fs", 7}, {"/s/3", 7}, {"/s/m/y", 8}}),
              ElementsAre("/s@7", "/s/m@8"));
}

TEST(PlacesToCover, AreNeverTheRoot) {
  EXPECT_THAT(Covers({{"/a", 1}, {"/c/d", 1}, {"/b/m", 2}, {"/b/m/n", 2}}),
              ElementsAre("/a@1", "/b/m@2", "/c/d@1"));
}

}  // namespace
}  // namespace stockade::sandbox
