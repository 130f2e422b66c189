// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/filters/filter_variants.h"

#include <linux/audit.h>

#include <set>

#include "filters/floor.h"
#include "filters/seccomp_compiler.h"

namespace stockade::filters {
namespace {

constexpr int kNumbers = 600;

const config::CapabilityNames kDocker{
    "CAP_CHOWN",  "CAP_DAC_OVERRIDE", "CAP_FOWNER",           "CAP_FSETID",  "CAP_KILL",
    "CAP_SETGID", "CAP_SETUID",       "CAP_SETPCAP",          "CAP_NET_RAW", "CAP_SYS_CHROOT",
    "CAP_MKNOD",  "CAP_AUDIT_WRITE",  "CAP_NET_BIND_SERVICE", "CAP_SETFCAP"};

// The capabilities that open something in the profile.
config::CapabilityNames Openers(const Profile& profile) {
  std::set<std::string> names;
  for (const CallGroup& group : profile.groups) {
    names.insert(group.capabilities.begin(), group.capabilities.end());
  }
  return {names.begin(), names.end()};
}

std::vector<std::vector<std::string>> Interfaces() {
#if defined(__x86_64__)
  return {{}, {"SCMP_ARCH_X86"}, {"SCMP_ARCH_X86", "SCMP_ARCH_X32"}};
#else
  return {{}};
#endif
}

Variant VariantOf(const Profile& profile, const std::string& title,
                  const config::CapabilityNames& remaining,
                  const std::vector<std::string>& compat) {
  std::string name = std::string(profile.name) + ", " + title;
  for (const std::string& architecture : compat) name += ", " + architecture;
  return {name, &profile, remaining, compat};
}

// The rules of one call, as comparisons. Of the two i386 calls that stand for many, each operation.
std::vector<Comparisons> RulesOf(const ProfileOracle& oracle, std::string_view name) {
  std::vector<Comparisons> rules;
  if (name == "socketcall" || name == "ipc") {
    for (std::uint64_t operation = 0; operation < 30; operation += 3) {
      rules.push_back({{0, CompareOp::kEqual, operation, 0}});
    }
  }
  for (const CallGroup* const group : oracle.GroupsOf(name)) {
    for (const std::span<const BitMatch> conjunction : group->when) {
      Comparisons& rule = rules.emplace_back();
      for (const BitMatch& match : conjunction) {
        rule.push_back({match.index, CompareOp::kMaskedEqual, match.mask, match.value});
      }
    }
  }
  return rules;
}

}  // namespace

std::vector<Variant> AllVariants() {
  std::vector<Variant> variants;
  for (const Profile& profile : Profiles()) {
    for (const auto& compat : Interfaces()) {
      variants.push_back(VariantOf(profile, "no capability", {}, compat));
      variants.push_back(VariantOf(profile, "Docker's capabilities", kDocker, compat));
      variants.push_back(VariantOf(profile, "every capability", Openers(profile), compat));
    }
    for (const std::string& one : Openers(profile)) {
      variants.push_back(VariantOf(profile, one, {one}, {}));
    }
  }
  return variants;
}

std::vector<Variant> FewVariants() {
  std::vector<Variant> variants;
  for (const Profile& profile : Profiles()) {
    for (const auto& compat : {Interfaces().front(), Interfaces().back()}) {
      variants.push_back(VariantOf(profile, "no capability", {}, compat));
      variants.push_back(VariantOf(profile, "every capability", Openers(profile), compat));
    }
  }
  return variants;
}

Program CompileVariant(const Variant& variant) {
  const auto floor =
      BuildFloor(variant.profile->name, variant.remaining, variant.compat_architectures);
  if (!floor) throw std::runtime_error(variant.title + ": " + floor.error().Text());
  auto program = CompileSeccomp(*floor);
  if (!program) throw std::runtime_error(variant.title + ": " + program.error().Text());
  return *std::move(program);
}

std::vector<seccomp_data> CallsOf(const Variant& variant, std::size_t limit) {
  const ProfileOracle oracle = variant.Oracle();
  std::vector<seccomp_data> calls;
  for (const Abi abi : {Abi::kNative, Abi::kX86, Abi::kX32}) {
    if (abi != Abi::kNative && !CallNumber(abi, "read")) continue;
    for (int index = -1; index <= kNumbers; ++index) {
      seccomp_data call = CallOf(abi, abi == Abi::kX32 ? 0x40000000 | index : index);
      for (const Arguments& args : Samples(RulesOf(oracle, CallName(call)), limit)) {
        for (std::size_t i = 0; i < args.size(); ++i) {
          call.args[i] = abi == Abi::kX86 ? args.at(i) & 0xffffffff : args.at(i);
        }
        calls.push_back(call);
      }
    }
  }
  for (const std::uint32_t other : {0U, NativeAudit() ^ 1U, std::uint32_t{AUDIT_ARCH_S390X}}) {
    seccomp_data call = CallOf(Abi::kNative, 0);
    call.arch = other;
    calls.push_back(call);
  }
  return calls;
}

}  // namespace stockade::filters
