// SPDX-License-Identifier: Apache-2.0
#include "shim/invocation.h"

#include <algorithm>

namespace stockade::shim {
namespace {

using base::ErrorKind;

constexpr std::string_view kProgram = "stockade";

// The class in a program name: "/usr/bin/stockade-web" -> "web"; "" for "stockade" and other names.
std::string ClassOfProgram(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (!name.starts_with(kProgram) || name.size() <= kProgram.size() + 1) return {};
  return name[kProgram.size()] == '-' ? std::string(name.substr(kProgram.size() + 1)) : "";
}

bool IsFlag(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

// The words of a command line, consumed from the left.
class Words {
 public:
  explicit Words(const std::vector<std::string>& words) : words_(words) {}
  bool empty() const { return at_ >= words_.size(); }
  const std::string& peek() const { return words_[at_]; }
  const std::string& Next() { return words_[at_++]; }
  std::vector<std::string> Rest() {
    std::vector<std::string> rest(words_.begin() + static_cast<std::ptrdiff_t>(at_), words_.end());
    at_ = words_.size();
    return rest;
  }

 private:
  const std::vector<std::string>& words_;
  std::size_t at_ = 1;  // behind argv[0]
};

base::Result<Flag> TakeFlag(Words& words, Verb verb) {
  const std::string word = words.Next();
  Flag flag;
  flag.words.push_back(word);
  std::string_view text = word;
  text.remove_prefix(text.starts_with("--") ? 2 : 1);
  const auto equals = text.find('=');
  flag.name = text.substr(0, equals);
  if (equals != std::string_view::npos) flag.value = std::string(text.substr(equals + 1));
  if (const FlagRule* full = IsGuarded(verb) ? FindAbbreviated(verb, flag.name) : nullptr) {
    return base::FailHint(ErrorKind::kUsage, fmt::format("write --{}", full->name),
                          "the flag {} is an abbreviation", word);
  }
  const bool one_dash = !word.starts_with("--");
  if (IsGuarded(verb) && one_dash && flag.name.size() > 1 &&
      FindFlag(verb, flag.name.substr(0, 1)) != nullptr) {
    // runc reads "-bundle" as --bundle, crun as "-b undle".
    return base::FailHint(ErrorKind::kUsage, "write long flags with two dashes, short ones alone",
                          "the flag {} has two meanings", word);
  }
  const FlagRule* rule = FindFlag(verb, flag.name);
  if (rule == nullptr) return flag;  // not ours to understand: it passes as it is
  flag.name = rule->name;
  if (rule->takes_value && !flag.value) {
    if (words.empty()) return base::Fail(ErrorKind::kUsage, "the flag {} needs a value", word);
    flag.words.push_back(words.peek());
    flag.value = words.Next();
  }
  return flag;
}

// True for the globals that are stockade's own; takes their values.
base::Result<bool> TakeOwnGlobal(const Flag& flag, Invocation& call) {
  if (flag.name == "stockade-config") {
    call.config_file = flag.value.value_or("");
    return true;
  }
  if (flag.name != "stockade-class") return false;
  const std::string& name = flag.value.value_or("");
  if (!call.class_name.empty() && call.class_name != name) {
    return base::Fail(ErrorKind::kUsage, "the program's name says class {}, the flag says class {}",
                      call.class_name, name);
  }
  call.class_name = name;
  return true;
}

void Pass(const std::vector<std::string>& words, Invocation& call) {
  call.passed.insert(call.passed.end(), words.begin(), words.end());
}

// Everything behind the verb: flags and the container id in any order, but for exec, whose command
// begins right after the id.
base::Status TakeVerbArguments(Words& words, Invocation& call) {
  std::vector<std::string> positional;
  while (!words.empty()) {
    if (words.peek() == "--") {
      words.Next();
      for (std::string& word : words.Rest()) positional.push_back(std::move(word));
    } else if (IsFlag(words.peek())) {
      STOCKADE_ASSIGN(Flag flag, TakeFlag(words, call.verb));
      call.flags.push_back(std::move(flag));
    } else {
      positional.push_back(words.Next());
      if (call.verb != Verb::kExec) continue;
      for (std::string& word : words.Rest()) positional.push_back(std::move(word));
    }
  }
  if (positional.empty()) return {};
  call.id = std::move(positional.front());
  call.rest.assign(std::make_move_iterator(positional.begin() + 1),
                   std::make_move_iterator(positional.end()));
  return {};
}

// What a guarded verb must have for its command line to have one meaning.
base::Status CheckGuarded(const Invocation& call) {
  if (!IsGuarded(call.verb) || call.Has("help")) return {};
  if (call.id.empty()) {
    return base::Fail(ErrorKind::kUsage, "{} needs a container id", call.verb_word);
  }
  if (call.verb != Verb::kExec && !call.rest.empty()) {
    return base::FailHint(ErrorKind::kUsage, "write the value of an unknown flag as --flag=value",
                          "{} takes one container id, not also \"{}\"", call.verb_word,
                          call.rest.front());
  }
  return {};
}

// A global that we do not know may take the next word as its value, which then is not the verb.
base::Status CheckVerb(const Invocation& call) {
  if (IsDelegateVerb(call.verb_word)) return {};
  for (const Flag& flag : call.globals) {
    if (flag.value || FindFlag(Verb::kNone, flag.name) != nullptr) continue;
    return base::FailHint(ErrorKind::kUsage, "write the value of an unknown flag as --flag=value",
                          "the verb cannot be told: {} is no verb, and {} is an unknown flag",
                          call.verb_word, flag.words.front());
  }
  return {};
}

std::optional<std::string> LastValue(const std::vector<Flag>& flags, std::string_view name) {
  const auto last = std::find_if(flags.rbegin(), flags.rend(),
                                 [&](const Flag& flag) { return flag.name == name; });
  if (last == flags.rend()) return std::nullopt;
  return last->value.value_or("true");
}

bool IsTrue(const std::optional<std::string>& value) {
  return value && *value != "false" && *value != "0" && *value != "f" && *value != "F" &&
         *value != "FALSE" && *value != "False";
}

}  // namespace

std::optional<std::string> Invocation::Global(std::string_view name) const {
  return LastValue(globals, name);
}
std::optional<std::string> Invocation::Value(std::string_view name) const {
  return LastValue(flags, name);
}
bool Invocation::Has(std::string_view name) const { return IsTrue(Value(name)); }
bool Invocation::GlobalSwitch(std::string_view name) const { return IsTrue(Global(name)); }

base::Status ParseInvocation(const std::vector<std::string>& argv, Invocation& call) {
  if (argv.empty()) return base::Fail(ErrorKind::kUsage, "there is no argv[0]");
  call.class_name = ClassOfProgram(argv.front());
  Words words(argv);
  while (!words.empty() && IsFlag(words.peek())) {
    STOCKADE_ASSIGN(Flag flag, TakeFlag(words, Verb::kNone));
    STOCKADE_ASSIGN(const bool ours, TakeOwnGlobal(flag, call));
    if (ours) continue;
    Pass(flag.words, call);
    call.globals.push_back(std::move(flag));
  }
  if (words.empty()) return {};
  call.verb_word = words.Next();
  call.verb = VerbOf(call.verb_word);
  Words copy = words;
  Pass({call.verb_word}, call);
  Pass(copy.Rest(), call);
  STOCKADE_TRY(CheckVerb(call));
  STOCKADE_TRY(TakeVerbArguments(words, call));
  return CheckGuarded(call);
}

}  // namespace stockade::shim
