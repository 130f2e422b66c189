// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/services.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace stockade::supervisor {
namespace {

// The command of a thread, or "".
std::string CommandOf(int proc, int thread) {
  const base::UniqueFd file(
      openat(proc, fmt::format("{}/comm", thread).c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text;
  const ssize_t got = file ? read(file.get(), text.data(), text.size()) : -1;
  if (got <= 0) return {};
  std::string command(text.data(), static_cast<std::size_t>(got));
  if (command.back() == '\n') command.pop_back();
  return command;
}

}  // namespace

bool Refuse(const Services& services, const seccomp_notif& call, std::string_view name,
            std::string arguments, std::string_view rule) {
  const config::InterpositionRule& policy = services.rule;
  const auto thread = static_cast<int>(call.pid);
  const std::string command = CommandOf(services.proc, thread);
  // Only now is it sure that all of this was the caller's.
  if (!services.source.IsWaiting(call.id)) return false;
  services.events.Write({.pid = thread,
                         .command = command,
                         .call = name,
                         .arguments = std::move(arguments),
                         .rule = rule,
                         .answer = policy.complain ? "performed"
                                   : policy.kill   ? "killed"
                                                   : "refused"});
  if (policy.complain) return true;
  if (policy.kill) {
    services.targets.Kill(thread, [&] { return services.source.IsWaiting(call.id); });
  }
  return false;
}

}  // namespace stockade::supervisor
