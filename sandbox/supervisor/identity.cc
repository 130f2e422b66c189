// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/base/error.h"
#include "sandbox/supervisor/capabilities.h"

namespace stockade::supervisor {
namespace {

// The rest of the line that begins with `name` and a tabulator.
std::optional<std::string_view> Line(std::string_view text, std::string_view name) {
  const std::string start = fmt::format("\n{}\t", name);
  const auto at = text.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + start.size());
  return text.substr(0, text.find('\n'));
}

std::optional<std::vector<unsigned>> Numbers(std::optional<std::string_view> text, int base = 10) {
  if (!text) return std::nullopt;
  std::vector<unsigned> numbers;
  const char* at = text->data();
  const char* const end = at + text->size();
  for (;;) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    if (at == end) return numbers;
    const auto [next, error] = std::from_chars(at, end, numbers.emplace_back(), base);
    if (error != std::errc() || next == at) return std::nullopt;
    at = next;
  }
}

// glibc's own functions would change every thread.
bool SetIds(const Identity& who) {
  return syscall(SYS_setgroups, who.groups.size(), who.groups.data()) == 0 &&
         syscall(SYS_setresgid, who.gid, who.effective_gid, who.saved_gid) == 0 &&
         syscall(SYS_setresuid, who.uid, who.effective_uid, who.saved_uid) == 0;
}

constexpr std::uint64_t kActing = Bit(CAP_SETUID) | Bit(CAP_SETGID) | Bit(CAP_SYS_CHROOT);

// Whose ids this thread has; nothing before the first.
thread_local std::optional<Identity> worn;

bool Wear(const Identity& who) {
  if (worn == who) return true;
  worn.reset();
  if (!SetIds(who)) return false;
  worn = who;
  return true;
}

bool GoTo(int root) { return fchdir(root) == 0 && chroot(".") == 0; }

}  // namespace

std::optional<Identity> ParseIdentity(std::string_view status) {
  const auto uids = Numbers(Line(status, "Uid:"));
  const auto gids = Numbers(Line(status, "Gid:"));
  const auto groups = Numbers(Line(status, "Groups:"));
  const auto mask = Numbers(Line(status, "Umask:"), 8);
  if (!uids || uids->size() != 4 || !gids || gids->size() != 4 || !groups || !mask ||
      mask->size() != 1) {
    return std::nullopt;
  }
  // The ids of file accesses are the effective ones but for a caller of setfsuid(2), who then gets
  // them as the effective ones.
  return Identity{.uid = (*uids)[0],
                  .effective_uid = (*uids)[3],
                  .saved_uid = (*uids)[2],
                  .gid = (*gids)[0],
                  .effective_gid = (*gids)[3],
                  .saved_gid = (*gids)[2],
                  .groups = {groups->begin(), groups->end()},
                  .mask = mask->front() & 0777U};
}

std::optional<Identity> ReadIdentity(TargetDescriptors& targets, pid_t thread) {
  std::string text;
  return targets.ReadStatus(thread, text) ? ParseIdentity(text) : std::nullopt;
}

std::optional<Place> OpenPlace(int proc, pid_t thread) {
  constexpr int kFlags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  Place place{base::UniqueFd(openat(proc, fmt::format("{}/root", thread).c_str(), kFlags)),
              base::UniqueFd(openat(proc, fmt::format("{}/cwd", thread).c_str(), kFlags))};
  if (!place.root || !place.working_directory) return std::nullopt;
  return place;
}

ActingAs::ActingAs(const Identity& identity, const Place* place, int own_root)
    : moved_(place != nullptr), own_root_(own_root) {
  if (!SetCapabilities(kPermitted, kActing) || !Wear(identity)) return;
  if (place != nullptr) {
    if (!GoTo(place->root.get()) || fchdir(place->working_directory.get()) != 0) return;
    umask(identity.mask);
  }
  done_ = SetCapabilities(kPermitted, 0);
}

ActingAs::~ActingAs() {
  const bool back = (!moved_ || (SetCapabilities(kPermitted, kActing) && GoTo(own_root_))) &&
                    SetCapabilities(kPermitted, kAlways);
  // A thread that stayed in a caller's root, or without its own capabilities, must not go on.
  if (!back) abort();
}

}  // namespace stockade::supervisor
