// SPDX-License-Identifier: Apache-2.0
// sysinfo and uname.
#include "sandbox/supervisor/system_calls.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>

#include "filters/interposition/system_info.h"
#include "sandbox/supervisor/caller_memory.h"
#include "sandbox/supervisor/memory_groups.h"

namespace stockade::supervisor {
namespace {

// Ends the call with `result` where its first argument points.
template <class T>
Prepared WriteResult(const Services& services, const seccomp_notif& call, const T& result) {
  const CallerMemory memory(services.proc, static_cast<pid_t>(call.pid));
  if (!services.source.IsWaiting(call.id)) return {};
  const bool written = memory.Write(call.data.args[0], std::as_bytes(std::span(&result, 1)));
  return Failed(written ? 0 : EFAULT);
}

}  // namespace

Prepared PrepareSysinfo(const Services& services, const seccomp_notif& call) {
  struct sysinfo host = {};
  const auto levels = services.memory == nullptr
                          ? std::nullopt
                          : services.memory->Of(services.proc, static_cast<pid_t>(call.pid));
  if (!services.source.IsWaiting(call.id)) return {};
  if (!levels || sysinfo(&host) != 0) return Failed(EPERM);
  return WriteResult(services, call, filters::WithinLimits(host, *levels));
}

Prepared PrepareUname(const Services& services, const seccomp_notif& call) {
  utsname host{};
  if (uname(&host) != 0) return Failed(EPERM);
  utsname told = filters::NeutralKernel(host);
  std::ranges::copy(services.names.node, told.nodename);
  std::ranges::copy(services.names.domain, told.domainname);
  return WriteResult(services, call, told);
}

}  // namespace stockade::supervisor
