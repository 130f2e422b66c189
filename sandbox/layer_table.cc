// SPDX-License-Identifier: Apache-2.0
// The layers of the sandbox, in the order in which they run. Order matters in four places: what
// steers the delegate goes first, the user namespace looks at what the pod asks for before the
// capabilities are cut, the writable paths and kernel paths look at the mounts that the
// mount guard left, and seccomp goes last: its filter is expanded by the capabilities that are
// left, it needs no_new_privs, and its mount of stockade-init must lie on top of every other.
#include <array>

#include "sandbox/layers/layers.h"

namespace stockade::sandbox {
namespace {

constexpr std::array kLayers{
    Layer{"delegate annotations", "/delegateAnnotations",
          "annotations that steer the delegate do not reach it", false, ApplyDelegateAnnotations},
    Layer{"oci fields", "/ociFields",
          "fields that reach host resources and that no layer checks are not set", true,
          ApplyOciFields},
    Layer{"privileged", "/privileged", "a privileged container is not started as one", false,
          ApplyPrivileged},
    Layer{"namespaces", "/namespaces", "the host's namespaces are not shared", false,
          ApplyNamespaces},
    Layer{"user namespace", "/userNamespace",
          "root in the container is nobody on the host, and no two pods share an id", false,
          ApplyUserNamespace},
    Layer{"capabilities", "/capabilities",
          "no capability set goes beyond the class's ceiling; inheritable and ambient are empty",
          true, ApplyCapabilities},
    Layer{"no new privileges", "/noNewPrivileges", "setuid programs gain nothing", true,
          ApplyNoNewPrivileges},
    Layer{"user", "/user", "processes do not run as root", true, ApplyUser},
    Layer{"rlimits", "/rlimits", "resource limits stay within the class's bounds", true,
          ApplyRlimits},
    Layer{"host mounts", "/hostMounts",
          "no guarded path of the host is mounted, nor a file system that the class does not name",
          false, ApplyHostMounts},
    Layer{"rootfs", "/rootfs", "the image is read-only; only declared paths can be written", false,
          ApplyRootfs},
    Layer{
        "kernel paths", "/kernelPaths",
        "dangerous paths of /proc and /sys are hidden or read-only, and nothing is mounted on them",
        false, ApplyKernelPaths},
    Layer{"devices", "/devices", "only listed devices exist and can be opened", false,
          ApplyDevices},
    Layer{"sysctls", "/sysctls", "only listed sysctls are set, and only in own namespaces", false,
          ApplySysctls},
    Layer{"hooks", "/hooks", "no program runs on the host but the admin's own hooks", false,
          ApplyHooks},
    Layer{"lsm", "/lsm", "an AppArmor profile or SELinux label is on where the kernel has them",
          true, ApplyLsm},
    Layer{"seccomp", "/seccomp",
          "the class's filter is on, and the pod's own, before the workload's first instruction",
          true, ApplySeccomp},
};

}  // namespace

std::span<const Layer> LayerTable() { return kLayers; }

}  // namespace stockade::sandbox
