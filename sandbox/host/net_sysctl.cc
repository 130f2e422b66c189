// SPDX-License-Identifier: Apache-2.0
#include "sandbox/host/net_sysctl.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

#include "config/base/file.h"
#include "sandbox/host/kernel.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::UniqueFd;

constexpr std::string_view kPingGroupRange = "net/ipv4/ping_group_range";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '.' || c == '/';
}

// Every component a name of its own, so that nothing leads upwards.
bool IsPlainPath(std::string_view path) {
  while (true) {
    const auto slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

// Two numbers with blanks around them and nothing else.
bool ReadPair(std::string_view text, std::array<std::uint32_t, 2>& pair) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const auto skip = [&] {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\n')) ++at;
  };
  for (std::uint32_t& number : pair) {
    skip();
    const auto read = std::from_chars(at, end, number);
    if (read.ec != std::errc()) return false;
    at = read.ptr;
  }
  skip();
  return at == end;
}

// Gids of the pod as gids of the host. An empty range stays one: the kernel knows it as "1 0".
base::Result<std::string> PingGroupRange(const NetworkSysctl& sysctl, const IdRange& ids) {
  std::array<std::uint32_t, 2> pair{};
  if (!ReadPair(sysctl.value, pair)) {
    return base::Fail(ErrorKind::kSpec, "sysctl {}: \"{}\" is not two group ids", sysctl.name,
                      sysctl.value);
  }
  if (pair[0] > pair[1] || pair[0] >= IdRange::kSize) return std::string("1 0");
  const std::uint32_t last = std::min(pair[1], IdRange::kSize - 1);
  return fmt::format("{} {}", ids.first + pair[0], ids.first + last);
}

base::Status Write(int proc, const std::string& path, const std::string& name,
                   const std::string& value) {
  const UniqueFd file = OpenWithoutLinks(proc, "sys/" + path, O_WRONLY, RESOLVE_BENEATH);
  if (!file) {
    const int error = errno;
    auto failed = FailErrno(error == ENOENT ? ErrorKind::kSpec : ErrorKind::kHost, error,
                            fmt::format("sysctl {}", name));
    if (error == ENOENT) {
      failed.value().hint = "network namespaces other than the host's have no such sysctl";
    }
    return failed;
  }
  const ssize_t put = write(file.get(), value.data(), value.size());
  if (put == static_cast<ssize_t>(value.size())) return {};
  return FailErrno(ErrorKind::kSpec, put < 0 ? errno : EIO,
                   fmt::format("sysctl {} = \"{}\"", name, value));
}

}  // namespace

base::Result<std::string> NetSysctlPath(const std::string& name) {
  std::string path = name;
  const auto first = path.find_first_of("./");
  if (first != std::string::npos && path[first] == '.') {
    for (char& c : path) {
      if (c == '.') {
        c = '/';
      } else if (c == '/') {
        c = '.';
      }
    }
  }
  if (!std::all_of(path.begin(), path.end(), IsPlain) || !IsPlainPath(path)) {
    return base::Fail(ErrorKind::kSpec, "sysctl \"{}\": not the name of a sysctl", name);
  }
  if (!path.starts_with("net/")) {
    return base::Fail(ErrorKind::kSpec, "sysctl {}: not one of the network's", name);
  }
  return path;
}

base::Result<std::string> NetSysctlValue(const NetworkSysctl& sysctl, const IdRange* ids) {
  STOCKADE_ASSIGN(const std::string path, NetSysctlPath(sysctl.name));
  if (ids == nullptr || path != kPingGroupRange) return sysctl.value;
  return PingGroupRange(sysctl, *ids);
}

base::Status WriteNetSysctls(const std::vector<NetworkSysctl>& sysctls, const IdRange* ids) {
  if (sysctls.empty()) return {};
  const UniqueFd proc = OpenWithoutLinks(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY);
  struct statfs system = {};
  if (!proc || fstatfs(proc.get(), &system) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "/proc");
  }
  if (system.f_type != PROC_SUPER_MAGIC) {
    return base::Fail(ErrorKind::kHost, "/proc: not a proc file system");
  }
  for (const NetworkSysctl& sysctl : sysctls) {
    STOCKADE_ASSIGN(const std::string path, NetSysctlPath(sysctl.name));
    STOCKADE_ASSIGN(const std::string value, NetSysctlValue(sysctl, ids));
    STOCKADE_TRY(Write(proc.get(), path, sysctl.name, value));
  }
  return {};
}

}  // namespace stockade::sandbox
