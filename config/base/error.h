// SPDX-License-Identifier: Apache-2.0
// Results and errors. Everything that can fail returns Result<T>; an Error is made once, where the
// reason is known, travels up unchanged, and is logged once, at the top.
//
//   Result<int> Port(std::string_view text) {
//     if (text.empty()) return Fail(ErrorKind::kUsage, "the port is empty");
//     STOCKADE_ASSIGN(const Json doc, ParseJson(text, kSpecLimits, "port"));
//     return doc.get<int>();
//   }
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace stockade::base {

// Who has to act on an error.
enum class ErrorKind {
  kUsage,     // the command line
  kPolicy,    // a class or node configuration file
  kSpec,      // what the pod asked for, in config.json or process.json
  kHost,      // the node: a missing kernel feature, a full disk, a permission
  kDelegate,  // the runtime that we hand over to
  kInternal,  // a defect of stockade
};

// The lower-case name of a kind: "usage", "policy", "spec", "host", "delegate", "internal".
const char* ErrorKindName(ErrorKind kind);

// What went wrong and what to do. `message` starts in lower case, has no final period and names the
// path, line and value; `hint` is one sentence that says the way out, or empty.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string message;
  std::string hint;

  // The text for people: "message (hint)" on one line.
  std::string Text() const;
  // The same error with `context: ` before its message.
  Error Within(std::string_view context) const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// An error to return, its message formatted by fmt.
template <class... Args>
tl::unexpected<Error> Fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(Error{kind, fmt::format(format, std::forward<Args>(args)...), {}});
}

// The same with a hint.
template <class... Args>
tl::unexpected<Error> FailHint(ErrorKind kind, std::string hint, fmt::format_string<Args...> format,
                               Args&&... args) {
  return tl::unexpected(
      Error{kind, fmt::format(format, std::forward<Args>(args)...), std::move(hint)});
}

// An error of a system call: "what: No such file or directory". `error_number` is an errno value.
tl::unexpected<Error> FailErrno(ErrorKind kind, int error_number, std::string_view what);

}  // namespace stockade::base

#define STOCKADE_CONCAT_INNER(a, b) a##b
#define STOCKADE_CONCAT(a, b) STOCKADE_CONCAT_INNER(a, b)

// Returns the error of a Status or Result expression to the caller, or goes on.
#define STOCKADE_TRY(expression)                                   \
  do {                                                             \
    if (auto stockade_status = (expression); !stockade_status) {   \
      return ::tl::unexpected(std::move(stockade_status).error()); \
    }                                                              \
  } while (false)

// Declares `declaration` from a Result's value, or returns its error to the caller.
#define STOCKADE_ASSIGN(declaration, expression) \
  STOCKADE_ASSIGN_INNER(declaration, expression, STOCKADE_CONCAT(stockade_result_, __LINE__))
#define STOCKADE_ASSIGN_INNER(declaration, expression, name)   \
  auto name = (expression);                                    \
  if (!name) return ::tl::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
