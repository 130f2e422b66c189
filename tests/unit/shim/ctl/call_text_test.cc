// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/call_text.h"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "filters/call_table.h"
#include "shim/ctl/constant_names.h"

namespace stockade::ctl {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

seccomp_data Parsed(std::string_view text) {
  const auto call = ParseCall(text);
  EXPECT_TRUE(call) << text << ": " << call.error().Text();
  return call.value_or(seccomp_data{});
}

TEST(ParseCallTest, ReadsNamesNumbersAndConstants) {
  const seccomp_data call = Parsed(" socket ( AF_INET, SOCK_STREAM|SOCK_CLOEXEC , 0x6 ) ");
  EXPECT_EQ(call.nr, SYS_socket);
  EXPECT_THAT(call.args, ElementsAre(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 6, 0, 0, 0));
  EXPECT_EQ(Parsed("unshare(CLONE_NEWUSER)").args[0], std::uint64_t{CLONE_NEWUSER});
  EXPECT_EQ(Parsed("socket").nr, SYS_socket);
  EXPECT_EQ(Parsed("425()").nr, 425);
  EXPECT_EQ(Parsed("openat(AT_FDCWD, 0, 010)").args[2], 8U);
  EXPECT_EQ(Parsed("ioctl(-1, TIOCSTI)").args[0], ~0ULL);
  EXPECT_EQ(Parsed("ioctl(0xffffffffffffffff)").args[0], ~0ULL);
}

#if defined(__x86_64__)
TEST(ParseCallTest, ReadsInterfaces) {
  EXPECT_EQ(filters::CallName(Parsed("i386:socketcall(1)")), "socketcall");
  EXPECT_EQ(filters::AbiOf(Parsed("i386:socketcall(1)")), filters::Abi::kX86);
  EXPECT_EQ(Parsed("i386:read(-1)").args[0], 0xffffffffU);
  EXPECT_EQ(Parsed("x32:ioctl").nr, 0x40000000 + 514);
  EXPECT_EQ(Parsed("x32:7").nr, 0x40000007);
}
#endif

TEST(ParseCallTest, SaysWhatItDoesNotKnow) {
  for (const auto& [text, hint] : std::vector<std::pair<std::string, std::string>>{
           {"sokcet(1)", "socket"},
           {"socket(AF_INETT)", "AF_INET"},
           {"socket(", "for example"},
           {"", "for example"},
           {"99999999999(1)", "for example"},
           {"ioctl(1x)", "numbers"},
           {"ioctl(0x1ffffffffffffffff)", "numbers"}}) {
    const auto call = ParseCall(text);
    ASSERT_FALSE(call) << text;
    EXPECT_EQ(call.error().kind, base::ErrorKind::kUsage);
    EXPECT_THAT(call.error().hint, HasSubstr(hint)) << text;
  }
  EXPECT_FALSE(ParseCall("read(1,2,3,4,5,6,7)"));
  EXPECT_FALSE(ParseCall("read(1,,2)"));
  EXPECT_FALSE(ParseCall("read(|)"));
  EXPECT_FALSE(ParseCall(std::string(1000, 'a')));
}

TEST(ConstantNamesTest, AreKnownByTheirHeadersNames) {
  EXPECT_EQ(ConstantValue("AF_VSOCK"), std::uint64_t{AF_VSOCK});
  EXPECT_EQ(ConstantValue("TCP_ULP"), 31U);
  EXPECT_EQ(ConstantValue("AT_FDCWD"), static_cast<std::uint64_t>(-100));
  EXPECT_EQ(ConstantValue("nosuch"), std::nullopt);
  EXPECT_EQ(ConstantNear("SOCK_STREEM"), "SOCK_STREAM");
}

}  // namespace
}  // namespace stockade::ctl
