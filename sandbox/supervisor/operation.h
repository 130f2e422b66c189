// SPDX-License-Identifier: Apache-2.0
// A call that has been decided and is still to be performed on its caller's behalf. It is destroyed
// before its caller goes on: a duplicate of a socket would keep that open after its last close(2).
//
//   if (const auto reply = operation->Try()) return *reply;          // in the thread that answers
//   return operation->Perform([&] { return source.IsWaiting(id); });  // in one that may block
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

namespace stockade::supervisor {

// What the caller's call returns: an errno value, or 0 and a value.
struct Reply {
  std::int64_t value = 0;
  int error = 0;
};

// False once the caller is gone. Asked whenever a signal interrupts what may block.
using StillWaiting = std::function<bool()>;

class Operation {
 public:
  virtual ~Operation() = default;
  // Performs what takes no waiting. Nothing if the rest needs Perform().
  virtual std::optional<Reply> Try() = 0;
  // Performs the call, however long it takes; nothing if the caller went away first.
  virtual std::optional<Reply> Perform(const StillWaiting& still_waiting) = 0;
};

// A call after its decision: its answer, or what is to be done; neither if the caller is gone.
struct Prepared {
  std::optional<Reply> reply;
  std::unique_ptr<Operation> operation = nullptr;
  // The kernel goes on with the call: only after a decision on registers alone.
  bool go_on = false;
};

inline Prepared Failed(int error) { return {.reply = Reply{0, error}}; }

}  // namespace stockade::supervisor
