// SPDX-License-Identifier: Apache-2.0
// Who has which ids of the host: /etc/subuid and /etc/subgid (subuid(5)) for user namespaces, and
// the users and groups themselves.
//
//   STOCKADE_ASSIGN(const std::vector<SubIds> users, ReadSubIds("/etc/subuid"));
//   // alice:100000:65536  ->  {"alice", {100000, 65536, "/etc/subuid:1"}}
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"

namespace stockade::sandbox {

// Ids on the host, and where it is written that they are somebody's.
struct IdSpan {
  std::uint64_t first = 0;
  std::uint64_t count = 0;
  std::string origin;  // "/etc/subuid:3"

  std::uint64_t end() const { return first + count; }  // the first id after it
  bool Overlaps(const IdSpan& other) const { return first < other.end() && other.first < end(); }
  bool operator==(const IdSpan&) const = default;
};

struct SubIds {
  std::string owner;  // a user's name or number, as it stands there
  IdSpan ids;
  bool operator==(const SubIds&) const = default;
};

// The lines of the file at `path`, none if there is no such file. Empty lines, comments and empty
// spans are left out; any other line that cannot be read is an error naming it, because the ids
// that it means could be given out twice.
base::Result<std::vector<SubIds>> ReadSubIds(const std::string& path);

// The same from a text; `path` is for origins and errors.
base::Result<std::vector<SubIds>> ParseSubIds(std::string_view text, std::string_view path);

// The ids of the users or groups in the file at `path` (passwd(5), group(5)), one each; none if
// there is no such file. Lines without a number, as those of NIS, are left out.
base::Result<std::vector<SubIds>> ReadAccounts(const std::string& path);

}  // namespace stockade::sandbox
