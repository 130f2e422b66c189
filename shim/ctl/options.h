// SPDX-License-Identifier: Apache-2.0
// The command line of stockadectl, read by Boost.Program_options from the tables in commands.cc.
//
//   STOCKADE_ASSIGN(const Line line, ParseLine({"explain", "--class", "web", "--bundle", "/b"}));
//   line.command->run(...)
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/base/error.h"
#include "shim/ctl/command.h"

namespace stockade::ctl {

struct Line {
  const Command* command = nullptr;  // nullptr: --help, --version or nothing at all
  std::map<std::string, std::string, std::less<>> options;
  std::vector<std::string> operands;
};

// Parses the words behind argv[0]. kUsage error for an unknown verb or option, a missing value and
// a wrong number of operands (unless --help is given).
base::Result<Line> ParseLine(const std::vector<std::string>& words);

// The help of one command, or of the whole program for nullptr.
std::string HelpText(const Command* command);

}  // namespace stockade::ctl
