// SPDX-License-Identifier: Apache-2.0
#include "config/policy_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "config/base/fd.h"
#include "config/base/file.h"

namespace stockade::config {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;
using base::UniqueFd;

constexpr std::size_t kMaxFiles = 256;

// Refuses what somebody else could have written.
Status CheckOwner(int fd, const std::string& path) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return base::FailErrno(ErrorKind::kPolicy, errno, path);
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return base::FailHint(ErrorKind::kPolicy, fmt::format("chown root {}", path),
                          "{}: owned by uid {}, not by root", path, info.st_uid);
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return base::FailHint(ErrorKind::kPolicy, fmt::format("chmod go-w {}", path),
                          "{}: mode {:04o} lets others than its owner write it", path,
                          info.st_mode & 07777U);
  }
  return {};
}

Result<PolicyFile> ReadOpened(const UniqueFd& fd, const std::string& path) {
  STOCKADE_TRY(CheckOwner(fd.get(), path));
  auto text = base::ReadFd(fd.get(), base::kPolicyLimits.max_bytes, path);
  if (!text) {
    text.error().kind = ErrorKind::kPolicy;
    return tl::unexpected(std::move(text).error());
  }
  STOCKADE_ASSIGN(
      base::ParsedJson parsed,
      base::ParseJson(*text, base::kPolicyLimits, path, ErrorKind::kPolicy, /*keep_lines=*/true));
  return PolicyFile{path, std::move(parsed)};
}

Result<std::optional<PolicyFile>> ReadAt(int directory, const std::string& name,
                                         const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const UniqueFd fd(
      openat(directory, name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!fd && errno == ENOENT) return std::nullopt;
  if (!fd && errno == ELOOP) {
    return base::FailHint(ErrorKind::kPolicy, "put the file itself there", "{}: is a symbolic link",
                          path);
  }
  if (!fd) return base::FailErrno(ErrorKind::kPolicy, errno, path);
  STOCKADE_ASSIGN(PolicyFile file, ReadOpened(fd, path));
  return file;
}

// The names of the files to read, sorted.
Result<std::vector<std::string>> NamesIn(DIR* directory, const std::string& path) {
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory);
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name.starts_with('.') || !name.ends_with(".json")) continue;
    names.emplace_back(name);
    if (names.size() > kMaxFiles) {
      return base::Fail(ErrorKind::kPolicy, "{}: more than {} files", path, kMaxFiles);
    }
  }
  if (errno != 0) return base::FailErrno(ErrorKind::kPolicy, errno, path);
  std::sort(names.begin(), names.end());
  return names;
}

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

}  // namespace

Result<std::optional<PolicyFile>> ReadPolicyFile(const std::string& path) {
  return ReadAt(AT_FDCWD, path, path);
}

Result<std::vector<PolicyFile>> ReadPolicyDirectory(const std::string& directory) {
  UniqueFd fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd && errno == ENOENT) return std::vector<PolicyFile>();
  if (!fd) return base::FailErrno(ErrorKind::kPolicy, errno, directory);
  STOCKADE_TRY(CheckOwner(fd.get(), directory));
  const std::unique_ptr<DIR, CloseDirectory> stream(fdopendir(fd.get()));
  if (!stream) return base::FailErrno(ErrorKind::kPolicy, errno, directory);
  const int at = fd.Release();  // owned by the stream now
  STOCKADE_ASSIGN(const std::vector<std::string> names, NamesIn(stream.get(), directory));
  std::vector<PolicyFile> files;
  for (const std::string& name : names) {
    STOCKADE_ASSIGN(std::optional<PolicyFile> file, ReadAt(at, name, directory + "/" + name));
    if (file) files.push_back(std::move(*file));
  }
  return files;
}

}  // namespace stockade::config
