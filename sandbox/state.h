// SPDX-License-Identifier: Apache-2.0
// What we remember of a container: STATE/<root key>/<container id>/, where the root key is the
// delegate's --root, escaped. Written before the delegate runs, read by exec, inspect and delete, and
// swept when the container is gone.
//
//   StateRoot root("/run/stockade", "/run/containerd/runc/k8s.io");
//   STOCKADE_ASSIGN(StateLock lock, root.Lock());
//   STOCKADE_TRY(root.Claim(record, lock));     // fails if the id lives or is being created
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "config/base/json.h"
#include "sandbox/container.h"

namespace stockade::sandbox {

// One container's record; stored as record.json, original.json (config.json as it came), final.sha
// is not kept: the bundle's own config.json is the final document.
struct StateRecord {
  Container container;
  std::string class_name;
  std::string delegate;       // absolute path
  std::string delegate_root;  // the delegate's --root
  base::Json class_snapshot;  // config::SnapshotOf
  base::Json changes;         // what the layers did, for inspect
  std::string original;       // text of config.json before us
  std::string final_text;     // text of config.json as we wrote it
  int creator_pid = 0;        // the process that became the delegate's create ...
  unsigned long long creator_start = 0;  // ... and its start time in clock ticks (proc(5) field 22)
};

// Holds the lock of one state root; released when it goes away or the process becomes the delegate.
class StateLock {
 public:
  explicit StateLock(base::UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  base::UniqueFd fd_;
};

class StateRoot {
 public:
  // `state_directory` from the node config; `delegate_root` as the delegate sees it.
  StateRoot(std::string state_directory, std::string delegate_root);

  // Makes the directory (0700) and takes its lock, waiting for other short holders.
  base::Result<StateLock> Lock() const;
  // Writes a new record. Fails if a record of the id exists whose container or creator still lives
  // ("container with given ID already exists: ID"); a stale one is replaced.
  base::Status Claim(const StateRecord& record, const StateLock& lock) const;
  // The record of `id`; kSpec error saying so if there is none. `with_texts` reads original and final.
  base::Result<StateRecord> Read(const std::string& id, bool with_texts = false) const;
  bool Exists(const std::string& id) const;
  // The recorded delegate alone: what start, kill and delete need, without parsing anything.
  base::Result<std::string> DelegateOf(const std::string& id) const;
  // Removes the record, and puts the bundle's original config.json back if it is still as we wrote it.
  base::Status Release(const std::string& id, const StateLock& lock) const;
  // Removes records whose container is unknown to the delegate and whose creator is gone.
  base::Status Sweep(const StateLock& lock) const;
  std::vector<std::string> List() const;

 private:
  std::string directory_;
  std::string delegate_root_;
};

// All state roots below `state_directory`: {delegate root, ids}; for stockadectl.
std::vector<StateRoot> AllStateRoots(const std::string& state_directory);

// A container id that is safe as a file name: runc's own rule, [A-Za-z0-9_+.-]+, not "." or "..",
// at most 200 bytes.
bool ValidContainerId(std::string_view id);

}  // namespace stockade::sandbox
