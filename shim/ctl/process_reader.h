// SPDX-License-Identifier: Apache-2.0
// Reads the facts of a process from /proc/<pid>, opened once: whatever happens to the pid later,
// the facts are all of one process.
//
//   STOCKADE_ASSIGN(const ProcessReader reader, ProcessReader::Open(pid));
//   STOCKADE_ASSIGN(const ProcessFacts facts, reader.Read({{"/proc/kcore"},
//   {"/var/run/secrets"}}));
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "shim/ctl/process_facts.h"

namespace stockade::ctl {

// What to look for in a process's root.
struct PathQuestions {
  std::vector<std::string> existing;      // which of them exist, without following symbolic links
  std::vector<std::string> destinations;  // where these lead, links followed within the root
};

class ProcessReader {
 public:
  // kHost error if there is no such process.
  static base::Result<ProcessReader> Open(int pid);

  // Everything in ProcessFacts. What cannot be read is an error, but for files that this kernel
  // does not have.
  base::Result<ProcessFacts> Read(const PathQuestions& paths) const;

 private:
  ProcessReader(int pid, base::UniqueFd directory) : pid_(pid), directory_(std::move(directory)) {}
  base::Result<std::string> Text(const char* name) const;
  base::Status LookAtFiles(const PathQuestions& paths, ProcessFacts& facts) const;

  int pid_;
  base::UniqueFd directory_;
};

// The namespaces of the host as far as this program can see them.
struct HostNamespaces {
  std::map<std::string, std::string, std::less<>> links;  // as in ProcessFacts::namespaces
  // Process 1 may have more capabilities than we do, and then hides its namespaces. `links` are
  // ours instead, as in sandbox/host_view.h: a container that shares one of them is still found.
  bool hidden = false;
};
base::Result<HostNamespaces> ReadHostNamespaces();

}  // namespace stockade::ctl
