// SPDX-License-Identifier: Apache-2.0
// Which handler a call has.
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "filters/call_table.h"
#include "filters/interposition/call_text.h"
#include "filters/interposition/refused_calls.h"
#include "sandbox/supervisor/listener.h"
#include "sandbox/supervisor/mount_calls.h"
#include "sandbox/supervisor/network_calls.h"
#include "sandbox/supervisor/open_calls.h"
#include "sandbox/supervisor/system_calls.h"

namespace stockade::supervisor {
namespace {

struct Row {
  int number;
  Prepared (*prepare)(const Services&, const seccomp_notif&);
};

constexpr std::array<Row, 5> kNetwork{{{SYS_connect, PrepareConnect},
                                       {SYS_bind, PrepareBind},
                                       {SYS_sendto, PrepareSendTo},
                                       {SYS_sendmsg, PrepareSendMessage},
                                       {SYS_sendmmsg, PrepareSendMessages}}};

constexpr auto kFiles = std::to_array<Row>({
  {SYS_openat, PrepareOpenAt}, {SYS_openat2, PrepareOpenAt2},
#if defined(__x86_64__)
      {SYS_open, PrepareOpen}, {SYS_creat, PrepareCreate},
#endif
});

// A call that the class refuses by its number, or by flags in a register: in complain mode the
// kernel may go on with it.
Prepared PrepareRefused(const Services& services, const seccomp_notif& call) {
  const std::string_view name = filters::CallName(call.data);
  const auto& refused = services.rule.refused;
  const bool named = std::ranges::find(refused, name) != refused.end();
  Prepared prepared = Failed(filters::RefusalErrno(name));
  prepared.go_on = Refuse(services, call, name, filters::ArgumentText(call.data),
                          named ? name : std::string_view("namespaces"));
  if (prepared.go_on) prepared.reply.reset();
  return prepared;
}

}  // namespace

Prepared Prepare(const Services& services, const seccomp_notif& call) {
  switch (call.data.nr) {  // none of them can be refused by its name
    case SYS_sysinfo:
      return PrepareSysinfo(services, call);
    case SYS_uname:
      return PrepareUname(services, call);
#if defined(SYS_mknod)
    case SYS_mknod:
#endif
    case SYS_mknodat:
      return PrepareDeviceNode(services, call);
    default:
      break;
  }
  if (services.rule.mounts != config::Mounts::kKernel) {
    if (call.data.nr == SYS_mount) return PrepareMount(services, call);
    if (call.data.nr == SYS_umount2) return PrepareUnmount(services, call);
  }
  if (services.rule.network.mode != config::Mode::kOff) {
    for (const Row& row : kNetwork) {
      if (row.number == call.data.nr) return row.prepare(services, call);
    }
  }
  if (services.rule.files.mode != config::Mode::kOff) {
    for (const Row& row : kFiles) {
      if (row.number == call.data.nr) return row.prepare(services, call);
    }
  }
  return PrepareRefused(services, call);
}

}  // namespace stockade::supervisor
