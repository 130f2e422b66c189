// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "sandbox/supervisor/capabilities.h"

namespace stockade::supervisor {
namespace {

using base::ErrorKind;
using base::FailErrno;
using base::Status;

constexpr uid_t kNobody = 65534;

Status Limit(__rlimit_resource_t which, rlim_t value) {
  rlimit limit{};
  if (getrlimit(which, &limit) != 0) return FailErrno(ErrorKind::kHost, errno, "getrlimit");
  if (limit.rlim_max < value) value = limit.rlim_max;
  limit = {value, value};
  if (setrlimit(which, &limit) != 0) return FailErrno(ErrorKind::kHost, errno, "setrlimit");
  return {};
}

// An empty, read-only root. What is mounted elsewhere goes out of reach.
Status LeaveFileSystem() {
  if (unshare(CLONE_NEWNS | CLONE_FS) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "unshare the mount namespace");
  }
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("none", "/proc", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
            "size=4k,nr_inodes=2,mode=0555") != 0 ||
      chdir("/proc") != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
      umount2(".", MNT_DETACH) != 0 || chdir("/") != 0) {
    return FailErrno(ErrorKind::kHost, errno, "make an empty root");
  }
  return {};
}

Status DropPrivileges(bool mounts) {
  constexpr unsigned kBits = SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                             SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                             SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
  if (prctl(PR_SET_SECUREBITS, kBits) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "set the secure bits");
  }
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability) != 0) {
      return FailErrno(ErrorKind::kHost, errno, "drop the bounding set");
    }
  }
  if (setgroups(0, nullptr) != 0 || setresgid(0, kNobody, 0) != 0 ||
      setresuid(0, kNobody, 0) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "give up root's ids");
  }
  if (!SetCapabilities(mounts ? kMounting : kPermitted, kAlways)) {
    return FailErrno(ErrorKind::kHost, errno, "drop capabilities");
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "give up new privileges");
  }
  return {};
}

// Root made it, and has every capability over it; whoever enters has them in it, and no others.
Status EnterUserNamespace(int user_namespace) {
  constexpr uid_t kSame = -1U;
  if (setresuid(kSame, 0, kSame) != 0 || setns(user_namespace, CLONE_NEWUSER) != 0) {
    return FailErrno(ErrorKind::kHost, errno, "enter the container's user namespace");
  }
  CapabilitiesChanged();
  return DropPrivileges(/*mounts=*/false);
}

}  // namespace

base::Result<View> Confine(bool mounts) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  View view{.proc = base::UniqueFd(open("/proc", kFlags))};
  if (!view.proc) return FailErrno(ErrorKind::kHost, errno, "/proc");
  STOCKADE_TRY(Limit(RLIMIT_CORE, 0));
  STOCKADE_TRY(Limit(RLIMIT_NOFILE, 4096));
  STOCKADE_TRY(Limit(RLIMIT_FSIZE, 16U << 20));
  STOCKADE_TRY(Limit(RLIMIT_MEMLOCK, 0));
  STOCKADE_TRY(LeaveFileSystem());
  view.own_root.Reset(open("/", kFlags));
  if (!view.own_root) return FailErrno(ErrorKind::kHost, errno, "/");
  STOCKADE_TRY(DropPrivileges(mounts));
  STOCKADE_TRY(AllowOwnCallsOnly(mounts ? Role::kMountingHolder : Role::kHolder));
  return view;
}

base::Status ConfineWorker(int user_namespace) {
  if (user_namespace >= 0) STOCKADE_TRY(EnterUserNamespace(user_namespace));
  if (!SetCapabilities(kPermitted, kAlways)) {
    return FailErrno(ErrorKind::kHost, errno, "drop capabilities");
  }
  return AllowOwnCallsOnly(Role::kWorker);
}

}  // namespace stockade::supervisor
