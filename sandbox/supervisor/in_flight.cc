// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/in_flight.h"

#include <sys/mman.h>

#include <new>

namespace stockade::supervisor {

InFlight::InFlight() {
  void* const memory =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  // Zeroed pages are the beginning of every part of it; touching none keeps it small.
  if (memory != MAP_FAILED) shared_ = std::launder(static_cast<Shared*>(memory));
}

InFlight::~InFlight() {
  if (shared_ != nullptr) munmap(shared_, sizeof(Shared));
}

int InFlight::Acquire() {
  for (unsigned i = 0; i < kThreads; ++i) {
    std::uint32_t free = 0;
    if (shared_->slots[i].taken.compare_exchange_strong(free, 1)) return static_cast<int>(i);
  }
  return -1;
}

void InFlight::Release(int slot) {
  End(slot);
  shared_->slots[slot].taken = 0;
}

void InFlight::Begin(int slot, unsigned listener, std::uint64_t id) {
  Slot& own = shared_->slots[slot];
  own.id.store(id, std::memory_order_relaxed);
  own.listener.store(listener + 1, std::memory_order_release);
  Last& last = shared_->last[listener];
  last.id.store(id, std::memory_order_relaxed);
  last.any.store(1, std::memory_order_release);
}

void InFlight::End(int slot) { shared_->slots[slot].listener.store(0, std::memory_order_release); }

std::vector<std::uint64_t> InFlight::LostOf(unsigned listener) const {
  std::vector<std::uint64_t> ids;
  for (const Slot& slot : shared_->slots) {
    if (slot.listener == listener + 1) ids.push_back(slot.id);
  }
  const Last& last = shared_->last[listener];
  for (unsigned i = 1; last.any != 0 && i <= kUnnoted; ++i) ids.push_back(last.id + i);
  return ids;
}

void InFlight::FreeSlots() {
  for (Slot& slot : shared_->slots) {
    slot.listener = 0;
    slot.taken = 0;
  }
}

void InFlight::Forget(unsigned listener) { shared_->last[listener].any = 0; }

}  // namespace stockade::supervisor
