// SPDX-License-Identifier: Apache-2.0
// What we remember of a container: STATE/<root key>/<container id>/, where the root key is the
// delegate's --root, escaped. Written before the delegate runs, read by exec, inspect and delete,
// and swept when the container is gone.
//
//   const StateRoot root("/run/stockade", "/run/containerd/runc/k8s.io");
//   STOCKADE_TRY(root.Sweep());
//   STOCKADE_ASSIGN(const StateLock lock, root.Lock());
//   STOCKADE_TRY(root.Claim(record, lock));  // fails if the id lives or is being created
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/state_record.h"

namespace stockade::sandbox {

// Holds the lock of one state root; released when it goes away or the process becomes the delegate.
class StateLock {
 public:
  explicit StateLock(base::UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  base::UniqueFd fd_;
};

class StateRoot {
 public:
  // `state_directory` from the node config; `delegate_root` is the delegate's --root, absolute.
  StateRoot(const std::string& state_directory, std::string delegate_root);

  // Makes the directory (0700, below STATE with 0711) and takes its lock, waiting for other
  // holders, who are brief.
  base::Result<StateLock> Lock() const;

  // Fails if no container may be made of `id`: it is none, or one lives or is being created, with
  // the text that runc uses ("container with given ID already exists").
  base::Status CheckFree(const std::string& id) const;

  // Writes a new record of an id that is free; what a dead container of that id left is replaced.
  base::Status Claim(const StateRecord& record, const StateLock& lock) const;

  // The record of `id` with the files that `parts` names; kSpec error saying so if there is none.
  base::Result<StateRecord> Read(const std::string& id, const RecordParts& parts = {}) const;
  bool Exists(const std::string& id) const;
  // True if a create of `id` is writing its record, or was killed while it did.
  bool Unfinished(const std::string& id) const;

  // The recorded delegate alone: what start, kill and delete need, without parsing anything.
  base::Result<std::string> DelegateOf(const std::string& id) const;

  // Removes the record and puts the bundle's original config.json back if it is still as we wrote
  // it. With the record goes its supervisor's cgroup, with the last one of a pod its ids as well.
  base::Status Release(const std::string& id, const StateLock& lock) const;

  // The same, with the lock taken, unless the delegate knows the container or another living
  // process creates it: what a delegate's delete, or the end of its run, leaves to be done.
  base::Status ReleaseUnlessUsed(const std::string& id) const;

  // Releases every record whose container the delegate does not know and whose creator is gone, and
  // the ids, of all roots, that are nobody's any more. Takes the lock if there is such a record:
  // the many creates of a busy node do not wait for each other to find none.
  base::Status Sweep() const;

  // The directory of `id`'s record.
  std::string PathOf(const std::string& id) const { return directory_ + "/" + id; }

  // True if the delegate keeps a directory for `id`: the container exists for it.
  bool DelegateKnows(const std::string& id) const;

  // True if a living process that is not this one creates the container of `id`.
  bool BeingCreated(const std::string& id) const;

  // The ids that have a record, sorted.
  std::vector<std::string> List() const;
  const std::string& delegate_root() const { return delegate_root_; }
  // The name of this root's directory below the state directory.
  std::string key() const { return directory_.substr(state_directory_.size() + 1); }

  // Takes a range of `usable` for the user namespace of `pod`, a sandbox's id or that of a
  // container outside Kubernetes, and for this process, which goes on to claim its record
  // (id_claims.h). Needs no lock of the root.
  base::Result<IdRange> ClaimIds(const std::string& pod, const std::vector<IdRange>& usable) const;
  // Gives the range that `claimer` took back unless a record of the pod, or of one of its
  // containers, is there. For a create that fails after ClaimIds; Release and Sweep do it
  // themselves.
  base::Status ReleaseIds(const std::string& pod, const ProcessId& claimer) const;

 private:
  // Gives back the ids of all roots that no record and no living process needs.
  base::Status SweepIds() const;
  bool InUse(const std::string& id) const;
  // The entries that a killed create left: complete records, and such as were being written. Exact
  // under the lock; without it, one that another process is about to write is among them.
  std::vector<std::string> Leftovers() const;

  std::string state_directory_;
  std::string directory_;
  std::string delegate_root_;
};

// All state roots below `state_directory`, for stockadectl.
std::vector<StateRoot> AllStateRoots(const std::string& state_directory);

// A container id that is safe as a file name: runc's own rule, [A-Za-z0-9_+.-]+, not "." or "..",
// and at most 200 bytes. A leading dot is ours.
bool ValidContainerId(std::string_view id);

}  // namespace stockade::sandbox
