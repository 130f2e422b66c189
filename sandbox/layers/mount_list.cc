// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/mount_list.h"

#include "sandbox/layers/fields.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;

Result<Mount> MountAt(const Json& spec, std::string pointer) {
  STOCKADE_ASSIGN(auto destination, TextAt(spec, pointer + "/destination"));
  STOCKADE_ASSIGN(auto type, TextAt(spec, pointer + "/type"));
  STOCKADE_ASSIGN(auto source, TextAt(spec, pointer + "/source"));
  STOCKADE_ASSIGN(auto options, TextsAt(spec, pointer + "/options"));
  const auto normal = NormalPath(destination.value_or(""));
  if (!normal) {
    return base::FailHint(ErrorKind::kSpec, "mount at an absolute path without \"..\"",
                          "{} has the destination \"{:.200}\"", pointer, destination.value_or(""));
  }
  const std::string written = type.value_or("");
  // Delegates disagree on a mount without a type; what it can be is a bind mount.
  const bool bind = IsBind(options) || written.empty() || written == "none" || written == "bind";
  Mount mount{std::move(pointer), *normal, bind ? "bind" : written, source.value_or(""),
              std::move(options), true};
  mount.plain = mount.type == written && mount.destination == destination;
  if (bind && !IsBind(mount.options)) {
    mount.options.emplace_back("rbind");
    mount.plain = false;
  }
  return mount;
}

}  // namespace

std::optional<std::string> NormalPath(std::string_view path) {
  if (!path.starts_with('/')) return std::nullopt;
  std::string normal;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view part = path.substr(0, std::min(path.find('/'), path.size()));
    path.remove_prefix(part.size());
    if (part.empty() || part == ".") continue;
    if (part == "..") return std::nullopt;
    normal += "/" + std::string(part);
  }
  return normal.empty() ? "/" : normal;
}

Result<std::vector<Mount>> MountsOf(const Json& spec) {
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(spec, "/mounts"));
  std::vector<Mount> mounts;
  for (std::size_t i = 0; i < count; ++i) {
    STOCKADE_ASSIGN(Mount mount, MountAt(spec, fmt::format("/mounts/{}", i)));
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace stockade::sandbox
