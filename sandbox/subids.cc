// SPDX-License-Identifier: Apache-2.0
#include "sandbox/subids.h"

#include <unistd.h>

#include <cerrno>
#include <limits>
#include <optional>

#include "config/base/file.h"
#include "config/base/number.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;

constexpr std::size_t kMaxBytes = 4U << 20;  // some 150,000 lines

std::optional<SubIds> ParseLine(std::string_view line) {
  const auto first_colon = line.find(':');
  const auto last_colon = line.rfind(':');
  if (first_colon == std::string_view::npos || first_colon == 0 || first_colon == last_colon) {
    return std::nullopt;
  }
  const auto first =
      base::WholeNumber<std::uint32_t>(line.substr(first_colon + 1, last_colon - first_colon - 1));
  const auto count = base::WholeNumber<std::uint32_t>(line.substr(last_colon + 1));
  if (!first || !count) return std::nullopt;
  return SubIds{std::string(line.substr(0, first_colon)), {*first, *count, {}}};
}

std::string_view WithoutSpaces(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
    line.remove_suffix(1);
  }
  return line;
}

// Cuts the first line off `text`.
std::string_view NextLine(std::string_view& text) {
  const auto end = text.find('\n');
  const std::string_view line = WithoutSpaces(text.substr(0, end));
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

// "name:password:number" and whatever follows.
std::optional<SubIds> ParseAccount(std::string_view line) {
  const auto name = line.find(':');
  const auto password = name == std::string_view::npos ? name : line.find(':', name + 1);
  if (password == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(password + 1);
  const auto number = base::WholeNumber<std::uint32_t>(rest.substr(0, rest.find(':')));
  if (!number) return std::nullopt;
  return SubIds{std::string(line.substr(0, name)), {*number, 1, {}}};
}

base::Result<std::string> ReadIfThere(const std::string& path) {
  if (access(path.c_str(), F_OK) != 0 && errno == ENOENT) return std::string();
  return base::ReadFile(path, kMaxBytes);
}

}  // namespace

base::Result<std::vector<SubIds>> ParseSubIds(std::string_view text, std::string_view path) {
  std::vector<SubIds> all;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = NextLine(text);
    if (line.empty() || line.front() == '#') continue;
    std::optional<SubIds> entry = ParseLine(line);
    if (!entry) {
      return base::FailHint(ErrorKind::kHost, "correct the line, or make it a comment with \"#\"",
                            "{}:{}: not of the form owner:first:count", path, number);
    }
    if (entry->ids.count == 0) continue;
    entry->ids.origin = fmt::format("{}:{}", path, number);
    all.push_back(std::move(*entry));
  }
  return all;
}

base::Result<std::vector<SubIds>> ReadSubIds(const std::string& path) {
  STOCKADE_ASSIGN(const std::string text, ReadIfThere(path));
  return ParseSubIds(text, path);
}

base::Result<std::vector<SubIds>> ReadAccounts(const std::string& path) {
  STOCKADE_ASSIGN(const std::string text, ReadIfThere(path));
  std::vector<SubIds> all;
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    std::optional<SubIds> account = ParseAccount(NextLine(rest));
    if (!account) continue;
    account->ids.origin = fmt::format("{}:{}", path, number);
    all.push_back(std::move(*account));
  }
  return all;
}

}  // namespace stockade::sandbox
