// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/open_calls.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <vector>

#include "sandbox/supervisor/caller_text.h"
#include "sandbox/supervisor/open_effect.h"

namespace stockade::supervisor {
namespace {

using filters::OpenRequest;

Prepared Gone(const Services& services, const seccomp_notif& call, int error) {
  return services.source.IsWaiting(call.id) ? Failed(error) : Prepared{};
}

// What a call names, copied and duplicated.
struct Named {
  std::string_view call;
  int directory = AT_FDCWD;
  std::uint64_t path = 0;
};

Prepared Open(const Services& services, const seccomp_notif& call, const OpenRequest& request,
              const Named& named) {
  if (const int error = filters::CheckOpen(request); error != 0) return Failed(error);
  const auto thread = static_cast<pid_t>(call.pid);
  std::string path;
  if (const int error = ReadCallerPath(thread, named.path, path); error != 0) {
    return Gone(services, call, error);
  }
  constexpr int kTemporary = O_TMPFILE & ~O_DIRECTORY;
  constexpr std::uint64_t kScoped = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
  base::UniqueFd start;
  if (named.directory != AT_FDCWD && (path.front() != '/' || (request.resolve & kScoped) != 0)) {
    start = services.targets.Descriptor(thread, named.directory);
    if (!start) return Gone(services, call, errno);
  }
  const bool elsewhere = start || path.front() == '/';
  auto caller = TakeCaller(services, call,
                           {.path = true,
                            .directory = !elsewhere || (request.resolve & kScoped) != 0,
                            .mask = (request.flags & (O_CREAT | kTemporary)) != 0});
  // Only now is it sure that all of this was the caller's. A settled one is who it is: what comes
  // of a path that was another's is looked at before it has an effect.
  if ((!caller || caller->view == nullptr) && !services.source.IsWaiting(call.id)) return {};
  if (!caller) return Failed(EACCES);
  OpenEffect effect(
      services, call,
      {.name = named.call, .request = request, .path = std::move(path), .start = std::move(start)});
  if (!effect.TakePlace(*caller)) return Failed(EACCES);
  base::UniqueFd waits;
  {
    const ActingAs acting(*caller, services.own_root);
    if (!acting) return Failed(EACCES);
    const int error = effect.Open();
    if (error == 0) {
      services.source.AnswerWithFd(call.id, effect.TakeFile(), (request.flags & O_CLOEXEC) != 0,
                                   effect.OnlyReads());
      return {};
    }
    if (error != OpenEffect::kWaits) return Failed(error);
    waits = effect.TakeNode();
  }
  return {.reply = std::nullopt,
          .operation = std::make_unique<WaitingOpen>(services, call, request.flags,
                                                     std::move(*caller), std::move(waits))};
}

std::int32_t Number(std::uint64_t argument) { return static_cast<std::int32_t>(argument); }

}  // namespace

Prepared PrepareOpen(const Services& services, const seccomp_notif& call) {
  const auto& args = call.data.args;
  return Open(services, call, filters::OpenRequestOf(args[1], args[2]),
              {.call = "open", .path = args[0]});
}

Prepared PrepareOpenAt(const Services& services, const seccomp_notif& call) {
  const auto& args = call.data.args;
  return Open(services, call, filters::OpenRequestOf(args[2], args[3]),
              {.call = "openat", .directory = Number(args[0]), .path = args[1]});
}

Prepared PrepareCreate(const Services& services, const seccomp_notif& call) {
  const auto& args = call.data.args;
  return Open(services, call, filters::OpenRequestOf(O_CREAT | O_WRONLY | O_TRUNC, args[1]),
              {.call = "creat", .path = args[0]});
}

Prepared PrepareOpenAt2(const Services& services, const seccomp_notif& call) {
  const auto& args = call.data.args;
  if (args[3] < filters::kOpenHowSize) return Failed(EINVAL);
  if (args[3] > filters::kMaxOpenHow) return Failed(E2BIG);
  std::vector<std::byte> how(args[3]);
  if (!ReadMemory(static_cast<pid_t>(call.pid), args[2], how)) {
    return Gone(services, call, EFAULT);
  }
  OpenRequest request;
  if (const int error = filters::DecodeOpenHow(how, request); error != 0) return Failed(error);
  // The kernel gives no O_PATH descriptor to another. Callers fall back on openat, where the filter
  // sees the flag.
  if ((request.flags & O_PATH) != 0) return Failed(ENOSYS);
  return Open(services, call, request,
              {.call = "openat2", .directory = Number(args[0]), .path = args[1]});
}

}  // namespace stockade::supervisor
