// SPDX-License-Identifier: Apache-2.0
// A temporary directory of policy files for a test.
//
//   PolicyDir dir;
//   dir.Write("10-web.json", R"({"name": "web", "extends": "restricted"})");
//   LoadClass("web", dir.Sources());
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "config/class_loader.h"

namespace stockade::config {

class PolicyDir {
 public:
  PolicyDir() {
    std::string pattern = testing::TempDir() + "/stockade-XXXXXX";
    if (mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    EXPECT_FALSE(path_.empty());
    Mode("", 0755);
  }
  PolicyDir(const PolicyDir&) = delete;
  PolicyDir& operator=(const PolicyDir&) = delete;
  ~PolicyDir() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }
  ClassSources Sources() const { return {{path_}}; }

  void Write(std::string_view name, std::string_view text, mode_t mode = 0644) const {
    std::ofstream(File(name)) << text;
    Mode(name, mode);
  }
  void Mode(std::string_view name, mode_t mode) const {
    EXPECT_EQ(chmod(File(name).c_str(), mode), 0) << name;
  }

 private:
  std::string path_;
};

}  // namespace stockade::config
