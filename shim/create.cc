// SPDX-License-Identifier: Apache-2.0
#include "shim/create.h"

#include "config/annotations.h"
#include "config/base/file.h"
#include "config/class_loader.h"
#include "sandbox/staging.h"
#include "sandbox/verify.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;
using sandbox::Role;

// The class of a container: a pod's containers inherit the one its sandbox was made with, so that a
// pod is one thing for its whole life, whatever happens to the class files meanwhile.
base::Result<config::ClassPolicy> ClassFor(CreateRequest& request,
                                           const sandbox::Container& container) {
  const bool inherits = container.role == Role::kPodContainer && request.state != nullptr;
  if (!inherits) return std::move(request.asked);
  const auto pod = request.state->Read(container.sandbox_id, {.loaded_class = true});
  if (!pod) {
    return base::FailHint(
        ErrorKind::kSpec,
        "recreate the pod, so that its sandbox is made by stockade; under CRI-O, set "
        "drop_infra_ctr = false",
        "the pod's sandbox {} has no record: it was not made by stockade ({})",
        container.sandbox_id, pod.error().message);
  }
  if (pod->class_name != request.asked.name) {
    return base::Fail(ErrorKind::kSpec,
                      "the pod's sandbox {} runs in class {}, this container asks for {}",
                      container.sandbox_id, pod->class_name, request.asked.name);
  }
  return config::ClassFromSnapshot(pod->class_snapshot);
}

base::Result<config::ClassPolicy> PolicyFor(const config::ClassPolicy& loaded,
                                            const sandbox::Container& container,
                                            const base::Json& spec) {
  STOCKADE_ASSIGN(config::ClassPolicy policy,
                  config::ApplyAnnotations(loaded, base::Find(spec, "/annotations")));
  if (container.role == Role::kPodSandbox) return config::ForPodSandbox(policy);
  return policy;
}

base::Result<sandbox::SpecDocument> DocumentFor(const CreateRequest& request) {
  const std::string path = request.bundle + "/config.json";
  constexpr auto kKind = sandbox::DocumentKind::kConfig;
  if (request.original.empty()) return sandbox::SpecDocument::Load(path, kKind);
  return sandbox::SpecDocument::Parse(request.original, kKind, path);
}

std::string RootOf(const base::Json& spec, const std::string& bundle) {
  const base::Json* const path = base::Find(spec, "/root/path");
  const std::string text = path != nullptr && path->is_string() ? path->get<std::string>() : "";
  return text.starts_with('/') ? text : bundle + "/" + text;
}

}  // namespace

base::Result<Plan> PlanCreate(CreateRequest request) {
  STOCKADE_ASSIGN(sandbox::SpecDocument document, DocumentFor(request));
  sandbox::Container container = sandbox::Identify(document.root(), request.id, request.bundle);
  STOCKADE_ASSIGN(config::ClassPolicy loaded, ClassFor(request, container));
  STOCKADE_ASSIGN(config::ClassPolicy policy, PolicyFor(loaded, container, document.root()));
  const sandbox::RealHost host(request.node.apparmor_default, request.node.state_directory);
  sandbox::LayerInput input{policy, container, host};
  if (sandbox::NeedsPodIds(policy, document.root())) {
    STOCKADE_ASSIGN(input.pod_ids, request.pod_ids(container));
  }
  std::string root = RootOf(document.root(), container.bundle);
  sandbox::SpecEditor editor(document, policy, request.keep_values);
  STOCKADE_TRY(sandbox::ApplyLayers(input, editor));
  const std::string stage = sandbox::StagePath(request.node.state_directory);
  STOCKADE_ASSIGN(sandbox::HostActions actions, sandbox::Stage(input, stage, editor));
  STOCKADE_ASSIGN(std::string text, sandbox::Verify(document, policy, container, host,
                                                    {editor.init_filters(), actions, stage}));
  return Plan{.container = std::move(container),
              .loaded = std::move(loaded),
              .policy = std::move(policy),
              .document = std::move(document),
              .root = std::move(root),
              .final_text = std::move(text),
              .changes = editor.TakeChanges(),
              .notices = editor.notices(),
              .init_filters = editor.init_filters(),
              .actions = std::move(actions)};
}

base::Status CommitCreate(const Plan& plan, const sandbox::StateRoot& state,
                          const std::string& delegate) {
  sandbox::StateRecord record{.container = plan.container,
                              .class_name = plan.loaded.name,
                              .delegate = delegate,
                              .delegate_root = state.delegate_root(),
                              .creator = sandbox::ProcessId::Self(),
                              .init_filters = plan.init_filters,
                              .actions = plan.actions,
                              .policy_snapshot = config::SnapshotOf(plan.policy),
                              .class_snapshot = {},
                              .changes = base::DumpJson(ChangesToJson(plan, false)),
                              .original = plan.document.original(),
                              .final_text = plan.final_text};
  record.class_snapshot =
      plan.policy == plan.loaded ? record.policy_snapshot : config::SnapshotOf(plan.loaded);
  {
    STOCKADE_ASSIGN(const sandbox::StateLock lock, state.Lock());
    STOCKADE_TRY(state.Claim(record, lock));
  }
  // A disk may be slow: nobody waits for this one.
  base::Status written =
      base::ReplaceFile(plan.container.bundle + "/config.json", plan.final_text, 0600);
  if (written) return written;
  STOCKADE_ASSIGN(const sandbox::StateLock lock, state.Lock());
  (void)state.Release(plan.container.id, lock);  // the first error is the one to tell
  return written;
}

base::Json ChangesToJson(const Plan& plan, bool with_values) {
  base::Json changes = base::Json::array();
  for (const sandbox::Change& change : plan.changes) {
    base::Json row = {{"layer", change.layer}, {"what", change.what}};
    if (with_values) {
      row["from"] = change.from;
      row["to"] = change.to;
    }
    row["why"] = change.why;
    row["origin"] = change.origin;
    changes.push_back(std::move(row));
  }
  base::Json notices = base::Json::array();
  for (const sandbox::Notice& notice : plan.notices) {
    notices.push_back({{"layer", notice.layer}, {"text", notice.text}});
  }
  return {{"changes", std::move(changes)}, {"notices", std::move(notices)}};
}

}  // namespace stockade::shim
