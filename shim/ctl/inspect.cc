// SPDX-License-Identifier: Apache-2.0
// `inspect`: the record of a container, its delegate's word for the pid, the kernel's for the rest.
#include "config/base/file.h"
#include "config/class_loader.h"
#include "sandbox/verify.h"
#include "shim/ctl/command.h"
#include "shim/ctl/find_record.h"
#include "shim/ctl/inspect_view.h"
#include "shim/ctl/process_reader.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;
using sandbox::StateRecord;

base::Status CheckLiving(const DelegateState& state, const std::string& id) {
  if ((state.status == "running" || state.status == "paused") && state.pid > 0) return {};
  return base::FailHint(ErrorKind::kSpec,
                        "start it first: only a living container can be inspected",
                        "container {} is {}", id, state.status);
}

// The facts of the container's first process. The delegate is asked again once /proc/<pid> is open,
// so that the pid cannot have become somebody else's in between.
base::Result<std::pair<DelegateState, ProcessFacts>> ReadContainer(const StateRecord& record,
                                                                   const PathQuestions& paths) {
  STOCKADE_ASSIGN(const DelegateState before, AskState(record));
  STOCKADE_TRY(CheckLiving(before, record.container.id));
  STOCKADE_ASSIGN(const ProcessReader reader, ProcessReader::Open(before.pid));
  STOCKADE_ASSIGN(DelegateState state, AskState(record));
  STOCKADE_TRY(CheckLiving(state, record.container.id));
  if (state.pid != before.pid) {
    return base::Fail(ErrorKind::kSpec, "container {} was replaced while it was looked at",
                      record.container.id);
  }
  STOCKADE_ASSIGN(ProcessFacts facts, reader.Read(paths));
  return std::make_pair(std::move(state), std::move(facts));
}

// The promises that stand in the document alone.
base::Result<Finding> CheckDocument(const StateRecord& record, const std::string& stage,
                                    const sandbox::SpecDocument& document,
                                    const config::ClassPolicy& policy,
                                    const sandbox::HostView& host) {
  const std::vector<std::string> broken = sandbox::BrokenPromises(
      document, policy, record.container, host, {record.init_filters, record.actions, stage});
  if (!broken.empty())
    return Finding{"document", false, fmt::format("{}", fmt::join(broken, "; "))};
  const auto current =
      base::ReadFile(record.container.bundle + "/config.json", record.final_text.size());
  if (!current || *current != record.final_text) {
    return Finding{"document", false,
                   "the bundle's config.json is not the one that stockade wrote"};
  }
  return Finding{"document", true, "the bundle's config.json keeps every promise"};
}

// What has become different since the container was made, and what could not be looked at.
std::vector<std::string> NotesOf(const StateRecord& record, const config::NodeConfig& node,
                                 const HostNamespaces& host) {
  std::vector<std::string> notes;
  const auto now = config::LoadClass(record.class_name, {node.class_directories});
  const auto then = config::ClassFromSnapshot(record.class_snapshot);
  if (!now) {
    notes.push_back(fmt::format("the class cannot be loaded any more: {}", now.error().message));
  } else if (then && then->document != now->document) {
    notes.emplace_back(
        "the class has changed since; promises are those of the day the container was made");
  }
  if (host.hidden) {
    notes.emplace_back("process 1 hides its namespaces: those of stockadectl count as the host's");
  }
  return notes;
}

base::Result<base::Json> ChangesOf(const StateRecord& record) {
  STOCKADE_ASSIGN(base::ParsedJson parsed,
                  base::ParseJson(record.changes, base::kSpecLimits, "the record's changes.json",
                                  ErrorKind::kHost));
  if (parsed.value.is_object()) return std::move(parsed.value);
  return base::Fail(ErrorKind::kHost, "the record's changes.json: not an object");
}

PathQuestions PathsOf(const config::ClassPolicy& policy, const base::Json& document) {
  PathQuestions paths{policy.kernel_paths.masked, policy.rootfs.executable};
  const std::vector<std::string>& fixed = policy.kernel_paths.read_only;
  paths.existing.insert(paths.existing.end(), fixed.begin(), fixed.end());
  const base::Json* mounts = base::Find(document, "/mounts");
  if (mounts == nullptr || !mounts->is_array()) return paths;
  for (const base::Json& mount : *mounts) {
    const base::Json* destination = base::Find(mount, "/destination");
    if (destination != nullptr && destination->is_string()) {
      paths.destinations.push_back(destination->get<std::string>());
    }
  }
  return paths;
}

}  // namespace

base::Result<Outcome> Inspect(const Request& request) {
  STOCKADE_ASSIGN(const StateRecord record,
                  FindRecord(request.node, request.operands.front(), request.Value("root")));
  STOCKADE_ASSIGN(const config::ClassPolicy policy,
                  config::ClassFromSnapshot(record.policy_snapshot));
  STOCKADE_ASSIGN(const sandbox::SpecDocument document,
                  sandbox::SpecDocument::Parse(record.final_text, sandbox::DocumentKind::kConfig,
                                               "the recorded config.json"));
  STOCKADE_ASSIGN(const HostNamespaces namespaces, ReadHostNamespaces());
  STOCKADE_ASSIGN(const auto read, ReadContainer(record, PathsOf(policy, document.root())));
  const auto& [state, process] = read;
  const sandbox::RealHost host(request.node.apparmor_default, request.node.state_directory);
  std::vector<Finding> findings =
      CheckPromises({policy, document.root(), process, namespaces.links, host.Lsm()});
  if (!policy.PassThrough()) {
    STOCKADE_ASSIGN(Finding finding,
                    CheckDocument(record, sandbox::StagePath(request.node.state_directory),
                                  document, policy, host));
    findings.push_back(std::move(finding));
  }
  STOCKADE_ASSIGN(base::Json changes, ChangesOf(record));
  return ShowInspection({record, state, process, namespaces.links, findings, std::move(changes),
                         NotesOf(record, request.node, namespaces)});
}

}  // namespace stockade::ctl
