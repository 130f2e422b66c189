// SPDX-License-Identifier: Apache-2.0
// Whether a class lets a file be opened: a pure function of the class's rule and of where the file
// is, for the supervisor, `stockadectl explain` and tests alike.
//
//   DecideFile(policy.files, {.path = "/etc/passwd", .writes = true}).allowed
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "config/class_policy.h"

namespace stockade::filters {

// What an open found.
struct FoundFile {
  std::string path;      // from the container's root, without links; of one to be made, too
  bool writes = false;   // it is to be written, emptied or made
  bool unnamed = false;  // no path leads to it any more: `path` says nothing
};

struct FileDecision {
  bool allowed = false;
  // What decided: a pattern of the class, or "default". Lives as long as the rule.
  std::string_view rule;
};

FileDecision DecideFile(const config::FilesRule& rule, const FoundFile& file);

// What to do with a device. The supervisor is not in the container's device cgroup, and opens only
// what every container has.
enum class DeviceAnswer {
  kOpen,      // null, zero, full, random, urandom, pseudo-terminals: writing to it changes no file
  kTerminal,  // /dev/tty: the opener's terminal, and the supervisor has none (ENXIO)
  kRefuse,    // anything else (EPERM)
};
DeviceAnswer DecideDevice(mode_t type, dev_t number);

// True if the kernel answers for the opener's namespaces in this file of /proc ("sys/net/core/x"),
// so that the supervisor would open its own: of /proc/sys also everything that is to be written.
bool DependsOnOpener(std::string_view proc_path, bool writes);

}  // namespace stockade::filters
