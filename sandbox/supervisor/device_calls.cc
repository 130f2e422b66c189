// SPDX-License-Identifier: Apache-2.0
// mknod and mknodat of devices.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>

#include "filters/call_table.h"
#include "filters/interposition/call_text.h"
#include "filters/interposition/device_node.h"
#include "sandbox/supervisor/acting_as.h"
#include "sandbox/supervisor/caller_text.h"
#include "sandbox/supervisor/capabilities.h"
#include "sandbox/supervisor/system_calls.h"

namespace stockade::supervisor {
namespace {

constexpr long kNoDevices = 4;  // ST_NODEV

// The registers of either call.
struct Request {
  int folder = AT_FDCWD;
  std::uint64_t path = 0;
  std::uint32_t mode = 0;
  std::uint32_t device = 0;
};

Request RequestOf(const seccomp_data& call) {
  const auto& args = call.args;
  const bool at = call.nr == SYS_mknodat;
  const unsigned first = at ? 1 : 0;
  return {.folder = at ? static_cast<std::int32_t>(args[0]) : AT_FDCWD,
          .path = args[first],
          .mode = static_cast<std::uint16_t>(args[first + 1]),
          .device = static_cast<std::uint32_t>(args[first + 2])};
}

// What is looked up first, and the name in it with the slashes behind it, as the kernel takes it.
std::pair<std::string, std::string> Split(const std::string& path) {
  const auto last = path.find_last_not_of('/');
  const auto slash = last == std::string::npos ? std::string::npos : path.rfind('/', last);
  if (slash == std::string::npos) return {last == std::string::npos ? "/" : ".", path};
  return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

struct Outcome {
  int error = 0;
  bool of_no_use = false;  // devices cannot be opened there
};

// Makes the node; this thread is the caller, without a capability.
Outcome MakeNode(const Request& request, int folder, const std::string& path, bool complain) {
  const auto [parent, name] = Split(path);
  const base::UniqueFd place(openat(folder, parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!place) return {errno};
  struct statfs info = {};
  if (fstatfs(place.get(), &info) != 0) return {errno};
  if (!complain && (info.f_flags & kNoDevices) != 0) return {EPERM, true};
  if (!SetCapabilities(kPermitted, Bit(CAP_MKNOD))) return {EPERM};
  const long made = syscall(SYS_mknodat, place.get(), name.c_str(), request.mode, request.device);
  const int error = made == 0 ? 0 : errno;
  (void)SetCapabilities(kPermitted, 0);
  return {error};
}

class DeviceNode : public Operation {
 public:
  DeviceNode(const Services& services, const seccomp_notif& call, const Request& request,
             base::UniqueFd folder, std::string path)
      : services_(services),
        call_(call),
        request_(request),
        folder_(std::move(folder)),
        path_(std::move(path)) {}

  // A path may lead to a file system that keeps us waiting.
  std::optional<Reply> Try() override { return std::nullopt; }

  std::optional<Reply> Perform(const StillWaiting& still_waiting) override {
    const auto thread = static_cast<pid_t>(call_.pid);
    const auto identity = ReadIdentity(services_.targets, thread);
    const auto place = OpenPlace(services_.proc, thread);
    if (!still_waiting()) return std::nullopt;
    if (!identity || !place) return Reply{0, EPERM};
    Outcome outcome;
    {
      const ActingAs caller(*identity, &*place, services_.own_root);
      if (!caller) return Reply{0, EPERM};
      outcome =
          MakeNode(request_, folder_ ? folder_.get() : AT_FDCWD, path_, services_.rule.complain);
    }
    if (outcome.of_no_use) {
      (void)Refuse(services_, call_, filters::CallName(call_.data),
                   filters::ArgumentText(call_.data), "deviceNodes: nodev");
    }
    return Reply{0, outcome.error};
  }

 private:
  const Services& services_;
  seccomp_notif call_;
  Request request_;
  base::UniqueFd folder_;
  std::string path_;
};

Prepared RefuseNode(const Services& services, const seccomp_notif& call) {
  Prepared prepared = Failed(EPERM);
  prepared.go_on = Refuse(services, call, filters::CallName(call.data),
                          filters::ArgumentText(call.data), "deviceNodes");
  if (prepared.go_on) prepared.reply.reset();
  return prepared;
}

}  // namespace

Prepared PrepareDeviceNode(const Services& services, const seccomp_notif& call) {
  const Request request = RequestOf(call.data);
  if (services.rule.device_nodes != config::DeviceNodes::kHarmless ||
      !services.same_user_namespace || !filters::IsHarmlessDevice(request.mode, request.device)) {
    return RefuseNode(services, call);
  }
  const auto thread = static_cast<pid_t>(call.pid);
  std::string path;
  int error = ReadCallerPath(thread, request.path, path);
  base::UniqueFd folder;
  if (error == 0 && path.front() != '/' && request.folder != AT_FDCWD) {
    folder = services.targets.Descriptor(thread, request.folder);
    if (!folder) error = EBADF;
  }
  if (!services.source.IsWaiting(call.id)) return {};
  if (error != 0) return Failed(error);
  return {.reply = std::nullopt,
          .operation = std::make_unique<DeviceNode>(services, call, request, std::move(folder),
                                                    std::move(path))};
}

}  // namespace stockade::supervisor
