// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/version.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace stockade::ctl {
namespace {

constexpr std::string_view kLeak =
    "CVE-2024-21626: a descriptor of the host leaks into the container (fixed in 1.1.12)";
constexpr std::string_view kMasked =
    "CVE-2025-31133, CVE-2025-52565, CVE-2025-52881: masked paths, /dev/console and writes to "
    "/proc can "
    "be redirected (fixed in 1.2.8, 1.3.3 and 1.4.0-rc.3)";
constexpr std::string_view kDev =
    "CVE-2026-41579: an image whose /dev is a symbolic link (fixed in 1.3.6, 1.4.3 and 1.5.0-rc.3)";
constexpr std::string_view kBypass =
    "pods with hostUsers: false run plain runc, without any class (fixed in 2.0.5)";
constexpr std::string_view kOld = "older than 1.6: not tested with stockade";

// Upstream's own numbers: a distribution may have the fix in an older one.
constexpr std::array kTraps{
    Trap{"runc", {0, 0, 0}, {1, 1, 12}, false, kLeak},
    Trap{"runc", {0, 0, 0}, {1, 2, 8}, false, kMasked},
    Trap{"runc", {1, 3, 0, 0}, {1, 3, 3}, false, kMasked},
    Trap{"runc", {1, 4, 0, 0}, {1, 4, 0, 3}, false, kMasked},
    Trap{"runc", {0, 0, 0}, {1, 3, 6}, false, kDev},
    Trap{"runc", {1, 4, 0, 0}, {1, 4, 3}, false, kDev},
    Trap{"runc", {1, 5, 0, 0}, {1, 5, 0, 3}, false, kDev},
    Trap{"containerd", {0, 0, 0}, {1, 6, 0}, false, kOld},
    Trap{"containerd", {2, 0, 1}, {2, 0, 5}, true, kBypass},
};

bool Digit(char c) { return c >= '0' && c <= '9'; }

// The number at the start of `text`, taken off; nothing if there is none.
std::optional<int> TakeNumber(std::string_view& text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || text.empty() || !Digit(text.front())) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

// "1.4.0-rc.3+dev" at the start of `word`.
std::optional<Version> ParseVersion(std::string_view word) {
  if (word.starts_with('v')) word.remove_prefix(1);
  Version version;
  const auto major = TakeNumber(word);
  if (!major || !word.starts_with('.')) return std::nullopt;
  word.remove_prefix(1);
  const auto minor = TakeNumber(word);
  if (!minor) return std::nullopt;
  version.major = *major;
  version.minor = *minor;
  if (word.starts_with('.')) {
    word.remove_prefix(1);
    version.patch = TakeNumber(word).value_or(0);
  }
  for (const std::string_view mark : {"-rc.", "-rc", "~rc.", "~rc"}) {
    if (!word.starts_with(mark)) continue;
    word.remove_prefix(mark.size());
    version.candidate = TakeNumber(word).value_or(0);
    break;
  }
  return version;
}

}  // namespace

std::optional<Version> FindVersion(std::string_view text) {
  text = text.substr(0, text.find('\n'));
  while (!text.empty()) {
    const auto end = text.find(' ');
    if (const auto version = ParseVersion(text.substr(0, end))) return version;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return std::nullopt;
}

std::string VersionText(const Version& version) {
  std::string text = fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
  if (version.candidate != Version::kRelease) text += fmt::format("-rc.{}", version.candidate);
  return text;
}

std::span<const Trap> TrapTable() { return kTraps; }

std::vector<const Trap*> TrapsOf(std::string_view program, const Version& version) {
  std::vector<const Trap*> traps;
  for (const Trap& trap : kTraps) {
    if (trap.program == program && version >= trap.first && version < trap.fixed) {
      traps.push_back(&trap);
    }
  }
  return traps;
}

}  // namespace stockade::ctl
