// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sandbox/host/fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "sandbox/host/perform.h"

namespace stockade::sandbox {
namespace {

using base::UniqueFd;

// The mount namespace that is the host of all the tests in this program. All in it is shared, as
// systemd has it, but with nobody outside.
bool MakeHost() {
  static const bool made = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
                           mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                           mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0;
  return made;
}

// Runs `look` in a child that has left the namespaces `spaces`, and returns its text. Before `look`
// begins, `meanwhile` runs here.
std::string InChild(int spaces, const std::function<std::string()>& look,
                    const std::function<std::string(pid_t)>& meanwhile) {
  std::array<int, 2> text{};
  std::array<int, 2> go{};
  if (pipe2(text.data(), O_CLOEXEC) != 0 || pipe2(go.data(), O_CLOEXEC) != 0) return "pipe";
  const UniqueFd reader(text[0]);
  UniqueFd writer(text[1]);
  UniqueFd wait(go[0]);
  UniqueFd start(go[1]);
  const pid_t child = fork();
  if (child == 0) {
    start.Reset();
    char byte = 0;
    if (unshare(spaces) != 0 || !base::WriteAll(writer.get(), "!", "ready") ||
        read(wait.get(), &byte, 1) != 0) {
      _exit(99);
    }
    (void)base::WriteAll(writer.get(), look(), "answer");
    _exit(0);
  }
  writer.Reset();
  wait.Reset();
  char byte = 0;
  std::string answer;
  if (read(reader.get(), &byte, 1) == 1) answer = meanwhile(child);
  start.Reset();
  answer += base::ReadFd(reader.get(), 1U << 20, "answer", true).value_or("unreadable");
  int status = 0;
  waitpid(child, &status, 0);
  if (status != 0) answer += fmt::format(" [the child ended with {}]", status);
  return answer;
}

std::string WriteMaps(pid_t child, const IdRange& ids) {
  for (const char* file : {"uid_map", "gid_map"}) {
    const std::string path = fmt::format("/proc/{}/{}", child, file);
    const UniqueFd map(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!base::WriteAll(map.get(), fmt::format("0 {} {}", ids.first, IdRange::kSize), path)) {
      return "cannot write " + path;
    }
  }
  return "";
}

}  // namespace

void HostTest::SetUp() {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to mount";
  ASSERT_TRUE(MakeHost());
  std::string name = "/var/tmp/stockade-host-XXXXXX";
  directory_ = mkdtemp(name.data());
  ASSERT_EQ(chmod(directory_.c_str(), 0755), 0);
}

void HostTest::TearDown() {
  if (directory_.empty()) return;
  EXPECT_EQ(chdir("/"), 0);
  // From the last mount to the first: they may lie in each other.
  Shell("tac /proc/self/mountinfo | awk '{print $5}' | grep " + directory_ +
        " | xargs -r umount -l");
  std::filesystem::remove_all(directory_);
}

void HostTest::Folder(const std::string& path, uid_t uid, gid_t gid, mode_t mode) const {
  std::filesystem::create_directories(path);
  ASSERT_EQ(chown(path.c_str(), uid, gid), 0);
  ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

void HostTest::File(const std::string& path, const std::string& text, uid_t uid, gid_t gid,
                    mode_t mode) const {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  {
    const UniqueFd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    ASSERT_TRUE(base::WriteAll(file.get(), text, path));
  }
  ASSERT_EQ(chown(path.c_str(), uid, gid), 0);
  ASSERT_EQ(chmod(path.c_str(), mode), 0);
}

void HostTest::Tmpfs(const std::string& path, unsigned long flags) const {
  std::filesystem::create_directories(path);
  ASSERT_EQ(mount("tmpfs", path.c_str(), "tmpfs", flags, "mode=0755"), 0);
}

std::string HostTest::Perform(const HostActions& actions, const Look& look) const {
  return InChild(
      0,
      [&]() -> std::string {
        const auto done = PerformHostActions(actions, State());
        return done ? look() : done.error().Text();
      },
      [](pid_t) { return std::string(); });
}

std::string HostTest::InPod(const Look& look, const IdRange& ids) {
  return InChild(
      CLONE_NEWUSER | CLONE_NEWNS,
      [&]() -> std::string {
        if (setgroups(0, nullptr) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0) {
          return "cannot become the pod's root";
        }
        return look();
      },
      [&](pid_t child) { return WriteMaps(child, ids); });
}

std::string HostTest::Shell(const std::string& command) {
  const std::string whole = "{ " + command + "\n} 2>&1";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(whole.c_str(), "re"), pclose);
  if (!pipe) return "popen failed";
  std::string text;
  std::array<char, 4096> buffer;
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe.get())) {
    text.append(buffer.data(), got);
  }
  return text;
}

}  // namespace stockade::sandbox
