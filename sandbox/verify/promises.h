// SPDX-License-Identifier: Apache-2.0
// The promises, one function a section of the class, in files named after what they look at. Each
// adds a sentence for everything that the document does against the section, and nothing when its
// mode is off. The table that runs them is in sandbox/verify.cc.
#pragma once

#include "sandbox/verify/final_document.h"

namespace stockade::sandbox::verify {

// process.cc
void CheckNoNewPrivileges(const Final& final, Broken& broken);
void CheckCapabilities(const Final& final, Broken& broken);
void CheckUser(const Final& final, Broken& broken);
void CheckRlimits(const Final& final, Broken& broken);
// lsm.cc
void CheckLsm(const Final& final, Broken& broken);
// oci_fields.cc
void CheckOciFields(const Final& final, Broken& broken);
void CheckDelegateAnnotations(const Final& final, Broken& broken);
// privileged.cc
void CheckPrivileged(const Final& final, Broken& broken);
// namespaces.cc
void CheckNamespaces(const Final& final, Broken& broken);
// True if the container has a namespace of `type` that is not the host's.
bool HasOwnNamespace(const Final& final, std::string_view type);
// user_namespace.cc
void CheckUserNamespace(const Final& final, Broken& broken);
// seccomp.cc; for exec and create
void CheckSeccomp(const Final& final, Broken& broken);
// init.cc: what stockade-init installs; called by CheckSeccomp
// `by_init`: the first filter has to be the class's.
void CheckInit(const Final& final, bool by_init, Broken& broken);
// host_mounts.cc
void CheckHostMounts(const Final& final, Broken& broken);
// file_systems.cc: the other half of /hostMounts
void CheckFileSystems(const Final& final, Broken& broken);
// rootfs.cc
void CheckRootfs(const Final& final, Broken& broken);
// kernel_paths.cc
void CheckKernelPaths(const Final& final, Broken& broken);
// devices.cc
void CheckDevices(const Final& final, Broken& broken);
// host_settings.cc
void CheckSysctls(const Final& final, Broken& broken);
void CheckHooks(const Final& final, Broken& broken);

}  // namespace stockade::sandbox::verify
