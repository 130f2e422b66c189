// SPDX-License-Identifier: Apache-2.0
// `explain`: runs the pipeline of create up to the point where it would write.
#include "config/base/file.h"
#include "config/class_loader.h"
#include "sandbox/id_pool.h"
#include "sandbox/state.h"
#include "shim/create.h"
#include "shim/ctl/command.h"
#include "shim/ctl/explain_view.h"
#include "shim/pod_ids.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;

// The record of the container that lives in `bundle`, if stockade made one there and its
// config.json is still the rewritten one.
std::optional<sandbox::StateRecord> RecordOf(const std::string& bundle,
                                             const config::NodeConfig& node) {
  for (const sandbox::StateRoot& root : sandbox::AllStateRoots(node.state_directory)) {
    for (const std::string& id : root.List()) {
      const auto brief = root.Read(id);
      if (!brief || base::ResolvePath(brief->container.bundle) != bundle) continue;
      auto record = root.Read(id, {.original = true, .final_text = true});
      if (!record) continue;
      const auto text = base::ReadFile(bundle + "/config.json", record->final_text.size());
      if (text && *text == record->final_text) return std::move(*record);
    }
  }
  return std::nullopt;
}

// The ids of the pod whose sandbox lives. Those of the container, or, as nothing is claimed to
// explain, the first of those that it could get.
base::Result<sandbox::PodIds> IdsFor(const std::optional<sandbox::StateRecord>& record,
                                     const config::NodeConfig& node,
                                     const sandbox::Container& container) {
  for (const sandbox::StateRoot& root : sandbox::AllStateRoots(node.state_directory)) {
    if (container.role != sandbox::Role::kPodContainer || !root.Exists(container.sandbox_id)) {
      continue;
    }
    // Claims nothing for a container that joins.
    if (auto pod = shim::PodIdSource(node, root).Of(container)) return pod;
  }
  if (record && record->actions.ids) return sandbox::PodIds{*record->actions.ids, ""};
  STOCKADE_ASSIGN(const sandbox::IdFacts facts, sandbox::ReadIdFacts(node));
  STOCKADE_ASSIGN(const std::vector<sandbox::IdRange> usable, sandbox::UsableRanges(facts));
  return sandbox::PodIds{usable.front(), ""};
}

std::string DefaultId(const std::string& bundle) {
  std::string name = bundle.substr(bundle.rfind('/') + 1);
  return sandbox::ValidContainerId(name) ? name : "container";
}

}  // namespace

base::Result<Outcome> Explain(const Request& request) {
  if (request.Has("syscall")) return ExplainCall(request);
  if (!request.Has("bundle")) {
    return base::FailHint(ErrorKind::kUsage, "stockadectl explain --class NAME --bundle DIR",
                          "explain needs --bundle");
  }
  STOCKADE_ASSIGN(const std::string bundle, base::ResolvePath(request.Value("bundle")));
  std::optional<sandbox::StateRecord> record = RecordOf(bundle, request.node);
  if (!request.Has("class") && !record) {
    return base::FailHint(ErrorKind::kUsage, "stockadectl classes list names the classes",
                          "explain needs --class for a bundle that has no container yet");
  }
  const std::string class_name = request.Has("class") ? request.Value("class") : record->class_name;
  STOCKADE_ASSIGN(config::ClassPolicy asked,
                  config::LoadClass(class_name, {request.node.class_directories}));
  shim::CreateRequest create{.node = request.node,
                             .state = nullptr,
                             .asked = std::move(asked),
                             .id = request.Value("id"),
                             .bundle = bundle,
                             .original = {},
                             .pod_ids =
                                 [&](const sandbox::Container& container) {
                                   return IdsFor(record, request.node, container);
                                 },
                             .keep_values = true};
  if (record) {
    if (create.id.empty()) create.id = record->container.id;
    create.bundle = record->container.bundle;
    create.original = std::move(record->original);
  }
  if (create.id.empty()) create.id = DefaultId(bundle);
  if (!sandbox::ValidContainerId(create.id)) {
    return base::Fail(ErrorKind::kUsage, "invalid container id: \"{}\"", create.id);
  }
  const auto plan = shim::PlanCreate(std::move(create));
  if (!plan && plan.error().kind == ErrorKind::kSpec) {
    return ShowRefusal(class_name, bundle, plan.error());
  }
  if (!plan) return tl::unexpected(plan.error());
  return ShowPlan(*plan, record.has_value());
}

}  // namespace stockade::ctl
