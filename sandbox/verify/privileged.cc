// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {

using base::Json;

// A privileged container is what may administer the system and reach every device, or all of a
// /proc and a writable /sys. Confined, the other sections take the parts away; refused, the sum
// must not be there.
void CheckPrivileged(const Final& final, Broken& broken) {
  if (final.policy.privileged.mode != config::Mode::kRefuse) return;
  const Json& sets = At(final.process, "/capabilities");
  bool administers = false;
  for (const char* set : {"/bounding", "/effective", "/permitted"}) {
    administers = administers || Contains(TextsAt(sets, set), "CAP_SYS_ADMIN");
  }
  if (!administers) return;
  for (const Json& rule : At(final.root, "/linux/resources/devices")) {
    const std::string type = TextAt(rule, "/type");
    if (IsTrue(At(rule, "/allow")) && (type.empty() || type == "a")) {
      broken.Add("the container is privileged: CAP_SYS_ADMIN and every device");
    }
  }
  const bool open_paths = TextsAt(final.root, "/linux/maskedPaths").empty() &&
                          TextsAt(final.root, "/linux/readonlyPaths").empty();
  for (const Mount& mount : MountsOf(final, broken)) {
    if (open_paths && mount.type == "sysfs" && !mount.IsReadOnly()) {
      broken.Add("the container is privileged: CAP_SYS_ADMIN and all of /proc and /sys");
    }
  }
}

}  // namespace stockade::sandbox::verify
