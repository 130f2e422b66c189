// SPDX-License-Identifier: Apache-2.0
// Hooks are programs that the delegate runs, most of them as root on the host. Only those that the
// admin lists stay, by the file that they really are: "/proc/<pid>/exe" and symbolic links are
// followed.
#include <algorithm>
#include <array>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::Result;
using base::Status;

constexpr const char* kSetting = "/hooks/allowed";

// startContainer hooks run inside the container, from its own files: there is nothing to resolve.
struct Kind {
  std::string_view name;
  bool on_host;
};
constexpr std::array<Kind, 6> kKinds{{{"prestart", true},
                                      {"createRuntime", true},
                                      {"createContainer", true},
                                      {"startContainer", false},
                                      {"poststart", true},
                                      {"poststop", true}}};

bool Listed(const LayerInput& in, const std::string& path, bool on_host) {
  return std::ranges::any_of(in.policy.hooks.allowed, [&](const std::string& allowed) {
    if (path == allowed) return true;
    const auto resolved = in.host.Resolve(allowed);
    return on_host && resolved && path == *resolved;
  });
}

// Keeps, corrects or removes one hook.
Status Check(const LayerInput& in, SpecEditor& edit, const Kind& kind, const std::string& pointer) {
  STOCKADE_ASSIGN(const auto path, TextAt(edit.Root(), pointer + "/path"));
  STOCKADE_ASSIGN(const auto environment, TextsAt(edit.Root(), pointer + "/env"));
  std::string problem;
  std::string program = path.value_or("");
  if (kind.on_host) {
    const auto resolved = in.host.Resolve(program);
    if (!resolved) {
      problem = resolved.error().message;
    } else {
      program = *resolved;
    }
  }
  if (problem.empty() && !Listed(in, program, kind.on_host)) problem = "is not in the class's list";
  // The loader would run another file's code under the name of a listed one.
  if (std::ranges::any_of(environment,
                          [](std::string_view entry) { return entry.starts_with("LD_"); })) {
    problem = "sets an LD_ variable";
  }
  if (problem.empty()) {
    edit.Set(pointer + "/path", program, "a link must not change after the check", kSetting);
    return {};
  }
  if (in.policy.hooks.mode == config::Mode::kRefuse) {
    return Refuse(in, kSetting, "have the admin list the program in hooks.allowed",
                  "the {} hook {} {}", kind.name, path.value_or("without a path"), problem);
  }
  edit.Remove(pointer, "only the admin's own hooks run", kSetting);
  return {};
}

}  // namespace

Status ApplyHooks(const LayerInput& in, SpecEditor& edit) {
  if (in.policy.hooks.mode == config::Mode::kOff) return {};
  STOCKADE_TRY(ObjectAt(edit.Root(), "/hooks"));
  for (const Kind& kind : kKinds) {
    const std::string list = fmt::format("/hooks/{}", kind.name);
    STOCKADE_ASSIGN(const std::size_t count, SizeAt(edit.Root(), list));
    for (std::size_t i = count; i-- > 0;) {
      STOCKADE_TRY(Check(in, edit, kind, fmt::format("{}/{}", list, i)));
    }
  }
  return {};
}

}  // namespace stockade::sandbox
