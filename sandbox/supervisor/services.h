// SPDX-License-Identifier: Apache-2.0
// What the handlers of calls share, made once a listener.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "config/class_policy.h"
#include "sandbox/supervisor/event_log.h"
#include "sandbox/supervisor/mount_order.h"
#include "sandbox/supervisor/notification_source.h"
#include "sandbox/supervisor/target.h"

namespace stockade::supervisor {

class MemoryGroups;
class SettledCallers;

// The names of the container that a listener belongs to, as of its hand-over.
struct Names {
  std::array<char, 65> node = {};  // as uname(2) has them
  std::array<char, 65> domain = {};
};

struct Services {
  NotificationSource& source;
  TargetDescriptors& targets;
  EventLog& events;
  const config::InterpositionRule& rule;
  int proc = -1;                     // /proc, a directory
  int own_fds = -1;                  // /proc/self/fd
  int own_root = -1;                 // where this process has its root
  bool same_user_namespace = false;  // the callers' is ours: their capabilities count as they are
  Names names = {};
  const MemoryGroups* memory = nullptr;
  SettledCallers& settled;
  int orders = -1;  // to the holder
  MountHome home = {};
};

// What to do with a refused call: records it, kills the caller if the class says so, and tells
// whether the call is performed all the same (complain).
bool Refuse(const Services& services, const seccomp_notif& call, std::string_view name,
            std::string arguments, std::string_view rule);

}  // namespace stockade::supervisor
