// SPDX-License-Identifier: Apache-2.0
// One container's record in the state directory: a directory of four files,
//
//   record.json    who it is, which class, what the layers changed, who created it
//   original.json  config.json as the engine wrote it
//   final.json     config.json as the delegate got it
//   delegate       a symbolic link to the delegate's binary
#pragma once

#include <string>

#include "config/base/error.h"
#include "config/base/json.h"
#include "sandbox/container.h"

namespace stockade::sandbox {

// A process that a later pid of the same number cannot be mistaken for.
struct ProcessId {
  int pid = 0;
  unsigned long long start = 0;  // start time in clock ticks since boot (proc(5), stat field 22)

  // This process, which execve does not change.
  static ProcessId Self();
  bool Alive() const;
};

struct StateRecord {
  Container container;
  std::string class_name;
  std::string delegate;        // absolute path of the binary
  std::string delegate_root;   // its --root
  base::Json class_snapshot;   // the class as loaded; the pod's other containers inherit it
  base::Json policy_snapshot;  // the class as in force here, after annotations; exec uses it
  base::Json changes;          // what the layers did, for inspect
  std::string original;
  std::string final_text;
  ProcessId creator;
};

// Writes the record's files into the existing empty directory `path`.
base::Status WriteRecord(const std::string& path, const StateRecord& record);

// Reads them; `with_texts` fills original and final_text.
base::Result<StateRecord> ReadRecord(const std::string& path, bool with_texts);

}  // namespace stockade::sandbox
