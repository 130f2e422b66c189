// SPDX-License-Identifier: Apache-2.0
// Where errors go: appended to the engine's --log in the form that it asked for, and to stderr for
// people. Opened before anything else can fail, like the delegates do.
//
//   STOCKADE_ASSIGN(const RuntimeLog log, RuntimeLog::Open(call));
//   log.Error(error);   // {"level":"error","msg":"...","time":"2026-11-23T18:00:00Z"}
#pragma once

#include <string>
#include <string_view>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "shim/invocation.h"

namespace stockade::shim {

class RuntimeLog {
 public:
  // Opens the file of --log for appending; without the flag errors go to stderr only.
  static base::Result<RuntimeLog> Open(const Invocation& call);

  // One line at level "error", to the log and to stderr. Never to stdout, which is the container's.
  void Error(const base::Error& error) const;

 private:
  RuntimeLog(base::UniqueFd fd, bool json) : fd_(std::move(fd)), json_(json) {}

  base::UniqueFd fd_;
  bool json_;
};

// `message` for a terminal: what a pod wrote into its spec may stand in it, so control characters
// become
// "?".
std::string Printable(std::string message);

// The line without its newline; `time` in seconds since the epoch, UTC.
std::string FormatLogLine(bool json, std::string_view message, long long time);

}  // namespace stockade::shim
