// SPDX-License-Identifier: Apache-2.0
// Which ids of the host pods may get for their user namespaces. A pure decision about what the node
// says; who has which of them is sandbox/id_claims.h.
//
//   STOCKADE_ASSIGN(const IdFacts facts, ReadIdFacts(node));
//   STOCKADE_ASSIGN(const std::vector<IdRange> usable, UsableRanges(facts));
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/node_config.h"
#include "sandbox/id_range.h"
#include "sandbox/subids.h"

namespace stockade::sandbox {

// Where the node says who has which ids; a test has its own.
struct IdSources {
  std::string subuid = "/etc/subuid";
  std::string subgid = "/etc/subgid";
  std::string passwd = "/etc/passwd";
  std::string group = "/etc/group";
  std::string kubelet_pods = "/var/lib/kubelet/pods";
};

struct IdFacts {
  std::optional<IdSpan> configured;   // idPool of the node's configuration
  std::vector<SubIds> users;          // of /etc/subuid
  std::vector<SubIds> groups;         // of /etc/subgid
  std::vector<SubIds> accounts = {};  // of /etc/passwd and /etc/group
  std::vector<IdSpan> kubelet;        // what kubelet has given to pods (kubelet_ids.h)
};

base::Result<IdFacts> ReadIdFacts(const config::NodeConfig& node, const IdSources& sources = {});

// The owner in /etc/subuid and /etc/subgid whose ids are the pool.
inline constexpr const char* kSubIdOwner = "stockade";

// The pool of a node that says nothing: above what useradd (SUB_UID_MAX 600100000), systemd-nspawn
// (to 1879048191) and SSSD (ldap_idmap_range_max 2000200000) give out by themselves, below
// systemd's foreign ids (from 2147352576) and the ids that some programs take for negative.
inline constexpr std::uint64_t kDefaultPoolFirst = 2000224256;
inline constexpr std::uint64_t kDefaultPoolCount = 2245 * std::uint64_t{IdRange::kSize};

// What kubelet takes when it has no entry in /etc/subuid: from 65536 on, a range for each of its
// 110 pods, and one to spare.
inline constexpr std::uint64_t kKubeletFirst = 65536;
inline constexpr std::uint64_t kKubeletCount = 111 * std::uint64_t{IdRange::kSize};

// The ranges of the pool that are nobody else's, ascending, at least one. A pool that was
// configured, or given to stockade in /etc/subuid and /etc/subgid, and overlaps what is somebody
// else's is an error that names both places; the default pool goes round it.
base::Result<std::vector<IdRange>> UsableRanges(const IdFacts& facts);

}  // namespace stockade::sandbox
