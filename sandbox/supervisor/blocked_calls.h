// SPDX-License-Identifier: Apache-2.0
// The threads that wait inside a call for a caller. A caller that dies has to free its thread, but
// no descriptor tells of its death, so each is looked at some times a second, as long as there are
// any, and a thread whose caller is gone is interrupted until it has noticed.
//
//   const BlockedCalls::Entry entry(blocked, source, call.id);   // in the thread that may block
//   blocked.Sweep();                                             // in the main thread
#pragma once

#include <pthread.h>

#include <cstdint>
#include <list>
#include <mutex>

#include "config/base/fd.h"
#include "sandbox/supervisor/notification_source.h"

namespace stockade::supervisor {

class BlockedCalls {
 public:
  static constexpr int kPeriodMs = 50;

  BlockedCalls();

  class Entry {
   public:
    Entry(BlockedCalls& calls, NotificationSource& source, std::uint64_t id);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();

   private:
    BlockedCalls& calls_;
    struct Waiting;
    std::list<Waiting>::iterator at_;
    friend class BlockedCalls;
  };

  // Interrupts the threads whose callers are gone; true if there is any thread left.
  bool Sweep();
  // Readable when Sweep has something to look at again.
  int wake_fd() const { return wake_.get(); }

 private:
  std::mutex mutex_;
  std::list<Entry::Waiting> waiting_;
  base::UniqueFd wake_;
};

struct BlockedCalls::Entry::Waiting {
  pthread_t thread;
  NotificationSource* source;
  std::uint64_t id;
};

// The signal that interrupts; its handler does nothing.
inline constexpr int kInterrupt = 10;  // SIGUSR1
void HandleInterrupt();

}  // namespace stockade::supervisor
