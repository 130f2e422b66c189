// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/dispatch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <string>

#include "filters/call_table.h"

namespace stockade::filters {
namespace {

constexpr std::uint32_t kOther = SECCOMP_RET_ERRNO | 99;

const std::vector<std::string>& Names() {
  static const std::vector<std::string> names{
      "read",  "ptrace",  "mount", "bpf",     "keyctl", "clone",      "unshare",
      "setns", "connect", "bind",  "add_key", "ioctl",  "futex",      "openat",
      "mknod", "mknodat", "uname", "close",   "dup",    "userfaultfd"};
  return names;
}

// The dispatch over the first `count` names, each of which returns its place.
Program Whole(std::size_t count) {
  Dispatch cases;
  for (std::size_t i = 0; i < count; ++i) {
    cases.Add(Names()[i], {BPF_STMT(BPF_RET | BPF_K, static_cast<std::uint32_t>(i))});
  }
  Program whole{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  const Program part = cases.Take();
  whole.insert(whole.end(), part.begin(), part.end());
  whole.push_back(BPF_STMT(BPF_RET | BPF_K, kOther));
  return whole;
}

seccomp_data Call(int number) {
  seccomp_data call{};
  call.nr = number;
  call.arch = NativeAudit();
  return call;
}

TEST(Dispatch, LeadsEachCallToItsBlockAndNoOther) {
  for (std::size_t count = 0; count <= Names().size(); ++count) {
    const Program whole = Whole(count);
    for (int number = -1; number < 500; ++number) {
      std::uint32_t wanted = kOther;
      for (std::size_t i = 0; i < count; ++i) {
        if (CallNumber(Abi::kNative, Names()[i]) == number) wanted = static_cast<std::uint32_t>(i);
      }
      EXPECT_EQ(Evaluate(whole, Call(number)), wanted) << count << " " << number;
    }
  }
}

TEST(Dispatch, TakesFewComparisons) {
  const Program whole = Whole(Names().size());
  for (int number = 0; number < 500; ++number) {
    std::vector<bool> visited(whole.size());
    ASSERT_TRUE(Evaluate(whole, Call(number), &visited));
    // Five levels of a comparison and a jump, the last comparison, the way out.
    EXPECT_LE(std::ranges::count(visited, true), 1 + 5 * 2 + 1 + 2) << number;
  }
}

TEST(Dispatch, ABlockThatDoesNotReturnGoesOnBehind) {
  Dispatch cases;
  for (const std::string& name : Names()) {
    cases.Add(name, {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)),
                     BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 7, 0, 1),
                     BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)});
  }
  Program whole{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  const Program part = cases.Take();
  whole.insert(whole.end(), part.begin(), part.end());
  whole.push_back(BPF_STMT(BPF_RET | BPF_K, kOther));
  for (const std::string& name : Names()) {
    seccomp_data call = Call(CallNumber(Abi::kNative, name).value_or(-1));
    EXPECT_EQ(Evaluate(whole, call), kOther) << name;
    call.args[0] = 7;
    EXPECT_EQ(Evaluate(whole, call), SECCOMP_RET_ALLOW) << name;
  }
}

TEST(Dispatch, TheFirstBlockForACallCounts) {
  Dispatch cases;
  cases.Add("bpf", {BPF_STMT(BPF_RET | BPF_K, 1)});
  cases.Add("bpf", {BPF_STMT(BPF_RET | BPF_K, 2)});
  cases.Add("no such call", {BPF_STMT(BPF_RET | BPF_K, 3)});
  Program whole{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  const Program part = cases.Take();
  whole.insert(whole.end(), part.begin(), part.end());
  whole.push_back(BPF_STMT(BPF_RET | BPF_K, kOther));
  EXPECT_EQ(Evaluate(whole, Call(CallNumber(Abi::kNative, "bpf").value_or(-1))), 1U);
}

}  // namespace
}  // namespace stockade::filters
