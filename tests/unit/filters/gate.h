// SPDX-License-Identifier: Apache-2.0
// Whether the seccomp filters of this process let a call through, told without the kernel's own
// answer: a child adds one filter that hands exactly this call to its parent. The kernel takes the
// strictest of all filters, so the parent hears of the call if and only if every other filter
// allows it. The child ends there; the call itself is never made.
//
//   Ask(SYS_reboot, 0, [] { return Call(SYS_reboot, args); })   // harmless, whatever it says
#pragma once

namespace stockade::probe {

// What a call returned: `error` is its errno, or 0.
struct Outcome {
  long value = 0;
  int error = 0;
};

// A call as the child makes it; `context` is handed through.
using MakeCall = Outcome (*)(const void* context);

struct Verdict {
  enum class Kind {
    kPasses,   // every filter lets it through
    kErrno,    // a filter answered with errno `number`
    kSignal,   // a filter ended the process with signal `number`
    kUnknown,  // no second filter could be put on (errno `number`), or nothing was heard
  };
  Kind kind = Kind::kUnknown;
  int number = 0;
};

// Asks about the call `number` of the native architecture (x32's bit included), or about every call
// of other architectures if `compat`. Forks; leaves nothing behind. Gives up after 5 seconds.
Verdict Ask(int number, bool compat, MakeCall call, const void* context);

}  // namespace stockade::probe
