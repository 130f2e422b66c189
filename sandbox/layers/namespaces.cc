// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/namespace_list.h"

#include <algorithm>
#include <array>

#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Fail;
using base::Json;
using base::Result;
using base::Status;
using config::Mode;
using config::NamespacesRule;

constexpr std::array<std::string_view, 8> kTypes{"pid", "network", "mount",  "ipc",
                                                 "uts", "user",    "cgroup", "time"};

// Each kind that a class decides on, and what a pod has to change.
struct Row {
  std::string_view type;
  std::string_view setting;
  Mode NamespacesRule::*mode;
  const char* hint;
};
constexpr std::array<Row, 6> kRows{{
    {"network", "/namespaces/network", &NamespacesRule::network, "set hostNetwork: false"},
    {"pid", "/namespaces/pid", &NamespacesRule::pid, "set hostPID: false"},
    {"ipc", "/namespaces/ipc", &NamespacesRule::ipc, "set hostIPC: false"},
    {"uts", "/namespaces/uts", &NamespacesRule::uts, "give the container a host name of its own"},
    {"cgroup", "/namespaces/cgroup", &NamespacesRule::cgroup,
     "have the engine make a cgroup namespace"},
    {"mount", "/namespaces/mount", &NamespacesRule::mount,
     "have the engine make a mount namespace"},
}};

// Gives the container a namespace of its own.
void MakeOwn(const std::vector<NamespaceEntry>& list, const Row& row, SpecEditor& edit) {
  const auto at = std::ranges::find(list, row.type, &NamespaceEntry::type);
  const std::string why = fmt::format("the host's {} namespace is not shared", row.type);
  if (at == list.end()) {
    edit.Set("/linux/namespaces/-", Json{{"type", row.type}}, why, row.setting);
  } else {
    edit.Remove(fmt::format("/linux/namespaces/{}/path", at - list.begin()), why, row.setting);
  }
}

}  // namespace

Result<std::vector<NamespaceEntry>> NamespacesOf(const Json& spec) {
  const std::string parent = "/linux/namespaces";
  STOCKADE_ASSIGN(const std::size_t count, SizeAt(spec, parent));
  std::vector<NamespaceEntry> list;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string pointer = fmt::format("{}/{}", parent, i);
    STOCKADE_ASSIGN(auto type, TextAt(spec, pointer + "/type"));
    STOCKADE_ASSIGN(auto path, TextAt(spec, pointer + "/path"));
    if (!type || std::ranges::find(kTypes, *type) == kTypes.end()) {
      return Fail(ErrorKind::kSpec, "{} has the unknown type \"{:.40}\"", pointer,
                  type.value_or(""));
    }
    if (std::ranges::find(list, *type, &NamespaceEntry::type) != list.end()) {
      return Fail(ErrorKind::kSpec, "{} names the {} namespace a second time", pointer, *type);
    }
    list.push_back({std::move(*type), path.value_or("")});
  }
  return list;
}

Result<bool> IsShared(const std::vector<NamespaceEntry>& list, std::string_view type,
                      const HostView& host) {
  const auto entry = std::ranges::find(list, type, &NamespaceEntry::type);
  if (entry == list.end()) return true;
  if (entry->path.empty()) return false;
  // The layers promise what is mounted in a namespace that is made for the container; whoever joins
  // another one, the host's or a neighbour's, has none of it.
  if (type == "mount") return true;
  return host.IsHostNamespace(entry->path, type);
}

Result<bool> LeavesOutHostRoot(const Json& spec) {
  STOCKADE_ASSIGN(const auto list, NamespacesOf(spec));
  if (std::ranges::find(list, "user", &NamespaceEntry::type) == list.end()) return false;
  for (const char* mappings : {"/linux/uidMappings", "/linux/gidMappings"}) {
    STOCKADE_ASSIGN(const std::size_t count, SizeAt(spec, mappings));
    if (count == 0) return false;  // the delegate's own, or those of a namespace to join
    for (std::size_t i = 0; i < count; ++i) {
      STOCKADE_ASSIGN(const auto first, UnsignedAt(spec, fmt::format("{}/{}/hostID", mappings, i)));
      if (first.value_or(0) == 0) return false;
    }
  }
  return true;
}

Status ApplyNamespaces(const LayerInput& in, SpecEditor& edit) {
  const NamespacesRule& rule = in.policy.namespaces;
  if (std::ranges::all_of(kRows, [&](const Row& row) { return rule.*row.mode == Mode::kOff; })) {
    return {};
  }
  for (const Row& row : kRows) {
    STOCKADE_ASSIGN(const auto list, NamespacesOf(edit.Root()));
    STOCKADE_ASSIGN(const bool shared, IsShared(list, row.type, in.host));
    if (!shared) continue;
    switch (rule.*row.mode) {
      case Mode::kOff:
        edit.Note(fmt::format("the {} namespace is shared with the host", row.type));
        break;
      case Mode::kConfine:
        MakeOwn(list, row, edit);
        break;
      case Mode::kRefuse:
        return Refuse(in, row.setting, row.hint, "the container shares the host's {} namespace",
                      row.type);
    }
  }
  return {};
}

}  // namespace stockade::sandbox
