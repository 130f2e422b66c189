// SPDX-License-Identifier: Apache-2.0
// What is read of a caller: control messages and /proc/<thread>/status.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>

#include "sandbox/supervisor/caller_text.h"
#include "sandbox/supervisor/control_message.h"
#include "sandbox/supervisor/identity.h"
#include "sandbox/supervisor/path_resolver.h"

namespace stockade::supervisor {
namespace {

using testing::ElementsAre;

std::vector<std::byte> Control(int level, int type, const std::vector<int>& values) {
  std::vector<std::byte> bytes(CMSG_SPACE(values.size() * sizeof(int)));
  cmsghdr header{};
  header.cmsg_len = CMSG_LEN(values.size() * sizeof(int));
  header.cmsg_level = level;
  header.cmsg_type = type;
  std::memcpy(bytes.data(), &header, sizeof header);
  if (!values.empty()) {
    std::memcpy(bytes.data() + CMSG_LEN(0), values.data(), values.size() * sizeof(int));
  }
  return bytes;
}

base::UniqueFd OpenNull(int number) {
  return base::UniqueFd(number < 0 ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC));
}

int Take(std::vector<std::byte> control, bool unix_socket = true) {
  std::vector<base::UniqueFd> passed;
  return TakeControl(control, unix_socket, OpenNull, passed);
}

TEST(TakeControl, PutsDuplicatesInThePlaceOfDescriptors) {
  auto control = Control(SOL_SOCKET, SCM_RIGHTS, {700, 701});
  std::vector<base::UniqueFd> passed;
  ASSERT_EQ(TakeControl(control, true, OpenNull, passed), 0);
  ASSERT_EQ(passed.size(), 2U);
  std::vector<int> numbers(2);
  std::memcpy(numbers.data(), control.data() + CMSG_LEN(0), 2 * sizeof(int));
  EXPECT_THAT(numbers, ElementsAre(passed[0].get(), passed[1].get()));
  EXPECT_EQ(Take(Control(SOL_SOCKET, SCM_RIGHTS, {-1})), EBADF);
  EXPECT_EQ(Take(Control(SOL_SOCKET, SCM_RIGHTS, std::vector<int>(254, 1))), EINVAL);
}

TEST(TakeControl, RefusesWhatTheSupervisorCannotVouchFor) {
  EXPECT_EQ(Take(Control(SOL_SOCKET, SCM_CREDENTIALS, {1, 0, 0})), EPERM);
  for (const bool unix_socket : {false, true}) {
    EXPECT_EQ(Take(Control(IPPROTO_IP, IP_RETOPTS, {1}), unix_socket), EPERM);
    EXPECT_EQ(Take(Control(IPPROTO_IPV6, IPV6_RTHDR, {1}), unix_socket), EPERM);
    EXPECT_EQ(Take(Control(IPPROTO_IPV6, 5, {1}), unix_socket), EPERM);
  }
  EXPECT_EQ(Take(Control(IPPROTO_IP, IP_TOS, {1}), false), 0);
}

TEST(TakeControl, FindsAMessageBehindAnother) {
  auto both = Control(IPPROTO_IP, IP_TOS, {1});
  const auto second = Control(IPPROTO_IP, IP_RETOPTS, {1});
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(Take(both, false), EPERM);
}

TEST(TakeControl, RefusesLengthsThatAreNone) {
  for (const std::size_t length :
       {std::size_t{0}, sizeof(cmsghdr) - 1, std::size_t{4096}, ~std::size_t{0}}) {
    auto control = Control(IPPROTO_IP, IP_TOS, {1});
    std::memcpy(control.data(), &length, sizeof length);
    EXPECT_EQ(Take(control), EINVAL) << length;
  }
  EXPECT_EQ(Take(std::vector<std::byte>(3)), 0);  // shorter than a header: the kernel sees none
}

TEST(ParseIdentity, ReadsTheIdsOfFileAccess) {
  const auto who = ParseIdentity(
      "Name:\tx\nUmask:\t0027\nState:\tS\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nGroups:\t9 10 \n");
  ASSERT_TRUE(who);
  EXPECT_EQ(who->uid, 1U);
  EXPECT_EQ(who->effective_uid, 4U);
  EXPECT_EQ(who->saved_uid, 3U);
  EXPECT_EQ(who->effective_gid, 8U);
  EXPECT_THAT(who->groups, ElementsAre(9U, 10U));
  EXPECT_EQ(who->mask, 027U);
}

TEST(ParseIdentity, TakesNothingThatIsIncomplete) {
  // A name cannot forge a line: the kernel escapes its line feeds.
  EXPECT_FALSE(ParseIdentity(""));
  EXPECT_FALSE(ParseIdentity("\nUid:\t1\t2\t3\nGid:\t5\t6\t7\t8\nGroups:\t\nUmask:\t0022\n"));
  EXPECT_FALSE(ParseIdentity("\nUid:\t1\t2\t3\tx\nGid:\t5\t6\t7\t8\nGroups:\t\nUmask:\t0022\n"));
  EXPECT_FALSE(ParseIdentity("\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t8\nUmask:\t0022\n"));
}

TEST(ParseOwnNumbers, AreThoseOfTheInnermostNamespace) {
  const auto numbers = ParseOwnNumbers("Name:\tx\nNStgid:\t4711\t12\nNSpid:\t4712\t13\n");
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->process, 12);
  EXPECT_EQ(numbers->thread, 13);
  EXPECT_EQ(ParseOwnNumbers("\nNStgid:\t7\nNSpid:\t7\n")->process, 7);
  for (const char* text : {"", "\nNStgid:\t7\n", "\nNStgid:\t\nNSpid:\t7\n",
                           "\nNStgid:\t7x\nNSpid:\t7\n", "\nNStgid:\t0\nNSpid:\t0\n"}) {
    EXPECT_FALSE(ParseOwnNumbers(text)) << text;
  }
}

TEST(ReadCallerPath, StopsWhereTheKernelStops) {
  const auto read = [](const char* from, std::string& path) {
    return ReadCallerPath(getpid(), reinterpret_cast<std::uint64_t>(from), path);
  };
  std::string path;
  EXPECT_EQ(read("/etc/passwd", path), 0);
  EXPECT_EQ(path, "/etc/passwd");
  EXPECT_EQ(read("", path), ENOENT);
  EXPECT_EQ(read(nullptr, path), EFAULT);
  const std::string longest(PATH_MAX - 1, 'x');
  EXPECT_EQ(read(longest.c_str(), path), 0);
  EXPECT_EQ(path, longest);
  EXPECT_EQ(read((longest + "x").c_str(), path), ENAMETOOLONG);
}

}  // namespace
}  // namespace stockade::supervisor
