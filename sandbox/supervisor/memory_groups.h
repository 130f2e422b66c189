// SPDX-License-Identifier: Apache-2.0
// The memory cgroups of callers, of version 1 or 2, whichever has the memory controller. The
// hierarchy is opened before the supervisor gives up its view of the file system; a caller's place
// in it is what the kernel says, and is opened below it without a symbolic link.
//
//   STOCKADE_ASSIGN(const MemoryGroups groups, MemoryGroups::Open());
//   const auto levels = groups.Of(proc, call.pid);   // the caller's own first, then its parents
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "filters/interposition/system_info.h"

namespace stockade::supervisor {

class MemoryGroups {
 public:
  // kHost error if no hierarchy with the memory controller is mounted as a whole.
  static base::Result<MemoryGroups> Open();

  // Nothing if the thread is gone, or its group cannot be read.
  std::optional<std::vector<filters::MemoryLevel>> Of(int proc, pid_t thread) const;

 private:
  std::optional<filters::MemoryLevel> Read(const std::string& group) const;

  base::UniqueFd top_;
  bool unified_ = false;  // version 2
};

// Where /proc/self/mountinfo has the hierarchy with the memory controller: version 1's if it is
// there, else version 2's; "" if neither is mounted from its top. For tests as well.
struct MemoryMount {
  std::string path;
  bool unified = false;
};
MemoryMount FindMemoryMount(std::string_view mountinfo);

// The group in the text of /proc/<thread>/cgroup ("/pod/container"); nothing if it has none, or one
// that is not below ours.
std::optional<std::string> FindMemoryGroup(std::string_view text, bool unified);

}  // namespace stockade::supervisor
