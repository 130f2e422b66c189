// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/text.h"

#include <gtest/gtest.h>

namespace stockade::ctl {
namespace {

TEST(Printable, LeavesTextAlone) { EXPECT_EQ(Printable("/tmp/ünïcode ✓"), "/tmp/ünïcode ✓"); }

TEST(Printable, SpellsOutControlCharacters) {
  EXPECT_EQ(Printable("a\x1b[2Jb\r\n\t\x7f"), "a\\x1b[2Jb\\x0d\\n\\t\\x7f");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, SpellsOutEightBitControlsAndDirectionChanges) {
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m"),
            "\\u{9b}31m");  // CSI in one code point
  EXPECT_EQ(Printable("\xe2\x80\xae"
                      "gpj"),
            "\\u{202e}gpj");  // right-to-left override
  EXPECT_EQ(Printable("a\xe2\x80\x8b"
                      "b"),
            "a\\u{200b}b");                                // zero width space
  EXPECT_EQ(Printable("\xf3\xa0\x81\x81"), "\\u{e0041}");  // tag character
}

TEST(Printable, SpellsOutWhatIsNoUtf8) {
  EXPECT_EQ(Printable("\x9b"), "\\x9b");
  EXPECT_EQ(Printable("\xc0\x9b"), "\\xc0\\x9b");                    // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  EXPECT_EQ(Printable("x\xe2\x82"), "x\\xe2\\x82");                  // cut short
}

TEST(Width, CountsColumns) {
  EXPECT_EQ(Width(""), 0U);
  EXPECT_EQ(Width("…ü"), 2U);
  EXPECT_EQ(Width("e\xcc\x81"), 1U);  // combining accent
  EXPECT_EQ(Width("日本"), 4U);
}

TEST(Cut, KeepsWhatFits) {
  EXPECT_EQ(Cut("abcdef", 6), "abcdef");
  EXPECT_EQ(Cut("abcdef", 5), "abcd…");
  EXPECT_EQ(Cut("日本語", 4), "日…");
  EXPECT_EQ(Cut("abc", 0), "");
}

}  // namespace
}  // namespace stockade::ctl
