// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/control.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "shim/ctl/options.h"
#include "shim/ctl/text.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

// Text that a closed pipe or a full disk cut short is no success.
int Print(const std::string& text, int code) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  return written ? code : kFailed;
}

int Report(const base::Error& error) {
  std::string text = fmt::format("stockadectl: {}\n", Printable(error.message));
  if (!error.hint.empty()) text += fmt::format("  hint: {}\n", Printable(error.hint));
  std::fputs(text.c_str(), stderr);
  return error.kind == ErrorKind::kUsage ? kUsage : kFailed;
}

// Everything beyond ASCII is escaped: a terminal may show what --json prints.
std::string JsonText(const base::Json& json) {
  return json.dump(2, ' ', /*ensure_ascii=*/true, base::Json::error_handler_t::replace) + "\n";
}

int Show(const Outcome& outcome, bool json) {
  if (outcome.error) Report(*outcome.error);
  return Print(json ? JsonText(outcome.json) : outcome.page.Render(WantsColour(STDOUT_FILENO)),
               outcome.ok ? 0 : kFailed);
}

base::Result<Outcome> Run(Line line) {
  Request request;
  request.operands = std::move(line.operands);
  request.options = std::move(line.options);
  const bool given = request.Has("config");
  STOCKADE_ASSIGN(
      request.node,
      config::LoadNodeConfig(given ? request.Value("config") : config::kNodeConfigPath, given));
  return line.command->run(request);
}

int RunWords(const std::vector<std::string>& words) {
  auto line = ParseLine(words);
  if (!line) return Report(line.error());
  if (line->options.contains("help")) return Print(HelpText(line->command), 0);
  if (line->options.contains("version")) {
    return Print(fmt::format("stockadectl version {}\n", STOCKADE_VERSION), 0);
  }
  if (line->command == nullptr) {
    std::fputs(HelpText(nullptr).c_str(), stderr);
    return kUsage;
  }
  const bool json = line->options.contains("json");
  const auto outcome = Run(std::move(*line));
  return outcome ? Show(*outcome, json) : Report(outcome.error());
}

}  // namespace

int RunControl(const std::vector<std::string>& argv) {
  (void)signal(SIGCHLD, SIG_DFL);  // ignored, it would leave us no child to wait for
  try {
    return RunWords({argv.begin() + (argv.empty() ? 0 : 1), argv.end()});
  } catch (const std::exception& error) {  // out of memory, or a defect
    return Report({ErrorKind::kInternal, error.what(), {}});
  }
}

}  // namespace stockade::ctl
