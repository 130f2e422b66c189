// SPDX-License-Identifier: Apache-2.0
// A container's supervisor, from outside: started once by create, found again by exec. What both
// return is the end of a session that stockade-init gets as descriptor kSupervisorFd; the delegate
// inherits it.
//
//   STOCKADE_ASSIGN(StartingSupervisor supervisor,
//                   StartSupervisor(program, state_directory, id, section, pod));
//   …what takes time as well…
//   STOCKADE_ASSIGN(base::UniqueFd session, supervisor.Await());
//   STOCKADE_ASSIGN(base::UniqueFd session, OpenSession(state_directory));
//
// The supervisor is in a session of its own and holds none of the container's descriptors. Its
// parent is whoever adopts orphans: containerd's shim is a subreaper and reaps it. Where the
// pod's cgroup is known it is in there from before its first instruction (supervisor_cgroup.h),
// else in the one that stockade was started in, the engine's. Never in the container's: that does
// not exist yet, and what is in it is frozen, listed and killed as the container's.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "config/base/json.h"
#include "sandbox/pod_cgroup.h"

namespace stockade::sandbox {

// PREFIX/libexec/stockade/stockade-supervisor beside the PREFIX/bin/ that we run from; an error if
// anybody but root could have changed it.
base::Result<std::string> SupervisorProgram();

// A supervisor that is not ready yet. Without Await() it ends again.
class StartingSupervisor {
 public:
  // `between` is the child that starts it, and `joins` whether in a pod's cgroup.
  StartingSupervisor(base::UniqueFd session, pid_t between, bool joins)
      : session_(std::move(session)), between_(between), joins_(joins) {}
  StartingSupervisor(StartingSupervisor&& other) noexcept
      : session_(std::move(other.session_)),
        between_(std::exchange(other.between_, -1)),
        joins_(other.joins_) {}
  StartingSupervisor& operator=(StartingSupervisor&&) = delete;
  ~StartingSupervisor();

  // Waits until it has confined itself; once. kHost error with the supervisor's own reason.
  base::Result<base::UniqueFd> Await();

 private:
  base::UniqueFd session_;
  pid_t between_;
  bool joins_;
};

// Starts `program` for container `id`, whose state directory exists. `section` is the class's
// "interposition", `pod` the cgroup of the container's pod, if it has one.
base::Result<StartingSupervisor> StartSupervisor(const std::string& program,
                                                 const std::string& state_directory,
                                                 const std::string& id, const base::Json& section,
                                                 const std::optional<PodCgroup>& pod);

// Opens one more session with the running supervisor. kHost error if there is none.
base::Result<base::UniqueFd> OpenSession(const std::string& state_directory);

}  // namespace stockade::sandbox
