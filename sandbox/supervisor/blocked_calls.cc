// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/blocked_calls.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

namespace stockade::supervisor {

BlockedCalls::BlockedCalls() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

BlockedCalls::Entry::Entry(BlockedCalls& calls, NotificationSource& source, std::uint64_t id)
    : calls_(calls) {
  const std::lock_guard lock(calls_.mutex_);
  const bool first = calls_.waiting_.empty();
  at_ = calls_.waiting_.insert(calls_.waiting_.end(), Waiting{pthread_self(), &source, id});
  const std::uint64_t one = 1;
  if (first) (void)!write(calls_.wake_.get(), &one, sizeof one);
}

BlockedCalls::Entry::~Entry() {
  const std::lock_guard lock(calls_.mutex_);
  calls_.waiting_.erase(at_);
}

bool BlockedCalls::Sweep() {
  std::uint64_t count = 0;
  (void)!read(wake_.get(), &count, sizeof count);
  const std::lock_guard lock(mutex_);
  for (const Entry::Waiting& waiting : waiting_) {
    if (!waiting.source->IsWaiting(waiting.id)) (void)pthread_kill(waiting.thread, kInterrupt);
  }
  return !waiting_.empty();
}

void HandleInterrupt() {
  struct sigaction action = {};
  action.sa_handler = [](int) {};  // without SA_RESTART: the call returns EINTR
  (void)sigaction(kInterrupt, &action, nullptr);
}

}  // namespace stockade::supervisor
