// SPDX-License-Identifier: Apache-2.0
// `check`: reads the node's facts, judges them (check_rows.h) and shows the rows.
#include "config/class_loader.h"
#include "config/weakenings.h"
#include "shim/ctl/check_rows.h"
#include "shim/ctl/command.h"
#include "shim/ctl/pod_id_rows.h"

namespace stockade::ctl {
namespace {

ClassFacts ReadClassFacts(const std::string& name, const config::NodeConfig& node,
                          const std::string& directory) {
  ClassFacts facts;
  facts.name = name;
  facts.link = fmt::format("{}/stockade-{}", directory, name);
  facts.link_good = SameFile(facts.link, directory + "/stockade");
  auto policy = config::LoadClass(name, {node.class_directories});
  if (!policy) {
    facts.error = policy.error();
    return facts;
  }
  facts.weakenings = config::Weakenings(*policy);
  const sandbox::RealHost host(node.apparmor_default, node.state_directory);
  if (const auto init = host.InitProgram()) {
    facts.init = *init;
    if (const auto hidden = host.InitCanBeNobodys(); !hidden) facts.init_seen = hidden.error();
  } else {
    facts.init_error = init.error();
  }
  facts.delegate = ReadDelegate(policy->delegate, node);
  facts.policy = std::move(*policy);
  return facts;
}

void Append(std::vector<CheckRow>& rows, std::vector<CheckRow> more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()),
              std::make_move_iterator(more.end()));
}

Tone ToneOf(CheckState state) {
  if (state == CheckState::kOk) return Tone::kGood;
  return state == CheckState::kWarn ? Tone::kWarn : Tone::kBad;
}

void AddRows(const std::vector<CheckRow>& rows, Page& page, base::Json& json) {
  Table table{{"what", "state", "found", "way out"}, {}};
  json = base::Json::array();
  for (const CheckRow& row : rows) {
    const std::string state = CheckStateName(row.state);
    table.rows.push_back({row.what, {state, ToneOf(row.state)}, row.detail, row.way_out});
    json.push_back(
        {{"what", row.what}, {"state", state}, {"detail", row.detail}, {"wayOut", row.way_out}});
  }
  page.Add(std::move(table));
}

base::Result<std::vector<std::string>> ClassesOf(const Request& request) {
  const config::ClassSources sources{request.node.class_directories};
  if (!request.Has("class")) return config::ListClasses(sources);
  return std::vector<std::string>{request.Value("class")};
}

}  // namespace

base::Result<Outcome> Check(const Request& request) {
  STOCKADE_ASSIGN(const std::vector<std::string> names, ClassesOf(request));
  const KernelFacts kernel = ReadKernelFacts(
      sandbox::RealHost(request.node.apparmor_default, request.node.state_directory));
  const PodIdFacts ids = ReadPodIdFacts(request.node);
  std::vector<CheckRow> node_rows =
      NodeRows(kernel, ReadStateFacts(request.node.state_directory), ReadProgram("containerd"));
  Append(node_rows, PodIdRows(ids));

  Outcome outcome;
  outcome.ok = AllThere(node_rows);
  outcome.page.Line("node", Tone::kStrong);
  AddRows(node_rows, outcome.page, outcome.json["node"]);
  const std::string directory = ProgramDirectory();
  for (const std::string& name : names) {
    const ClassFacts facts = ReadClassFacts(name, request.node, directory);
    std::vector<CheckRow> rows = ClassRows(facts, kernel);
    if (facts.policy) Append(rows, ForcedUserNamespaceRows(*facts.policy, ids, kernel));
    const bool runs = AllThere(rows) && AllThere(node_rows);
    outcome.ok = outcome.ok && runs;
    outcome.page.Heading(
        fmt::format("class {}: {}", name, runs ? "can run here" : "cannot run here"));
    AddRows(rows, outcome.page, outcome.json["classes"][name]["rows"]);
    outcome.json["classes"][name]["runs"] = runs;
  }
  outcome.json["ok"] = outcome.ok;
  return outcome;
}

}  // namespace stockade::ctl
