// SPDX-License-Identifier: Apache-2.0
// What an admin sets once a node: /etc/stockade/config.json, optional, with safe defaults.
//
//   { "defaultDelegate": "crun", "delegates": {"runc": "/usr/local/sbin/runc"} }
#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/base/error.h"

namespace stockade::config {

inline constexpr const char* kNodeConfigPath = "/etc/stockade/config.json";

// The JSON keys are the comments; the schema is config/schema/node.schema.json.
struct NodeConfig {
  std::string path;                               // the file, or "" when there is none
  std::string default_delegate = "runc";          // defaultDelegate
  std::map<std::string, std::string> delegates;   // delegates: name -> absolute path
  std::vector<std::string> class_directories = {  // classDirectories
      "/usr/share/stockade/classes", "/etc/stockade/classes.d"};
  std::string state_directory = "/run/stockade";               // stateDirectory
  std::string apparmor_default = "cri-containerd.apparmor.d";  // apparmorDefaultProfile
};

// Reads `path`. With `required` false a missing file gives the defaults. The file must be owned by
// root and not be writable by others. Errors name file, line and JSON pointer.
base::Result<NodeConfig> LoadNodeConfig(const std::string& path, bool required);

}  // namespace stockade::config
