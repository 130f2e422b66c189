// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <sstream>

namespace stockade::ctl {
namespace {

namespace po = boost::program_options;
using base::ErrorKind;

constexpr const char* kOperands = "operands";

void Describe(std::span<const OptionRule> rules, po::options_description& description) {
  for (const OptionRule& rule : rules) {
    const std::string name = rule.name == "help" ? "help,h" : std::string(rule.name);
    const std::string help(rule.help);
    if (rule.value.empty()) {
      description.add_options()(name.c_str(), help.c_str());
    } else {
      auto* value = po::value<std::string>()->value_name(std::string(rule.value));
      description.add_options()(name.c_str(), value, help.c_str());
    }
  }
}

po::options_description OptionsOf(const Command* command) {
  po::options_description description("options", 100, 60);
  if (command != nullptr) Describe(command->options, description);
  Describe(CommonOptions(), description);
  if (command == nullptr) description.add_options()("version", "print the version");
  return description;
}

// How many operands a command takes.
std::size_t OperandCount(const Command& command) {
  if (command.operand.empty()) return 0;
  return 1 + static_cast<std::size_t>(std::ranges::count(command.operand, ' '));
}

// Reads `words` into `line`; throws po::error.
void Parse(const std::vector<std::string>& words, const Command* command, Line& line) {
  po::options_description all = OptionsOf(command);
  all.add_options()(kOperands, po::value<std::vector<std::string>>());
  const int limit = command == nullptr ? 0 : static_cast<int>(OperandCount(*command));
  po::positional_options_description positional;
  positional.add(kOperands, limit);
  // Abbreviated options would change their meaning when a new option comes.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  po::variables_map values;
  po::store(po::command_line_parser(words).options(all).positional(positional).style(style).run(),
            values);
  for (const auto& [name, value] : values) {
    if (name == kOperands) {
      line.operands = value.as<std::vector<std::string>>();
    } else {
      const auto* text = boost::any_cast<std::string>(&value.value());
      line.options[name] = text == nullptr ? "" : *text;
    }
  }
}

base::Status TryParse(const std::vector<std::string>& words, const Command* command, Line& line) {
  try {
    Parse(words, command, line);
    return {};
  } catch (const po::too_many_positional_options_error&) {
    return base::Fail(ErrorKind::kUsage, "{} takes {}", command->name,
                      command->operand.empty() ? "no operands" : command->operand);
  } catch (const std::exception& error) {
    return base::Fail(ErrorKind::kUsage, "{}", error.what());
  }
}

// How many of `words` stand before the verb: options, and the value of --config.
std::size_t VerbIndex(const std::vector<std::string>& words) {
  std::size_t at = 0;
  while (at < words.size() && words[at].starts_with('-')) at += words[at] == "--config" ? 2U : 1U;
  return std::min(at, words.size());
}

// The command whose name begins at `words[at]`; moves `at` behind it.
base::Result<const Command*> FindCommand(const std::vector<std::string>& words, std::size_t& at) {
  const std::string& one = words[at];
  const std::string two = at + 1 < words.size() ? one + " " + words[at + 1] : one;
  std::string verbs;
  for (const Command& command : CommandTable()) {
    if (command.name == one || command.name == two) {
      at += command.name == one ? 1U : 2U;
      return &command;
    }
    if (command.name.starts_with(one + " "))
      verbs += (verbs.empty() ? "" : " or ") + std::string(command.name);
  }
  const std::string hint = verbs.empty() ? "stockadectl --help lists the commands" : "say " + verbs;
  return base::FailHint(ErrorKind::kUsage, hint, "there is no command \"{}\"",
                        verbs.empty() ? one : two);
}

}  // namespace

base::Result<Line> ParseLine(const std::vector<std::string>& words) {
  Line line;
  std::size_t at = VerbIndex(words);
  const auto middle = words.begin() + static_cast<std::ptrdiff_t>(at);
  STOCKADE_TRY(TryParse({words.begin(), middle}, nullptr, line));
  if (at == words.size()) return line;
  if (words[at] == "help") {
    line.options["help"];
    if (++at == words.size()) return line;
  }
  STOCKADE_ASSIGN(line.command, FindCommand(words, at));
  const auto behind = words.begin() + static_cast<std::ptrdiff_t>(at);
  STOCKADE_TRY(TryParse({behind, words.end()}, line.command, line));
  if (!line.options.contains("help") && line.operands.size() < OperandCount(*line.command)) {
    return base::FailHint(
        ErrorKind::kUsage,
        fmt::format("stockadectl {} {}", line.command->name, line.command->operand), "{} needs {}",
        line.command->name, line.command->operand);
  }
  return line;
}

std::string HelpText(const Command* command) {
  std::ostringstream out;
  if (command != nullptr) {
    out << fmt::format("usage: stockadectl {}{}{} [options]\n\n{}\n\n", command->name,
                       command->operand.empty() ? "" : " ", command->operand, command->help);
  } else {
    out << "stockadectl - explains, checks and inspects what stockade does on this node\n\n"
           "usage: stockadectl [--config FILE] COMMAND [options]\n\ncommands:\n";
    for (const Command& each : CommandTable()) {
      const std::string name = fmt::format("{} {}", each.name, each.operand);
      out << fmt::format("  {:24} {}\n", name, each.help);
    }
    out << "\n";
  }
  out << OptionsOf(command);
  out << "\nexit codes: 0 all is well; 1 a check failed or something was refused; 2 usage\n";
  return out.str();
}

}  // namespace stockade::ctl
