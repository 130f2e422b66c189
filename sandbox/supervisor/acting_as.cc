// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/acting_as.h"

#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "sandbox/supervisor/capabilities.h"

namespace stockade::supervisor {
namespace {

// glibc's own functions would change every thread.
bool SetIds(const Identity& who) {
  return syscall(SYS_setgroups, who.groups.size(), who.groups.data()) == 0 &&
         syscall(SYS_setresgid, who.gid, who.effective_gid, who.saved_gid) == 0 &&
         syscall(SYS_setresuid, who.uid, who.effective_uid, who.saved_uid) == 0;
}

constexpr std::uint64_t kActing = Bit(CAP_SETUID) | Bit(CAP_SETGID) | Bit(CAP_SYS_CHROOT);

// Whose ids this thread has; nothing before the first.
thread_local std::optional<Identity> worn;

bool Wear(const Identity& who) {
  if (worn == who) return true;
  worn.reset();
  if (!SetIds(who)) return false;
  worn = who;
  return true;
}

// The settled caller in whose root this thread is; none in its own.
thread_local const SettledView* at_home_of = nullptr;

bool GoTo(int root) { return fchdir(root) == 0 && chroot(".") == 0; }

}  // namespace

bool BeginAtHome(int own_root) {
  if (unshare(CLONE_FS) != 0) return false;
  if (own_root < 0) return true;
  return SetCapabilities(kPermitted, kActing) && GoTo(own_root) &&
         SetCapabilities(kPermitted, kAlways);
}

std::optional<Caller> TakeCaller(const Services& services, const seccomp_notif& call, Needs needs) {
  const auto thread = static_cast<pid_t>(call.pid);
  Caller caller{.needs = needs};
  caller.view = services.settled.Of(thread, [&] { return services.source.IsWaiting(call.id); });
  if (caller.view == nullptr || needs.mask) {
    auto identity = ReadIdentity(services.targets, thread);
    if (!identity) return std::nullopt;
    caller.identity = std::move(*identity);
  }
  if (!needs.path) return caller;
  const bool root = caller.view == nullptr;
  auto place =
      OpenPlace(services.proc, thread, {.root = root, .working_directory = needs.directory});
  if (!place) return std::nullopt;
  caller.place = std::move(*place);
  return caller;
}

ActingAs::ActingAs(const Caller& caller, int own_root)
    : moved_(caller.needs.path), own_root_(own_root) {
  done_ = caller.view != nullptr ? BecomeSettled(caller)
                                 : Become(caller.identity, moved_ ? &caller.place : nullptr);
}

ActingAs::ActingAs(const Identity& identity, const Place* place, int own_root)
    : moved_(place != nullptr), own_root_(own_root) {
  done_ = Become(identity, place);
}

bool ActingAs::Become(const Identity& identity, const Place* place) {
  if (!SetCapabilities(kPermitted, kActing) || !Wear(identity)) return false;
  if (place != nullptr) {
    at_home_of = nullptr;
    if (!GoTo(place->root.get())) return false;
    if (place->working_directory && fchdir(place->working_directory.get()) != 0) return false;
    umask(identity.mask);
  }
  return SetCapabilities(kPermitted, 0);
}

bool ActingAs::BecomeSettled(const Caller& caller) {
  const bool home = !moved_ || at_home_of == caller.view;
  if (worn != caller.view->identity || !home) {
    if (!SetCapabilities(kPermitted, kActing) || !Wear(caller.view->identity)) return false;
    if (!home && !GoTo(caller.view->root.get())) return false;
    if (!home) at_home_of = caller.view;
    if (!SetCapabilities(kPermitted, kAlways)) return false;
  }
  const int directory = caller.place.working_directory.get();
  strayed_ = directory >= 0;
  if (strayed_ && fchdir(directory) != 0) return false;
  if (caller.needs.mask) umask(caller.identity.mask);
  return true;
}

ActingAs::~ActingAs() {
  bool back = true;
  if (moved_ && at_home_of != nullptr) {
    if (strayed_) back = fchdir(at_home_of->root.get()) == 0;
  } else if (moved_) {
    back = SetCapabilities(kPermitted, kActing) && GoTo(own_root_);
  }
  // A thread that stayed in a caller's directory, or without its own capabilities, must not go on.
  if (!back || !SetCapabilities(kPermitted, kAlways)) abort();
}

}  // namespace stockade::supervisor
