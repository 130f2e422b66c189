// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target over every file below the given folders:
//
//   spec_replay tests/fuzz/corpus/spec
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>

#include "config/base/file.h"
#include "tests/fuzz/fuzz_target.h"

int main(int argc, char** argv) {
  std::set<std::string> files;  // sorted, so that two runs do the same
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.insert(entry.path());
    }
  }
  for (const std::string& file : files) {
    std::printf("%s\n", file.c_str());
    std::fflush(stdout);  // the last line names the file that ended the process
    const auto text = stockade::base::ReadFile(file, 16U << 20);
    if (!text) {
      std::fprintf(stderr, "%s\n", text.error().Text().c_str());
      return 1;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text->data()), text->size());
  }
  if (files.empty()) std::fprintf(stderr, "no files to replay\n");
  return files.empty() ? 1 : 0;
}
