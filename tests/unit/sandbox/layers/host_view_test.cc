// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host_view.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

#include "sandbox/limit_names.h"

namespace stockade::sandbox {
namespace {

const RealHost kHost("node-default", "/nonexistent");

TEST(RealHost, ResolvesLinksAsTheKernelDoes) {
  EXPECT_EQ(*kHost.Resolve("/proc/self/root"), "/");
  EXPECT_FALSE(kHost.Resolve("/no/such/path"));
  EXPECT_FALSE(kHost.Resolve(""));
}

TEST(RealHost, IsOneLookAtTheHost) {
  std::string link = testing::TempDir() + "stockade-link-XXXXXX";
  close(mkstemp(link.data()));
  const RealHost host("", "");
  EXPECT_EQ(host.Resolve(link), link);
  ASSERT_EQ(unlink(link.c_str()), 0);
  ASSERT_EQ(symlink("/dev/null", link.c_str()), 0);
  EXPECT_EQ(host.Resolve(link), link);
  EXPECT_EQ(RealHost("", "").Resolve(link), "/dev/null");
  unlink(link.c_str());
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

TEST(RealHost, KnowsToWhichUserNamespaceANamespaceBelongs) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const int made = unshare(CLONE_NEWUSER | CLONE_NEWIPC);
    raise(SIGSTOP);
    _exit(made);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  const std::string folder = fmt::format("/proc/{}/ns/", child);
  const auto own = kHost.BelongsTo(folder + "ipc", folder + "user");
  const auto inherited = kHost.BelongsTo(folder + "uts", folder + "user");
  const auto other = kHost.BelongsTo(folder + "ipc", "/proc/self/ns/user");
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) != 0) GTEST_SKIP() << "not allowed to make a namespace";
  ASSERT_TRUE(own && inherited && other);
  EXPECT_TRUE(*own);
  EXPECT_FALSE(*inherited);
  EXPECT_FALSE(*other);
  EXPECT_FALSE(kHost.BelongsTo("/proc/self/ns/no", "/proc/self/ns/user"));
  EXPECT_FALSE(kHost.BelongsTo("/proc/self/ns/ipc", "/proc/self/ns/no"));
  EXPECT_FALSE(kHost.BelongsTo("/dev/null", "/proc/self/ns/user"));
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

TEST(RealHost, SaysHowAPathIsMounted) {
  EXPECT_FALSE(kHost.MountFlags("/no/such/path"));
  if (geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  const pid_t child = fork();
  if (child == 0) {
    const bool made = unshare(CLONE_NEWNS) == 0 &&
                      mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                      mount("t", "/tmp", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NOEXEC, nullptr) == 0;
    const auto flags = kHost.MountFlags("/tmp");
    _exit(made && flags && *flags == std::vector<std::string>{"ro", "nosuid", "noexec"} ? 0 : 1);
  }
  int status = 1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

// In a child with mounts of its own: what it says of `path`, "device path" each, with "D" for the
// device of the tmpfs that it mounted at `top`.
std::string PlacesIn(const std::string& top, const std::string& path) {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe(ends.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto at = [&](const char* name) { return top + name; };
    const bool made =
        unshare(CLONE_NEWNS) == 0 &&
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        mount("t", top.c_str(), "tmpfs", 0, nullptr) == 0 &&
        mkdir(at("/data").c_str(), 0700) == 0 && mkdir(at("/data/in").c_str(), 0700) == 0 &&
        mkdir(at("/other").c_str(), 0700) == 0 && mkdir(at("/other/in").c_str(), 0700) == 0 &&
        mount(at("/data").c_str(), at("/other/in").c_str(), nullptr, MS_BIND, nullptr) == 0;
    std::string text = made ? "" : "not mounted";
    const RealHost host("", "");
    const auto own = host.Places(top);
    const auto places = host.Places(path);
    if (!own || !places) text += " no places";
    if (own && places) {
      for (const FilePlace& place : *places) {
        text +=
            (place.device == own->front().device ? "D" : place.device) + " " + place.path + "; ";
      }
    }
    _exit(write(ends[1], text.data(), text.size()) >= 0 ? 0 : 1);
  }
  close(ends[1]);
  std::array<char, 4096> text{};
  const ssize_t got = read(ends[0], text.data(), text.size());
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

TEST(RealHost, TellsPlacesWhateverTheyAreMountedAs) {
  EXPECT_FALSE(kHost.Places("/no/such/path"));
  if (geteuid() != 0) GTEST_SKIP() << "mounting needs root";
  std::string top = testing::TempDir() + "stockade-places-XXXXXX";
  ASSERT_NE(mkdtemp(top.data()), nullptr);
  EXPECT_EQ(PlacesIn(top, top), "D /; D /data; ");
  EXPECT_EQ(PlacesIn(top, top + "/data/in"), "D /data/in; ");
  EXPECT_EQ(PlacesIn(top, top + "/other"), "D /other; D /data; ");
  EXPECT_EQ(PlacesIn(top, top + "/other/in"), "D /data; ");
  EXPECT_EQ(PlacesIn(top, top + "/other/in/in"), "D /data/in; ");
  rmdir(top.c_str());
}

TEST(LimitNames, AreTheKernels) {
  EXPECT_EQ(LimitNumber("RLIMIT_NOFILE"), RLIMIT_NOFILE);
  for (const char* name : {"", "NOFILE", "rlimit_nofile", "RLIMIT_", "RLIMIT_NOFILE "}) {
    EXPECT_EQ(LimitNumber(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace stockade::sandbox
