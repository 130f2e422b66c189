// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/worker.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <list>
#include <memory>

#include "config/base/file.h"
#include "sandbox/fd_message.h"
#include "sandbox/supervisor/listener.h"

namespace stockade::supervisor {
namespace {

struct Running {
  int fd = -1;
  std::unique_ptr<Listener> listener = nullptr;
  bool ending = false;  // nobody uses the filter any more, but a thread may still be busy
};

class Worker {
 public:
  Worker(WorkerParts& parts, base::UniqueFd link)
      : link_(std::move(link)),
        events_(std::move(parts.events), std::move(parts.older_events)),
        context_{.rule = parts.rule,
                 .events = events_,
                 .blocked = blocked_,
                 .calls = parts.calls,
                 .proc = parts.view.proc.get(),
                 .own_fds = parts.view.own_fds.get(),
                 .own_root = parts.view.own_root.get(),
                 .memory = parts.memory ? &*parts.memory : nullptr,
                 .orders = parts.orders.get()} {}

  int Run() {
    bool blocked = false;
    int patience = 0;  // with listeners that are ending; 0 if there is none
    while (link_ || !listeners_.empty()) {
      std::vector<pollfd> fds{{link_.get(), POLLIN, 0}, {blocked_.wake_fd(), POLLIN, 0}};
      // What has hung up stays so, and poll would not wait for anything else.
      for (const Running& running : listeners_) {
        fds.push_back({running.ending ? -1 : running.fd, 0, 0});
      }
      const int timeout = patience != 0 ? patience : blocked ? BlockedCalls::kPeriodMs : -1;
      if (poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) return 1;
      blocked = blocked_.Sweep();
      bool ending = false;
      auto state = fds.begin() + 2;
      for (Running& running : listeners_) {
        running.ending = running.ending || (state->revents & POLLHUP) != 0;
        ++state;
        if (!running.ending) continue;
        // The receiving thread notices by itself on newer kernels.
        running.listener->Interrupt();
        ending = true;
      }
      std::erase_if(listeners_, [](const Running& running) { return running.listener->Over(); });
      // Most end at once.
      patience = ending ? std::clamp(2 * patience, 1, BlockedCalls::kPeriodMs) : 0;
      if (fds[0].revents != 0 && !Take()) return 1;
    }
    return 0;
  }

  // Once, before the first listener.
  bool Confine(int user_namespace) {
    const base::Status done = ConfineWorker(user_namespace);
    if (!done) (void)base::WriteAll(STDERR_FILENO, done.error().Text() + "\n", "log");
    confined_ = done.has_value();
    return confined_;
  }

 private:
  // A listener that the holder gives. False if there are no threads to be had: another worker may
  // have more luck, and this one cannot leave a listener alone.
  bool Take() {
    ListenerFacts facts;
    sandbox::FdMessage message = sandbox::ReceiveFd(link_.get(), &facts, sizeof facts);
    if (message.size == 1 && message.fd && !confined_) return Confine(message.fd.get());
    if (message.size != static_cast<ssize_t>(sizeof facts) || !message.fd) {
      link_.Reset();
      return true;
    }
    if (!confined_ && !Confine(-1)) return false;
    const int fd = message.fd.get();
    auto listener = std::make_unique<Listener>(
        std::make_unique<KernelSource>(std::move(message.fd)), context_, facts);
    if (!listener->Start()) return false;
    listeners_.push_back({fd, std::move(listener)});
    return true;
  }

  base::UniqueFd link_;
  bool confined_ = false;
  EventLog events_;
  BlockedCalls blocked_;
  Context context_;
  std::list<Running> listeners_;
};

}  // namespace

bool PerformsMounts(const config::InterpositionRule& rule) {
  return rule.mounts == config::Mounts::kTmpfs && !rule.complain;
}

int RunWorker(WorkerParts& parts, base::UniqueFd link) {
  HandleInterrupt();
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  parts.view.own_fds.Reset(openat(parts.view.proc.get(), "self/fd", kFlags));  // not the holder's
  if (!parts.view.own_fds) return 1;
  Worker worker(parts, std::move(link));
  const int home = parts.user_namespace.get();
  if (home >= 0 && !worker.Confine(home)) return 1;
  return worker.Run();
}

}  // namespace stockade::supervisor
