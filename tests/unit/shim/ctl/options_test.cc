// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/options.h"

#include <gmock/gmock.h>

namespace stockade::ctl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ParseLine, FindsTheVerbAndItsOptions) {
  const auto line =
      ParseLine({"--config", "/c", "explain", "--class=web", "--bundle", "/b", "--json"});
  ASSERT_TRUE(line) << line.error().Text();
  EXPECT_EQ(line->command->name, "explain");
  EXPECT_EQ(line->options.at("config"), "/c");
  EXPECT_EQ(line->options.at("class"), "web");
  EXPECT_EQ(line->options.at("bundle"), "/b");
  EXPECT_TRUE(line->options.contains("json"));
}

TEST(ParseLine, TakesOperandsBeforeAndBehindOptions) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"classes", "show", "web", "--json"},
        std::vector<std::string>{"classes", "show", "--json", "web"}}) {
    const auto line = ParseLine(words);
    ASSERT_TRUE(line) << line.error().Text();
    EXPECT_EQ(line->command->name, "classes show");
    EXPECT_THAT(line->operands, ElementsAre("web"));
  }
}

TEST(ParseLine, TakesTwoOperandsWhereTwoAreNamed) {
  const auto line = ParseLine({"profile", "diff", "a", "--json", "b"});
  ASSERT_TRUE(line) << line.error().Text();
  EXPECT_THAT(line->operands, ElementsAre("a", "b"));
  EXPECT_THAT(ParseLine({"profile", "diff", "a"}).error().message, HasSubstr("LEFT RIGHT"));
  EXPECT_FALSE(ParseLine({"profile", "diff", "a", "b", "c"}));
}

TEST(ParseLine, AVerbMayBeAValue) {
  const auto line = ParseLine({"--config", "list", "inspect", "check"});
  ASSERT_TRUE(line) << line.error().Text();
  EXPECT_EQ(line->command->name, "inspect");
  EXPECT_THAT(line->operands, ElementsAre("check"));
}

TEST(ParseLine, HelpIsThereForAll) {
  EXPECT_EQ(ParseLine({"--help"})->command, nullptr);
  EXPECT_EQ(ParseLine({"help"})->command, nullptr);
  EXPECT_EQ(ParseLine({"help", "inspect"})->command->name, "inspect");
  for (const Command& command : CommandTable()) {
    std::vector<std::string> words;
    const std::string name(command.name);
    words.push_back(name.substr(0, name.find(' ')));
    if (name.find(' ') != std::string::npos) words.push_back(name.substr(name.find(' ') + 1));
    words.emplace_back("-h");
    const auto line = ParseLine(words);
    ASSERT_TRUE(line) << command.name << ": " << line.error().Text();
    EXPECT_TRUE(line->options.contains("help"));
    EXPECT_EQ(line->command, &command);
    EXPECT_THAT(HelpText(&command), HasSubstr("stockadectl " + name));
    EXPECT_THAT(HelpText(nullptr), HasSubstr(name));
  }
}

TEST(ParseLine, RefusesWhatItDoesNotKnow) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"nosuch"}, std::vector<std::string>{"classes"},
        std::vector<std::string>{"classes", "nosuch"}, std::vector<std::string>{"list", "web"},
        std::vector<std::string>{"inspect"}, std::vector<std::string>{"inspect", "a", "b"},
        std::vector<std::string>{"check", "--nosuch"}, std::vector<std::string>{"check", "--class"},
        std::vector<std::string>{"check", "--cla", "web"},
        std::vector<std::string>{"--json=yes", "list"},
        std::vector<std::string>{"list", "--root", "/r"}, std::vector<std::string>{"--config"}}) {
    const auto line = ParseLine(words);
    ASSERT_FALSE(line) << words.front();
    EXPECT_EQ(line.error().kind, base::ErrorKind::kUsage);
  }
  EXPECT_THAT(ParseLine({"classes"}).error().hint, HasSubstr("classes list or classes show"));
}

}  // namespace
}  // namespace stockade::ctl
