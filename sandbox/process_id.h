// SPDX-License-Identifier: Apache-2.0
// A process that a later pid of the same number cannot be mistaken for, as a record or a claim
// names it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stockade::sandbox {

struct ProcessId {
  int pid = 0;
  unsigned long long start = 0;  // start time in clock ticks since boot (proc(5), stat field 22)

  // This process, which execve does not change.
  static ProcessId Self();
  // The process that Text() named; nothing if `text` is of another form.
  static std::optional<ProcessId> FromText(std::string_view text);

  // "<pid>/<start>".
  std::string Text() const;
  bool Alive() const;
  bool operator==(const ProcessId&) const = default;
};

}  // namespace stockade::sandbox
