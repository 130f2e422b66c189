// SPDX-License-Identifier: Apache-2.0
// What the host actions of a pod's container cost: an overlay of twenty layers, eight volumes, the
// sysfs of a network namespace; also with many other mounts on the host. In a mount namespace of
// its own, as root.
//
//   build/release/bin/host_actions_bench [ROUNDS [FOLDER]]    # 200, below /var/tmp
//   chrt -f 1 build/release/bin/host_actions_bench            # on a machine that does other things
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "sandbox/host/perform.h"

namespace stockade::sandbox {
namespace {

constexpr int kLayers = 20;
constexpr int kVolumes = 8;
constexpr int kSkipped = 77;

void Must(bool done, const std::string& what) {
  if (done) return;
  std::perror(what.c_str());
  std::exit(1);
}

class Host {
 public:
  explicit Host(std::string directory) : directory_(std::move(directory)) {
    Must(unshare(CLONE_NEWNS) == 0 &&
             mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0,
         "make a mount namespace");
    std::string lower;
    for (int i = kLayers; i > 0; --i) {
      lower +=
          fmt::format("{}{}", lower.empty() ? "" : ":", Folder(fmt::format("layers/{}/fs", i)));
    }
    options_ = fmt::format("lowerdir={},upperdir={},workdir={},index=off", lower,
                           Folder("layers/up/fs"), Folder("layers/up/work"));
    actions_.ids = IdRange{1U << 24};
    actions_.rootfs = RootfsAction{Folder("rootfs"), "rootfs", false};
    for (int i = 0; i < kVolumes; ++i) {
      actions_.binds.push_back({.source = Folder(fmt::format("volumes/{}", i)),
                                .name = fmt::format("mount-{}", i),
                                .recursive = true,
                                .destination = "/data"});
    }
    MakeNetwork();
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() {
    std::error_code ignored;
    umount2((directory_ + "/netns").c_str(), MNT_DETACH);
    for (int i = 0; i < mounts_; ++i) {
      umount2(fmt::format("{}/mounts/{}", directory_, i).c_str(), MNT_DETACH);
    }
    std::filesystem::remove_all(directory_, ignored);
  }

  // Mounts as many other things as there are not yet.
  void Crowd(int mounts) {
    for (; mounts_ < mounts; ++mounts_) {
      Must(mount("t", Folder(fmt::format("mounts/{}", mounts_)).c_str(), "tmpfs", 0, nullptr) == 0,
           "mount a tmpfs");
    }
  }

  // Milliseconds of one round, in a process of its own.
  double Round() const {
    const std::string& rootfs = actions_.rootfs->path;
    Must(mount("overlay", rootfs.c_str(), "overlay", 0, options_.c_str()) == 0, "mount an overlay");
    std::array<int, 2> ends{};
    Must(pipe(ends.data()) == 0, "pipe");
    const pid_t child = fork();
    if (child == 0) {
      using Clock = std::chrono::steady_clock;
      const auto begin = Clock::now();
      const auto done = PerformHostActions(actions_, directory_ + "/state");
      const double took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
      if (!done) fmt::print(stderr, "{}\n", done.error().Text());
      const bool told = done && write(ends[1], &took, sizeof(took)) == sizeof(took);
      _exit(told ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    double took = 0;
    Must(status == 0 && read(ends[0], &took, sizeof(took)) == sizeof(took), "perform");
    close(ends[0]);
    close(ends[1]);
    Must(umount2(rootfs.c_str(), MNT_DETACH) == 0, "unmount the overlay");
    usleep(2000);  // the helper ends beside us
    return took;
  }

 private:
  std::string Folder(const std::string& name) const {
    std::filesystem::create_directories(directory_ + "/" + name);
    return directory_ + "/" + name;
  }
  void MakeNetwork() {
    const std::string path = directory_ + "/netns";
    Must(mknod(path.c_str(), S_IFREG | 0600, 0) == 0, path);
    const pid_t child = fork();
    if (child == 0) {
      const bool made = unshare(CLONE_NEWNET) == 0 &&
                        mount("/proc/self/ns/net", path.c_str(), nullptr, MS_BIND, nullptr) == 0;
      _exit(made ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    Must(status == 0, "make a network namespace");
    actions_.network_namespace = path;
    actions_.sysfs = "sysfs";
  }

  std::string directory_;
  std::string options_;
  HostActions actions_;
  int mounts_ = 0;
};

int Main(int rounds, const std::string& parent) {
  if (geteuid() != 0) {
    std::fputs("SKIPPED: needs root, to mount\n", stderr);
    return kSkipped;
  }
  std::string directory = parent + "/stockade-bench-XXXXXX";
  Must(mkdtemp(directory.data()) != nullptr && chmod(directory.c_str(), 0755) == 0, directory);
  Host host(directory);
  fmt::print("other mounts   median      p90  least (ms, {} rounds)\n", rounds);
  for (const int mounts : {0, 500, 1000}) {
    host.Crowd(mounts);
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) times.push_back(host.Round());
    std::sort(times.begin(), times.end());
    fmt::print("{:12} {:8.2f} {:8.2f} {:6.2f}\n", mounts, times[times.size() / 2],
               times[times.size() * 9 / 10], times.front());
  }
  return 0;
}

}  // namespace
}  // namespace stockade::sandbox

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(std::atoi(argv[1]), 1) : 200;
  return stockade::sandbox::Main(rounds, argc > 2 ? argv[2] : "/var/tmp");
}
