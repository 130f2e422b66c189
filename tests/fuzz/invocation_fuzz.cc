// SPDX-License-Identifier: Apache-2.0
// Command lines, one argument a line: what is passed on means the same as what we read.
#include <string>
#include <vector>

#include "shim/invocation.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using stockade::fuzz::Require;
using stockade::shim::Invocation;
using stockade::shim::ParseInvocation;

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + "\n";
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> argv{""};
  for (const char c : stockade::fuzz::AsText(data, size)) {
    if (c == '\0') return 0;  // no argument of a process holds one
    if (c == '\n') {
      argv.emplace_back();
    } else {
      argv.back() += c;
    }
  }
  Invocation call;
  if (!ParseInvocation(argv, call)) return 0;

  // The delegate gets what we understood: the same verb on the same container, without our own
  // flags.
  std::vector<std::string> passed{"runc"};
  passed.insert(passed.end(), call.passed.begin(), call.passed.end());
  Invocation delegate;
  Require(ParseInvocation(passed, delegate).has_value(), "what is passed on can be read",
          Joined(passed));
  Require(delegate.verb == call.verb && delegate.verb_word == call.verb_word,
          "the verb is the same", Joined(passed));
  Require(delegate.id == call.id, "the container is the same", Joined(passed));
  Require(delegate.rest == call.rest, "the rest is the same", Joined(passed));
  Require(delegate.passed == call.passed, "passing on is a fixpoint", Joined(passed));
  Require(delegate.class_name.empty() && delegate.config_file.empty(), "our own flags are gone",
          Joined(passed));
  for (const char* flag : {"bundle", "process", "pid-file", "console-socket"}) {
    Require(delegate.Value(flag) == call.Value(flag), flag, Joined(passed));
  }
  for (const char* flag : {"root", "log"}) {
    Require(delegate.Global(flag) == call.Global(flag), flag, Joined(passed));
  }
  return 0;
}
