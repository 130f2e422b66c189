// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/event_log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/base/file.h"

namespace stockade::supervisor {
namespace {

class EventLogTest : public testing::Test {
 protected:
  std::string Text(int fd) {
    lseek(fd, 0, SEEK_SET);
    return *base::ReadFd(fd, EventLog::kCap * 2, "events");
  }
  static std::size_t Size(int fd) {
    struct stat file = {};
    fstat(fd, &file);
    return static_cast<std::size_t>(file.st_size);
  }
  base::UniqueFd newer_{memfd_create("newer", 0)};
  base::UniqueFd older_{memfd_create("older", 0)};
  EventLog log_{base::UniqueFd(dup(newer_.get())), base::UniqueFd(dup(older_.get()))};
};

Event Of(std::string_view rule, std::string arguments = "10.0.0.1:80") {
  return {.pid = 7,
          .command = "a\xff\nb",
          .call = "connect",
          .arguments = std::move(arguments),
          .rule = rule,
          .answer = "refused"};
}

TEST_F(EventLogTest, WritesALineThatIsJson) {
  log_.WriteAt(Of("10.0.0.0/8"), 0);
  EXPECT_EQ(Text(newer_.get()),
            "{\"time\":\"1970-01-01T00:00:00Z\",\"pid\":7,\"command\":\"a\xEF\xBF\xBD\\nb\","
            "\"call\":\"connect\",\"arguments\":\"10.0.0.1:80\",\"rule\":\"10.0.0.0/8\","
            "\"answer\":\"refused\"}\n");
}

TEST_F(EventLogTest, ARuleThatFloodsHidesNoOther) {
  for (int i = 0; i < 1000; ++i) log_.WriteAt(Of("flood"), 100);
  log_.WriteAt(Of("other"), 100);
  log_.WriteAt(Of("flood"), 101);
  const std::string text = Text(newer_.get());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), EventLog::kBurst + 2);
  EXPECT_THAT(text, testing::HasSubstr("\"rule\":\"other\""));
  EXPECT_THAT(text, testing::HasSubstr("\"suppressed\":980"));
}

TEST_F(EventLogTest, NeverOutgrowsItsCap) {
  const std::string much(4000, 'x');
  for (int i = 0; i < 2000; ++i) {
    log_.WriteAt(Of("rule", much), 1000 + i);
    ASSERT_LE(Size(newer_.get()) + Size(older_.get()), EventLog::kCap);
  }
  EXPECT_GT(Size(newer_.get()) + Size(older_.get()), EventLog::kCap / 2);
}

}  // namespace
}  // namespace stockade::supervisor
