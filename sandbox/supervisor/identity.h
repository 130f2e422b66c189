// SPDX-License-Identifier: Apache-2.0
// Who a caller is, and a thread of ours that is the same for one call: its ids and groups, no
// capability, and where a path is involved its root, working directory and umask. What a peer of a
// Unix socket learns of the caller by SO_PEERCRED or SCM_CREDENTIALS is then right, but for the
// pid, which is the supervisor's.
//
//   const auto identity = ReadIdentity(targets, call.pid);
//   ActingAs caller(*identity);
//   if (caller) … connect(…)
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <vector>

#include "config/base/fd.h"
#include "sandbox/supervisor/target.h"

namespace stockade::supervisor {

struct Identity {
  uid_t uid = 0;
  uid_t effective_uid = 0;
  uid_t saved_uid = 0;
  gid_t gid = 0;
  gid_t effective_gid = 0;
  gid_t saved_gid = 0;
  std::vector<gid_t> groups;
  mode_t mask = 022;
  bool operator==(const Identity&) const = default;
};

// From /proc/<thread>/status. Ids as this user namespace has them.
std::optional<Identity> ReadIdentity(TargetDescriptors& targets, pid_t thread);

// The same from the file's text, for tests and fuzzers.
std::optional<Identity> ParseIdentity(std::string_view status);

// A caller's view of the file system.
struct Place {
  base::UniqueFd root;
  base::UniqueFd working_directory;
};
std::optional<Place> OpenPlace(int proc, pid_t thread);

// This thread acts as somebody else while the object lives. The thread must have unshared its
// file system state (CLONE_FS). False if that could not be done: then nothing may be performed.
//
// The ids stay with the thread afterwards, for most callers are the same user and changing them is
// half of the work; what counts between two calls are its capabilities, and it has its own again.
class ActingAs {
 public:
  // `own_root` is what a thread that went to a `place` comes back to.
  ActingAs(const Identity& identity, const Place* place, int own_root);
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs();
  explicit operator bool() const { return done_; }

 private:
  bool done_ = false;
  bool moved_ = false;
  int own_root_;
};

}  // namespace stockade::supervisor
