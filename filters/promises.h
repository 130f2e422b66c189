// SPDX-License-Identifier: Apache-2.0
// The calls that must never go through, as a table that shares nothing with the profiles. It stands
// in verify_floor.cc; the checks of objects (verify_floor.h) and of programs (verify_program.h)
// read it.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/class_policy.h"

namespace stockade::filters {

// `args[index] & mask == value` of a call that must not go through; upper halves are always free,
// for the kernel does not look at them.
struct Test {
  unsigned index;
  std::uint64_t mask;
  std::uint64_t value;
};

// One promise: none of `calls` goes through with arguments that pass every test, unless a
// capability remains that opens them.
struct Promise {
  std::string_view what;
  std::vector<std::string_view> calls;
  std::vector<Test> tests;
  std::vector<std::string_view> opened_by;
  std::string_view since = "baseline";  // the loosest profile that makes it; stricter ones do too

  // True if `profile` makes this promise to a container with the capabilities `remaining`.
  bool Binds(std::string_view profile, const config::CapabilityNames& remaining) const;
};

const std::vector<Promise>& Promises();

// True if somebody has written down what `profile` promises.
bool IsPromised(std::string_view profile);

// True for the address families that a socket may have; every other of the first 256 is promised to
// be refused.
bool IsOpenFamily(std::uint64_t family);

}  // namespace stockade::filters
