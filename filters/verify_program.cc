// SPDX-License-Identifier: Apache-2.0
#include "filters/verify_program.h"

#include <fmt/format.h>
#include <linux/audit.h>

#include <algorithm>

#include "filters/promises.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

constexpr std::uint32_t kNumberIs32Bits = 0xffffffff;
// No architecture has so many calls.
constexpr std::uint32_t kBeyondAllCalls = 0x800;
#if defined(__x86_64__)
constexpr std::uint32_t kX32Bit = 0x40000000;
#endif

bool Refuses(std::uint32_t answer) {
  const std::uint32_t action = answer & SECCOMP_RET_ACTION_FULL;
  return (action == SECCOMP_RET_ERRNO && (answer & SECCOMP_RET_DATA) != 0) ||
         action == SECCOMP_RET_KILL_THREAD || action == SECCOMP_RET_KILL_PROCESS;
}

// True if some call that looks like `call` is not refused, or nothing can be proved.
bool Reachable(ProgramView program, const KnownCall& call) {
  const auto answers = Answers(program, call);
  return !answers || !std::ranges::all_of(*answers, Refuses);
}

// A call of which no more is known than some bits of its number.
KnownCall NumberWith(std::uint32_t bits, std::uint32_t audit_architecture) {
  KnownCall call = KnownCall::Of(0, audit_architecture);
  call.words.at(offsetof(seccomp_data, nr) / 4) = {bits, bits};
  return call;
}

void CheckArchitectures(ProgramView program, const std::vector<std::string>& compat,
                        std::vector<std::string>& broken) {
  if (Reachable(program, NumberWith(kBeyondAllCalls, NativeAudit()))) {
    broken.emplace_back("the filter allows calls that nobody knows");
  }
  const auto closed = [&](std::string_view name) {
    return std::ranges::find(compat, name) == compat.end();
  };
#if defined(__x86_64__)
  if (closed("SCMP_ARCH_X32") && Reachable(program, NumberWith(kX32Bit, NativeAudit()))) {
    broken.emplace_back("the filter allows x32 calls");
  }
  if (closed("SCMP_ARCH_X86") && Reachable(program, NumberWith(0, AUDIT_ARCH_I386))) {
    broken.emplace_back("the filter allows calls of 32-bit programs");
  }
#elif defined(__aarch64__)
  if (closed("SCMP_ARCH_ARM") && Reachable(program, NumberWith(0, AUDIT_ARCH_ARM))) {
    broken.emplace_back("the filter allows calls of 32-bit programs");
  }
#endif
}

// True if a call that the supervisor refuses is refused before or handed over.
bool Closed(ProgramView program, ProgramView notify, const KnownCall& call) {
  if (!Reachable(program, call)) return true;
  const auto answers = Answers(notify, call);
  return answers && std::ranges::all_of(*answers, [](std::uint32_t answer) {
           return answer == SECCOMP_RET_USER_NOTIF;
         });
}

// The same where it depends on the bits that make namespaces: none of them, or each in turn, which
// is every argument that there is.
bool HandedOver(ProgramView program, const Supervised& supervised, std::string_view name,
                const KnownCall& call) {
  if (std::ranges::find(supervised.refused, name) == supervised.refused.end()) return false;
  if (Closed(program, supervised.notify, call)) return true;
  constexpr std::uint32_t kNamespaces = 0x7e020080;
  KnownCall with_none = call;
  with_none.Fix(0, kNamespaces, 0);
  if (!Closed(program, supervised.notify, with_none)) return false;
  for (std::uint32_t bit = 1; bit != 0; bit <<= 1) {
    KnownCall with = call;
    with.Fix(0, bit, bit);
    if ((kNamespaces & bit) != 0 && !Closed(program, supervised.notify, with)) return false;
  }
  return true;
}

void CheckPromise(ProgramView program, const Promise& promise, const Supervised& supervised,
                  std::vector<std::string>& broken) {
  for (const std::string_view name : promise.calls) {
    const int number = SyscallNumber(std::string(name)).value_or(-1);
    if (number < 0) continue;
    KnownCall call = KnownCall::Of(number);
    for (const Test& test : promise.tests) {
      call.Fix(test.index, static_cast<std::uint32_t>(test.mask),
               static_cast<std::uint32_t>(test.value));
    }
    if (Reachable(program, call) && !HandedOver(program, supervised, name, call)) {
      broken.push_back(fmt::format("{} can be called ({})", name, promise.what));
    }
  }
}

void CheckFamilies(ProgramView program, std::vector<std::string>& broken) {
  const int number = SyscallNumber("socket").value_or(-1);
  for (std::uint32_t family = 0; family < 256; ++family) {
    KnownCall call = KnownCall::Of(number);
    call.Fix(0, kNumberIs32Bits, family);
    if (!IsOpenFamily(family) && Reachable(program, call)) {
      broken.push_back(fmt::format("sockets of family {} can be made", family));
    }
  }
}

}  // namespace

std::vector<std::string> BrokenProgramPromises(ProgramView program, std::string_view profile,
                                               const config::CapabilityNames& remaining,
                                               const std::vector<std::string>& compat_architectures,
                                               const Supervised& supervised) {
  if (!IsPromised(profile)) {
    return {
        fmt::format("nobody has written down what the seccomp profile \"{}\" promises", profile)};
  }
  std::vector<std::string> broken;
  CheckArchitectures(program, compat_architectures, broken);
  for (const Promise& promise : Promises()) {
    if (promise.Binds(profile, remaining)) CheckPromise(program, promise, supervised, broken);
  }
  CheckFamilies(program, broken);
  return broken;
}

}  // namespace stockade::filters
