// SPDX-License-Identifier: Apache-2.0
#include "shim/version.h"

#include <fmt/format.h>

namespace stockade::shim {
namespace {

// The text behind `key` in the first line that starts with it, or "unknown".
std::string_view LineValue(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.starts_with(key)) return line.substr(key.size());
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return "unknown";
}

}  // namespace

std::string VersionText(std::string_view delegate, std::string_view answer) {
  return fmt::format("stockade version {}\ncommit: {}\nspec: {}\ndelegate: {} ({})\n",
                     STOCKADE_VERSION, STOCKADE_COMMIT, LineValue(answer, "spec: "),
                     answer.substr(0, answer.find('\n')), delegate);
}

std::string HelpText() {
  return R"(stockade - an OCI runtime that runs containers in the layered sandbox of a class

usage:
  stockade-CLASS [global options] VERB [options] [arguments...]
  stockade --stockade-class CLASS [global options] VERB [options] [arguments...]

The verbs and options are those of the delegate runtime (runc or crun), which does the work after
stockade has applied the class: create, run, restore and exec go through the layers, every other verb
reaches the delegate as it came. See `runc --help`.

options of stockade, before the verb:
  --stockade-class CLASS   the class, where the program's name does not say it
  --stockade-config FILE   the node configuration (default /etc/stockade/config.json)
  --version, -v            versions of stockade and of the delegate
  --help, -h               this text

`stockadectl classes list` shows the classes of this node, `stockadectl explain` what one would do to a
bundle. Manual pages: stockade(8), stockadectl(8), stockade-class(5), stockade-config(5).
)";
}

}  // namespace stockade::shim
