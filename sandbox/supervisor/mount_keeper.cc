// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/mount_keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include "config/base/file.h"
#include "sandbox/fd_message.h"
#include "sandbox/supervisor/namespace_file.h"

namespace stockade::supervisor {
namespace {

constexpr std::size_t kMaxMap = 64U << 10;
constexpr std::uint32_t kNobodysId = ~std::uint32_t{0};

bool MakePair(base::UniqueFd& ours, base::UniqueFd& theirs) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return false;
  ours.Reset(ends[0]);
  theirs.Reset(ends[1]);
  return true;
}

std::uint32_t RootIn(int proc, pid_t process, const char* map) {
  const base::UniqueFd file(
      openat(proc, fmt::format("{}/{}", process, map).c_str(), O_RDONLY | O_CLOEXEC));
  const auto text = base::ReadFd(file.get(), kMaxMap, map);
  return text ? RootOf(*text) : kNobodysId;
}

bool HungUp(int socket) {
  pollfd state{.fd = socket, .events = 0, .revents = 0};
  return poll(&state, 1, 0) != 0;
}

// Who asked may be gone.
template <class T>
void Tell(int socket, const T& what) {
  (void)!write(socket, &what, sizeof what);
}

}  // namespace

std::uint32_t RootOf(std::string_view map) {
  while (!map.empty()) {
    std::array<std::uint32_t, 3> numbers{1, kNobodysId, 0};  // inside, outside, how many
    for (std::uint32_t& number : numbers) {
      map.remove_prefix(std::min(map.find_first_not_of(" \n"), map.size()));
      const auto [end, error] = std::from_chars(map.data(), map.data() + map.size(), number);
      if (error != std::errc()) return kNobodysId;
      map.remove_prefix(static_cast<std::size_t>(end - map.data()));
    }
    if (numbers[0] == 0 && numbers[2] != 0) return numbers[1];
    map.remove_prefix(std::min(map.find_first_not_of(" \n"), map.size()));
  }
  return kNobodysId;
}

bool MountKeeper::TakeHome(pid_t process) {
  if (namespaces_.mount) return true;
  MountNamespaces found{.user = OpenNamespace(proc_, process, "user"),
                        .mount = OpenNamespace(proc_, process, "mnt")};
  const base::UniqueFd own = OpenNamespace(proc_, getpid(), "user");
  home_ = {.user_namespace = InodeOf(found.user),
           .mount_namespace = InodeOf(found.mount),
           .root = RootIn(proc_, process, "uid_map"),
           .root_group = RootIn(proc_, process, "gid_map")};
  const auto levels = memory_.Of(proc_, process);
  struct sysinfo host = {};
  const ino_t own_inode = InodeOf(own);
  if (home_.user_namespace == 0 || home_.mount_namespace == 0 || own_inode == 0 || !levels ||
      sysinfo(&host) != 0) {
    return false;
  }
  std::uint64_t memory = std::uint64_t{host.totalram} * host.mem_unit;
  for (const filters::MemoryLevel& level : *levels) memory = std::min(memory, level.limit);
  bound_ = filters::BoundOf(memory);
  if (home_.user_namespace == own_inode) found.user.Reset();
  namespaces_ = std::move(found);
  return true;
}

base::UniqueFd MountKeeper::NewLink() {
  base::UniqueFd theirs;
  orders_.Reset();
  (void)MakePair(orders_, theirs);
  return theirs;
}

void MountKeeper::Serve(const std::function<void()>& in_child) {
  if (child_ > 0) {
    Finish();
  } else if (orders_) {
    Begin(in_child);
  }
}

void MountKeeper::Stop() {
  if (child_ > 0) (void)kill(child_, SIGKILL);
}

void MountKeeper::Begin(const std::function<void()>& in_child) {
  char byte = 0;
  sandbox::FdMessage next = sandbox::ReceiveFd(orders_.get(), &byte, 1);
  if (next.size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (next.size != 1 || !next.fd) {  // its worker is gone, or does not mean it
    orders_.Reset();
    return;
  }
  MountOrder order;
  sandbox::FdMessage asked = sandbox::ReceiveFd(next.fd.get(), &order, sizeof order);
  if (asked.size != static_cast<ssize_t>(sizeof order) || !asked.fd || HungUp(next.fd.get()))
    return;
  const bool home = namespaces_.mount && home_.root != kNobodysId && home_.root_group != kNobodysId;
  MountAnswer refusal = home ? CheckOrder(order, bound_, mounts_) : MountAnswer{.error = EPERM};
  base::UniqueFd theirs;
  if (refusal.error == 0 && !MakePair(report_, theirs)) refusal.error = EAGAIN;
  const pid_t child = refusal.error == 0 ? fork() : -1;
  if (child == 0) {
    in_child();
    orders_.Reset();
    report_.Reset();
    Tell(theirs.get(),
         PerformMount(namespaces_, home_, order, std::move(asked.fd), mounts_, proc_));
    _exit(0);
  }
  if (child < 0) {
    if (refusal.error == 0) refusal.error = EAGAIN;
    Tell(next.fd.get(), refusal);
    return;
  }
  child_ = child;
  answer_ = std::move(next.fd);
}

void MountKeeper::Finish() {
  MountReport report{.answer = {.error = EIO}, .living = ~std::uint64_t{0}};
  const sandbox::FdMessage got = sandbox::ReceiveFd(report_.get(), &report, sizeof report);
  if (got.size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
  child_ = -1;
  report_.Reset();
  if (got.size == static_cast<ssize_t>(sizeof report)) Remember(report);
  Tell(answer_.get(), report.answer);
  answer_.Reset();
}

void MountKeeper::Remember(const MountReport& report) {
  for (std::size_t i = 0; i < mounts_.size(); ++i) {
    if ((report.living >> i & 1) == 0) mounts_[i] = 0;
    if (report.spent != 0 && mounts_[i] == report.spent) mounts_[i] = kSpentMount;
  }
  const auto free = std::ranges::find(mounts_, std::uint64_t{0});
  if (report.made != 0 && free != mounts_.end()) *free = report.made;
}

}  // namespace stockade::supervisor
