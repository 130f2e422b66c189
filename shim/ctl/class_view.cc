// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/class_view.h"

#include <algorithm>
#include <set>

#include "config/annotations.h"
#include "config/class_modes.h"
#include "config/weakenings.h"
#include "sandbox/layer.h"
#include "shim/ctl/short_value.h"

namespace stockade::ctl {
namespace {

using base::Json;
using config::ClassPolicy;

constexpr std::size_t kValueColumns = 72;

bool PlainList(const Json& value) {
  return value.is_array() && std::none_of(value.begin(), value.end(), [](const Json& element) {
           return element.is_structured();
         });
}

void Collect(const ClassPolicy& policy, const Json& value, const std::string& pointer, bool each,
             std::vector<Setting>& settings) {
  if (value.empty() || !value.is_structured() || (PlainList(value) && !each)) {
    settings.push_back({pointer, value, policy.OriginOf(pointer).Text()});
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      Collect(policy, member, pointer + "/" + base::PointerToken(key), each, settings);
    }
  } else {
    for (std::size_t i = 0; i < value.size(); ++i) {
      Collect(policy, value[i], fmt::format("{}/{}", pointer, i), each, settings);
    }
  }
}

// How strict a layer is in this class: its modes, the strictest first, or "off".
std::string StateOf(const ClassPolicy& policy, const sandbox::Layer& layer) {
  std::set<config::Mode> modes;
  for (const config::LayerMode& mode : config::ModesOf(policy)) {
    if (mode.setting.starts_with(std::string(layer.section) + "/")) modes.insert(mode.mode);
  }
  if (modes.contains(config::Mode::kRefuse)) return "refuse";
  return modes.contains(config::Mode::kConfine) ? "confine" : "off";
}

bool PodMay(const ClassPolicy& policy, const config::AnnotationRule& rule) {
  const std::vector<std::string>& may = policy.annotations.pod_may;
  return std::find(may.begin(), may.end(), config::PodMayName(rule)) != may.end();
}

Json LayersJson(const ClassPolicy& policy) {
  Json layers = Json::array();
  for (const sandbox::Layer& layer : sandbox::LayerTable()) {
    layers.push_back({{"layer", layer.name},
                      {"section", layer.section},
                      {"state", StateOf(policy, layer)},
                      {"onExec", layer.on_exec},
                      {"promise", layer.promise}});
  }
  return layers;
}

Table LayersTable(const ClassPolicy& policy) {
  Table table{{"layer", "state", "promise"}, {}};
  for (const sandbox::Layer& layer : sandbox::LayerTable()) {
    const std::string state = StateOf(policy, layer);
    table.rows.push_back({layer.name,
                          {state, state == "off" ? Tone::kWarn : Tone::kGood},
                          state == "off" ? std::string_view("nothing") : layer.promise});
  }
  return table;
}

Json EntryJson(const ClassEntry& entry) {
  if (entry.error) {
    return {{"name", entry.name}, {"error", entry.error->message}, {"hint", entry.error->hint}};
  }
  return {{"name", entry.name},         {"description", entry.description},
          {"source", entry.source},     {"buildsOn", entry.builds_on},
          {"delegate", entry.delegate}, {"weakenings", entry.weakenings}};
}

}  // namespace

ClassEntry Summarise(const ClassPolicy& policy) {
  ClassEntry entry;
  entry.name = policy.name;
  entry.description = policy.description;
  entry.source = policy.OriginOf("/name").source;
  std::set<std::string> sources;
  for (const auto& [pointer, origin] : policy.origins) sources.insert(origin.source);
  sources.erase(entry.source);
  entry.builds_on.assign(sources.begin(), sources.end());
  entry.delegate = policy.delegate;
  entry.weakenings = config::Weakenings(policy);
  return entry;
}

std::vector<Setting> SettingsOf(const ClassPolicy& policy, bool each) {
  std::vector<Setting> settings;
  Collect(policy, policy.document, "", each, settings);
  return settings;
}

Outcome ShowList(const std::vector<ClassEntry>& entries) {
  Outcome outcome{{}, Json::array(), true, {}};
  Table table{{"class", "weakenings", "defined in", "builds on", "description"}, {}};
  for (const ClassEntry& entry : entries) {
    outcome.json.push_back(EntryJson(entry));
    if (entry.error) {
      outcome.ok = false;
      table.rows.push_back({entry.name, {"BROKEN", Tone::kBad}, "", "", entry.error->Text()});
      continue;
    }
    const std::size_t count = entry.weakenings.size();
    table.rows.push_back({entry.name,
                          {std::to_string(count), count == 0 ? Tone::kGood : Tone::kWarn},
                          entry.source,
                          fmt::format("{}", fmt::join(entry.builds_on, ", ")),
                          entry.description});
  }
  outcome.page.Add(std::move(table));
  return outcome;
}

Outcome ShowClass(const ClassPolicy& policy, bool each) {
  const ClassEntry entry = Summarise(policy);
  Outcome outcome{{}, EntryJson(entry), true, {}};
  outcome.page.Line(fmt::format("class {}: {}", policy.name, policy.description), Tone::kStrong);
  outcome.page.Line(fmt::format("defined in {}{}{}", entry.source,
                                entry.builds_on.empty() ? "" : ", builds on ",
                                fmt::join(entry.builds_on, ", ")));
  outcome.page.Heading("what it promises");
  outcome.page.Add(LayersTable(policy));
  outcome.json["layers"] = LayersJson(policy);
  outcome.page.Heading(entry.weakenings.empty() ? "it has no weakenings" : "weakenings");
  for (const std::string& text : entry.weakenings)
    outcome.page.Line("warning: " + text, Tone::kWarn);

  Table annotations{{"annotation", "changes", "meaning"}, {}};
  outcome.json["annotations"] = Json::array();
  for (const config::AnnotationRule& rule : config::AnnotationTable()) {
    if (!PodMay(policy, rule)) continue;
    const std::string key = std::string(config::kAnnotationPrefix) + std::string(rule.key);
    annotations.rows.push_back({key, rule.tightens, rule.help});
    outcome.json["annotations"].push_back(
        {{"key", key}, {"setting", rule.tightens}, {"help", rule.help}});
  }
  outcome.page.Heading(annotations.rows.empty() ? "pods may not tune it" : "how pods may tune it");
  if (!annotations.rows.empty()) outcome.page.Add(std::move(annotations));

  Table settings{{"setting", "value", "origin"}, {}};
  outcome.json["settings"] = Json::array();
  for (const Setting& setting : SettingsOf(policy, each)) {
    settings.rows.push_back({setting.pointer,
                             ShortValue(setting.pointer, setting.value, kValueColumns),
                             setting.origin});
    outcome.json["settings"].push_back(
        {{"setting", setting.pointer}, {"value", setting.value}, {"origin", setting.origin}});
  }
  outcome.page.Heading("settings");
  outcome.page.Add(std::move(settings));
  return outcome;
}

}  // namespace stockade::ctl
