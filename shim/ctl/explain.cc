// SPDX-License-Identifier: Apache-2.0
// `explain`: runs the pipeline of create up to the point where it would write.
#include "config/base/file.h"
#include "sandbox/state.h"
#include "shim/create.h"
#include "shim/ctl/command.h"
#include "shim/ctl/explain_view.h"

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
      auto record = root.Read(id, /*with_texts=*/true);
      if (!record) continue;
      const auto text = base::ReadFile(bundle + "/config.json", record->final_text.size());
      if (text && *text == record->final_text) return std::move(*record);
    }
  }
  return std::nullopt;
}

std::string DefaultId(const std::string& bundle) {
  std::string name = bundle.substr(bundle.rfind('/') + 1);
  return sandbox::ValidContainerId(name) ? name : "container";
}

}  // namespace

base::Result<Outcome> Explain(const Request& request) {
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
  shim::CreateRequest create{.node = request.node,
                             .state = nullptr,
                             .class_name = request.Value("class"),
                             .id = request.Value("id"),
                             .bundle = bundle,
                             .original = {}};
  if (record) {
    if (create.class_name.empty()) create.class_name = record->class_name;
    if (create.id.empty()) create.id = record->container.id;
    create.bundle = record->container.bundle;
    create.original = std::move(record->original);
  }
  if (create.id.empty()) create.id = DefaultId(bundle);
  if (!sandbox::ValidContainerId(create.id)) {
    return base::Fail(ErrorKind::kUsage, "invalid container id: \"{}\"", create.id);
  }
  const auto plan = shim::PlanCreate(create);
  if (!plan && plan.error().kind == ErrorKind::kSpec) {
    return ShowRefusal(create.class_name, bundle, plan.error());
  }
  if (!plan) return tl::unexpected(plan.error());
  return ShowPlan(*plan, record.has_value());
}

}  // namespace stockade::ctl
