// SPDX-License-Identifier: Apache-2.0
// Host actions on real mounts. The test program has a mount namespace of its own, so that nothing
// of it reaches the machine; it stands for the host. The actions run in a child, as they do in a
// runtime, and what a pod would see is looked at from a user namespace. Needs root.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <functional>
#include <string>

#include "sandbox/host_actions.h"

namespace stockade::sandbox {

inline constexpr IdRange kIds{2000000};

class HostTest : public testing::Test {
 protected:
  void SetUp() override;
  void TearDown() override;

  // A path in the test's own folder, on the disk.
  std::string In(const std::string& name) const { return directory_ + "/" + name; }
  std::string State() const { return In("state"); }
  std::string Staged(const std::string& name) const { return State() + "/.stage/" + name; }

  // Makes a file, its folder too.
  void File(const std::string& path, const std::string& text, uid_t uid = 0, gid_t gid = 0,
            mode_t mode = 0644) const;
  void Folder(const std::string& path, uid_t uid = 0, gid_t gid = 0, mode_t mode = 0755) const;
  // Mounts a tmpfs with `flags` at a new folder.
  void Tmpfs(const std::string& path, unsigned long flags = 0) const;

  // Performs the actions in a child and then runs `look` there. The text of the error, or what
  // `look` returned: a list of complaints, empty if all is well.
  using Look = std::function<std::string()>;
  std::string Perform(
      const HostActions& actions, const Look& look = [] { return ""; }) const;

  // Runs `look` as root of a user namespace with the ids of the pod.
  static std::string InPod(const Look& look, const IdRange& ids = kIds);
  // Runs a shell command and returns its output with its errors.
  static std::string Shell(const std::string& command);
  static Look Command(const std::string& command) {
    return [command] { return Shell(command); };
  }
  // The same, as root of the pod.
  static Look PodCommand(const std::string& command) {
    return [command] { return InPod(Command(command)); };
  }

  HostActions actions_;
  std::string directory_;
};

}  // namespace stockade::sandbox
