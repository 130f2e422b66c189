// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/event_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "config/base/file.h"
#include "config/base/json.h"

namespace stockade::supervisor {
namespace {

std::string Timestamp(std::time_t time) {
  std::tm parts = {};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

EventLog::EventLog(base::UniqueFd newer, base::UniqueFd older)
    : newer_(std::move(newer)), older_(std::move(older)) {
  // Another worker may have written before: the file that it wrote last, from where it was.
  struct stat first = {};
  struct stat second = {};
  if (fstat(newer_.get(), &first) != 0 || fstat(older_.get(), &second) != 0) return;
  const auto later = [](const timespec& a, const timespec& b) {
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
  };
  if (second.st_size > 0 && later(second.st_mtim, first.st_mtim)) std::swap(newer_, older_);
  written_ = static_cast<std::size_t>(std::max<off_t>(lseek(newer_.get(), 0, SEEK_CUR), 0));
}

bool EventLog::Admit(std::string_view rule, std::time_t now, std::uint64_t& suppressed) {
  auto at = buckets_.find(rule);
  if (at == buckets_.end()) {
    at = buckets_.emplace(rule, Bucket{.filled = now}).first;
  }
  Bucket& bucket = at->second;
  const auto passed = std::max<std::time_t>(now - bucket.filled, 0);
  bucket.tokens = static_cast<unsigned>(std::min<std::time_t>(bucket.tokens + passed, kBurst));
  bucket.filled = now;
  if (bucket.tokens == 0) {
    ++bucket.suppressed;
    return false;
  }
  --bucket.tokens;
  suppressed = std::exchange(bucket.suppressed, 0);
  return true;
}

void EventLog::Append(std::string_view line) {
  if (written_ + line.size() > kCap / 2) {
    std::swap(newer_, older_);
    written_ = 0;
    if (ftruncate(newer_.get(), 0) != 0 || lseek(newer_.get(), 0, SEEK_SET) != 0) return;
  }
  // There is nobody to tell of a full disk.
  if (base::WriteAll(newer_.get(), line, "events")) written_ += line.size();
}

void EventLog::WriteAt(const Event& event, std::time_t now) {
  const std::lock_guard lock(mutex_);
  std::uint64_t suppressed = 0;
  if (!newer_ || !older_ || !Admit(event.rule, now, suppressed)) return;
  base::Json line = {{"time", Timestamp(now)},       {"pid", event.pid},
                     {"command", event.command},     {"call", event.call},
                     {"arguments", event.arguments}, {"rule", event.rule},
                     {"answer", event.answer}};
  if (suppressed != 0) line["suppressed"] = suppressed;
  Append(base::DumpJson(line) + "\n");
}

void EventLog::Write(const Event& event) { WriteAt(event, std::time(nullptr)); }

}  // namespace stockade::supervisor
