// SPDX-License-Identifier: Apache-2.0
// Which system calls a container reaches. The class's filter comes from the delegate or from
// stockade-init, as the class says; a pod's own profile is never lost: what an engine writes for
// everybody is replaced, anything stricter is stacked on the class's filter by stockade-init.
#include "filters/class_filter.h"
#include "filters/filter_text.h"
#include "filters/floor.h"
#include "filters/interposition/notify_filter.h"
#include "filters/interposition/refused_calls.h"
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"
#include "sandbox/layers/start_by_init.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;
using base::Result;
using base::Status;
using config::FilterInstaller;
using config::SeccompRule;

constexpr const char* kPointer = "/linux/seccomp";
constexpr const char* kSetting = "/seccomp/profile";
constexpr const char* kHint =
    "use seccompProfile.type: RuntimeDefault, or none; the class brings its own filter";

// The class's filter as stockade-init takes it.
Result<std::string> ClassFilter(const LayerInput& in, const config::CapabilityNames& remaining) {
  const SeccompRule& rule = in.policy.seccomp;
  if (const auto* const shipped =
          filters::ShippedProgram(rule.profile, remaining, rule.compat_architectures)) {
    if (filters::RefusedCalls(in.policy.interposition).empty()) return std::string(shipped->text);
    return filters::EncodeFilter(filters::HandOver(shipped->program, in.policy.interposition), 0);
  }
  STOCKADE_ASSIGN(const Json object,
                  filters::BuildFloor(rule.profile, remaining, rule.compat_architectures));
  STOCKADE_ASSIGN(const filters::Program program, in.host.CompiledFilter(object));
  return filters::EncodeFilter(filters::HandOver(program, in.policy.interposition), 0);
}

Result<unsigned> FlagsOf(const LayerInput& in, const Json& root) {
  unsigned flags = 0;
  STOCKADE_ASSIGN(const auto words, TextsAt(root, "/linux/seccomp/flags"));
  for (const std::string& word : words) {
    if (word == "SECCOMP_FILTER_FLAG_LOG") {
      flags |= SECCOMP_FILTER_FLAG_LOG;
    } else if (word == "SECCOMP_FILTER_FLAG_SPEC_ALLOW") {
      flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    } else if (word != "SECCOMP_FILTER_FLAG_TSYNC") {  // one thread is synchronous with itself
      return Refuse(in, kSetting, kHint, "{}/flags has {:.80}", kPointer, word);
    }
  }
  return flags;
}

// The pod's own profile as stockade-init takes it; nothing if the class's filter refuses all that
// it refuses.
Result<std::optional<std::string>> OwnFilter(const LayerInput& in, const Json& root,
                                             const Json& own,
                                             const config::CapabilityNames& remaining) {
  const SeccompRule& rule = in.policy.seccomp;
  STOCKADE_ASSIGN(const auto listener, TextAt(root, "/linux/seccomp/listenerPath"));
  if (listener.value_or("") != "") {
    return Refuse(in, kSetting, kHint, "{}/listenerPath hands system calls to {:.200}", kPointer,
                  *listener);
  }
  if (!rule.complain) {  // a filter that complains replaces nothing
    STOCKADE_ASSIGN(const bool covered, in.host.ClassFilterCovers(rule.profile, remaining,
                                                                  rule.compat_architectures, own));
    if (covered) return std::nullopt;
  }
  STOCKADE_ASSIGN(const unsigned flags, FlagsOf(in, root));
  const auto program = in.host.CompiledFilter(own);
  if (!program) return tl::unexpected(program.error().Within("the pod's own seccomp profile"));
  return filters::EncodeFilter(*program, flags);
}

// Who installs the class's filter: true for stockade-init. A class may leave it open.
bool InstallsByInit(const LayerInput& in, SpecEditor& edit) {
  const SeccompRule& rule = in.policy.seccomp;
  // A filter that only complains is the delegate's: there is nothing to be protected from looks.
  if (rule.complain || rule.installed_by == FilterInstaller::kDelegate) return false;
  if (rule.installed_by == FilterInstaller::kInit) return true;
  const Status can = CanStartByInit(in, edit);
  if (can) return true;
  edit.Note(
      fmt::format("the delegate installs the filter, which takes longer: {}", can.error().message));
  return false;
}

}  // namespace

Status ApplySeccomp(const LayerInput& in, SpecEditor& edit) {
  const SeccompRule& rule = in.policy.seccomp;
  if (rule.mode == config::Mode::kOff) return {};
  if (edit.ProcessPointer("").empty()) {  // an exec gets what the container got
    const std::vector<std::string> filters(in.init_filters.begin(), in.init_filters.end());
    if (!filters.empty()) return StartByInit(in, edit, filters);
    if (rule.installed_by != FilterInstaller::kInit || rule.complain) return {};
    return base::FailHint(ErrorKind::kHost, "recreate the container",
                          "the container's record does not say which filters it has");
  }
  STOCKADE_ASSIGN(const auto remaining,
                  TextsAt(edit.Root(), edit.ProcessPointer("/capabilities/bounding")));
  const bool by_init = InstallsByInit(in, edit);
  STOCKADE_ASSIGN(Json floor,
                  by_init
                      ? filters::BuildUnderFloor(rule.profile, remaining, rule.compat_architectures,
                                                 filters::RefusedCalls(in.policy.interposition))
                      : filters::BuildFloor(rule.profile, remaining, rule.compat_architectures));
  if (rule.complain) {
    floor = filters::Complaining(std::move(floor));
    edit.Note("COMPLAIN MODE: system calls that the class refuses are logged and go through");
  }
  std::vector<std::string> filters;
  if (by_init) {
    STOCKADE_ASSIGN(std::string text, ClassFilter(in, remaining));
    filters.push_back(std::move(text));
  }
  STOCKADE_ASSIGN(const Json* own, ObjectAt(edit.Root(), kPointer));
  if (own == nullptr && rule.mode == config::Mode::kRefuse) {
    return Refuse(in, "/seccomp", "use seccompProfile.type: RuntimeDefault",
                  "the container asks for no system call filter");
  }
  if (own != nullptr && *own != floor) {
    STOCKADE_ASSIGN(std::optional<std::string> text, OwnFilter(in, edit.Root(), *own, remaining));
    if (text) {
      edit.Note(
          "the pod's own seccomp profile is stacked on the class's: the stricter answer holds");
      filters.push_back(std::move(*text));
    }
  }
  if (in.policy.interposition
          .Active()) {  // the last: what the supervisor answers is allowed so far
    STOCKADE_ASSIGN(const filters::Program program, filters::NotifyFilter(in.policy.interposition));
    filters.push_back(filters::EncodeFilter(program, filters::kNotifyFlags));
    if (in.policy.interposition.complain) {
      edit.Note("COMPLAIN MODE: calls that the supervisor refuses are recorded and go through");
    }
  }
  edit.Set(kPointer, std::move(floor),
           by_init
               ? "what the class refuses whatever the arguments is refused before stockade-init "
                 "installs its whole filter"
               : "the class decides which system calls are reachable",
           kSetting);
  if (filters.empty()) return {};
  return StartByInit(in, edit, std::move(filters));
}

}  // namespace stockade::sandbox
