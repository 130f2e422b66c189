// SPDX-License-Identifier: Apache-2.0
#include "shim/runtime_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>

#include "config/base/file.h"
#include "config/base/json.h"

namespace stockade::shim {
namespace {

// RFC 3339 in UTC, whole seconds.
std::string Timestamp(long long time) {
  const std::time_t seconds = static_cast<std::time_t>(time);
  std::tm parts = {};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

std::string Printable(std::string message) {
  for (char& c : message) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return message;
}

std::string FormatLogLine(bool json, std::string_view message, long long time) {
  const std::string quoted = base::DumpJson(base::Json(message));
  return json ? fmt::format(R"({{"level":"error","msg":{},"time":"{}"}})", quoted, Timestamp(time))
              : fmt::format(R"(time="{}" level=error msg={})", Timestamp(time), quoted);
}

base::Result<RuntimeLog> RuntimeLog::Open(const Invocation& call) {
  const std::string path = call.Global("log").value_or("");
  const bool json = call.Global("log-format").value_or("text") == "json";
  if (path.empty()) return RuntimeLog(base::UniqueFd(), json);
  base::UniqueFd fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644));
  if (!fd) return base::FailErrno(base::ErrorKind::kUsage, errno, "open log file " + path);
  return RuntimeLog(std::move(fd), json);
}

void RuntimeLog::Error(const base::Error& error) const {
  const std::string text = "stockade: " + error.Text();
  // There is nobody left to tell if these fail.
  if (fd_) {
    (void)base::WriteAll(fd_.get(), FormatLogLine(json_, text, std::time(nullptr)) + "\n", "log");
  }
  (void)base::WriteAll(STDERR_FILENO, Printable(text) + "\n", "stderr");
}

}  // namespace stockade::shim
