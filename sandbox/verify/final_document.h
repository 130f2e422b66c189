// SPDX-License-Identifier: Apache-2.0
// What a promise looks at: the final document, parsed afresh from its text, beside the class and
// the host. Nothing here knows the layers. The parser has already refused every known field of a
// wrong type, so a look at a field finds its type, null or nothing.
//
//   void CheckNoNewPrivileges(const Final& final, Broken& broken) {
//     if (!IsTrue(At(final.process, "/noNewPrivileges"))) broken.Add("…");
//   }
#pragma once

#include <fmt/format.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/json.h"
#include "config/class_policy.h"
#include "sandbox/container.h"
#include "sandbox/host_actions.h"
#include "sandbox/host_view.h"

namespace stockade::sandbox::verify {

// The promises that were found broken, one sentence each.
class Broken {
 public:
  template <class... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    sentences_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }
  std::vector<std::string> Take() && { return std::move(sentences_); }

 private:
  std::vector<std::string> sentences_;
};

struct Final {
  const base::Json& root;     // the document, with what is staged in its own name (unstage.h)
  const base::Json& process;  // its process; the document itself for exec
  bool exec;                  // a process document, which has no /linux, /mounts ...
  const config::ClassPolicy& policy;
  const Container& container;
  const HostView& host;
  std::span<const std::string> init_filters;  // what stockade-init is to install
  const HostActions& actions;                 // what the host does before the delegate starts
};

// The value at `pointer`, or null when a part of it is missing.
const base::Json& At(const base::Json& document, std::string_view pointer);
bool IsTrue(const base::Json& value);
// The string at `pointer`, or "".
std::string TextAt(const base::Json& document, std::string_view pointer);
// The strings of the array at `pointer`; empty when there is none.
std::vector<std::string> TextsAt(const base::Json& document, std::string_view pointer);

bool Contains(const std::vector<std::string>& list, std::string_view text);

}  // namespace stockade::sandbox::verify
