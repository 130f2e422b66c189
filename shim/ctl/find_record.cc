// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/find_record.h"

#include <algorithm>

namespace stockade::ctl {
namespace {

using base::ErrorKind;

constexpr std::size_t kShortestPrefix = 4;
constexpr std::size_t kShown = 8;

base::Error Ambiguous(const std::vector<Place>& meant, const std::string& id) {
  std::string list;
  for (std::size_t i = 0; i < std::min(meant.size(), kShown); ++i) {
    list += fmt::format("{}{} under {}", i == 0 ? "" : ", ", meant[i].id, meant[i].root);
  }
  if (meant.size() > kShown) list += fmt::format(" and {} more", meant.size() - kShown);
  return {ErrorKind::kUsage, fmt::format("{} means {} containers: {}", id, meant.size(), list),
          "give the whole id, and --root DIR if it exists under several"};
}

}  // namespace

base::Result<Place> ChoosePlace(const std::vector<Place>& places, const std::string& id,
                                const std::string& root) {
  std::vector<Place> exact;
  std::vector<Place> longer;
  for (const Place& place : places) {
    if (!root.empty() && place.root != root) continue;
    if (place.id == id) exact.push_back(place);
    if (id.size() >= kShortestPrefix && place.id.starts_with(id)) longer.push_back(place);
  }
  const std::vector<Place>& meant = exact.empty() ? longer : exact;
  if (meant.size() > 1) return tl::unexpected(Ambiguous(meant, id));
  if (meant.empty()) {
    return base::FailHint(
        ErrorKind::kSpec, "stockadectl list shows the containers that have a record",
        "no record of a container {}{}{}", id, root.empty() ? "" : " under ", root);
  }
  return meant.front();
}

base::Result<sandbox::StateRecord> FindRecord(const config::NodeConfig& node, const std::string& id,
                                              const std::string& root) {
  std::vector<Place> places;
  for (const sandbox::StateRoot& state : sandbox::AllStateRoots(node.state_directory)) {
    for (std::string& each : state.List())
      places.push_back({state.delegate_root(), std::move(each)});
  }
  STOCKADE_ASSIGN(const Place place, ChoosePlace(places, id, root));
  return sandbox::StateRoot(node.state_directory, place.root).Read(place.id, sandbox::kWholeRecord);
}

}  // namespace stockade::ctl
