// SPDX-License-Identifier: Apache-2.0
// What stockade and the stub agree on. README.md has the form of the command line.
#pragma once

#include <linux/utsname.h>

namespace stockade::init {

// Where the stub is inside a container. Every engine mounts a tmpfs on /dev, so that nothing is
// left in the image's own files.
inline constexpr char kPath[] = "/dev/stockade-init";

// Ends the filters; what follows is the workload's own command line.
inline constexpr char kEndOfFilters[] = "--";

// At most so many filters: the class's, the pod's, and the one whose calls the supervisor answers.
inline constexpr unsigned kMaxFilters = 4;

// Where the stub finds its end of the socket to the supervisor, if one of its filters makes a
// listener (SECCOMP_FILTER_FLAG_NEW_LISTENER). What a caller hands in with --preserve-fds follows,
// one number higher than it asked for; the stub moves it back.
inline constexpr int kSupervisorFd = 3;

// What goes over that socket: the stub sends a Listener, and runs the workload once it has read
// kAccepted. The supervisor takes the listener out of the stub by its number (pidfd_getfd(2)):
// sendmsg(2) may be among the calls that the new filter hands over, and nobody answers them yet.
struct Listener {
  int fd;
  new_utsname names;  // the container's, for a supervisor that answers uname(2)
};
inline constexpr char kAccepted = 'A';

enum ExitCode { kFilterFailed = 125, kCannotRun = 126, kNotFound = 127 };

}  // namespace stockade::init
