// SPDX-License-Identifier: Apache-2.0
// The command lines of runc, crun and youki as one table: which flags exist, and which take a
// value. Facts from `runc VERB --help` (1.1 to 1.4), `crun VERB --help` (1.8 to 1.28) and youki
// 0.7.
//
//   const FlagRule* rule = FindFlag(Verb::kCreate, "bundle");  // or by its letter, "b"
#pragma once

#include <string_view>

namespace stockade::shim {

// The verbs that stockade tells apart; every other one is handed over as it came.
enum class Verb {
  kNone,  // no verb: --help, --version
  kCreate,
  kRun,
  kRestore,
  kExec,
  kDelete,
  kFeatures,
  kOther,
};

// One flag. A flag of kNone is global: it stands before the verb.
struct FlagRule {
  Verb verb;
  std::string_view name;  // without dashes
  char letter;            // of the short form, 0 for none
  bool takes_value;
};

// The rule of a flag by long name or letter, or nullptr.
const FlagRule* FindFlag(Verb verb, std::string_view name);

// A known flag that `name` is an abbreviation of, or nullptr. crun's parser accepts abbreviations;
// ours refuses them, so that both read a command line the same way.
const FlagRule* FindAbbreviated(Verb verb, std::string_view name);

// The verb that `word` names; kOther if it is none of ours.
Verb VerbOf(std::string_view word);

// True for every verb that a delegate of today has, ours or not.
bool IsDelegateVerb(std::string_view word);

// True for the verbs that make a container or a process in one: they run the layers.
bool IsGuarded(Verb verb);

}  // namespace stockade::shim
