// SPDX-License-Identifier: Apache-2.0
// /proc/<pid>/mountinfo (proc_pid_mountinfo(5)) as values.
//
//   STOCKADE_ASSIGN(const std::vector<MountEntry> mounts, ParseMountInfo(text));
//   if (!mounts.front().Has("ro")) …
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"

namespace stockade::sandbox {

struct MountEntry {
  std::uint64_t id = 0;       // as statx(2) gives it
  std::uint64_t parent = 0;   // the id of the mount that it stands on
  std::string device;         // "8:1"
  std::string root;           // the part of the file system that is mounted
  std::string point;          // where, as the process sees it, unescaped
  std::string options;        // of the mount: "ro,nosuid"
  std::string propagation;    // "shared:7 master:2"; "" is private
  std::string type;           // "tmpfs"
  std::string source;         // unescaped
  std::string super_options;  // of the file system; values still escaped

  // True if `option` is one of the mount's options.
  bool Has(std::string_view option) const;
  // True if nothing can be written through it: the mount or its file system is read-only.
  bool ReadOnly() const;
};

// kHost error naming the line that is no mountinfo line.
base::Result<std::vector<MountEntry>> ParseMountInfo(std::string_view text);

// A field without the kernel's escapes: space, tab, newline, backslash and more stand as \ooo in
// it.
std::string UnescapeMountField(std::string_view field);

// The mount that `path` lies on: of those at or above it the lowest, and of several at one place
// the one that stands on the others, whatever their order. nullptr if there is none.
const MountEntry* MountOf(const std::vector<MountEntry>& mounts, std::string_view path);

}  // namespace stockade::sandbox
