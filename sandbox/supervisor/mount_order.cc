// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/mount_order.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/fd_message.h"

namespace stockade::supervisor {
namespace {

// Of one component, and no way up.
bool IsPlainName(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

}  // namespace

bool MountOrder::SetName(std::string_view text) {
  if (text.size() >= name.size()) return false;
  name = {};
  std::ranges::copy(text, name.begin());
  return true;
}

MountAnswer CheckOrder(MountOrder& order, const filters::TmpfsBound& bound,
                       std::span<const std::uint64_t, filters::kMaxMounts> mounts) {
  const auto end = std::ranges::find(order.name, '\0');
  if (end == order.name.end()) return {.error = EINVAL};
  const std::string_view name(order.name.data(),
                              static_cast<std::size_t>(end - order.name.begin()));
  if (order.verb == MountOrder::kMount) {
    order.tmpfs = filters::Bounded(order.tmpfs, bound);
    return {.error = filters::IsMountSource(name) ? 0 : EINVAL};
  }
  if (order.verb != MountOrder::kUnmount) return {.error = EINVAL};
  if (order.mount == 0 || order.mount == kSpentMount ||
      std::ranges::find(mounts, order.mount) == mounts.end()) {
    return {.error = EPERM, .refusal = MountRefusal::kNotOurs};
  }
  const int error = filters::ReadUmountFlags(static_cast<std::uint32_t>(order.unmount_flags),
                                             order.unmount_flags);
  return {.error = error == 0 && !IsPlainName(name) ? EINVAL : error};
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
