// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/page.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "config/base/fd.h"

namespace stockade::ctl {
namespace {

TEST(Page, AlignsColumnsByWidth) {
  Page page;
  page.Add(
      {{"name", "state"}, {{"日本", {"ok", Tone::kGood}}, {"x"}, {"a longer one", "", "end"}}});
  EXPECT_EQ(page.Render(false),
            "NAME          STATE\n"
            "日本          ok\n"
            "x\n"
            "a longer one         end\n");
}

TEST(Page, PaintsOnlyWhereColourIsWanted) {
  Page page;
  page.Line("bad", Tone::kBad, 2);
  EXPECT_EQ(page.Render(false), "  bad\n");
  EXPECT_EQ(page.Render(true), "  \x1b[1;31mbad\x1b[0m\n");
}

TEST(Page, LetsNoEscapeThrough) {
  Page page;
  page.Line("\x1b]0;owned\x07");
  page.Add({{}, {{"\x1b[1A", "b\nc"}}});
  EXPECT_EQ(page.Render(false), "\\x1b]0;owned\\x07\n\\x1b[1A  b\\nc\n");
}

TEST(Page, SeparatesSections) {
  Page page;
  page.Heading("one");
  page.Heading("two");
  EXPECT_EQ(page.Render(false), "one\n\ntwo\n");
}

TEST(WantsColour, OnlyOnTerminals) {
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  const base::UniqueFd file(open("/dev/null", O_WRONLY | O_CLOEXEC));
  EXPECT_FALSE(WantsColour(file.get()));
  const base::UniqueFd terminal(open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  ASSERT_TRUE(terminal);
  EXPECT_TRUE(WantsColour(terminal.get()));
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(WantsColour(terminal.get()));
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(WantsColour(terminal.get()));
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(WantsColour(terminal.get()));
}

}  // namespace
}  // namespace stockade::ctl
