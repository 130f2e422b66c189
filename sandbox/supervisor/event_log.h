// SPDX-License-Identifier: Apache-2.0
// What the supervisor refused, as JSON lines in the container's state directory:
//
//   {"time":"2026-11-25T16:31:26Z","pid":4711,"command":"curl","call":"connect",
//    "arguments":"169.254.169.254:80","rule":"metadata address","answer":"EACCES"}
//
// A container can make refusals at will, so their number is bounded: a burst and then one a second
// for each rule, with the count of those left out in the next; and two files of half the cap, the
// older one emptied when the newer is full.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "config/base/fd.h"

namespace stockade::supervisor {

struct Event {
  int pid = 0;               // of the thread, in the host's numbers
  std::string_view command;  // its comm
  std::string_view call;     // "connect"
  std::string arguments;     // decoded
  std::string_view rule;     // of the class
  std::string_view answer;   // "EACCES", "killed", or "performed" in complain mode
};

class EventLog {
 public:
  static constexpr std::size_t kCap = 1U << 20;  // bytes of both files
  static constexpr unsigned kBurst = 20;         // of one rule

  // Two open files, the newer one first; without them nothing is written.
  EventLog(base::UniqueFd newer, base::UniqueFd older);
  void Write(const Event& event);
  // For tests: at a given time.
  void WriteAt(const Event& event, std::time_t now);

 private:
  struct Bucket {
    unsigned tokens = kBurst;
    std::time_t filled = 0;
    std::uint64_t suppressed = 0;
  };
  bool Admit(std::string_view rule, std::time_t now, std::uint64_t& suppressed);
  void Append(std::string_view line);

  std::mutex mutex_;
  base::UniqueFd newer_;
  base::UniqueFd older_;
  std::size_t written_ = 0;
  std::map<std::string, Bucket, std::less<>> buckets_;  // rules are the class's: a bounded set
};

}  // namespace stockade::supervisor
