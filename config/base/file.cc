// SPDX-License-Identifier: Apache-2.0
#include "config/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>

namespace stockade::base {
namespace {

// The directory part of `path`, "." if it has none.
std::string DirectoryOf(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Unlinks a temporary file unless it was renamed into place.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  const std::string& path() const { return path_; }
  void Keep() { path_.clear(); }

 private:
  std::string path_;
};

// Gives the new file the owner and mode of the one it replaces, or `mode` if there was none.
Status CopyOwnership(const std::string& path, int fd, unsigned mode) {
  struct stat old = {};
  if (lstat(path.c_str(), &old) != 0 || !S_ISREG(old.st_mode)) {
    if (fchmod(fd, mode) != 0) return FailErrno(ErrorKind::kHost, errno, "chmod " + path);
    return {};
  }
  if ((old.st_uid != geteuid() || old.st_gid != getegid()) &&
      fchown(fd, old.st_uid, old.st_gid) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "chown " + path);
  }
  if (fchmod(fd, old.st_mode & 07777) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "chmod " + path);
  }
  return {};
}

}  // namespace

Result<std::string> ReadFd(int fd, std::size_t max_bytes, std::string_view name, bool allow_pipe) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return FailErrno(ErrorKind::kHost, errno, name);
  if (!S_ISREG(info.st_mode) && !(allow_pipe && S_ISFIFO(info.st_mode))) {
    return Fail(ErrorKind::kHost, "{}: not a regular file", name);
  }
  if (S_ISREG(info.st_mode) && static_cast<std::size_t>(info.st_size) > max_bytes) {
    return Fail(ErrorKind::kHost, "{}: {} bytes, more than the limit of {}", name, info.st_size,
                max_bytes);
  }
  std::string text;
  text.reserve(S_ISREG(info.st_mode) ? static_cast<std::size_t>(info.st_size) : 0);
  std::array<char, 65536> buffer;
  for (;;) {
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailErrno(ErrorKind::kHost, errno, name);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > max_bytes) {
      return Fail(ErrorKind::kHost, "{}: more than the limit of {} bytes", name, max_bytes);
    }
  }
}

Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!fd) return FailErrno(ErrorKind::kHost, errno, path);
  return ReadFd(fd.get(), max_bytes, path);
}

Status WriteAll(int fd, std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const ssize_t put = write(fd, text.data(), text.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return FailErrno(ErrorKind::kHost, errno, fmt::format("write {}", name));
    text.remove_prefix(static_cast<std::size_t>(put));
  }
  return {};
}

std::string TemporaryName(const std::string& path) {
  return fmt::format("{}/.{}.stockade", DirectoryOf(path), path.substr(path.rfind('/') + 1));
}

Status ReplaceFile(const std::string& path, std::string_view text, unsigned mode) {
  const std::string name = TemporaryName(path);
  unlink(name.c_str());  // of a writer that was killed
  UniqueFd fd(open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!fd) return FailErrno(ErrorKind::kHost, errno, fmt::format("replace {}", path));
  TemporaryFile temporary(name);
  STOCKADE_TRY(CopyOwnership(path, fd.get(), mode));
  STOCKADE_TRY(WriteAll(fd.get(), text, path));
  if (fsync(fd.get()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("sync {}", path));
  }
  if (rename(temporary.path().c_str(), path.c_str()) != 0) {
    return FailErrno(ErrorKind::kHost, errno, fmt::format("replace {}", path));
  }
  temporary.Keep();
  return {};
}

Status MakeDirectories(const std::string& path, unsigned mode) {
  if (mkdir(path.c_str(), mode) == 0) return {};
  if (errno == ENOENT) {
    STOCKADE_TRY(MakeDirectories(DirectoryOf(path), mode));
    if (mkdir(path.c_str(), mode) == 0) return {};
  }
  if (errno != EEXIST) return FailErrno(ErrorKind::kHost, errno, fmt::format("mkdir {}", path));
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0) return FailErrno(ErrorKind::kHost, errno, path);
  if (!S_ISDIR(info.st_mode)) return Fail(ErrorKind::kHost, "{}: not a directory", path);
  return {};
}

Result<std::string> ResolvePath(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) return FailErrno(ErrorKind::kHost, errno, path);
  std::array<char, PATH_MAX> buffer;
  const ssize_t got =
      readlink(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), buffer.data(), buffer.size());
  if (got < 0) return FailErrno(ErrorKind::kHost, errno, fmt::format("resolve {}", path));
  if (static_cast<std::size_t>(got) == buffer.size()) {
    return Fail(ErrorKind::kHost, "resolve {}: the path is too long", path);
  }
  return std::string(buffer.data(), static_cast<std::size_t>(got));
}

Status RemoveTree(const std::string& path) {
  std::error_code code;
  std::filesystem::remove_all(path, code);  // lstat-based: symbolic links are removed, not followed
  if (code) return Fail(ErrorKind::kHost, "remove {}: {}", path, code.message());
  return {};
}

Status CheckOwnedByRoot(const std::string& path, ErrorKind kind) {
  for (std::string at = path; !at.empty(); at = at.substr(0, at.rfind('/'))) {
    struct stat info = {};
    if (lstat(at.c_str(), &info) != 0) return FailErrno(kind, errno, at);
    if (info.st_uid != 0) {
      return Fail(kind, "{}: owned by uid {}, not by root", at, info.st_uid);
    }
    const bool shared = S_ISDIR(info.st_mode) && (info.st_mode & S_ISVTX) != 0;
    if (!shared && (info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
      return FailHint(kind, fmt::format("chmod go-w {}", at),
                      "{}: writable by others than root (mode {:04o})", at,
                      static_cast<unsigned>(info.st_mode) & 07777U);
    }
  }
  return {};
}

}  // namespace stockade::base
