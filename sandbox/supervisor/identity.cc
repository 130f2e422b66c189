// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/identity.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>

#include "config/base/error.h"

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

std::optional<Place> OpenPlace(int proc, pid_t thread, PlaceParts parts) {
  const auto look = [&](const char* name) {
    return base::UniqueFd(
        openat(proc, fmt::format("{}/{}", thread, name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  };
  Place place;
  if (parts.root) place.root = look("root");
  if (parts.working_directory) place.working_directory = look("cwd");
  const bool found =
      (!parts.root || place.root) && (!parts.working_directory || place.working_directory);
  return found ? std::optional(std::move(place)) : std::nullopt;
}

}  // namespace stockade::supervisor
