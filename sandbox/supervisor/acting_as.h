// SPDX-License-Identifier: Apache-2.0
// A caller as far as a call needs it, and a thread of ours that is the same while it makes the
// call: its ids and groups, none of its capabilities, and where a path is involved its root,
// working directory and umask. What a peer of a Unix socket learns of the caller by SO_PEERCRED or
// SCM_CREDENTIALS is then right, but for the pid, which is the supervisor's.
//
//   const auto caller = TakeCaller(services, call, {.path = true});
//   if (!services.source.IsWaiting(call.id)) return {};
//   const ActingAs acting(*caller, services.own_root);
//   if (acting) … connect(…)
#pragma once

#include <optional>

#include "sandbox/supervisor/identity.h"
#include "sandbox/supervisor/services.h"
#include "sandbox/supervisor/settled_view.h"

namespace stockade::supervisor {

struct Needs {
  bool path = false;       // its root
  bool directory = false;  // with `path`: its working directory
  bool mask = false;       // with `path`: its umask
};

struct Caller {
  Needs needs = {};
  const SettledView* view = nullptr;  // of a settled caller; then the two others have only the rest
  Identity identity = {};
  Place place = {};
};

// Nothing if some of it cannot be told. What was taken counts only if the caller waits afterwards.
std::optional<Caller> TakeCaller(const Services& services, const seccomp_notif& call, Needs needs);

// In a new thread, before anything else: it gets a root and a directory that it shares with no
// other thread, and goes to `own_root` (-1: stays). Whoever made it may be in a caller's root by
// now, and so would it be, and take a path from there for one from the container's root.
bool BeginAtHome(int own_root);

// This thread acts as somebody else while the object lives. The thread must have begun at home.
// False if that could not be done: then nothing may be performed.
//
// Ids stay with the thread afterwards, for most callers are the same user and changing them is half
// of the work; what counts between two calls are its capabilities, and it has its own again. For a
// settled caller the root stays as well, and so do the capabilities to look at callers: whoever
// looks at files that these open (/proc) has to drop them first.
class ActingAs {
 public:
  // `own_root` is what a thread that went to another root comes back to.
  ActingAs(const Caller& caller, int own_root);
  // Without a capability in any case.
  ActingAs(const Identity& identity, const Place* place, int own_root);
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs();
  explicit operator bool() const { return done_; }

 private:
  bool Become(const Identity& identity, const Place* place);
  bool BecomeSettled(const Caller& caller);

  bool done_ = false;
  bool moved_ = false;
  bool strayed_ = false;
  int own_root_;
};

}  // namespace stockade::supervisor
