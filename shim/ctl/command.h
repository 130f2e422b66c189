// SPDX-License-Identifier: Apache-2.0
// A verb of stockadectl: a function from its options to what it found. Commands print nothing
// themselves; control.cc prints the page, or the JSON where --json was given.
//
//   base::Result<Outcome> ClassesList(const Request& request);
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/node_config.h"
#include "shim/ctl/page.h"

namespace stockade::ctl {

// What a command line says, and the node that it is about.
struct Request {
  std::vector<std::string> operands;                        // "NAME", "ID"
  std::map<std::string, std::string, std::less<>> options;  // without dashes; switches as ""
  config::NodeConfig node;

  bool Has(std::string_view option) const { return options.contains(option); }
  // The value of an option, or "".
  std::string Value(std::string_view option) const {
    const auto found = options.find(option);
    return found == options.end() ? std::string() : found->second;
  }
};

// What a command found.
struct Outcome {
  Page page;
  base::Json json;
  bool ok = true;  // false: a check failed or something was refused; the exit code is 1
  std::optional<base::Error> error;  // said on stderr, beside the page
};

// One option of one command, or of all of them.
struct OptionRule {
  std::string_view name;   // "class"
  std::string_view value;  // "NAME"; "" for a switch
  std::string_view help;   // one line
};

// One row of the table in commands.cc.
struct Command {
  std::string_view name;     // "classes list"
  std::string_view operand;  // "NAME", "LEFT RIGHT" for two, or "" if it takes none
  std::string_view help;     // one line
  std::span<const OptionRule> options;
  base::Result<Outcome> (*run)(const Request&);
};

// All verbs, in the order in which --help shows them.
std::span<const Command> CommandTable();

// The options that every command takes, also before the verb.
std::span<const OptionRule> CommonOptions();

// The verbs.
base::Result<Outcome> Check(const Request& request);
base::Result<Outcome> ClassesList(const Request& request);
base::Result<Outcome> ClassesShow(const Request& request);
base::Result<Outcome> Explain(const Request& request);
base::Result<Outcome> Inspect(const Request& request);
base::Result<Outcome> List(const Request& request);
base::Result<Outcome> Pods(const Request& request);
base::Result<Outcome> ProfileShow(const Request& request);
base::Result<Outcome> ProfileCompile(const Request& request);
base::Result<Outcome> ProfileEvaluate(const Request& request);
base::Result<Outcome> ProfileDiff(const Request& request);

// `explain --syscall`: what the filter of --class does with one call.
base::Result<Outcome> ExplainCall(const Request& request);

}  // namespace stockade::ctl
