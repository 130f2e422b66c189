// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/mount_order.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/fd_message.h"

namespace stockade::supervisor {

bool MountOrder::SetName(std::string_view text) {
  if (text.size() >= name.size()) return false;
  name = {};
  std::ranges::copy(text, name.begin());
  return true;
}

std::optional<MountAnswer> OrderMount(int orders, const MountOrder& order, base::UniqueFd place,
                                      const StillWaiting& still_waiting) {
  const MountAnswer nobody{.error = EIO};
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return nobody;
  const base::UniqueFd ours(ends[0]);
  base::UniqueFd theirs(ends[1]);
  if (!sandbox::SendFd(ours.get(), &order, sizeof order, place.get())) return nobody;
  place.Reset();  // it would keep its mount busy
  const char byte = 0;
  while (!sandbox::SendFd(orders, &byte, 1, theirs.get())) {
    if (errno != EINTR) return nobody;
    if (!still_waiting()) return std::nullopt;
  }
  theirs.Reset();
  for (;;) {
    pollfd state{.fd = ours.get(), .events = POLLIN, .revents = 0};
    if (poll(&state, 1, -1) == 1) break;
    if (errno != EINTR) return nobody;
    if (!still_waiting()) return std::nullopt;
  }
  MountAnswer answer;
  const sandbox::FdMessage got = sandbox::ReceiveFd(ours.get(), &answer, sizeof answer);
  return got.size == static_cast<ssize_t>(sizeof answer) ? answer : nobody;
}

}  // namespace stockade::supervisor
