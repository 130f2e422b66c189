// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/caller_text.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "config/base/error.h"
#include "sandbox/supervisor/target.h"

namespace stockade::supervisor {

int ReadCallerPath(pid_t thread, std::uint64_t address, std::string& path) {
  constexpr std::uint64_t kPage = 4096;  // no page is smaller, and what follows may not be there
  std::array<char, kPage> part;
  path.clear();
  while (path.size() < PATH_MAX) {
    constexpr std::uint64_t kMostly = 256;  // enough for most paths
    const std::uint64_t left_in_page = kPage - (address + path.size()) % kPage;
    const std::size_t want = std::min<std::uint64_t>(
        {left_in_page, PATH_MAX - path.size(), path.empty() ? kMostly : kPage});
    const auto to = std::as_writable_bytes(std::span(part.data(), want));
    if (!ReadMemory(thread, address + path.size(), to)) return EFAULT;
    const std::size_t length = strnlen(part.data(), want);
    path.append(part.data(), length);
    if (length < want) return path.empty() ? ENOENT : 0;
  }
  return ENAMETOOLONG;
}

std::string Printable(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x20 && byte < 0x7f && c != '\\';
    escaped += plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return escaped;
}

}  // namespace stockade::supervisor
