// SPDX-License-Identifier: Apache-2.0
#include "sandbox/kubelet_ids.h"

#include <dirent.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "config/base/file.h"
#include "config/base/json.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;

constexpr std::size_t kMaxBytes = 65536;
constexpr base::JsonLimits kLimits{kMaxBytes, 8, 64};

base::Status AddMappings(const Json& document, const char* key, const std::string& path,
                         std::vector<IdSpan>& spans) {
  const Json* mappings = base::Find(document, fmt::format("/{}", key));
  const auto number = [](const Json& mapping, const char* member) -> std::uint64_t {
    const Json* value = base::Find(mapping, fmt::format("/{}", member));
    return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
  };
  if (mappings == nullptr || !mappings->is_array()) {
    return base::Fail(ErrorKind::kHost, "{}: has no {}", path, key);
  }
  for (const Json& mapping : *mappings) {
    const IdSpan ids{number(mapping, "hostId"), number(mapping, "length"), path};
    if (ids.first == 0 || ids.first > UINT32_MAX || ids.count == 0 || ids.count > UINT32_MAX) {
      return base::Fail(ErrorKind::kHost, "{}: {} has no good hostId and length", path, key);
    }
    if (spans.empty() || spans.back() != ids) spans.push_back(ids);  // users and groups alike
  }
  return {};
}

bool Missing(const std::string& path) {
  return access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR);
}

base::Status AddPod(const std::string& path, std::vector<IdSpan>& spans) {
  if (Missing(path)) return {};  // a pod in the host's user namespace
  const auto text = base::ReadFile(path, kMaxBytes);
  if (!text && Missing(path)) return {};  // gone in between, with its pod
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return {};  // as kubelet reads it
  STOCKADE_ASSIGN(const base::ParsedJson parsed,
                  base::ParseJson(*text, kLimits, path, ErrorKind::kHost));
  STOCKADE_TRY(AddMappings(parsed.value, "uidMappings", path, spans));
  return AddMappings(parsed.value, "gidMappings", path, spans);
}

}  // namespace

base::Result<std::vector<IdSpan>> ReadKubeletIds(const std::string& pods) {
  std::vector<IdSpan> spans;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(pods.c_str()), closedir);
  if (!directory) {
    if (errno == ENOENT) return spans;
    return base::FailErrno(ErrorKind::kHost, errno, pods);
  }
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) break;
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    STOCKADE_TRY(AddPod(fmt::format("{}/{}/userns", pods, name), spans));
  }
  if (errno != 0) return base::FailErrno(ErrorKind::kHost, errno, pods);
  return spans;
}

}  // namespace stockade::sandbox
