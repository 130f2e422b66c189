// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/find_record.h"

#include <gmock/gmock.h>

namespace stockade::ctl {
namespace {

using ::testing::HasSubstr;

const std::vector<Place> kPlaces = {
    {"/run/runc", "web"}, {"/run/k8s", "web"}, {"/run/k8s", "3f2a9c11"}, {"/run/k8s", "3f2a9c22"}};

TEST(ChoosePlace, TakesTheExactIdThenItsBeginning) {
  EXPECT_EQ(ChoosePlace(kPlaces, "3f2a9c11", "")->id, "3f2a9c11");
  EXPECT_EQ(ChoosePlace(kPlaces, "3f2a9c2", "")->id, "3f2a9c22");
  EXPECT_FALSE(ChoosePlace(kPlaces, "we", "/run/runc"));
}

TEST(ChoosePlace, ListsTheRootsOfAnAmbiguousId) {
  const auto place = ChoosePlace(kPlaces, "web", "");
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().kind, base::ErrorKind::kUsage);
  EXPECT_THAT(place.error().message, HasSubstr("web under /run/runc, web under /run/k8s"));
  EXPECT_THAT(place.error().hint, HasSubstr("--root"));
  EXPECT_EQ(ChoosePlace(kPlaces, "web", "/run/k8s")->root, "/run/k8s");
  EXPECT_FALSE(ChoosePlace(kPlaces, "3f2a", ""));
}

TEST(ChoosePlace, SaysWhenThereIsNone) {
  const auto place = ChoosePlace(kPlaces, "db", "/run/k8s");
  ASSERT_FALSE(place);
  EXPECT_EQ(place.error().kind, base::ErrorKind::kSpec);
  EXPECT_THAT(place.error().message, HasSubstr("under /run/k8s"));
}

}  // namespace
}  // namespace stockade::ctl
