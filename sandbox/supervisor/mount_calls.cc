// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/mount_calls.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>

#include "filters/call_table.h"
#include "filters/interposition/call_text.h"
#include "filters/interposition/mount_request.h"
#include "sandbox/supervisor/acting_as.h"
#include "sandbox/supervisor/caller_text.h"
#include "sandbox/supervisor/path_resolver.h"
#include "sandbox/supervisor/unique_mounts.h"
#include "sandbox/supervisor/worker.h"

namespace stockade::supervisor {
namespace {

// Rules by which they are refused.
constexpr std::string_view kPlace = "mounts: place";
constexpr std::string_view kNotOurs = "mounts: not made here";

// Records a refusal: `more` goes behind the registers. In complain mode the kernel goes on.
Prepared RefuseMount(const Services& services, const seccomp_notif& call, const std::string& more,
                     std::string_view rule = "mounts") {
  Prepared prepared = Failed(EPERM);
  prepared.go_on = Refuse(services, call, filters::CallName(call.data),
                          filters::ArgumentText(call.data) + more, rule);
  if (prepared.go_on) prepared.reply.reset();
  return prepared;
}

// True if a process has the container's namespace of that kind.
bool IsIn(const Services& services, pid_t thread, const char* kind, ino_t home) {
  struct stat status = {};
  const std::string path = fmt::format("{}/ns/{}", thread, kind);
  return fstatat(services.proc, path.c_str(), &status, 0) == 0 && status.st_ino == home;
}

bool IsRootAtHome(const Services& services, pid_t thread, const Identity& identity) {
  const MountHome& home = services.home;
  return home.root != static_cast<uid_t>(-1) && identity.effective_uid == home.root &&
         IsIn(services, thread, "user", home.user_namespace) &&
         IsIn(services, thread, "mnt", home.mount_namespace);
}

// No errno value: the path leads into a procfs, which the resolver may not tell where.
constexpr int kInProc = -1;

// What a path that was not found with `error` fails with.
int Unfound(const std::string& path, int error) {
  if (error != EACCES) return error;
  const base::UniqueFd node(openat(AT_FDCWD, path.c_str(), O_PATH | O_CLOEXEC));
  return node && IsOnProc(node.get()) ? kInProc : error;
}

// Where a mount goes, or which one goes away.
class MountOperation : public Operation {
 public:
  MountOperation(const Services& services, const seccomp_notif& call, const MountOrder& order,
                 std::string path)
      : services_(services), call_(call), order_(order), path_(std::move(path)) {}

  // A path may lead to a file system that keeps us waiting, and so may the holder.
  std::optional<Reply> Try() override { return std::nullopt; }

  std::optional<Reply> Perform(const StillWaiting& still_waiting) override {
    const auto thread = static_cast<pid_t>(call_.pid);
    const auto identity = ReadIdentity(services_.targets, thread);
    const auto place = OpenPlace(services_.proc, thread);
    const bool may = identity && place && IsRootAtHome(services_, thread, *identity);
    if (!still_waiting()) return std::nullopt;
    if (!may) return Refused("mounts: caller");
    const bool mounts = order_.verb == MountOrder::kMount;
    int error = 0;
    {
      const ActingAs caller(*identity, &*place, services_.own_root);
      if (!caller) return Reply{0, EPERM};
      error = mounts ? FindPlace() : FindMount();
    }
    if (!still_waiting()) return std::nullopt;
    if (error == kInProc) return Refused(mounts ? kPlace : kNotOurs);
    if (error != 0) return Reply{0, error};
    const auto answer = OrderMount(services_.orders, order_, std::move(place_), still_waiting);
    if (!answer) return std::nullopt;
    switch (answer->refusal) {
      case MountRefusal::kPlace:
        return Refused(kPlace);
      case MountRefusal::kNotOurs:
        return Refused(kNotOurs);
      case MountRefusal::kNone:
        break;
    }
    return Reply{0, answer->error};
  }

 private:
  Reply Refused(std::string_view rule) {
    (void)RefuseMount(services_, call_, fmt::format(", \"{}\"", Printable(path_)), rule);
    return {0, EPERM};
  }

  // While this thread acts as the caller; 0 or an errno value.
  int FindPlace() {
    PathResolver resolver(services_, static_cast<pid_t>(call_.pid), -1);
    Found found;
    if (const int error = resolver.Resolve(path_, {.follow = true}, found); error != 0) {
      return Unfound(path_, error);
    }
    if (!S_ISDIR(found.status.st_mode)) return ENOTDIR;
    place_ = std::move(found.node);
    return 0;
  }

  int FindMount() {
    PathResolver resolver(services_, static_cast<pid_t>(call_.pid), -1);
    Found found;
    const ResolveOptions options{.follow = (order_.unmount_flags & UMOUNT_NOFOLLOW) == 0,
                                 .create = true};
    if (const int error = resolver.Resolve(path_, options, found); error != 0) {
      return Unfound(path_, error);
    }
    if (!found.node) return ENOENT;
    const auto at = MountAt(found.node.get());
    if (!at || !at->is_root) return EINVAL;
    order_.mount = at->id;
    place_ = std::move(found.parent);
    if (place_) return order_.SetName(found.name) ? 0 : ENAMETOOLONG;
    // The path ended in a dot: the directory above has the mount point by its own name.
    const auto name = resolver.NameOf(found.node.get(), /*proven=*/true);
    place_.Reset(openat(found.node.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!place_) return errno;
    return name && order_.SetName(name->substr(name->rfind('/') + 1)) ? 0 : EINVAL;
  }

  const Services& services_;
  seccomp_notif call_;
  MountOrder order_;
  std::string path_;
  base::UniqueFd place_;
};

// A text that may be left out, or empty.
int ReadText(pid_t thread, std::uint64_t address, std::string& text) {
  text.clear();
  if (address == 0) return 0;
  const int error = ReadCallerPath(thread, address, text);
  return error == ENOENT ? 0 : error == ENAMETOOLONG ? EINVAL : error;
}

// What goes on once the path has been copied as well.
Prepared Order(const Services& services, const seccomp_notif& call, const MountOrder& order,
               std::uint64_t target) {
  std::string path;
  const int error = ReadCallerPath(static_cast<pid_t>(call.pid), target, path);
  if (!services.source.IsWaiting(call.id)) return {};
  if (error != 0) return Failed(error);
  return {.reply = std::nullopt,
          .operation = std::make_unique<MountOperation>(services, call, order, std::move(path))};
}

}  // namespace

Prepared PrepareMount(const Services& services, const seccomp_notif& call) {
  const auto& args = call.data.args;
  if (!PerformsMounts(services.rule) || !filters::AsksForNewMount(args[3])) {
    return RefuseMount(services, call, "");
  }
  const auto thread = static_cast<pid_t>(call.pid);
  std::string type;
  int error = args[2] == 0 ? EINVAL : ReadText(thread, args[2], type);
  if (error == 0 && type != "tmpfs") {
    return RefuseMount(services, call, fmt::format(", \"{:.64}\"", Printable(type)));
  }
  std::string source;
  std::string options;
  MountOrder order{.verb = MountOrder::kMount};
  if (error == 0) error = ReadText(thread, args[0], source);
  if (error == 0) error = ReadText(thread, args[4], options);
  if (error == 0) error = filters::ReadTmpfs(args[3], options, order.tmpfs);
  if (source.empty()) source = "none";
  if (error == 0 && !(filters::IsMountSource(source) && order.SetName(source))) error = EINVAL;
  if (!services.source.IsWaiting(call.id)) return {};
  if (error != 0) return Failed(error);
  return Order(services, call, order, args[1]);
}

Prepared PrepareUnmount(const Services& services, const seccomp_notif& call) {
  const auto& args = call.data.args;
  MountOrder order{.verb = MountOrder::kUnmount};
  if (!PerformsMounts(services.rule)) return RefuseMount(services, call, "");
  const int error = filters::ReadUmountFlags(args[1], order.unmount_flags);
  if (error == EPERM) return RefuseMount(services, call, "");
  if (error != 0) return Failed(error);
  return Order(services, call, order, args[0]);
}

}  // namespace stockade::supervisor
