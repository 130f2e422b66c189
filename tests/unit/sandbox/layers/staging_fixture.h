// SPDX-License-Identifier: Apache-2.0
// A spec with a volume, shared memory, a file of the host's and a network, and what becomes of it.
#pragma once

#include "tests/unit/sandbox/layers/fixture.h"

namespace stockade::sandbox {

inline config::ClassPolicy Forced() {
  config::ClassPolicy policy = EmptyClass();
  policy.user_namespace.force = true;
  return policy;
}

inline base::Json Spec() {
  return base::Json::parse(R"({
    "root": {"path": "/there/bundle/rootfs"},
    "process": {"user": {"uid": 1000, "gid": 7}, "args": ["sh"]},
    "mounts": [
      {"destination": "/proc", "type": "proc", "source": "proc"},
      {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "ro"]},
      {"destination": "/dev/shm", "type": "bind", "source": "/there/sandboxes/5a4db0/shm", "options": ["rbind"]},
      {"destination": "/data", "type": "bind", "source": "/there/volume",
       "options": ["rbind", "rslave", "rw"]},
      {"destination": "/etc/hosts", "type": "bind", "source": "/there/hosts", "options": ["bind"]}],
    "linux": {
      "namespaces": [{"type": "pid"}, {"type": "network", "path": "/there/netns"}, {"type": "ipc"},
                     {"type": "uts"}, {"type": "mount"}, {"type": "cgroup"}],
      "sysctl": {"net.ipv4.ping_group_range": "0 100", "kernel.shm_rmid_forced": "1"}}})");
}

inline Outcome Apply(const base::Json& spec, const FakeHost& host = FakeHost(),
                     const config::ClassPolicy& policy = Forced()) {
  return RunAll(policy, spec.dump(), host);
}

inline const base::Json& Staged(const Outcome& out, std::string_view pointer) {
  static const base::Json kNothing = "(absent)";
  const base::Json* const value = base::Find(out.staged, pointer);
  return value == nullptr ? kNothing : *value;
}

}  // namespace stockade::sandbox
