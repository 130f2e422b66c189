// SPDX-License-Identifier: Apache-2.0
#include "sandbox/filter_cache.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "filters/floor.h"
#include "filters/seccomp_compiler.h"

namespace stockade::sandbox {
namespace {

namespace fs = std::filesystem;
using base::Json;

class FilterCacheTest : public testing::Test {
 protected:
  FilterCacheTest() {
    std::string name = testing::TempDir() + "stockade-cache-XXXXXX";
    directory_ = mkdtemp(name.data());
    cache_ = directory_ / "filters";
  }
  ~FilterCacheTest() override { fs::remove_all(directory_); }

  static Json Profile(unsigned error_number) {
    Json entry = Json::object();
    entry["names"] = Json::array({"chmod"});
    entry["action"] = "SCMP_ACT_ERRNO";
    entry["errnoRet"] = error_number;
    Json profile = Json::object();
    profile["defaultAction"] = "SCMP_ACT_ALLOW";
    profile["syscalls"] = Json::array();
    profile["syscalls"].push_back(entry);
    return profile;
  }

  // The errno that the cached program of Profile(error_number) gives for chmod, or 0.
  unsigned Answer(unsigned error_number) const {
    const auto program = FilterCache(cache_.string()).Get(Profile(error_number));
    if (!program) return 0;
    const auto answer = filters::Evaluate(*program, {90, filters::NativeAudit(), 0, {}});
    return answer.value_or(0) & SECCOMP_RET_DATA;
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    if (!fs::exists(cache_)) return files;
    for (const auto& entry : fs::directory_iterator(cache_)) files.push_back(entry.path());
    return files;
  }

  static std::string Read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void Write(const fs::path& file, std::string_view text) {
    std::ofstream(file, std::ios::binary) << text;
  }

  fs::path directory_;
  fs::path cache_;
};

TEST_F(FilterCacheTest, KeepsOneFileForEachContent) {
  EXPECT_EQ(Answer(13), 13U);
  EXPECT_EQ(Answer(13), 13U);
  EXPECT_EQ(Files().size(), 1U);
  EXPECT_EQ(Answer(14), 14U);
  EXPECT_EQ(Files().size(), 2U);
  struct stat info = {};
  ASSERT_EQ(stat(cache_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777U, 0700U);
}

TEST_F(FilterCacheTest, ReadsBackWhatItWrote) {
  ASSERT_EQ(Answer(13), 13U);
  // Proof that the file is used: another program behind the same key is believed.
  const fs::path file = Files().at(0);
  std::string text = Read(file);
  const auto other = filters::CompileSeccomp(Profile(14));
  ASSERT_TRUE(other);
  text.resize(text.find('\0') + 1);
  text.append(reinterpret_cast<const char*>(other->data()), other->size() * sizeof(sock_filter));
  Write(file, text);
  EXPECT_EQ(Answer(13), 14U);
}

TEST_F(FilterCacheTest, DoesNotBelieveAnotherBuild) {
  ASSERT_EQ(Answer(13), 13U);
  std::string text = Read(Files().at(0));
  ASSERT_TRUE(text.starts_with("stockade "));
  const std::size_t digit = std::string_view("stockade ").size();
  text[digit] = text[digit] == '0' ? '1' : '0';
  text.replace(text.find('\0') + 1, std::string::npos, "no program");
  Write(Files().at(0), text);
  EXPECT_EQ(Answer(13), 13U);
}

TEST_F(FilterCacheTest, RemembersWhatTheClassCovers) {
  const FilterCache cache(cache_.string());
  const Json own = filters::BuildFloor("baseline", {}, {}).value();
  EXPECT_EQ(cache.Covers("restricted", {}, {}, own), true);
  EXPECT_EQ(cache.Covers("baseline", {"CAP_SYS_ADMIN"}, {}, own), false);
  EXPECT_EQ(cache.Covers("baseline", {}, {"SCMP_ARCH_X86"}, own), false);
  EXPECT_EQ(cache.Covers("restricted", {}, {}, Profile(13)), false);
  EXPECT_EQ(Files().size(), 4U);
  for (const fs::path& file : Files()) {  // proof that the files are used: turn each answer
    std::string text = Read(file);
    const std::size_t answer = text.find('\0') + 1;
    text.replace(answer, std::string::npos, text.substr(answer) == "yes" ? "no" : "yes");
    Write(file, text);
  }
  EXPECT_EQ(cache.Covers("restricted", {}, {}, own), false);
  EXPECT_EQ(cache.Covers("restricted", {}, {}, Profile(13)), true);
  for (const fs::path& file : Files()) Write(file, Read(file) + " and more");
  EXPECT_EQ(cache.Covers("restricted", {}, {}, own), true);
  EXPECT_FALSE(cache.Covers("lax", {}, {}, own));
}

TEST_F(FilterCacheTest, KeepsNothingOfWhatBreaksALimit) {
  const FilterCache cache(cache_.string(), {.result_bytes = 10});
  const auto program = cache.Get(Profile(13));
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().kind, base::ErrorKind::kSpec);
  EXPECT_TRUE(Files().empty());
}

TEST_F(FilterCacheTest, DoesNotBelieveAFileThatOthersCouldHaveWritten) {
  ASSERT_EQ(Answer(13), 13U);
  ASSERT_EQ(Answer(14), 14U);
  const auto files = Files();
  // One profile's program under the other's name.
  fs::copy_file(files[0], files[1], fs::copy_options::overwrite_existing);
  EXPECT_EQ(Answer(13), 13U);
  EXPECT_EQ(Answer(14), 14U);
  const fs::path file = Files().at(0);
  ASSERT_EQ(chmod(file.c_str(), 0666), 0);
  std::ofstream(file, std::ios::app) << "12345678";
  EXPECT_EQ(Answer(13), 13U);
  EXPECT_EQ(Answer(14), 14U);
  // A link is neither read nor written through.
  const fs::path elsewhere = cache_.string() + ".elsewhere";
  std::ofstream(elsewhere) << "not ours";
  for (const fs::path& each : Files()) {
    fs::remove(each);
    fs::create_symlink(elsewhere, each);
  }
  EXPECT_EQ(Answer(13), 13U);
  EXPECT_EQ(Answer(14), 14U);
  EXPECT_EQ(Read(elsewhere), "not ours");
  fs::remove(elsewhere);
  for (const fs::path& each : Files()) {
    ASSERT_FALSE(fs::is_symlink(each));
    fs::resize_file(each, 10);
  }
  EXPECT_EQ(Answer(13), 13U);
}

TEST_F(FilterCacheTest, WorksWithoutADirectory) {
  EXPECT_TRUE(FilterCache("/proc/nowhere").Get(Profile(13)));
}

TEST_F(FilterCacheTest, SaysWhatCannotBeCompiled) {
  Json profile = Profile(13);
  profile["syscalls"][0]["action"] = "SCMP_ACT_WHATEVER";
  const auto program = FilterCache(cache_.string()).Get(profile);
  ASSERT_FALSE(program);
  EXPECT_THAT(program.error().message, testing::HasSubstr("SCMP_ACT_WHATEVER"));
  EXPECT_TRUE(Files().empty());
}

TEST_F(FilterCacheTest, ManyWritersAtOnce) {
  std::vector<pid_t> writers;
  for (int i = 0; i < 8; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int wrong = 0;
      for (unsigned round = 1; round < 8; ++round) wrong += Answer(round) == round ? 0 : 1;
      _exit(wrong);
    }
    writers.push_back(child);
  }
  for (const pid_t writer : writers) {
    int status = 0;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(Files().size(), 7U);
}

TEST_F(FilterCacheTest, DoesNotGrowWithoutEnd) {
  ASSERT_EQ(Answer(13), 13U);
  for (int i = 0; i < 300; ++i) std::ofstream(cache_ / std::to_string(i)) << "x";
  EXPECT_EQ(Answer(14), 14U);
  EXPECT_EQ(Files().size(), 1U);
}

}  // namespace
}  // namespace stockade::sandbox
