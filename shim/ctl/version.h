// SPDX-License-Identifier: Apache-2.0
// Upstream version numbers, and what is known to matter to us about some of them.
//
//   const auto version = FindVersion("runc version 1.1.5+ds1\n…");     // 1.1.5
//   for (const Trap* trap : TrapsOf("runc", *version)) … trap->text
#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stockade::ctl {

struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;
  int candidate = kRelease;  // the N of -rc.N; a release is later than its candidates

  static constexpr int kRelease = 1'000'000;
  auto operator<=>(const Version&) const = default;  // NOLINT(modernize-use-nullptr)
};

// The first version number in the first line of `text`: a word that begins with digits and a dot.
// What distributions append ("+ds1", "~ds1-1+deb12u1") is left out.
std::optional<Version> FindVersion(std::string_view text);

// "1.1.5", "1.4.0-rc.2".
std::string VersionText(const Version& version);

// A known problem of the versions from `first` on and before `fixed`.
struct Trap {
  std::string_view program;  // "runc", "containerd"
  Version first;
  Version fixed;
  bool fatal;             // a class must not be run with it
  std::string_view text;  // what goes wrong
};

std::span<const Trap> TrapTable();

// The rows of the table that `version` of `program` falls into.
std::vector<const Trap*> TrapsOf(std::string_view program, const Version& version);

}  // namespace stockade::ctl
