// SPDX-License-Identifier: Apache-2.0
// What a caller's memory may hold where a supervisor opens files for it: struct open_how, flags, a
// path that was found, and the status text of a thread. The first byte says which.
#include <fcntl.h>

#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "filters/interposition/file_decision.h"
#include "filters/interposition/open_request.h"
#include "sandbox/supervisor/path_resolver.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace stockade;  // NOLINT(google-build-using-namespace): a fuzz target is a main program
using fuzz::Require;

void Check(const filters::OpenRequest& request) {
  Require(request.mode <= 07777, "a mode is one", request.FlagsText());
  const bool path = (request.flags & O_PATH) != 0;
  const bool access = !path && (request.flags & O_ACCMODE) != O_RDONLY;
  Require(!access || request.Writes(), "an open for writing writes", request.FlagsText());
  const bool notified = (static_cast<unsigned>(request.flags) & filters::kWritingFlags) != 0;
  Require(!request.Writes() || notified, "what writes is handed over", request.FlagsText());
}

void How(std::span<const std::byte> bytes) {
  filters::OpenRequest request;
  const int error = filters::DecodeOpenHow(bytes, request);
  Require(error == 0 || (request.flags == 0 && request.mode == 0), "a refused one says nothing",
          "");
  if (error == 0) Check(request);
}

void Registers(std::span<const std::byte> bytes) {
  std::uint64_t arguments[2] = {};
  std::memcpy(arguments, bytes.data(), std::min(bytes.size(), sizeof arguments));
  Check(filters::OpenRequestOf(arguments[0], arguments[1]));
}

void Path(std::string_view text) {
  config::FilesRule rule;
  rule.mode = config::Mode::kConfine;
  rule.every_open = true;
  rule.deny = {"/denied/**"};
  rule.others = config::FileLimit::kReadOnly;
  const filters::FoundFile file{.path = "/denied/" + std::string(text), .writes = false};
  const bool allowed = filters::DecideFile(rule, file).allowed;
  Require(!allowed || file.path.size() > 4095, "a denied directory stays so", text);
  (void)filters::DependsOnOpener(text, false);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  switch (data[0] % 4) {
    case 0:
      How(bytes);
      break;
    case 1:
      Registers(bytes);
      break;
    case 2:
      Path(text);
      break;
    default:
      (void)supervisor::ParseOwnNumbers(text);
  }
  return 0;
}
