// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/settled_view.h"

#include <optional>
#include <string>

#include "config/base/error.h"
#include "config/base/number.h"
#include "sandbox/supervisor/capabilities.h"
#include "sandbox/supervisor/path_walk.h"

namespace stockade::supervisor {
namespace {

constexpr std::uint64_t kChanging = Bit(CAP_SETUID) | Bit(CAP_SETGID) | Bit(CAP_SYS_CHROOT) |
                                    Bit(CAP_SYS_ADMIN) | Bit(CAP_SYS_PTRACE);

// What follows "NAME:" in its line; "" if there is none.
std::string_view Line(std::string_view status, std::string_view name) {
  const std::string start = fmt::format("\n{}:\t", name);
  const auto at = status.find(start);
  if (at == std::string_view::npos) return {};
  status.remove_prefix(at + start.size());
  return status.substr(0, status.find('\n'));
}

// The hexadecimal number of a line.
std::optional<std::uint64_t> Number(std::string_view status, std::string_view name) {
  return base::WholeNumber<std::uint64_t>(Line(status, name), 16);
}

// True if the real, effective, saved and file system id of a line are one.
bool OneId(std::string_view status, std::string_view name) {
  const std::string_view line = Line(status, name);
  const std::string_view id = line.substr(0, line.find('\t'));
  return !id.empty() && line == fmt::format("{0}\t{0}\t{0}\t{0}", id);
}

}  // namespace

bool KeepsIdsAndRoot(std::string_view status) {
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    const auto capabilities = Number(status, set);
    if (!capabilities || (*capabilities & kChanging) != 0) return false;
  }
  return Number(status, "NoNewPrivs") == 1 && OneId(status, "Uid") && OneId(status, "Gid");
}

std::optional<std::string> PathOfRoot(int own_fds, int root) {
  auto path = LinkText(own_fds, std::to_string(root));
  if (!path || !path->starts_with('/') || path->ends_with(" (deleted)")) return std::nullopt;
  if (*path == "/") path->clear();
  return path;
}

const SettledView* SettledCallers::Of(pid_t thread, const std::function<bool()>& still_waiting) {
  if (!settled_) return nullptr;
  const std::lock_guard lock(mutex_);
  if (view_) return view_.get();
  auto identity = ReadIdentity(targets_, thread);
  auto place = OpenPlace(proc_, thread, {.working_directory = false});
  auto path = place ? PathOfRoot(own_fds_, place->root.get()) : std::nullopt;
  if (!identity || !path || !still_waiting()) return nullptr;
  view_ = std::make_unique<const SettledView>(SettledView{
      .identity = std::move(*identity), .root = std::move(place->root), .path = std::move(*path)});
  return view_.get();
}

}  // namespace stockade::supervisor
