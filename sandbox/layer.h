// SPDX-License-Identifier: Apache-2.0
// A layer of the sandbox: one function that reads the class and the spec, edits the spec, and
// records what it changed and why. Layers live one per file in sandbox/layers/, their order in one
// table (layer_table.cc). A layer never runs a command or opens a socket; what it must know of the
// host it asks the HostView.
//
//   Status ApplyNoNewPrivileges(const LayerInput& in, SpecEditor& edit) {
//     if (in.policy.no_new_privileges.mode == Mode::kOff) return {};
//     edit.Set(edit.ProcessPointer("/noNewPrivileges"), true, "setuid programs gain nothing",
//              "/noNewPrivileges");
//     return {};
//   }
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"
#include "config/class_policy.h"
#include "sandbox/container.h"
#include "sandbox/host_view.h"
#include "sandbox/pod_ids.h"
#include "sandbox/spec_document.h"

namespace stockade::sandbox {

// One change that a layer made, as `explain` prints it. `from` or `to` is null where a member was
// added or removed.
struct Change {
  std::string layer;
  std::string what;  // JSON pointer into config.json (for exec: into process.json)
  base::Json from;
  base::Json to;
  std::string why;     // one sentence
  std::string origin;  // of the class's setting that asked for it
};

// A weakening or a gap that people should know of: a namespace shared with the host, a profile that
// the running kernel cannot enforce.
struct Notice {
  std::string layer;
  std::string text;
};

// Edits a document and keeps the journal. Setting a value to what it already is records nothing.
class SpecEditor {
 public:
  // Without `keep_values` the journal's from and to stay null: they are large.
  SpecEditor(SpecDocument& document, const config::ClassPolicy& policy, bool keep_values = true);

  // The document, and the "process" object within it (the document itself for exec). Process() is
  // an empty object when a config has none.
  const base::Json& Root() const;
  const base::Json& Process() const;
  // The pointer of `field` ("/capabilities") of the process: "/process/capabilities" or
  // "/capabilities".
  std::string ProcessPointer(std::string_view field) const;

  // Sets the value at `pointer`, making missing parent objects; "/-" at the end appends to an
  // array. `setting` is the JSON pointer of the class's setting that asks for it.
  void Set(std::string_view pointer, base::Json value, std::string why, std::string_view setting);
  // Puts `value` into the array at `list`, before its element `place`, making a missing array.
  void Insert(std::string_view list, std::size_t place, base::Json value, std::string why,
              std::string_view setting);
  // Removes the member or element at `pointer`, if it is there.
  void Remove(std::string_view pointer, std::string why, std::string_view setting);
  void Note(std::string text);
  // What stockade-init installs in this container, now and at every exec: its arguments.
  void SetInitFilters(std::vector<std::string> filters) { init_filters_ = std::move(filters); }
  const std::vector<std::string>& init_filters() const { return init_filters_; }

  // The pod's own ids, where the container has a user namespace because the class forces it.
  void SetIds(IdRange ids) { ids_ = ids; }
  const std::optional<IdRange>& ids() const { return ids_; }

  // Called by ApplyLayers before each layer.
  void StartLayer(std::string_view name);
  const std::vector<Change>& changes() const { return changes_; }
  // Gives the changes up to the caller: the values in them are large.
  std::vector<Change> TakeChanges() { return std::move(changes_); }
  const std::vector<Notice>& notices() const { return notices_; }

 private:
  // Writes down that `what` was `from`, and what `now` there holds.
  void Journal(std::string what, base::Json from, const base::Json& now, std::string why,
               std::string_view setting);

  SpecDocument& document_;
  const config::ClassPolicy& policy_;
  const bool keep_values_;
  std::string layer_;
  std::vector<Change> changes_;
  std::vector<Notice> notices_;
  std::vector<std::string> init_filters_;
  std::optional<IdRange> ids_;
};

// Everything that a layer may look at besides the document.
struct LayerInput {
  const config::ClassPolicy& policy;
  const Container& container;
  const HostView& host;
  std::span<const std::string> init_filters = {};  // for exec: what create had set
  std::optional<PodIds> pod_ids = {};              // where NeedsPodIds says so
};

// One row of the table.
struct Layer {
  std::string_view name;     // as people read it: "capabilities"
  std::string_view section;  // of the class: "/capabilities"
  // What this layer promises in one line, for `classes show` and the docs.
  std::string_view promise;
  bool on_exec;  // runs over process.json too
  base::Status (*apply)(const LayerInput&, SpecEditor&);
};

// All layers in the order in which they run.
std::span<const Layer> LayerTable();

// Runs all layers (those with on_exec for a process document) over the document, stopping at the
// first refusal, which is an Error of kind kSpec that names layer, what was asked, and the way out.
base::Status ApplyLayers(const LayerInput& input, SpecEditor& editor);

}  // namespace stockade::sandbox
