// SPDX-License-Identifier: Apache-2.0
#include "sandbox/pod_cgroup.h"

#include <algorithm>

namespace stockade::sandbox {
namespace {

constexpr std::size_t kMaxPath = 1024;
constexpr std::size_t kMaxName = 255;  // NAME_MAX
constexpr std::size_t kMaxUid = 64;
constexpr std::string_view kSlice = ".slice";

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

bool IsName(std::string_view name) {
  return !name.empty() && name.size() <= kMaxName && name != "." && name != "..";
}

// True of what kubelet makes up itself: a UUID, or the hash of a static pod's file.
bool LooksLikeUid(std::string_view text) {
  constexpr std::string_view kLetters = "0123456789abcdef-";
  return text.size() >= 8 && text.size() <= kMaxUid &&
         text.find_first_not_of(kLetters) == std::string_view::npos;
}

// `name` is "pod" and the uid.
bool IsPodName(std::string_view name, std::string_view uid) {
  constexpr std::string_view kPrefix = "pod";
  if (!name.starts_with(kPrefix)) return false;
  const std::string_view rest = name.substr(kPrefix.size());
  return uid.empty() ? LooksLikeUid(rest) : rest == uid;
}

// "/kubepods/burstable/pod0c5e/3f2a"
std::optional<PodCgroup> OfPath(std::string_view path, std::string_view uid) {
  const std::string_view parent = path.substr(0, path.rfind('/'));
  std::string_view last;
  for (std::string_view rest = path; !rest.empty();) {
    rest.remove_prefix(1);
    const auto end = std::min(rest.find('/'), rest.size());
    const std::string_view name = rest.substr(0, end);
    if (!IsName(name)) return std::nullopt;
    rest.remove_prefix(end);
    if (!rest.empty()) last = name;
  }
  if (!IsPodName(last, uid)) return std::nullopt;
  return PodCgroup{std::string(parent)};
}

// "kubepods-burstable-pod0c5e.slice:cri-containerd:3f2a". In the name of a slice, "-" parts what
// lies in one another, so kubelet writes a uid's as "_".
std::optional<PodCgroup> OfSlice(std::string_view text, std::string_view uid) {
  if (std::count(text.begin(), text.end(), ':') != 2) return std::nullopt;
  std::string_view stem = text.substr(0, text.find(':'));
  if (!IsName(stem) || !stem.ends_with(kSlice)) return std::nullopt;
  stem.remove_suffix(kSlice.size());
  const bool malformed = stem.find('/') != std::string_view::npos || stem.starts_with('-') ||
                         stem.find("--") != std::string_view::npos;
  const auto dash = stem.rfind('-');
  if (malformed || dash == std::string_view::npos) return std::nullopt;
  std::string pod(stem.substr(dash + 1));
  std::replace(pod.begin(), pod.end(), '_', '-');
  if (!IsPodName(pod, uid)) return std::nullopt;
  PodCgroup found;
  for (auto end = stem.find('-'); end != std::string_view::npos; end = stem.find('-', end + 1)) {
    found.path.append("/").append(stem.substr(0, end)).append(kSlice);
  }
  found.path.append("/").append(stem).append(kSlice);
  return found;
}

}  // namespace

std::optional<PodCgroup> PodCgroupOf(std::string_view cgroups_path, std::string_view uid) {
  if (cgroups_path.size() > kMaxPath || HasControlCharacter(cgroups_path)) return std::nullopt;
  return cgroups_path.starts_with('/') ? OfPath(cgroups_path, uid) : OfSlice(cgroups_path, uid);
}

std::optional<PodCgroup> PodCgroupOf(const Container& container, const base::Json& spec) {
  if (container.role == Role::kStandalone) return std::nullopt;
  const base::Json* path = base::Find(spec, "/linux/cgroupsPath");
  if (path == nullptr || !path->is_string()) return std::nullopt;
  return PodCgroupOf(path->get_ref<const std::string&>(), container.pod_uid);
}

}  // namespace stockade::sandbox
