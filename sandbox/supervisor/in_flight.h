// SPDX-License-Identifier: Apache-2.0
// Which calls a worker has received and not answered yet, in memory that its holder shares: the
// kernel hands a call out once, so that those of a worker that died have to be answered by the
// holder, or their callers would wait for ever.
//
//   calls.Begin(slot, listener, id);  … source.Answer(id, …);  calls.End(slot);    // the worker
//   for (const auto id : calls.TakeLost(listener)) source.Answer(id, 0, EINTR);    // the holder
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stockade::supervisor {

class InFlight {
 public:
  static constexpr unsigned kThreads = 2048;    // of a worker
  static constexpr unsigned kListeners = 1024;  // numbered from 0
  // A worker may have died between the kernel's handing out a call and Begin. Calls are numbered as
  // they come and handed out in that order, but for those whose callers died: so many are looked
  // at.
  static constexpr unsigned kUnnoted = 4096;

  // Maps the memory; all processes forked from this one share it. Check with operator bool.
  InFlight();
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight();
  explicit operator bool() const { return shared_ != nullptr; }

  // A slot for a thread of the worker; -1 if all are taken.
  int Acquire();
  void Release(int slot);
  void Begin(int slot, unsigned listener, std::uint64_t id);
  void End(int slot);

  // After a worker's death: the ids of `listener` that it may have left, some of which are not or
  // no longer a call's.
  std::vector<std::uint64_t> LostOf(unsigned listener) const;
  // Before a worker starts: no slot is taken.
  void FreeSlots();
  // Before a number is used for another listener.
  void Forget(unsigned listener);

 private:
  struct Slot {
    std::atomic<std::uint32_t> taken;
    std::atomic<std::uint32_t> listener;  // its number plus one while the call is unanswered
    std::atomic<std::uint64_t> id;
  };
  struct Last {
    std::atomic<std::uint64_t> id;  // the last one that was noted
    std::atomic<std::uint32_t> any;
  };
  struct Shared {
    Slot slots[kThreads];
    Last last[kListeners];
  };
  Shared* shared_ = nullptr;
};

}  // namespace stockade::supervisor
