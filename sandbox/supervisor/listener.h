// SPDX-License-Identifier: Apache-2.0
// Answers the calls of one listener. One thread receives and answers; a call that may wait is
// performed by the thread that received it, after it has left the receiving to another. So nothing
// is handed from thread to thread, and as long as nothing waits there is one thread.
//
//   Listener listener(std::move(source), context);
//   … listener.Over() …
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "sandbox/supervisor/blocked_calls.h"
#include "sandbox/supervisor/operation.h"
#include "sandbox/supervisor/services.h"
#include "sandbox/supervisor/settled_view.h"
#include "sandbox/supervisor/worker.h"

namespace stockade::supervisor {

// What all listeners of a container share.
struct Context {
  const config::InterpositionRule& rule;
  EventLog& events;
  BlockedCalls& blocked;
  InFlight& calls;
  int proc = -1;
  int own_fds = -1;
  int own_root = -1;
  const MemoryGroups* memory = nullptr;  // for a class that answers sysinfo
  int orders = -1;                       // to the holder, for a class that has tmpfs mounted
};

// Decides a call (call_table.cc).
Prepared Prepare(const Services& services, const seccomp_notif& call);

class Listener {
 public:
  // Threads of one listener; with all of them waiting, what would wait as well gets EAGAIN.
  static constexpr int kMaxThreads = 256;

  Listener(std::unique_ptr<NotificationSource> source, const Context& context,
           const ListenerFacts& facts);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  // All threads must have ended.
  ~Listener() = default;

  // Starts the first thread; false if there is none to be had.
  bool Start();
  // True when no thread is left: nobody uses the filter any more.
  bool Over() const { return threads_.load() == 0; }
  // Makes the receiving thread look whether the filter is still in use.
  void Interrupt();

  // The body of a thread, whose place in InFlight is `slot`.
  void Run(int slot);

 private:
  // Receives and answers until there is a call that has to wait, which is returned; nothing at the
  // end. The caller holds `receiving_`.
  std::unique_ptr<Operation> Serve(int slot, std::uint64_t& id);
  // Decides a call and performs what takes no waiting; what is left to be done, if anything.
  std::unique_ptr<Operation> Handle(const seccomp_notif& call);
  bool AddThread();
  void Answer(std::uint64_t id, const Reply& reply);

  std::unique_ptr<NotificationSource> source_;
  TargetDescriptors targets_;
  SettledCallers settled_;
  Services services_;
  BlockedCalls& blocked_;
  InFlight& calls_;
  const unsigned number_;
  std::mutex receiving_;
  std::atomic<int> threads_{0};
  std::atomic<int> idle_{0};  // threads that wait to receive
  std::atomic<bool> over_{false};
  std::atomic<pid_t> receiver_{0};
};

}  // namespace stockade::supervisor
