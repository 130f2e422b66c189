// SPDX-License-Identifier: Apache-2.0
// What the proofs of the shipped filters go through: every profile with the capabilities and the
// interfaces that change what it opens.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "filters/bpf.h"
#include "filters/call_samples.h"
#include "filters/profile_oracle.h"

namespace stockade::filters {

struct Variant {
  std::string title;
  const Profile* profile = nullptr;
  config::CapabilityNames remaining;
  std::vector<std::string> compat_architectures;

  ProfileOracle Oracle() const { return {*profile, remaining, compat_architectures}; }
};

// Every profile x no capability, Docker's default, all, and each that opens something x the
// machine's own interface; the first three also with i386, and with i386 and x32.
std::vector<Variant> AllVariants();

// Every profile x no and every capability x the machine's own interface and all.
std::vector<Variant> FewVariants();

// What the filter of a variant is compiled to.
Program CompileVariant(const Variant& variant);

// Calls around everything that the variant's profile compares with: every number from -1 to 600 of
// each interface, up to `limit` arguments for each.
std::vector<seccomp_data> CallsOf(const Variant& variant, std::size_t limit);

// True for a newer call than libseccomp knows, on an interface where it finds no number for it: the
// default's refusal is right there too.
inline bool StaysRefused(const seccomp_data& call) {
  return AbiOf(call) != Abi::kNative && IsNewerCall(call);
}

}  // namespace stockade::filters
