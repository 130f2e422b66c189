// SPDX-License-Identifier: Apache-2.0
// The ids and the root of a listener's callers where none of them can change these: then they are
// looked up once a listener, and not once a call.
//
//   if (const SettledView* view = services.settled.Of(call.pid, still_waiting)) …
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/supervisor/identity.h"

namespace stockade::supervisor {

// True if a thread of which /proc/<thread>/status says this, and whoever descends from it, keeps
// its ids, groups and root for ever: it has one user and one group, no_new_privs, and in none of
// its sets a capability that changes them. Of use only where no namespace can be made: the maker of
// a user namespace has every capability in it.
bool KeepsIdsAndRoot(std::string_view status);

struct SettledView {
  Identity identity;    // but for the mask, which anybody may change
  base::UniqueFd root;  // a directory, by O_PATH
  std::string path;     // of it, from the container's root; "" if they are the same
};

// The path of a caller's root from the container's, "" if they are the same, looked at through
// /proc/self/fd; nothing if it cannot be told. For a thread in its own root.
std::optional<std::string> PathOfRoot(int own_fds, int root);

class SettledCallers {
 public:
  // `settled` if the listener's first process, before it ran the workload, kept its ids and root.
  SettledCallers(bool settled, TargetDescriptors& targets, int proc, int own_fds)
      : settled_(settled), targets_(targets), proc_(proc), own_fds_(own_fds) {}
  // What all callers are. Nothing if they are not settled, or if it cannot be told of `thread`,
  // which `still_waiting` in its call when it was looked at.
  const SettledView* Of(pid_t thread, const std::function<bool()>& still_waiting);

 private:
  const bool settled_;
  TargetDescriptors& targets_;
  const int proc_;
  const int own_fds_;
  std::mutex mutex_;
  std::unique_ptr<const SettledView> view_;
};

}  // namespace stockade::supervisor
