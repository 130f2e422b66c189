// SPDX-License-Identifier: Apache-2.0
// The judgement of `check`: facts in, rows out. Pure.
//
//   for (const CheckRow& row : ClassRows(facts, kernel)) … row.what, row.state, row.way_out
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/class_policy.h"
#include "shim/ctl/node_facts.h"

namespace stockade::ctl {

enum class CheckState {
  kOk,
  kWarn,     // works, but people should know
  kMissing,  // the class cannot be run so
};

// "ok", "warn", "missing".
const char* CheckStateName(CheckState state);

struct CheckRow {
  std::string what;
  CheckState state = CheckState::kOk;
  std::string detail;
  std::string way_out;  // what to do, "" where nothing is to be done
};

// What is known about one class.
struct ClassFacts {
  std::string name;
  std::optional<config::ClassPolicy> policy;  // or why there is none:
  base::Error error;
  std::vector<std::string> weakenings;
  ProgramFacts delegate;
  std::string link;        // PREFIX/bin/stockade-NAME
  bool link_good = false;  // it is there and leads to the stockade beside it
  std::string init;        // the path of stockade-init; "" when it cannot be used, for this reason:
  base::Error init_error;
  // Why it cannot be nobody's in a container without a user namespace; nothing if it can.
  std::optional<base::Error> init_seen = {};
};

// What every class depends on: the state directory, containerd, the kernel.
std::vector<CheckRow> NodeRows(const KernelFacts& kernel, const StateFacts& state,
                               const ProgramFacts& containerd);

// What this class depends on.
std::vector<CheckRow> ClassRows(const ClassFacts& facts, const KernelFacts& kernel);

// True unless a row says missing.
bool AllThere(const std::vector<CheckRow>& rows);

}  // namespace stockade::ctl
