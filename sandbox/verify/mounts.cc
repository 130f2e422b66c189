// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify/mounts.h"

#include <algorithm>

namespace stockade::sandbox::verify {
namespace {

using base::Json;

bool Holds(const Mount& mount, std::initializer_list<std::string_view> on,
           std::initializer_list<std::string_view> off) {
  const auto has = [&](std::string_view option) { return mount.Has(option); };
  return std::ranges::any_of(on, has) && std::ranges::none_of(off, has);
}

}  // namespace

bool Mount::IsBind() const {
  return type == "bind" || type == "none" || type.empty() || Has("bind") || Has("rbind");
}
bool Mount::IsReadOnly() const { return Holds(*this, {"ro", "rro"}, {"rw", "rrw"}); }
bool Mount::IsNoExec() const { return Holds(*this, {"noexec", "rnoexec"}, {"exec", "rexec"}); }
bool Mount::IsNoSuid() const { return Holds(*this, {"nosuid", "rnosuid"}, {"suid", "rsuid"}); }
bool Mount::IsNoDev() const { return Holds(*this, {"nodev", "rnodev"}, {"dev", "rdev"}); }

std::vector<std::string> Mount::ValuesOf(std::string_view name) const {
  std::vector<std::string> values;
  for (std::string_view option : options) {
    if (option.starts_with(name) && option.substr(name.size()).starts_with('=')) {
      values.emplace_back(option.substr(name.size() + 1));
    }
  }
  return values;
}

std::string Mount::Text() const {
  return IsBind() ? fmt::format("the mount of {} on {}", source, destination)
                  : fmt::format("the {} on {}", type, destination);
}

std::vector<Mount> MountsOf(const Final& final, Broken& broken) {
  std::vector<Mount> mounts;
  for (const Json& entry : At(final.root, "/mounts")) {
    const std::string destination = TextAt(entry, "/destination");
    Mount mount{Normalised(destination), TextAt(entry, "/type"), TextAt(entry, "/source"),
                TextsAt(entry, "/options")};
    if (mount.destination.empty() || mount.destination == "/") {
      broken.Add("the mount destination \"{}\" is not an absolute path below /", destination);
    } else {
      mounts.push_back(std::move(mount));
    }
  }
  return mounts;
}

bool IsWithin(std::string_view path, std::string_view directory) {
  if (directory == "/") return path.starts_with('/');
  return path.starts_with(directory) &&
         (path.size() == directory.size() || path[directory.size()] == '/');
}

std::string Normalised(std::string_view path) {
  if (!path.starts_with('/')) return {};
  std::string normal;
  while (!path.empty()) {
    const auto slash = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, slash);
    if (part == "..") return {};
    if (!part.empty() && part != ".") normal.append("/").append(part);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return normal.empty() ? "/" : normal;
}

}  // namespace stockade::sandbox::verify
