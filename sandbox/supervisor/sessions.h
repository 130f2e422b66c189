// SPDX-License-Identifier: Apache-2.0
// The holder: the process that stockade starts, and that ends with the container. It takes
// listeners over from stubs (protocol.h), keeps a descriptor of each, and gives them to a worker,
// which does the rest. When a worker dies, the holder answers the calls that it left and starts
// another; it looks at nothing of a caller's itself.
//
//   Sessions sessions(std::move(control), parts);
//   if (!sessions.StartWorker()) …
//   sessions.Add(std::move(first));
//   sessions.Run();
#pragma once

#include <ctime>
#include <list>
#include <optional>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "sandbox/supervisor/mount_keeper.h"
#include "sandbox/supervisor/notification_source.h"
#include "sandbox/supervisor/worker.h"

namespace stockade::supervisor {

class Sessions {
 public:
  // Sessions and listeners that there may be at a time; execs beyond that fail.
  static constexpr std::size_t kMax = InFlight::kListeners;
  // A worker that dies more often than this in a minute is given up, and the listeners with it: its
  // container's calls fail.
  static constexpr std::size_t kMaxDeaths = 20;

  // `control` is listening.
  Sessions(base::UniqueFd control, WorkerParts& parts);
  // Starts a worker, which gets the listeners that there are. kHost error if there is none to be
  // had.
  base::Status StartWorker();
  // Tells the other end that we are ready.
  void Add(base::UniqueFd session);
  // Until the last listener and the last session are gone. The exit code.
  int Run();

 private:
  struct Held {
    ListenerFacts facts;
    KernelSource source;
  };
  void Accept();
  bool TakeListener(int session);
  // The container's user namespace, of its first stub. False for another one, or if it cannot be
  // told.
  bool TakeHome(pid_t stub);
  MountHome HomeForWorker() const;
  // Answers what the dead worker left and starts the next; false if there shall be none.
  bool ReplaceWorker();
  // In a process that the holder forks: what is the holder's alone.
  void CloseOwn();
  // The lowest number that no listener has.
  unsigned FreeNumber() const;

  base::UniqueFd control_;
  WorkerParts& parts_;
  WorkerProcess worker_;
  std::vector<std::time_t> deaths_;
  std::vector<base::UniqueFd> sessions_;
  std::list<Held> listeners_;
  std::optional<MountKeeper> mounts_;
  ino_t home_ = 0;       // the container's user namespace
  bool shared_ = false;  // which is ours
};

}  // namespace stockade::supervisor
