// SPDX-License-Identifier: Apache-2.0
// A folder of a test's own, gone with it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace stockade::sandbox {

class Scratch {
 public:
  Scratch() {
    std::string pattern = testing::TempDir() + "stockade-XXXXXX";
    top_ = mkdtemp(pattern.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(top_, ignored);
  }

  std::string Path(const std::string& name) const { return top_ + "/" + name; }
  // Makes the file and the folders that it lies in.
  void Write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories(std::filesystem::path(Path(name)).parent_path());
    std::ofstream(Path(name)) << text;
  }

 private:
  std::string top_;
};

}  // namespace stockade::sandbox
