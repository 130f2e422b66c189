// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/pod_id_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const base::Error kOverlap{base::ErrorKind::kHost, "config.json:3: overlap", "move it"};
const base::Error kOld{base::ErrorKind::kHost, "this kernel cannot", "Linux 5.19"};

PodIdFacts Good() {
  return {.usable = {{1000000}, {2000000}},
          .error = {},
          .taken = 1,
          .idmaps = {{"overlay", {}}, {"/var/lib/containerd", {}}}};
}

KernelFacts Kernel(std::optional<long long> most) {
  KernelFacts kernel;
  kernel.max_user_namespaces = most;
  return kernel;
}

config::ClassPolicy Forced(bool chown) {
  config::ClassPolicy policy;
  policy.user_namespace.force = true;
  policy.user_namespace.chown_rootfs = chown;
  return policy;
}

TEST(PodIdRows, SayHowManyRangesThereAreAndAreLeft) {
  const auto rows = PodIdRows(Good());
  ASSERT_THAT(rows, SizeIs(3));
  EXPECT_EQ(rows[0].detail, "2 ranges of 65536 from 1000000 on, 1 taken");
  for (const CheckRow& row : rows) EXPECT_EQ(row.state, CheckState::kOk) << row.what;
  PodIdFacts full = Good();
  full.taken = 2;
  EXPECT_EQ(PodIdRows(full)[0].state, CheckState::kWarn);
  EXPECT_THAT(PodIdRows(full)[0].way_out, HasSubstr("idPool"));
}

TEST(PodIdRows, AnErrorOfThePoolIsTheRow) {
  PodIdFacts facts = Good();
  facts.error = kOverlap;
  const CheckRow row = PodIdRows(facts)[0];
  EXPECT_EQ(row.state, CheckState::kWarn);
  EXPECT_EQ(row.detail, kOverlap.message);
  EXPECT_EQ(row.way_out, kOverlap.hint);
}

TEST(PodIdRows, AClassThatForcesNoneNeedsNothing) {
  PodIdFacts facts = Good();
  facts.error = kOverlap;
  EXPECT_THAT(ForcedUserNamespaceRows({}, facts, Kernel(std::nullopt)), IsEmpty());
}

TEST(PodIdRows, AClassThatForcesOneNeedsTheKernelAndThePool) {
  EXPECT_TRUE(AllThere(ForcedUserNamespaceRows(Forced(false), Good(), Kernel(1))));
  EXPECT_FALSE(AllThere(ForcedUserNamespaceRows(Forced(false), Good(), Kernel(0))));
  EXPECT_FALSE(AllThere(ForcedUserNamespaceRows(Forced(false), Good(), Kernel(std::nullopt))));
  PodIdFacts facts = Good();
  facts.error = kOverlap;
  EXPECT_FALSE(AllThere(ForcedUserNamespaceRows(Forced(true), facts, Kernel(1))));
}

TEST(PodIdRows, WhereNoOverlayCanBeMappedTheClassMustAllowChown) {
  PodIdFacts facts = Good();
  facts.idmaps[0].error = kOld;
  const auto strict = ForcedUserNamespaceRows(Forced(false), facts, Kernel(1));
  EXPECT_FALSE(AllThere(strict));
  EXPECT_EQ(strict.back().way_out, "Linux 5.19");
  EXPECT_TRUE(AllThere(ForcedUserNamespaceRows(Forced(true), facts, Kernel(1))));
  EXPECT_EQ(PodIdRows(facts)[1].state, CheckState::kWarn);
  // A folder that cannot be mapped may hold nothing that a pod mounts.
  facts = Good();
  facts.idmaps[1].error = kOld;
  EXPECT_TRUE(AllThere(ForcedUserNamespaceRows(Forced(false), facts, Kernel(1))));
}

}  // namespace
}  // namespace stockade::ctl
