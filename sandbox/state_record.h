// SPDX-License-Identifier: Apache-2.0
// One container's record in the state directory: a directory of files, so that each verb reads what
// it needs and no more,
//
//   record.json    who it is, and of which class
//   policy.json    the class as in force here, after annotations, for exec
//   class.json     the class as loaded, which the pod's other containers inherit
//   changes.json   what the layers did, for inspect
//   original.json  config.json as the engine wrote it
//   final.json     config.json as the delegate got it
//   delegate       a symbolic link to the delegate's binary
//   creator        a symbolic link whose text names the process that creates it (process_id.h)
//   cgroup         where a supervisor has a cgroup of its own: a symbolic link whose text is its
//   path (supervisor_cgroup.h)
//   pod            where the container has ids of its pod: a symbolic link whose text is the pod's
//   id
//
//   STOCKADE_ASSIGN(StateRecord record, ReadRecord(path, {.policy = true}));
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "sandbox/container.h"
#include "sandbox/host_actions.h"
#include "sandbox/process_id.h"

namespace stockade::sandbox {

struct StateRecord {
  Container container;
  std::string class_name;
  std::string delegate;       // absolute path of the binary
  std::string delegate_root;  // its --root
  ProcessId creator;
  std::vector<std::string> init_filters;  // what stockade-init installs at every exec
  HostActions actions;                    // what the host did before its delegate started
  // The files beside record.json, as text; "" when they were not asked for.
  std::string policy_snapshot;
  std::string class_snapshot;
  std::string changes;
  std::string original;
  std::string final_text;
};

// Which files to read beside record.json.
struct RecordParts {
  bool policy = false;
  bool loaded_class = false;
  bool changes = false;
  bool original = false;
  bool final_text = false;
};
inline constexpr RecordParts kWholeRecord{true, true, true, true, true};

// Writes the record's files into the existing empty directory `path`.
base::Status WriteRecord(const std::string& path, const StateRecord& record);

// Reads record.json and `parts`; a part that cannot be read is an error.
base::Result<StateRecord> ReadRecord(const std::string& path, const RecordParts& parts = {});

// What is asked of each record, of which there may be hundreds, costs one call: the pod whose ids
// the container of the record in `path` has, "" if it has none; and who creates the container,
// nobody if that cannot be read.
std::string PodOfRecord(const std::string& path);
ProcessId CreatorOfRecord(const std::string& path);

}  // namespace stockade::sandbox
