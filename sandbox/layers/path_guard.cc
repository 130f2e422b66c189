// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/path_guard.h"

#include <algorithm>

#include "sandbox/layers/mount_list.h"

namespace stockade::sandbox {
namespace {

constexpr std::string_view kStandalone = "${standalone}";

// An engine's id or a Kubernetes uid; anything else stands for nothing.
std::string Sane(const std::string& id) {
  const bool good = !id.empty() && id.size() <= 256 && id != "." && id != ".." &&
                    std::ranges::all_of(id, [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.' || c == '+';
                    });
  return good ? id : "";
}

// The paths as written and as they resolve; one that does not exist can only be met as written.
std::vector<std::string> WithResolved(const std::vector<std::string>& paths, const HostView& host) {
  std::vector<std::string> all;
  for (const std::string& path : paths) {
    all.push_back(path);
    const auto resolved = host.Resolve(path);
    if (resolved && *resolved != path) all.push_back(*resolved);
  }
  return all;
}

// The same for patterns, whose folders before the first wildcard or variable may be links.
std::vector<std::string> WithResolvedPatterns(const std::vector<std::string>& patterns,
                                              const HostView& host) {
  std::vector<std::string> all;
  for (const std::string& pattern : patterns) {
    all.push_back(pattern);
    const std::size_t start = pattern.starts_with(kStandalone) ? kStandalone.size() : 0;
    const std::size_t wild =
        std::min({pattern.find('*', start), pattern.find("${", start), pattern.size()});
    const std::size_t slash = wild == pattern.size() ? wild : pattern.rfind('/', wild);
    if (slash == std::string::npos || slash <= start) continue;
    const std::string folder = pattern.substr(start, slash - start);
    const auto resolved = host.Resolve(folder);
    if (resolved && *resolved != folder) {
      all.push_back(pattern.substr(0, start) + *resolved + pattern.substr(slash));
    }
  }
  return all;
}

}  // namespace

PathGuard::PathGuard(const LayerInput& in)
    : host_(in.host),
      variables_{.container_id = Sane(in.container.id),
                 .sandbox_id = Sane(in.container.sandbox_id),
                 .pod_uid = Sane(in.container.pod_uid),
                 .standalone = in.container.role == Role::kStandalone},
      guarded_(WithResolved(in.policy.host_mounts.guarded, in.host)),
      allowed_(WithResolvedPatterns(in.policy.host_mounts.allowed, in.host)),
      writable_(WithResolvedPatterns(in.policy.host_mounts.writable, in.host)),
      executable_(WithResolvedPatterns(in.policy.host_mounts.executable, in.host)),
      read_only_(in.policy.host_mounts.read_only),
      only_allowed_(in.policy.host_mounts.only_allowed),
      no_exec_(in.policy.host_mounts.no_exec) {}

bool PathGuard::Matches(const std::vector<std::string>& patterns, const std::string& source) const {
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return config::PathMatches(pattern, source, variables_);
  });
}

std::optional<std::string> PathGuard::Inside(const std::string& path) const {
  for (const std::string& guard : guarded_) {
    if (config::IsWithin(guard, path)) return guard;
  }
  return std::nullopt;
}

std::optional<std::string> PathGuard::Guarding(const std::string& source) const {
  if (Matches(allowed_, source)) return std::nullopt;
  if (auto inside = Inside(source)) return inside;
  for (const std::string& guard : guarded_) {
    // "/" guards the root itself, not everything in it.
    if (guard != "/" && config::IsWithin(source, guard)) return guard;
  }
  if (only_allowed_) return source;
  return GuardingByPlace(source);
}

std::optional<std::string> PathGuard::GuardingByPlace(const std::string& source) const {
  const auto sources = host_.Places(source);
  if (!sources) return source;  // what cannot be looked at may be anything
  for (const std::string& guard : guarded_) {
    const auto resolved = host_.Resolve(guard);
    if (!resolved) continue;
    const auto guards = host_.Places(*resolved);
    if (!guards) return guard;
    if (guards->empty()) continue;
    // What is mounted in a guarded folder is often there for pods, like a volume of another's.
    const FilePlace& own = guards->front();
    for (const FilePlace& place : *sources) {
      if (place.device != own.device) continue;
      if (config::IsWithin(own.path, place.path)) return guard;
      if (guard != "/" && config::IsWithin(place.path, own.path)) return guard;
    }
  }
  return std::nullopt;
}

bool PathGuard::Writable(const std::string& source) const {
  if (no_exec_ && Executable(source)) return false;
  return !read_only_ || Matches(writable_, source);
}

bool PathGuard::Executable(const std::string& source) const {
  return !no_exec_ || Matches(executable_, source);
}

}  // namespace stockade::sandbox
