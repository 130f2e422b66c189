// SPDX-License-Identifier: Apache-2.0
// The pod's net.* sysctls, written from the host: the pod's user namespace does not own its network
// namespace, so that a delegate inside may not.
//
//   NetSysctlPath("net.ipv4.conf.eth0/100.forwarding")   // "net/ipv4/conf/eth0.100/forwarding"
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "sandbox/host_actions.h"

namespace stockade::sandbox {

// The path below /proc/sys that a name means: dots separate, and a slash stands for a dot; or the
// other way round if the first separator is a slash (sysctl.d(5)). kSpec error for a name that is
// not below net/ or that is no plain path.
base::Result<std::string> NetSysctlPath(const std::string& name);

// The value that the host has to write for what the pod wrote: ids of the pod become ids of the
// host, cut to what the pod has.
base::Result<std::string> NetSysctlValue(const NetworkSysctl& sysctl, const IdRange* ids);

// Writes them in the network namespace that this thread is in.
base::Status WriteNetSysctls(const std::vector<NetworkSysctl>& sysctls, const IdRange* ids);

}  // namespace stockade::sandbox
