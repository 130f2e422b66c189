// SPDX-License-Identifier: Apache-2.0
#include "shim/delegate.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "config/base/file.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;

// The distribution's own places first: stockade uses the distribution's runtime where there is one.
constexpr std::array<std::string_view, 4> kDirectories = {"/usr/bin", "/usr/sbin", "/usr/local/bin",
                                                          "/usr/local/sbin"};

}  // namespace

base::Status CheckDelegate(const std::string& path) {
  if (path.empty() || path.front() != '/') {
    return base::Fail(ErrorKind::kDelegate, "the delegate \"{}\" is not an absolute path", path);
  }
  const auto resolved = base::ResolvePath(path);
  if (!resolved) return tl::unexpected(resolved.error().Within("delegate runtime"));
  struct stat info = {};
  if (stat(resolved->c_str(), &info) != 0) {
    return base::FailErrno(ErrorKind::kDelegate, errno, path);
  }
  if (!S_ISREG(info.st_mode) || (info.st_mode & S_IXUSR) == 0) {
    return base::Fail(ErrorKind::kDelegate, "{}: not an executable file", path);
  }
  struct stat self = {};
  if (stat("/proc/self/exe", &self) != 0) {
    return base::FailErrno(ErrorKind::kHost, errno, "/proc/self/exe");
  }
  if (self.st_dev == info.st_dev && self.st_ino == info.st_ino) {
    return base::FailHint(ErrorKind::kDelegate, "name runc or crun as the delegate",
                          "{}: the delegate is stockade itself", path);
  }
  return base::CheckOwnedByRoot(*resolved, ErrorKind::kDelegate);
}

base::Result<std::string> FindDelegate(std::string_view name, const config::NodeConfig& node) {
  const std::string wanted(name.empty() ? node.default_delegate : std::string(name));
  if (const auto configured = node.delegates.find(wanted); configured != node.delegates.end()) {
    STOCKADE_TRY(CheckDelegate(configured->second));
    return configured->second;
  }
  if (wanted.find('/') == std::string::npos) {
    for (const std::string_view directory : kDirectories) {
      const std::string path = fmt::format("{}/{}", directory, wanted);
      if (access(path.c_str(), F_OK) != 0) continue;
      STOCKADE_TRY(CheckDelegate(path));
      return path;
    }
  }
  return base::FailHint(
      ErrorKind::kDelegate,
      fmt::format("install it, or set \"delegates\": {{\"{}\": \"/path\"}} in {}", wanted,
                  config::kNodeConfigPath),
      "the delegate runtime {} was not found in /usr/bin, /usr/sbin, /usr/local/bin or "
      "/usr/local/sbin",
      wanted);
}

std::string DefaultRoot(const std::string& delegate) {
  const std::string name = delegate.substr(delegate.rfind('/') + 1);
  if (name.find("crun") != std::string::npos) {
    // Of a root that has logged in, too.
    const char* const login = std::getenv("XDG_RUNTIME_DIR");  // NOLINT(concurrency-mt-unsafe)
    return login == nullptr || *login == '\0' ? "/run/crun" : std::string(login) + "/crun";
  }
  if (name.find("youki") != std::string::npos) return "/run/youki";
  return "/run/runc";
}

}  // namespace stockade::shim
