// SPDX-License-Identifier: Apache-2.0
// Merges and checks the built-in classes when stockade is built, so that a create need not: prints
// a C++ source with the snapshot of each.
#include <fmt/format.h>

#include <cstdio>

#include "config/base/embedded.h"
#include "config/class_loader.h"

namespace stockade::embedded {
// What this program makes is not there yet.
extern const std::span<const EmbeddedFile> kPreparedClasses;
const std::span<const EmbeddedFile> kPreparedClasses;
}  // namespace stockade::embedded

int main() {
  std::string text =
      "#include \"config/base/embedded.h\"\n\nnamespace stockade::embedded {\nnamespace {\n"
      "const EmbeddedFile kClasses[] = {\n";
  const auto names = stockade::config::ListClasses({});
  if (!names) return 1;
  for (const std::string& name : *names) {
    const auto policy = stockade::config::LoadClass(name, {});
    if (!policy) {
      std::fprintf(stderr, "%s\n", policy.error().Text().c_str());
      return 1;
    }
    text += fmt::format("    {{\"{}\", R\"stockade({})stockade\"}},\n", name,
                        stockade::config::SnapshotOf(*policy));
  }
  text +=
      "};\n}  // namespace\nextern const std::span<const EmbeddedFile> kPreparedClasses;\n"
      "const std::span<const EmbeddedFile> kPreparedClasses{kClasses};\n"
      "}  // namespace stockade::embedded\n";
  return std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0 ? 1 : 0;
}
