// SPDX-License-Identifier: Apache-2.0
// The command line, read once: argv -> {globals, verb, flags, container id}. Nothing here touches a
// file.
//
//   Invocation call;
//   STOCKADE_TRY(ParseInvocation(argv, call));
//   // stockade-restricted --root /run/runc create --bundle /b web1
//   call.class_name == "restricted"; call.verb == Verb::kCreate; call.id == "web1"
//
// The grammar is that of the delegates: flags start with one or two dashes and take their value as
// "--name=value" or as the next argument; "--" ends them. After `exec` and its container id, all
// that follows belongs to the container. Elsewhere flags may also follow the id.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "shim/flag_table.h"

namespace stockade::shim {

// One flag as it stands on the command line.
struct Flag {
  std::string name;                  // the long name where we know the flag, else as written
  std::optional<std::string> value;  // nullopt for a bare switch
  std::vector<std::string> words;    // as it was written: "--bundle", "/b"
};

struct Invocation {
  std::string class_name;     // from argv[0] or --stockade-class; "" if neither names one
  std::string config_file;    // --stockade-config, or ""
  std::vector<Flag> globals;  // without ours
  Verb verb = Verb::kNone;
  std::string verb_word;          // "create", or a verb that we do not know
  std::vector<Flag> flags;        // of the verb, in their order
  std::string id;                 // the container, or ""
  std::vector<std::string> rest;  // what follows the id: a command, a signal
  // What a delegate gets after its argv[0] when nothing has to change: argv without our own
  // globals.
  std::vector<std::string> passed;

  // The value of the last flag of that name, as the delegates take it.
  std::optional<std::string> Global(std::string_view name) const;
  std::optional<std::string> Value(std::string_view name) const;
  // True if the switch is given and not "=false".
  bool Has(std::string_view name) const;
  bool GlobalSwitch(std::string_view name) const;
};

// Parses argv (argv[0] included) into the empty `call`. kUsage error for what two parsers could
// read differently; `call` then holds what stood before, so that the error reaches the engine's
// log.
base::Status ParseInvocation(const std::vector<std::string>& argv, Invocation& call);

}  // namespace stockade::shim
