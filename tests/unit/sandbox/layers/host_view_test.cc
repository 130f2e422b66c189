// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host_view.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "sandbox/limit_names.h"

namespace stockade::sandbox {
namespace {

const RealHost kHost("node-default");

TEST(RealHost, ResolvesLinksAsTheKernelDoes) {
  EXPECT_EQ(*kHost.Resolve("/proc/self/root"), "/");
  EXPECT_FALSE(kHost.Resolve("/no/such/path"));
  EXPECT_FALSE(kHost.Resolve(""));
}

TEST(RealHost, KnowsItsOwnNamespaces) {
  for (const char* type : {"pid", "network", "mount", "ipc", "uts", "user", "cgroup"}) {
    const std::string_view name(type);
    const std::string file = name == "network" ? "net" : name == "mount" ? "mnt" : type;
    const auto own = kHost.IsHostNamespace("/proc/self/ns/" + file, type);
    ASSERT_TRUE(own) << own.error().Text();
    EXPECT_TRUE(*own) << type;
  }
  EXPECT_FALSE(kHost.IsHostNamespace("/proc/self/ns/no", "pid"));
  EXPECT_FALSE(kHost.IsHostNamespace("/proc/self/ns/net", "nonsense"));
}

TEST(RealHost, KnowsAForeignNamespace) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const int made = unshare(CLONE_NEWUTS);
    raise(SIGSTOP);
    _exit(made);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  const std::string path = fmt::format("/proc/{}/ns/uts", child);
  const auto host = kHost.IsHostNamespace(path, "uts");
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) != 0) GTEST_SKIP() << "not allowed to make a namespace";
  ASSERT_TRUE(host) << host.error().Text();
  EXPECT_FALSE(*host);
}

TEST(RealHost, KnowsDevicesAndLimits) {
  EXPECT_EQ(*kHost.Device("/dev/null"), (DeviceNumbers{'c', 1, 3}));
  EXPECT_TRUE(kHost.IsDirectory("/proc"));
  EXPECT_FALSE(kHost.IsDirectory("/dev/null"));
  EXPECT_FALSE(kHost.Device("/etc/passwd"));
  EXPECT_FALSE(kHost.Device("/dev/none"));
  rlimit own = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &own), 0);
  EXPECT_EQ(kHost.InheritedLimit("RLIMIT_NOFILE")->hard, own.rlim_max);
  EXPECT_FALSE(kHost.InheritedLimit("NOFILE"));
}

TEST(RealHost, SaysWhatIsNotLoaded) {
  EXPECT_FALSE(kHost.AppArmorProfileLoaded(""));
  EXPECT_FALSE(kHost.AppArmorProfileLoaded("no such profile"));
  EXPECT_EQ(kHost.AppArmorDefault(), "node-default");
}

TEST(LimitNames, AreTheKernels) {
  EXPECT_EQ(LimitNumber("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  for (const char* name : {"", "NOFILE", "rlimit_nofile", "RLIMIT_", "RLIMIT_NOFILE "}) {
    EXPECT_EQ(LimitNumber(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace stockade::sandbox
