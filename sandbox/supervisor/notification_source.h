// SPDX-License-Identifier: Apache-2.0
// The kernel's side of seccomp notifications, behind four calls that a test can replace.
//
//   seccomp_notif call;
//   while (source.Receive(call) != Received::kEnd) { … source.Answer(call.id, value, error); }
#pragma once

#include <linux/seccomp.h>

#include <cstdint>

#include "config/base/fd.h"

namespace stockade::supervisor {

enum class Received {
  kCall,   // `call` is filled in
  kAgain,  // a signal, or a caller that died meanwhile
  kEnd,    // nobody uses the filter any more, or the listener is broken
};

class NotificationSource {
 public:
  virtual ~NotificationSource() = default;
  // Waits for the next call.
  virtual Received Receive(seccomp_notif& call) = 0;
  // False once the caller has died: whatever was read from its memory or descriptors is then not
  // to be used, for its thread id may be another's.
  virtual bool IsWaiting(std::uint64_t id) = 0;
  // Ends the call with `value`, or with `error` (an errno value) if that is not 0. A caller that is
  // gone needs no answer.
  virtual void Answer(std::uint64_t id, std::int64_t value, int error) = 0;
  // Lets the kernel perform the call, with the arguments that it finds then: never after a decision
  // that looked at the caller's memory or descriptors.
  virtual void GoOn(std::uint64_t id) = 0;
  // Ends the call with `fd` in the caller, whose number is the call's value. Ours is closed before
  // the caller goes on: it would keep a FIFO from its end, and a program from being run (ETXTBSY).
  // Not so with `at_once`, which wakes the caller once and not twice: for a file that is only read.
  virtual void AnswerWithFd(std::uint64_t id, base::UniqueFd fd, bool close_on_exec,
                            bool at_once) = 0;
};

// The listener of seccomp(2).
class KernelSource : public NotificationSource {
 public:
  explicit KernelSource(base::UniqueFd listener);
  Received Receive(seccomp_notif& call) override;
  bool IsWaiting(std::uint64_t id) override;
  void Answer(std::uint64_t id, std::int64_t value, int error) override;
  void GoOn(std::uint64_t id) override;
  void AnswerWithFd(std::uint64_t id, base::UniqueFd fd, bool close_on_exec, bool at_once) override;
  int fd() const { return listener_.get(); }

  // True if `fd` is such a listener.
  static bool IsListener(int fd);
  // True if this kernel's structures are those of our headers.
  static bool KnowsStructures();

 private:
  base::UniqueFd listener_;
};

}  // namespace stockade::supervisor
