// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/check_rows.h"

#include <gmock/gmock.h>

#include "config/class_loader.h"

namespace stockade::ctl {
namespace {

using ::testing::HasSubstr;

KernelFacts GoodKernel() {
  KernelFacts kernel;
  kernel.release = "6.1";
  kernel.seccomp_filter = true;
  kernel.seccomp_actions = "kill_process kill_thread trap errno user_notif trace log allow\n";
  kernel.no_new_privs = true;
  kernel.max_user_namespaces = 1000;
  kernel.overlay = true;
  kernel.cgroup = CgroupLayout::kUnified;
  kernel.lsm.apparmor = true;
  return kernel;
}

ClassFacts GoodClass() {
  ClassFacts facts;
  facts.name = "restricted";
  facts.policy = *config::LoadClass("restricted", {});
  facts.delegate = {"runc", "/usr/bin/runc", "runc version 1.5.0", "", ""};
  facts.link = "/usr/bin/stockade-restricted";
  facts.link_good = true;
  facts.init = "/usr/libexec/stockade/stockade-init";
  return facts;
}

const ProgramFacts kContainerd{"containerd", "/usr/bin/containerd", "containerd x 2.1.4", "", ""};
const StateFacts kState{"/run/stockade", true, true, true};

// The worst row of that name.
CheckRow Row(const std::vector<CheckRow>& rows, std::string_view what) {
  const CheckRow* worst = nullptr;
  for (const CheckRow& row : rows) {
    if (row.what == what && (worst == nullptr || row.state > worst->state)) worst = &row;
  }
  if (worst != nullptr) return *worst;
  ADD_FAILURE() << "no row " << what;
  return {};
}

bool AllOk(const std::vector<CheckRow>& rows) {
  bool ok = true;
  for (const CheckRow& row : rows) ok = ok && row.state == CheckState::kOk;
  return ok;
}

TEST(NodeRows, AGoodNodeIsGood) { EXPECT_TRUE(AllOk(NodeRows(GoodKernel(), kState, kContainerd))); }

TEST(ClassRows, TheStubMustBeThereForAClassThatNeedsIt) {
  ClassFacts facts = GoodClass();
  facts.init.clear();
  facts.init_error = {base::ErrorKind::kHost, "its mode is 0755", "chmod 0111 it"};
  const CheckRow row = Row(ClassRows(facts, GoodKernel()), "stockade-init");
  EXPECT_EQ(row.state, CheckState::kMissing);
  EXPECT_EQ(row.way_out, "chmod 0111 it");
  facts.policy = *config::LoadClass("baseline", {});
  EXPECT_EQ(Row(ClassRows(facts, GoodKernel()), "stockade-init").state, CheckState::kWarn);
}

TEST(ClassRows, AStubThatCanBeSeenLeavesTheFilterToTheDelegate) {
  ClassFacts facts = GoodClass();
  facts.init_seen = {base::ErrorKind::kHost, "nfs on this kernel cannot map ids", "use ext4"};
  EXPECT_EQ(Row(ClassRows(facts, GoodKernel()), "stockade-init").state, CheckState::kOk);
  facts.policy = *config::LoadClass("baseline", {});
  const CheckRow row = Row(ClassRows(facts, GoodKernel()), "stockade-init");
  EXPECT_EQ(row.state, CheckState::kWarn);
  EXPECT_EQ(
      row.detail,
      "the delegate installs the filter, which takes longer: nfs on this kernel cannot map ids");
  facts.policy->seccomp.installed_by = config::FilterInstaller::kInit;
  EXPECT_EQ(Row(ClassRows(facts, GoodKernel()), "stockade-init").state, CheckState::kMissing);
}

TEST(NodeRows, WhatLimitsOthersThanRootIsSaidAndIsNoProblem) {
  KernelFacts kernel = GoodKernel();
  kernel.unprivileged_limits = {"kernel.a=0", "kernel.b=1"};
  const CheckRow row = Row(NodeRows(kernel, kState, kContainerd), "user namespaces");
  EXPECT_EQ(row.state, CheckState::kOk);
  EXPECT_EQ(row.detail,
            "up to 1000; kernel.a=0 and kernel.b=1 concerns others than root, and no container");
}

TEST(NodeRows, TheStateDirectoryMustBeWritable) {
  const auto rows = NodeRows(GoodKernel(), {"/run", false, false, true}, kContainerd);
  EXPECT_EQ(Row(rows, "state directory").state, CheckState::kMissing);
  EXPECT_FALSE(AllThere(rows));
  EXPECT_EQ(
      Row(NodeRows(GoodKernel(), {"/var/x", true, true, false}, kContainerd), "state directory")
          .state,
      CheckState::kWarn);
}

TEST(NodeRows, ContainerdThatDropsTheClassIsMissing) {
  ProgramFacts containerd = kContainerd;
  containerd.banner = "containerd github.com/containerd/containerd/v2 2.0.3";
  const CheckRow row = Row(NodeRows(GoodKernel(), kState, containerd), "containerd");
  EXPECT_EQ(row.state, CheckState::kMissing);
  EXPECT_THAT(row.detail, HasSubstr("hostUsers"));
  EXPECT_THAT(row.way_out, HasSubstr("2.0.5"));
}

TEST(NodeRows, OldContainerdWarnsAndNoneIsFine) {
  ProgramFacts containerd = kContainerd;
  containerd.banner = "containerd x 1.5.18";
  EXPECT_EQ(Row(NodeRows(GoodKernel(), kState, containerd), "containerd").state, CheckState::kWarn);
  containerd.banner = "nonsense";
  EXPECT_EQ(Row(NodeRows(GoodKernel(), kState, containerd), "containerd").state, CheckState::kWarn);
  EXPECT_EQ(Row(NodeRows(GoodKernel(), kState, {"containerd", "", "", "", ""}), "containerd").state,
            CheckState::kOk);
}

TEST(NodeRows, TheKernelsGapsAreNamed) {
  KernelFacts kernel = GoodKernel();
  kernel.max_user_namespaces = 0;
  kernel.overlay = false;
  kernel.cgroup = CgroupLayout::kNone;
  const auto rows = NodeRows(kernel, kState, kContainerd);
  EXPECT_EQ(Row(rows, "user namespaces").state, CheckState::kWarn);
  EXPECT_EQ(Row(rows, "overlay").state, CheckState::kWarn);
  EXPECT_EQ(Row(rows, "cgroups").state, CheckState::kMissing);
}

TEST(ClassRows, AGoodClassIsGood) { EXPECT_TRUE(AllOk(ClassRows(GoodClass(), GoodKernel()))); }

TEST(ClassRows, ABrokenClassSaysWhy) {
  ClassFacts facts = GoodClass();
  facts.policy.reset();
  facts.error = {base::ErrorKind::kPolicy, "web.json:3: /nosuch: unknown key", "remove it"};
  const auto rows = ClassRows(facts, GoodKernel());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_FALSE(AllThere(rows));
  EXPECT_EQ(rows.front().way_out, "remove it");
}

TEST(ClassRows, TheLinkNamesTheClass) {
  ClassFacts facts = GoodClass();
  facts.link_good = false;
  const CheckRow row = Row(ClassRows(facts, GoodKernel()), "program");
  EXPECT_EQ(row.state, CheckState::kMissing);
  EXPECT_EQ(row.way_out, "ln -sf stockade /usr/bin/stockade-restricted");
}

TEST(ClassRows, TheDelegateMustBeUsable) {
  ClassFacts facts = GoodClass();
  facts.delegate.error = "not found";
  EXPECT_EQ(Row(ClassRows(facts, GoodKernel()), "delegate runc").state, CheckState::kMissing);
}

TEST(ClassRows, OldRuncWarnsAndSpeaksOfBackports) {
  ClassFacts facts = GoodClass();
  facts.delegate.banner = "runc version 1.1.5+ds1";
  std::string warned;
  for (const CheckRow& row : ClassRows(facts, GoodKernel())) {
    if (row.state != CheckState::kWarn) continue;
    warned += row.detail;
    EXPECT_THAT(row.way_out, HasSubstr("backport"));
  }
  EXPECT_THAT(warned, HasSubstr("CVE-2024-21626"));
  EXPECT_THAT(warned, HasSubstr("CVE-2025-31133"));
  EXPECT_THAT(warned, HasSubstr("CVE-2026-41579"));
}

TEST(ClassRows, CrunRefusesTheHybridLayout) {
  ClassFacts facts = GoodClass();
  facts.delegate = {"crun", "/usr/bin/crun", "crun version 1.8.1", "", ""};
  KernelFacts kernel = GoodKernel();
  EXPECT_EQ(Row(ClassRows(facts, kernel), "delegate crun").state, CheckState::kOk);
  kernel.cgroup = CgroupLayout::kHybrid;
  EXPECT_EQ(Row(ClassRows(facts, kernel), "delegate crun").state, CheckState::kMissing);
}

TEST(ClassRows, FiltersNeedTheKernel) {
  KernelFacts kernel = GoodKernel();
  kernel.seccomp_actions = "kill_process_x errno";
  EXPECT_EQ(Row(ClassRows(GoodClass(), kernel), "seccomp").state, CheckState::kMissing);
  kernel = GoodKernel();
  kernel.seccomp_filter = false;
  EXPECT_EQ(Row(ClassRows(GoodClass(), kernel), "seccomp").state, CheckState::kMissing);
  kernel = GoodKernel();
  kernel.no_new_privs = false;
  EXPECT_EQ(Row(ClassRows(GoodClass(), kernel), "no_new_privs").state, CheckState::kMissing);
}

TEST(ClassRows, WhatTheKernelCannotEnforceAndWeakeningsWarn) {
  KernelFacts kernel = GoodKernel();
  kernel.lsm.apparmor = false;
  EXPECT_EQ(Row(ClassRows(GoodClass(), kernel), "lsm").state, CheckState::kWarn);
  ClassFacts facts = GoodClass();
  facts.weakenings = {"seccomp is off"};
  EXPECT_THAT(Row(ClassRows(facts, GoodKernel()), "weakenings").detail, HasSubstr("1 settings"));
}

}  // namespace
}  // namespace stockade::ctl
