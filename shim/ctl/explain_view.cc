// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/explain_view.h"

#include "config/weakenings.h"
#include "shim/ctl/short_value.h"

namespace stockade::ctl {
namespace {

constexpr std::size_t kValueColumns = 64;

std::string Described(const sandbox::Container& container) {
  std::string text = fmt::format("container {}, {}", container.id, RoleName(container.role));
  if (!container.pod.empty()) text += fmt::format(" of {}/{}", container.name_space, container.pod);
  return text;
}

// The changes under one line a layer: what, old -> new, and why.
void AddChanges(const std::vector<sandbox::Change>& changes, Page& page) {
  std::string layer;
  for (const sandbox::Change& change : changes) {
    if (change.layer != layer) {
      layer = change.layer;
      page.Heading(layer);
    }
    page.Line(fmt::format("{}: {} -> {}", change.what,
                          ShortValue(change.what, change.from, kValueColumns),
                          ShortValue(change.what, change.to, kValueColumns)),
              Tone::kPlain, 2);
    page.Line(fmt::format("{} ({})", change.why, change.origin), Tone::kPlain, 6);
  }
}

}  // namespace

Outcome ShowPlan(const shim::Plan& plan, bool created) {
  const std::vector<std::string> weakenings = config::Weakenings(plan.policy);
  Outcome outcome;
  outcome.json = {{"class", plan.loaded.name},
                  {"bundle", plan.container.bundle},
                  {"id", plan.container.id},
                  {"role", RoleName(plan.container.role)},
                  {"created", created}};
  outcome.json.update(shim::ChangesToJson(plan, /*with_values=*/true));
  outcome.json["weakenings"] = weakenings;

  Page& page = outcome.page;
  page.Line(fmt::format("class {} on {}", plan.loaded.name, plan.container.bundle), Tone::kStrong);
  page.Line(Described(plan.container));
  if (created)
    page.Line("the container exists: this starts from config.json as its engine wrote it");
  AddChanges(plan.changes, page);
  page.Heading(fmt::format("{} changes, {} notices, {} weakenings", plan.changes.size(),
                           plan.notices.size(), weakenings.size()));
  for (const sandbox::Notice& notice : plan.notices) {
    page.Line(fmt::format("notice: {}: {}", notice.layer, notice.text), Tone::kWarn, 2);
  }
  for (const std::string& text : weakenings) page.Line("warning: " + text, Tone::kWarn, 2);
  return outcome;
}

Outcome ShowRefusal(const std::string& class_name, const std::string& bundle,
                    const base::Error& error) {
  Outcome outcome;
  outcome.ok = false;
  outcome.json = {{"class", class_name},
                  {"bundle", bundle},
                  {"refused",
                   {{"kind", base::ErrorKindName(error.kind)},
                    {"message", error.message},
                    {"hint", error.hint}}}};
  outcome.error = error.Within(fmt::format("class {} refuses this bundle", class_name));
  return outcome;
}

}  // namespace stockade::ctl
