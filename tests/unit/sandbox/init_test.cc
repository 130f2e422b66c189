// SPDX-License-Identifier: Apache-2.0
// What stockade-init makes of its command line, and what we make for it.
#include <gmock/gmock.h>

#include <cstring>

#include "filters/filter_text.h"
#include "sandbox/init/arguments.h"
#include "sandbox/init/lookup.h"
#include "sandbox/init/protocol.h"
#include "sandbox/init_command.h"

namespace stockade::sandbox {
namespace {

using base::Json;
using filters::Program;

sock_filter room[BPF_MAXINSNS];

bool Decodes(const std::string& text) {
  init::Filter filter;
  return init::DecodeFilter(text.c_str(), room, filter);
}

TEST(InitArguments, ReadsWhatEncodeFilterWrites) {
  for (std::size_t size : {1U, 2U, 3U, 400U, 4096U}) {
    Program program(size);
    for (std::size_t i = 0; i < size; ++i) {
      program[i] = {static_cast<std::uint16_t>(i * 7), static_cast<std::uint8_t>(i),
                    static_cast<std::uint8_t>(i * 3), static_cast<std::uint32_t>(i * 0x01010101)};
    }
    const std::string text = filters::EncodeFilter(program, 0x12);
    init::Filter filter;
    ASSERT_TRUE(init::DecodeFilter(text.c_str(), room, filter)) << size;
    EXPECT_EQ(filter.flags, 0x12U);
    ASSERT_EQ(filter.length, size);
    EXPECT_EQ(std::memcmp(room, program.data(), size * sizeof(sock_filter)), 0);
    unsigned flags = 0;
    const auto decoded = filters::DecodeFilter(text, flags);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(filters::EncodeFilter(*decoded, flags), text);
  }
}

TEST(InitArguments, RefusesEverythingElse) {
  const std::string one = filters::EncodeFilter(Program(1), 0);
  EXPECT_TRUE(Decodes(one));
  std::string long_one = filters::EncodeFilter(Program(BPF_MAXINSNS), 0);
  EXPECT_TRUE(Decodes(long_one));
  long_one.erase(long_one.find('='));
  for (const std::string& text :
       {std::string(), std::string("0"), std::string("0:"), std::string(":AAAAAAAAAAA="), one + "A",
        one + "=", one.substr(0, one.size() - 1), "0" + one.substr(1) + one.substr(2),
        std::string("0:AAAA"), std::string("0:AAAAAAAAAA=="), std::string("0:AAAAAAAAAA A="),
        std::string("123456789:AAAAAAAAAAA="), std::string("g:AAAAAAAAAAA="),
        std::string("0:====AAAAAAAAAAA="), filters::EncodeFilter(Program(BPF_MAXINSNS + 1), 0)}) {
    EXPECT_FALSE(Decodes(text)) << text.substr(0, 80);
    unsigned flags = 0;
    EXPECT_FALSE(filters::DecodeFilter(text, flags)) << text.substr(0, 80);
  }
}

std::string Found(const char* command, const char* path, const std::string& there) {
  std::string variable = std::string("PATH=") + path;
  std::string first = "PATH=/wrong";
  char* environment[] = {first.data(), variable.data(), nullptr};
  static char file[init::kMaxPath];
  const char* found =
      init::Find(command, environment, file, [&](const char* at) { return there == at; });
  return found == nullptr ? "(none)" : found;
}

TEST(InitLookup, SearchesPathAsTheDelegatesDo) {
  EXPECT_EQ(Found("sh", "/usr/bin:/bin", "/bin/sh"), "/bin/sh");
  EXPECT_EQ(Found("sh", "/usr/bin:/bin", "/sbin/sh"), "(none)");
  EXPECT_EQ(Found("sh", ":/bin", "./sh"), "./sh");
  EXPECT_EQ(Found("sh", "/bin:", "./sh"), "./sh");
  EXPECT_EQ(Found("sh", "", "./sh"), "./sh");
  EXPECT_EQ(Found("./sh", "/bin", "/bin/sh"), "./sh");
  EXPECT_EQ(Found("/x/sh", "/bin", ""), "/x/sh");
  EXPECT_EQ(Found("", "/bin", "/bin/"), "(none)");
}

TEST(InitLookup, PassesOverWhatIsTooLong) {
  const std::string longest(init::kMaxPath, 'x');
  EXPECT_EQ(Found("sh", ("/" + longest + ":/bin").c_str(), "/bin/sh"), "/bin/sh");
  const std::string fits(init::kMaxPath - 4, 'x');
  EXPECT_EQ(Found("sh", fits.c_str(), fits + "/sh"), fits + "/sh");
}

TEST(InitCommand, WrapsOnceAndTellsWhatItWrapped) {
  const std::vector<std::string> filters{"0:a", "2:b"};
  const Json wrapped = WrapArguments(Json::array({"sh", "-c", "--"}), filters);
  EXPECT_EQ(wrapped, Json::array({init::kPath, "0:a", "2:b", "--", "sh", "-c", "--"}));
  EXPECT_EQ(WrapArguments(wrapped, filters), wrapped);
  EXPECT_EQ(InitFiltersOf(Json{{"args", wrapped}}), filters);
  EXPECT_THAT(InitFiltersOf(Json{{"args", Json::array({"sh"})}}), testing::IsEmpty());
  // A workload that calls the stub itself gets its filters inside ours.
  const Json own = WrapArguments(Json::array({init::kPath, "0:x", "--", "sh"}), filters);
  EXPECT_EQ(own.size(), 8U);
}

}  // namespace
}  // namespace stockade::sandbox
