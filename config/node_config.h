// SPDX-License-Identifier: Apache-2.0
// What an admin sets once a node: /etc/stockade/config.json, optional, with safe defaults.
//
//   { "defaultDelegate": "crun", "delegates": {"runc": "/usr/local/sbin/runc"} }
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/error.h"

namespace stockade::config {

inline constexpr const char* kNodeConfigPath = "/etc/stockade/config.json";

// The ids on the host that pods may get for their user namespaces.
struct IdPoolSetting {
  std::uint64_t first = 0;  // 65536 or more: what is below are the host's own users
  std::uint64_t count = 0;  // 65536 or more; the last id is 4294967294 or less
  std::string origin;       // "/etc/stockade/config.json:4"
};

// The JSON keys are the comments; the schema is config/schema/node.schema.json.
struct NodeConfig {
  std::string path;                               // the file, or "" when there is none
  std::string default_delegate = "runc";          // defaultDelegate
  std::map<std::string, std::string> delegates;   // delegates: name -> absolute path
  std::vector<std::string> class_directories = {  // classDirectories
      "/usr/share/stockade/classes", "/etc/stockade/classes.d"};
  std::string state_directory = "/run/stockade";               // stateDirectory
  std::string apparmor_default = "cri-containerd.apparmor.d";  // apparmorDefaultProfile
  std::optional<IdPoolSetting> id_pool;                        // idPool
};

// Reads `path`. With `required` false a missing file gives the defaults. The file must be owned by
// root and not be writable by others. Errors name file, line and JSON pointer.
base::Result<NodeConfig> LoadNodeConfig(const std::string& path, bool required);

}  // namespace stockade::config
