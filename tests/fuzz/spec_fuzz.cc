// SPDX-License-Identifier: Apache-2.0
// config.json and process.json: reading is a fixpoint, and the layers and verify agree.
#include <vector>

#include "config/class_loader.h"
#include "sandbox/spec_document.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/sandbox_property.h"

namespace {

using stockade::config::ClassPolicy;
using stockade::fuzz::Require;
using stockade::sandbox::DocumentKind;
using stockade::sandbox::SpecDocument;

const std::vector<ClassPolicy>& Classes() {
  static const std::vector<ClassPolicy> kClasses = [] {
    std::vector<ClassPolicy> classes;
    for (const char* name : {"permissive", "baseline", "restricted"}) {
      auto loaded = stockade::config::LoadClass(name, {});
      Require(loaded.has_value(), "the built-in classes load");
      classes.push_back(std::move(*loaded));
    }
    return classes;
  }();
  return kClasses;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(stockade::fuzz::AsText(data, size));
  for (const DocumentKind kind : {DocumentKind::kConfig, DocumentKind::kProcess}) {
    const auto document = SpecDocument::Parse(text, kind, "fuzz.json");
    if (!document) continue;
    Require(document->original() == text, "the original text is kept");
    const std::string written = document->Text();
    const auto again = SpecDocument::Parse(written, kind, "written.json");
    Require(again.has_value(), "what we write can be read", written);
    Require(again->Text() == written, "reading and writing is a fixpoint", written);
    Require(again->root() == document->root(), "nothing is lost in writing", written);
    for (const ClassPolicy& policy : Classes()) stockade::fuzz::RequireKept(*document, policy);
  }
  return 0;
}
