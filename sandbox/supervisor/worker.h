// SPDX-License-Identifier: Apache-2.0
// The process that answers: forked from the holder, already confined, it takes the listeners that
// the holder gives it over a socket and runs them. It is the one that looks at callers' memory, and
// the one that may die of it; the holder then starts another.
//
//   WorkerProcess worker;
//   if (const pid_t pid = worker.Start(); pid == 0) _exit(RunWorker(parts, worker.TakeLink()));
//   worker.Give(listener, {number, shares_user_namespace});
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "config/base/fd.h"
#include "config/class_policy.h"
#include "sandbox/supervisor/confinement.h"
#include "sandbox/supervisor/in_flight.h"
#include "sandbox/supervisor/memory_groups.h"
#include "sandbox/supervisor/mount_order.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

// Everything that a worker has from before its fork.
struct WorkerParts {
  config::InterpositionRule rule;
  View view;
  base::UniqueFd events;
  base::UniqueFd older_events;
  InFlight calls = {};
  std::optional<MemoryGroups> memory = {};  // for a class that answers sysinfo, or mounts
  base::UniqueFd orders = {};               // to the holder, for a class that has tmpfs mounted
  base::UniqueFd user_namespace = {};       // of the callers, once it is known and is not ours
};

// True if a supervisor of `rule` mounts. Not in complain mode, in which the class's own filter
// refuses it.
bool PerformsMounts(const config::InterpositionRule& rule);

// What goes with a listener from the holder to the worker. Ids are as in the callers' user
// namespace, which the worker has entered.
struct ListenerFacts {
  unsigned number = 0;               // in InFlight
  bool same_user_namespace = false;  // the callers' is ours
  Names names = {};
  bool settled = false;  // its first process keeps its ids and root (settled_view.h)
  MountHome home = {};   // of a class that has tmpfs mounted
};

// Until the last listener is over and the holder has closed its end or is gone. Returns the exit
// code.
int RunWorker(WorkerParts& parts, base::UniqueFd link);

// The holder's end.
class WorkerProcess {
 public:
  // Forks, with the meaning of fork(2): 0 in the worker.
  pid_t Start();
  // In the worker: its end.
  base::UniqueFd TakeLink() { return std::move(link_); }
  // Hangs up when the worker has died.
  int link() const { return link_.get(); }
  // The callers' user namespace, before the first listener. False if it has died.
  bool GiveHome(int user_namespace) const;
  // False if it has died.
  bool Give(int listener, const ListenerFacts& facts) const;
  // Waits for its death, and says how it died.
  std::string Reap();

 private:
  base::UniqueFd link_;
  pid_t pid_ = -1;
};

}  // namespace stockade::supervisor
