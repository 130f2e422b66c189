// SPDX-License-Identifier: Apache-2.0
// stockade-supervisor CONTAINER-ID: answers the interposed calls of one container. Started by
// stockade with the descriptors of protocol.h; of no use by itself.
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>

#include "config/base/file.h"
#include "config/class_sections.h"
#include "sandbox/supervisor/caller_memory.h"
#include "sandbox/supervisor/confinement.h"
#include "sandbox/supervisor/memory_groups.h"
#include "sandbox/supervisor/protocol.h"
#include "sandbox/supervisor/sessions.h"
#include "sandbox/supervisor/target.h"

namespace stockade::supervisor {
namespace {

constexpr base::JsonLimits kPolicyText{4U << 20, 32, 4096};

base::Result<config::InterpositionRule> ReadPolicy(int fd) {
  STOCKADE_ASSIGN(const std::string text, base::ReadFd(fd, kPolicyText.max_bytes, "the policy"));
  STOCKADE_ASSIGN(const base::ParsedJson parsed,
                  base::ParseJson(text, kPolicyText, "the policy", base::ErrorKind::kInternal));
  const config::Origins origins;
  const config::DocumentContext context{origins};
  config::InterpositionRule rule;
  STOCKADE_TRY(config::ReadInterposition(config::Node(parsed.value, "", context), rule));
  return rule;
}

// What answering sysinfo and uname, and bounding mounts, needs of this machine.
base::Result<std::optional<MemoryGroups>> MemoryFor(const config::InterpositionRule& rule) {
  if (rule.system_info != config::SystemInfoRule{}) {
    const base::UniqueFd proc(open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!CallerMemory::Supported(proc.get())) {
      return base::Fail(base::ErrorKind::kHost,
                        "systemInfo needs Linux 6.11, for what of a caller's memory is writable");
    }
  }
  if (!rule.system_info.cgroup_memory && !PerformsMounts(rule)) return std::nullopt;
  STOCKADE_ASSIGN(MemoryGroups groups, MemoryGroups::Open());
  return groups;
}

base::Result<int> Serve() {
  base::UniqueFd control(kControlFd);
  const base::UniqueFd policy(kPolicyFd);
  if (!KernelSource::KnowsStructures()) {
    return base::Fail(base::ErrorKind::kHost, "the kernel's notifications are of a newer form");
  }
  if (!TargetDescriptors::Open(getpid())) {
    return base::Fail(base::ErrorKind::kHost,
                      "a class with interposition needs Linux 6.9, for descriptors of threads");
  }
  WorkerParts parts;
  if (!parts.calls) return base::FailErrno(base::ErrorKind::kHost, errno, "shared memory");
  parts.events.Reset(kEventsFd);
  parts.older_events.Reset(kOlderEventsFd);
  STOCKADE_ASSIGN(parts.rule, ReadPolicy(policy.get()));
  STOCKADE_ASSIGN(parts.memory, MemoryFor(parts.rule));
  STOCKADE_ASSIGN(parts.view, Confine(PerformsMounts(parts.rule)));
  Sessions sessions(std::move(control), parts);
  STOCKADE_TRY(sessions.StartWorker());
  sessions.Add(base::UniqueFd(kSessionFd));
  return sessions.Run();
}

}  // namespace
}  // namespace stockade::supervisor

int main() {
  mallopt(M_ARENA_MAX, 1);  // one heap for all threads
  const auto done = stockade::supervisor::Serve();
  if (done) return *done;
  const std::string text = stockade::supervisor::kFailed + done.error().Text();
  (void)stockade::base::WriteAll(stockade::supervisor::kSessionFd, text.substr(0, 512), "session");
  (void)stockade::base::WriteAll(2, done.error().Text() + "\n", "log");
  return 1;
}
