// SPDX-License-Identifier: Apache-2.0
#include "shim/delegate.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "config/base/file.h"

namespace stockade::shim {
namespace {

using testing::HasSubstr;

class DelegateTest : public testing::Test {
 protected:
  DelegateTest() {
    // Not below /tmp, whose mode would hide what the tests look for.
    std::string pattern = "/var/lib/stockade-delegate-XXXXXX";
    top_ = mkdtemp(pattern.data());
    path_ = top_ + "/runtime";
    std::filesystem::copy_file("/bin/true", path_);
    chmod(path_.c_str(), 0755);
  }
  ~DelegateTest() override { std::filesystem::remove_all(top_); }

  std::string Refusal() const {
    const auto status = CheckDelegate(path_);
    return status ? "" : status.error().Text();
  }

  std::string top_;
  std::string path_;
};

TEST_F(DelegateTest, TakesAFileThatOnlyRootCanChange) { EXPECT_EQ(Refusal(), ""); }

TEST_F(DelegateTest, RefusesAFileThatOthersCanWrite) {
  chmod(path_.c_str(), 0775);
  EXPECT_THAT(Refusal(), HasSubstr("writable by others"));
}

TEST_F(DelegateTest, RefusesADirectoryThatOthersCanWrite) {
  chmod(top_.c_str(), 0777);
  EXPECT_THAT(Refusal(), HasSubstr(top_ + ": writable by others"));
}

TEST_F(DelegateTest, RefusesAnotherOwner) {
  if (chown(path_.c_str(), 1000, 0) != 0) GTEST_SKIP() << "needs root";
  EXPECT_THAT(Refusal(), HasSubstr("owned by uid 1000"));
}

TEST_F(DelegateTest, RefusesWhatCannotRun) {
  chmod(path_.c_str(), 0644);
  EXPECT_THAT(Refusal(), HasSubstr("not an executable file"));
  std::filesystem::remove(path_);
  EXPECT_THAT(Refusal(), HasSubstr("No such file"));
}

TEST_F(DelegateTest, RefusesARelativePath) { EXPECT_FALSE(CheckDelegate("runc")); }

TEST_F(DelegateTest, RefusesItselfAlsoThroughALink) {
  std::filesystem::remove(path_);
  std::filesystem::create_symlink(std::filesystem::read_symlink("/proc/self/exe"), path_);
  EXPECT_THAT(Refusal(), HasSubstr("stockade itself"));
}

TEST_F(DelegateTest, FollowsALinkToTheRealFile) {
  std::filesystem::rename(path_, top_ + "/real");
  std::filesystem::create_symlink("real", path_);
  EXPECT_EQ(Refusal(), "");
  chmod((top_ + "/real").c_str(), 0757);
  EXPECT_THAT(Refusal(), HasSubstr("writable by others"));
}

TEST_F(DelegateTest, TheConfigurationNamesIt) {
  config::NodeConfig node;
  node.delegates["mine"] = path_;
  EXPECT_EQ(FindDelegate("mine", node), path_);
  const auto missing = FindDelegate("no-such-runtime", node);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().hint, HasSubstr("no-such-runtime"));
}

TEST(DelegateRoot, IsTheDelegatesOwnDefault) {
  unsetenv("XDG_RUNTIME_DIR");
  EXPECT_EQ(DefaultRoot("/usr/sbin/runc"), "/run/runc");
  EXPECT_EQ(DefaultRoot("/usr/bin/crun"), "/run/crun");
  EXPECT_EQ(DefaultRoot("/usr/bin/crun-wasm"), "/run/crun");
  EXPECT_EQ(DefaultRoot("/usr/bin/youki"), "/run/youki");
  setenv("XDG_RUNTIME_DIR", "", 1);
  EXPECT_EQ(DefaultRoot("/usr/bin/crun"), "/run/crun");
}

TEST(DelegateRoot, OfARootThatLoggedInIsAnotherForCrunAlone) {
  setenv("XDG_RUNTIME_DIR", "/run/user/0", 1);
  EXPECT_EQ(DefaultRoot("/usr/bin/crun"), "/run/user/0/crun");
  EXPECT_EQ(DefaultRoot("/usr/sbin/runc"), "/run/runc");
  EXPECT_EQ(DefaultRoot("/usr/bin/youki"), "/run/youki");
  unsetenv("XDG_RUNTIME_DIR");
}

}  // namespace
}  // namespace stockade::shim
