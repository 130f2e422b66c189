// SPDX-License-Identifier: Apache-2.0
// The options of an overlay as /proc/<pid>/mountinfo shows them, taken apart so that the same
// overlay can be mounted again. Pure.
//
//   rw,lowerdir=2/fs:1/fs,upperdir=/s/3/fs,workdir=/s/3/work,index=off
//
// The grammar: options are separated by commas; a comma, blank or backslash within a value is
// escaped by the kernel as \ooo, but SELinux contexts stand in quotes, commas and all. Below that,
// in lowerdir=, ":" separates layers and "::" begins those that only hold data, and "\" escapes as
// it did for mount(2); lowerdir+= and datadir+= name one layer each and escape nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"

namespace stockade::sandbox {

struct OverlayOptions {
  struct Option {
    std::string key;
    std::string value;  // as mount(2) was given it; "" for a word alone
    bool operator==(const Option&) const = default;
    // The value for fsconfig(2), which unlike mount(2) takes no quotes around SELinux contexts.
    std::string Plain() const;
  };
  std::vector<Option> all;          // everything but what follows, in order
  std::vector<std::string> layers;  // paths of the lower layers, the data layers among them
  std::string upper;                // "" for an overlay that cannot be written
  std::string work;
  bool one_by_one = false;   // by lowerdir+=: such layers cannot be given to mount(2)
  bool is_volatile = false;  // "volatile", or "fsync=volatile" as newer kernels say it
  unsigned long flags = 0;   // MS_RDONLY and the like, of the file system

  // The text for mount(2).
  std::string Data() const;
};

// kHost error for what cannot be read.
base::Result<OverlayOptions> ParseOverlayOptions(std::string_view super_options);

// The folders above the absolute path `path`, the nearest first: "/a/b" gives "/a" and "/".
std::vector<std::string> FoldersAbove(const std::string& path);

}  // namespace stockade::sandbox
