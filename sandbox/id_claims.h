// SPDX-License-Identifier: Apache-2.0
// Which pod has which ids: STATE/.ids/<first id> for each range that is taken, a symbolic link
// whose text is "<state root key>/<pod>/<pid>/<start time>" of the owner and of the process that
// took it for the owner. A link is made whole or not at all, and never over another.
//
//   const IdClaims claims(node.state_directory);
//   STOCKADE_ASSIGN(const IdRange ids, claims.Claim({root.key(), pod}, ProcessId::Self(), usable));
//
// A range is given back by Release, with the last record of its pod, or by Sweep when there is
// neither a record nor a living process that is about to write one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/id_range.h"
#include "sandbox/state_record.h"

namespace stockade::sandbox {

// Whose a range is: a pod by its sandbox's id, or a container outside Kubernetes by its own.
struct IdOwner {
  std::string root_key;  // StateRoot::key()
  std::string pod;
  bool operator==(const IdOwner&) const = default;
};

struct IdClaim {
  IdRange ids;
  std::optional<IdOwner> owner;  // nothing if the entry cannot be read: taken all the same
  ProcessId claimer;
};

class IdClaims {
 public:
  // `state_directory` from the node's configuration.
  explicit IdClaims(const std::string& state_directory) : directory_(state_directory + "/.ids") {}

  // A free range of `usable` (id_pool.h) that is the owner's from now on, with `claimer` as the
  // process that will write the record; or the one that the owner has already, as a create that was
  // killed left it. kUsage error if another living process is making the same pod, kHost error if
  // no range is free.
  base::Result<IdRange> Claim(const IdOwner& owner, const ProcessId& claimer,
                              const std::vector<IdRange>& usable) const;

  base::Result<std::optional<IdRange>> Find(const IdOwner& owner) const;

  // Gives back the owner's range that `claimer` took, or somebody dead; one that another living
  // process has taken since stays, and an owner without a range is no error.
  base::Status Release(const IdOwner& owner, const ProcessId& claimer) const;

  // Gives back each range whose claimer is dead and for whose owner `needed` is false.
  base::Status Sweep(const std::function<bool(const IdOwner&)>& needed) const;

  // Every range that is taken, ascending. Entries whose names are no range are left out.
  base::Result<std::vector<IdClaim>> List() const;

 private:
  base::Result<base::UniqueFd> Lock() const;
  std::string PathOf(const IdRange& ids) const;
  base::Status Write(const IdClaim& claim) const;

  std::string directory_;
};

}  // namespace stockade::sandbox
