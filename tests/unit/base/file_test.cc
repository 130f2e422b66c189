// SPDX-License-Identifier: Apache-2.0
#include "config/base/file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>

namespace stockade::base {
namespace {

using ::testing::HasSubstr;

// A directory of its own for each test, gone afterwards.
class FileTest : public ::testing::Test {
 protected:
  FileTest() {
    char pattern[] = "/tmp/stockade_file_test.XXXXXX";
    directory_ = mkdtemp(pattern);
  }
  ~FileTest() override { std::filesystem::remove_all(directory_); }

  std::string In(const std::string& name) const { return directory_ + "/" + name; }
  std::size_t Entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory_),
                                                  std::filesystem::directory_iterator()));
  }

  std::string directory_;
};

struct stat StatOf(const std::string& path) {
  struct stat info = {};
  EXPECT_EQ(lstat(path.c_str(), &info), 0) << path;
  return info;
}

TEST_F(FileTest, ReadsRegularFilesWithinTheLimit) {
  ASSERT_TRUE(ReplaceFile(In("f"), "12345", 0600));
  EXPECT_EQ(ReadFile(In("f"), 5).value(), "12345");
  EXPECT_THAT(ReadFile(In("f"), 4).error().message, HasSubstr("5 bytes, more than the limit of 4"));
  EXPECT_THAT(ReadFile(In("none"), 4).error().message, HasSubstr(In("none") + ": No such file"));
}

TEST_F(FileTest, NeverWaitsOnOrReadsAnythingElse) {
  ASSERT_EQ(mkfifo(In("fifo").c_str(), 0600), 0);
  EXPECT_THAT(ReadFile(In("fifo"), 9).error().message, HasSubstr("not a regular file"));
  EXPECT_THAT(ReadFile(directory_, 9).error().message, HasSubstr("not a regular file"));
  EXPECT_THAT(ReadFile("/dev/zero", 9).error().message, HasSubstr("not a regular file"));
  // A file that says it is empty and is not: the limit counts what arrives.
  EXPECT_THAT(ReadFile("/proc/self/status", 9).error().message, HasSubstr("limit of 9"));
}

TEST_F(FileTest, PipesAreReadWhenAskedFor) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  ASSERT_TRUE(WriteAll(writer.get(), "abc", "pipe"));
  EXPECT_FALSE(ReadFd(reader.get(), 9, "pipe"));
  writer.Reset();
  EXPECT_EQ(ReadFd(reader.get(), 9, "pipe", true).value(), "abc");
}

TEST_F(FileTest, ReplaceKeepsOwnerAndModeOfTheOldFile) {
  ASSERT_TRUE(ReplaceFile(In("f"), "old", 0640));
  EXPECT_EQ(StatOf(In("f")).st_mode & 07777, 0640U);
  ASSERT_EQ(chmod(In("f").c_str(), 0604), 0);
  const bool root = geteuid() == 0;
  if (root) {
    ASSERT_EQ(chown(In("f").c_str(), 12345, 54321), 0);
  }
  ASSERT_TRUE(ReplaceFile(In("f"), "new", 0600));
  EXPECT_EQ(ReadFile(In("f"), 9).value(), "new");
  EXPECT_EQ(StatOf(In("f")).st_mode & 07777, 0604U);
  if (root) {
    EXPECT_EQ(StatOf(In("f")).st_uid, 12345U);
    EXPECT_EQ(StatOf(In("f")).st_gid, 54321U);
  }
  EXPECT_EQ(Entries(), 1U);
}

TEST_F(FileTest, ReplaceTakesTheLinksPlaceNotItsTarget) {
  ASSERT_TRUE(ReplaceFile(In("target"), "precious", 0644));
  ASSERT_EQ(symlink("target", In("link").c_str()), 0);
  ASSERT_TRUE(ReplaceFile(In("link"), "new", 0600));
  EXPECT_EQ(ReadFile(In("target"), 99).value(), "precious");
  EXPECT_TRUE(S_ISREG(StatOf(In("link")).st_mode));
  EXPECT_EQ(StatOf(In("link")).st_mode & 07777, 0600U);
}

TEST_F(FileTest, AReaderNeverSeesAPart) {
  const std::string texts[] = {std::string(300000, 'a'), std::string(300000, 'b')};
  ASSERT_TRUE(ReplaceFile(In("f"), texts[0], 0600));
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(ReplaceFile(In("f"), texts[i % 2], 0600));
    done = true;
  });
  int reads = 0;
  while (!done || reads == 0) {
    const auto seen = ReadFile(In("f"), 1 << 20);
    ASSERT_TRUE(seen);
    ASSERT_TRUE(*seen == texts[0] || *seen == texts[1]) << seen->size();
    ++reads;
  }
  writer.join();
}

TEST_F(FileTest, AFailedReplaceLeavesNothingBehind) {
  ASSERT_EQ(mkdir(In("f").c_str(), 0700), 0);  // rename(2) cannot put a file over a directory
  EXPECT_THAT(ReplaceFile(In("f"), "x", 0600).error().message, HasSubstr(In("f")));
  EXPECT_EQ(Entries(), 1U);
  EXPECT_FALSE(ReplaceFile(In("none/f"), "x", 0600));
}

TEST_F(FileTest, FullDiskIsAnError) {
  UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full);
  EXPECT_THAT(WriteAll(full.get(), "x", "/dev/full").error().message, HasSubstr("No space left"));
}

TEST_F(FileTest, MakesDirectoriesAndTheirParents) {
  ASSERT_TRUE(MakeDirectories(In("a/b/c"), 0700));
  EXPECT_TRUE(MakeDirectories(In("a/b/c"), 0700)) << "an existing one is kept";
  EXPECT_EQ(StatOf(In("a/b")).st_mode & 07777, 0700U);
  ASSERT_TRUE(ReplaceFile(In("f"), "", 0600));
  EXPECT_THAT(MakeDirectories(In("f"), 0700).error().message, HasSubstr("not a directory"));
  EXPECT_FALSE(MakeDirectories(In("f/x"), 0700));
}

TEST_F(FileTest, RemoveTreeTakesLinksNotTheirTargets) {
  ASSERT_TRUE(MakeDirectories(In("keep"), 0700));
  ASSERT_TRUE(ReplaceFile(In("keep/file"), "precious", 0600));
  ASSERT_TRUE(MakeDirectories(In("tree/deep"), 0700));
  ASSERT_EQ(symlink(In("keep").c_str(), In("tree/deep/dir").c_str()), 0);
  ASSERT_EQ(symlink(In("keep/file").c_str(), In("tree/file").c_str()), 0);
  ASSERT_TRUE(RemoveTree(In("tree")));
  EXPECT_EQ(ReadFile(In("keep/file"), 99).value(), "precious");
  EXPECT_EQ(Entries(), 1U);
  ASSERT_EQ(symlink("keep", In("tree").c_str()), 0);
  ASSERT_TRUE(RemoveTree(In("tree")));
  EXPECT_EQ(ReadFile(In("keep/file"), 99).value(), "precious");
  EXPECT_TRUE(RemoveTree(In("tree"))) << "a tree that is not there is no error";
}

TEST_F(FileTest, ResolvePathIsTheKernelsAnswer) {
  const std::string real = std::filesystem::canonical(directory_);
  ASSERT_TRUE(MakeDirectories(In("a/b"), 0700));
  ASSERT_EQ(symlink("a", In("link").c_str()), 0);
  ASSERT_EQ(symlink("loop", In("loop").c_str()), 0);
  EXPECT_EQ(ResolvePath(In("link/b/../b/.")).value(), real + "/a/b");
  EXPECT_EQ(ResolvePath(In("a//b/")).value(), real + "/a/b");
  EXPECT_EQ(ResolvePath("/").value(), "/");
  EXPECT_THAT(ResolvePath(In("none")).error().message, HasSubstr("No such file"));
  EXPECT_THAT(ResolvePath(In("loop")).error().message, HasSubstr("symbolic links"));
  EXPECT_FALSE(ResolvePath(""));
}

}  // namespace
}  // namespace stockade::base
