// SPDX-License-Identifier: Apache-2.0
#include "config/base/error.h"

#include <cstring>

namespace stockade::base {

const char* ErrorKindName(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kPolicy:
      return "policy";
    case ErrorKind::kSpec:
      return "spec";
    case ErrorKind::kHost:
      return "host";
    case ErrorKind::kDelegate:
      return "delegate";
    case ErrorKind::kInternal:
      return "internal";
  }
  return "internal";
}

std::string Error::Text() const {
  return hint.empty() ? message : fmt::format("{} ({})", message, hint);
}

Error Error::Within(std::string_view context) const {
  return Error{kind, fmt::format("{}: {}", context, message), hint};
}

tl::unexpected<Error> FailErrno(ErrorKind kind, int error_number, std::string_view what) {
  return Fail(kind, "{}: {}", what, std::strerror(error_number));
}

}  // namespace stockade::base
