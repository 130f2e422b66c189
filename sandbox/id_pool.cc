// SPDX-License-Identifier: Apache-2.0
#include "sandbox/id_pool.h"

#include <algorithm>
#include <iterator>

#include "sandbox/kubelet_ids.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::uint64_t kEnd = 4294967295;  // (uid_t)-1, which is no user
constexpr const char* kHint =
    "set \"idPool\" in the node's config.json, or stockade's entries in /etc/subuid and "
    "/etc/subgid, to ids that are nobody's";

struct Pool {
  std::vector<IdSpan> spans;  // ascending, apart
  bool by_default = false;
};

// Ids that are not ours, and whose they are.
struct Reserved {
  IdSpan ids;
  std::string whose;  // "alice"
};

std::string Text(const IdSpan& ids) { return fmt::format("{} to {}", ids.first, ids.end() - 1); }

std::vector<IdSpan> Ours(const std::vector<SubIds>& entries) {
  std::vector<IdSpan> spans;
  for (const SubIds& entry : entries) {
    if (entry.owner == kSubIdOwner) spans.push_back(entry.ids);
  }
  return spans;
}

// Sorts, and joins what touches or overlaps.
std::vector<IdSpan> Joined(std::vector<IdSpan> spans) {
  std::sort(spans.begin(), spans.end(),
            [](const IdSpan& a, const IdSpan& b) { return a.first < b.first; });
  std::vector<IdSpan> joined;
  for (IdSpan& span : spans) {
    if (joined.empty() || span.first > joined.back().end()) {
      joined.push_back(std::move(span));
    } else if (span.end() > joined.back().end()) {
      joined.back().count = span.end() - joined.back().first;
    }
  }
  return joined;
}

// A pod has the same ids for users and groups, so that both files must give them.
Result<std::vector<IdSpan>> InBoth(const std::vector<IdSpan>& users,
                                   const std::vector<IdSpan>& groups) {
  std::vector<IdSpan> both;
  for (const IdSpan& user : users) {
    for (const IdSpan& group : groups) {
      if (!user.Overlaps(group)) continue;
      const std::uint64_t first = std::max(user.first, group.first);
      both.push_back({first, std::min(user.end(), group.end()) - first,
                      fmt::format("{} and {}", user.origin, group.origin)});
    }
  }
  if (!both.empty()) return Joined(std::move(both));
  const std::vector<IdSpan>& some = users.empty() ? groups : users;
  return base::FailHint(ErrorKind::kHost,
                        "give stockade the same ids in /etc/subuid and in /etc/subgid",
                        "{}: {} are stockade's as {} only", some.front().origin, Text(some.front()),
                        users.empty() ? "groups" : "users");
}

Result<Pool> PoolOf(const IdFacts& facts) {
  if (facts.configured) return Pool{{*facts.configured}};
  const std::vector<IdSpan> users = Ours(facts.users);
  const std::vector<IdSpan> groups = Ours(facts.groups);
  if (users.empty() && groups.empty()) {
    return Pool{{{kDefaultPoolFirst, kDefaultPoolCount, "the default pool"}}, true};
  }
  STOCKADE_ASSIGN(std::vector<IdSpan> both, InBoth(users, groups));
  return Pool{std::move(both)};
}

std::vector<Reserved> ReservedIn(const IdFacts& facts) {
  std::vector<Reserved> reserved;
  reserved.push_back({{0, kKubeletFirst, "ids below 65536"}, "the host"});
  for (const auto* entries : {&facts.users, &facts.groups}) {
    for (const SubIds& entry : *entries) {
      if (entry.owner != kSubIdOwner) reserved.push_back({entry.ids, entry.owner});
    }
  }
  reserved.push_back({{kKubeletFirst, kKubeletCount, "its default"}, "kubelet"});
  for (const SubIds& account : facts.accounts) {
    // Below are so many, and all reserved already.
    if (account.ids.first >= kKubeletFirst) reserved.push_back({account.ids, account.owner});
  }
  for (const IdSpan& ids : facts.kubelet) reserved.push_back({ids, "a pod of kubelet's"});
  return reserved;
}

const Reserved* FirstOverlap(const std::vector<Reserved>& reserved, const IdSpan& ids) {
  const auto found = std::find_if(reserved.begin(), reserved.end(),
                                  [&](const Reserved& other) { return other.ids.Overlaps(ids); });
  return found == reserved.end() ? nullptr : &*found;
}

}  // namespace

Result<IdFacts> ReadIdFacts(const config::NodeConfig& node, const IdSources& sources) {
  IdFacts facts;
  if (node.id_pool) {
    facts.configured = IdSpan{node.id_pool->first, node.id_pool->count, node.id_pool->origin};
  }
  STOCKADE_ASSIGN(facts.users, ReadSubIds(sources.subuid));
  STOCKADE_ASSIGN(facts.groups, ReadSubIds(sources.subgid));
  STOCKADE_ASSIGN(facts.accounts, ReadAccounts(sources.passwd));
  STOCKADE_ASSIGN(std::vector<SubIds> groups, ReadAccounts(sources.group));
  std::move(groups.begin(), groups.end(), std::back_inserter(facts.accounts));
  STOCKADE_ASSIGN(facts.kubelet, ReadKubeletIds(sources.kubelet_pods));
  return facts;
}

Result<std::vector<IdRange>> UsableRanges(const IdFacts& facts) {
  STOCKADE_ASSIGN(const Pool pool, PoolOf(facts));
  const std::vector<Reserved> reserved = ReservedIn(facts);
  std::vector<IdRange> usable;
  for (const IdSpan& span : pool.spans) {
    const Reserved* other = FirstOverlap(reserved, span);
    if (other != nullptr && !pool.by_default) {
      return base::FailHint(ErrorKind::kHost, kHint,
                            "{}: the ids {} for pods overlap {} to {} of {} ({})", span.origin,
                            Text(span), other->ids.first, other->ids.end() - 1, other->whose,
                            other->ids.origin);
    }
    const std::uint64_t end = std::min(span.end(), kEnd);
    for (std::uint64_t first = span.first; first + IdRange::kSize <= end; first += IdRange::kSize) {
      if (other == nullptr || FirstOverlap(reserved, {first, IdRange::kSize, {}}) == nullptr) {
        usable.push_back({static_cast<std::uint32_t>(first)});
      }
    }
  }
  if (!usable.empty()) return usable;
  return base::FailHint(ErrorKind::kHost, kHint,
                        "{}: there are no {} ids in a row that are nobody's",
                        pool.spans.front().origin, std::uint32_t{IdRange::kSize});
}

}  // namespace stockade::sandbox
