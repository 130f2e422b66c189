// SPDX-License-Identifier: Apache-2.0
// That stockade-init is what the delegate starts, that nobody else can be in its place, and that
// what it installs keeps the class's promises.
#include <algorithm>

#include "filters/class_filter.h"
#include "filters/filter_text.h"
#include "filters/interposition/notify_filter.h"
#include "filters/interposition/refused_calls.h"
#include "filters/verify_program.h"
#include "sandbox/init/protocol.h"
#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using base::Json;

// The first filter is the class's. One that the build compiled has been proved by the tests; any
// other is proved here.
void CheckClassFilter(const Final& final, Broken& broken) {
  const config::SeccompRule& rule = final.policy.seccomp;
  const auto remaining = TextsAt(final.process, "/capabilities/bounding");
  const filters::CompiledProfile* const shipped =
      filters::ShippedProgram(rule.profile, remaining, rule.compat_architectures);
  if (shipped != nullptr && final.init_filters.front() == shipped->text) return;
  unsigned flags = 0;
  const auto program = filters::DecodeFilter(final.init_filters.front(), flags);
  if (!program || flags != 0) {
    broken.Add("stockade-init is not given the class's filter");
    return;
  }
  unsigned notify_flags = 0;
  const auto notify = filters::DecodeFilter(final.init_filters.back(), notify_flags);
  filters::Supervised supervised;
  if (notify && notify_flags == filters::kNotifyFlags) {  // CheckNotifyFilter() says if it must be
    supervised = {*notify, filters::RefusedCalls(final.policy.interposition)};
  }
  for (const std::string& sentence : filters::BrokenProgramPromises(
           *program, rule.profile, remaining, rule.compat_architectures, supervised)) {
    broken.Add("{}", sentence);
  }
}

// The last filter of an interposed container hands over what the class says; no other one listens.
void CheckNotifyFilter(const Final& final, Broken& broken) {
  const bool interposed = final.policy.interposition.Active();
  const std::size_t count = final.init_filters.size();
  for (std::size_t i = 0; i < count; ++i) {
    unsigned flags = 0;
    const auto program = filters::DecodeFilter(final.init_filters[i], flags);
    const bool listens = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;
    if (listens != (interposed && i + 1 == count)) {
      broken.Add("the supervisor's filter is missing, or another one is in its place");
    } else if (listens && (!program || flags != filters::kNotifyFlags)) {
      broken.Add("the supervisor's filter cannot be read, or has other flags");
    } else if (listens) {
      for (const std::string& sentence :
           filters::BrokenNotifyPromises(*program, final.policy.interposition)) {
        broken.Add("{}", sentence);
      }
    }
  }
}

void CheckArguments(const Final& final, Broken& broken) {
  const std::vector<std::string> arguments = TextsAt(final.process, "/args");
  const std::size_t count = final.init_filters.size();
  const bool whole =
      arguments.size() > count + 2 && arguments.front() == init::kPath &&
      std::equal(final.init_filters.begin(), final.init_filters.end(), arguments.begin() + 1) &&
      arguments[count + 1] == init::kEndOfFilters;
  if (!whole) broken.Add("the process does not start with stockade-init and its filters");
}

void CheckMount(const Final& final, Broken& broken) {
  const auto program = final.host.InitProgram();
  if (!program) {
    broken.Add("stockade-init cannot be used: {}", program.error().Text());
    return;
  }
  // The last of all mounts, for the image's links can lead any other to its place; and once, for
  // what is staged is one of two.
  const std::vector<Mount> mounts = MountsOf(final, broken);
  int places = 0;
  bool on_top = false;
  for (const Mount& mount : mounts) {
    if (!IsWithin(mount.destination, init::kPath)) continue;
    const bool ours = mount.destination == init::kPath && mount.IsBind() &&
                      mount.source == *program && mount.IsReadOnly() && !mount.IsNoExec() &&
                      !mount.Has("rbind");
    if (!ours) broken.Add("{} takes the place of stockade-init", mount.Text());
    on_top = mount.destination == init::kPath && &mount == &mounts.back();
    ++places;
  }
  if (!on_top) broken.Add("stockade-init is not mounted, or something is mounted over it");
  if (places > 1) broken.Add("stockade-init is mounted {} times", places);
}

// True if the host's root is one of the container's ids, or may be one for all that is written
// down.
bool HasHostRoot(const Final& final) {
  bool user_namespace = false;
  for (const Json& entry : At(final.root, "/linux/namespaces")) {
    user_namespace = user_namespace || TextAt(entry, "/type") == "user";
  }
  if (!user_namespace) return true;
  for (const char* list : {"/linux/uidMappings", "/linux/gidMappings"}) {
    const Json& mappings = At(final.root, list);
    if (!mappings.is_array() || mappings.empty()) return true;
    for (const Json& mapping : mappings) {
      const Json& first = At(mapping, "/hostID");
      if (!first.is_number_unsigned() || first == 0) return true;
    }
  }
  return false;
}

// Whoever may read stockade-init may look into a process that has not installed its filters yet. In
// a user namespace without the host's root it is nobody's file, and elsewhere only if it is mounted
// so.
void CheckHidden(const Final& final, Broken& broken) {
  if (!HasHostRoot(final)) return;
  const auto& binds = final.actions.binds;
  const auto staged = std::ranges::find(binds, init::kPath, &StagedBind::destination);
  if (staged == binds.end() || staged->ids != StagedBind::Ids::kNobody) {
    broken.Add("the container's root could read stockade-init");
  }
  if (Contains(TextsAt(final.process, "/capabilities/bounding"), "CAP_SYS_PTRACE")) {
    broken.Add("CAP_SYS_PTRACE could look into stockade-init");
  }
}

}  // namespace

void CheckInit(const Final& final, bool by_init, Broken& broken) {
  if (final.init_filters.empty()) {
    broken.Add("nothing installs the class's filter");
    return;
  }
  if (!IsTrue(At(final.process, "/noNewPrivileges"))) {
    broken.Add("stockade-init cannot install filters without noNewPrivileges");
  }
  CheckArguments(final, broken);
  CheckNotifyFilter(final, broken);
  if (final.exec) return;  // the filters and the mount are those of create
  CheckMount(final, broken);
  CheckHidden(final, broken);
  if (by_init) CheckClassFilter(final, broken);
}

}  // namespace stockade::sandbox::verify
