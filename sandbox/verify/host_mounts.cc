// SPDX-License-Identifier: Apache-2.0
// Host paths in the container, each resolved on the host once more.
#include <algorithm>

#include "config/glob.h"
#include "sandbox/init/protocol.h"
#include "sandbox/verify/mounts.h"
#include "sandbox/verify/promises.h"

namespace stockade::sandbox::verify {
namespace {

using config::Mode;

// `pattern` with the folders before its first wildcard or variable as the host resolves them.
std::string ResolvedPattern(const HostView& host, const std::string& pattern) {
  constexpr std::string_view kStandalone = "${standalone}/";  // a condition before the path
  if (pattern.starts_with(kStandalone)) {
    const std::size_t path = kStandalone.size() - 1;
    return pattern.substr(0, path) + ResolvedPattern(host, pattern.substr(path));
  }
  if (!pattern.starts_with('/')) return pattern;
  const auto wild = std::min(pattern.find('*'), pattern.find("${"));
  const auto slash = wild == std::string::npos ? pattern.size() : pattern.rfind('/', wild);
  if (slash == 0) return pattern;
  const auto folder = host.Resolve(pattern.substr(0, slash));
  return folder ? *folder + pattern.substr(slash) : pattern;
}

bool Matches(const Final& final, const std::vector<std::string>& patterns,
             const std::string& path) {
  const config::PathVariables variables{
      .container_id = final.container.id,
      .sandbox_id = final.container.sandbox_id,
      .pod_uid = final.container.pod_uid,
      .standalone = final.container.role == Role::kStandalone,
  };
  return std::ranges::any_of(patterns, [&](const std::string& pattern) {
    return config::PathMatches(pattern, path, variables) ||
           config::PathMatches(ResolvedPattern(final.host, pattern), path, variables);
  });
}

// A guarded path as it is written and as the host resolves it ("/var/run" is "/run"); one that is
// not there can only be met as written.
struct Guard {
  std::string written;
  std::string resolved;
};

std::vector<Guard> GuardsOf(const Final& final) {
  std::vector<Guard> guards;
  for (const std::string& written : final.policy.host_mounts.guarded) {
    const auto resolved = final.host.Resolve(written);
    guards.push_back({written, resolved ? *resolved : written});
  }
  return guards;
}

// The guarded path that `source` is or contains or, with `inner`, lies in; "" if none.
std::string GuardOf(const std::vector<Guard>& guards, const std::string& source, bool inner) {
  for (const Guard& guard : guards) {
    for (const std::string& path : {guard.written, guard.resolved}) {
      // "/" guards itself: everything lies in it.
      if (IsWithin(path, source) || (inner && path != "/" && IsWithin(source, path))) {
        return guard.written;
      }
    }
  }
  return {};
}

// The guarded path that `source` holds or lies in under another name: of the same file system,
// mounted twice, or brought along with what is mounted below it. "" if none.
std::string GuardBehind(const HostView& host, const std::vector<Guard>& guards,
                        const std::string& source) {
  const auto places = host.Places(source);
  if (!places) return source;
  for (const Guard& guard : guards) {
    if (!host.Resolve(guard.written)) continue;
    const auto guarded = host.Places(guard.resolved);
    if (!guarded) return guard.written;
    if (guarded->empty()) continue;
    const auto& [device, path] = guarded->front();
    for (const FilePlace& place : *places) {
      if (place.device == device &&
          (IsWithin(path, place.path) || (guard.written != "/" && IsWithin(place.path, path)))) {
        return guard.written;
      }
    }
  }
  return {};
}

// A bind of a source that is not the image's must not run programs, nor what is mounted below it.
void CheckNoExec(const Final& final, const Mount& mount, const std::string& source,
                 Broken& broken) {
  const config::HostMountsRule& rule = final.policy.host_mounts;
  if (!rule.no_exec) return;
  if (Matches(final, rule.executable, source)) {
    if (!mount.IsReadOnly()) broken.Add("{} runs programs and can be written", mount.Text());
    return;
  }
  if (!mount.IsNoExec()) {
    broken.Add("{} runs programs that are not the image's", mount.Text());
  } else if (mount.Has("rbind") && !mount.Has("rnoexec") && final.host.IsDirectory(source)) {
    broken.Add("{} is noexec, but what is mounted below its source is not", mount.Text());
  }
}

// In a user namespace crun 1.8 forgets these flags of a bind, but for the recursive ones of a
// folder: they have to be on what is staged, which is compared with the document (unstage.h).
void CheckForgotten(const Final& final, const Mount& mount, const std::string& source,
                    Broken& broken) {
  const bool staged = std::ranges::any_of(final.actions.binds, [&](const StagedBind& bind) {
    return bind.destination == mount.destination && bind.source == mount.source;
  });
  if (staged || !HasOwnNamespace(final, "user")) return;
  const bool folder = final.host.IsDirectory(source);
  for (const char* flag : {"nosuid", "nodev", "noexec", "nosymfollow"}) {
    if (mount.Has(flag) && !(folder && mount.Has(fmt::format("r{}", flag)))) {
      broken.Add("{} may lose its {}, which is not staged", mount.Text(), flag);
    }
  }
}

void CheckBind(const Final& final, const std::vector<Guard>& guards, const Mount& mount,
               Broken& broken) {
  const auto source = mount.source.starts_with('/') ? final.host.Resolve(mount.source)
                                                    : base::Result<std::string>(std::string());
  if (!source) {
    broken.Add("{} cannot be resolved on the host: {}", mount.Text(), source.error().Text());
    return;
  }
  if (*source != mount.source) {
    broken.Add("{} does not name the host path as it is after all links", mount.Text());
  }
  const config::HostMountsRule& rule = final.policy.host_mounts;
  if (mount.destination == init::kPath) {
    const auto program = final.host.InitProgram();
    if (program && *program == *source && mount.IsReadOnly()) return;  // our own
  }
  if (!Matches(final, rule.allowed, *source)) {
    if (rule.only_allowed) broken.Add("{} is no host path that the class allows", mount.Text());
    if (const std::string guard = GuardOf(guards, *source, true); !guard.empty()) {
      broken.Add("{} reaches the guarded host path {}", mount.Text(), guard);
    } else if (const std::string behind = GuardBehind(final.host, guards, *source);
               !behind.empty()) {
      broken.Add("{} is another name of the guarded host path {}", mount.Text(), behind);
    }
  }
  CheckForgotten(final, mount, *source, broken);
  CheckNoExec(final, mount, *source, broken);
  if (!rule.read_only || Matches(final, rule.writable, *source)) return;
  if (!mount.IsReadOnly()) {
    broken.Add("{} is a writable host mount that the class does not give", mount.Text());
  } else if (mount.Has("rbind") && !mount.Has("rro") && final.host.IsDirectory(*source)) {
    broken.Add("{} is read-only, but what is mounted below its source is not", mount.Text());
  }
}

void CheckRootPath(const Final& final, const std::vector<Guard>& guards, Broken& broken) {
  const std::string root = TextAt(final.root, "/root/path");
  if (root.empty()) return;
  const std::string path = root.starts_with('/') ? root : final.container.bundle + "/" + root;
  const auto resolved = final.host.Resolve(path);
  if (!resolved) {
    broken.Add("the container's root cannot be resolved: {}", resolved.error().Text());
  } else if (*resolved == "/") {
    broken.Add("the container's root is the host's");
  } else if (const std::string guard = GuardOf(guards, *resolved, false); !guard.empty()) {
    broken.Add("the container's root {} holds the guarded host path {}", *resolved, guard);
  }
}

}  // namespace

void CheckHostMounts(const Final& final, Broken& broken) {
  if (final.policy.host_mounts.mode == Mode::kOff) return;
  const std::vector<Guard> guards = GuardsOf(final);
  for (const Mount& mount : MountsOf(final, broken)) {
    for (const char* option : {"shared", "rshared"}) {
      if (mount.Has(option)) broken.Add("{} would send mounts back to the host", mount.Text());
    }
    // It would change a mount that is already there, the root included.
    if (mount.Has("remount")) broken.Add("{} is a remount", mount.Text());
    if (mount.IsBind()) CheckBind(final, guards, mount, broken);
  }
  CheckRootPath(final, guards, broken);
}

}  // namespace stockade::sandbox::verify
