// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "config/annotation_checks.h"
#include "config/annotations.h"
#include "config/class_merge.h"
#include "config/glob.h"

namespace stockade::config {
namespace {

constexpr std::size_t kMaxListed = 64;

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

tl::unexpected<base::Error> Tuning::Refuse(std::string_view what, std::string hint) const {
  return base::FailHint(base::ErrorKind::kSpec, std::move(hint),
                        "annotation {}{}: \"{}\" under class {}: {}", kAnnotationPrefix, key_,
                        value_, policy_.name, what);
}

base::Status Tuning::OnlyValue(std::string_view only) const {
  if (value_ == only) return {};
  return Refuse("is not a value that tightens", fmt::format("write \"{}\", or leave it out", only));
}

base::Status Tuning::LayerOn(Mode mode, std::string_view section) const {
  if (mode != Mode::kOff) return {};
  return Refuse(fmt::format("would do nothing, for the class has {} off", section),
                "leave the annotation out, or choose a stricter class");
}

base::Result<std::vector<std::string>> Tuning::List() const {
  std::vector<std::string> list;
  std::string_view rest = value_;
  for (;;) {
    const auto comma = rest.find(',');
    const std::string_view item = Trimmed(rest.substr(0, comma));
    if (item.empty())
      return Refuse("has an empty element", "separate the elements by single commas");
    if (list.size() == kMaxListed) {
      return Refuse(fmt::format("has more than {} elements", kMaxListed), "shorten the list");
    }
    list.emplace_back(item);
    if (comma == std::string_view::npos) return list;
    rest.remove_prefix(comma + 1);
  }
}

base::Result<std::vector<std::string>> Tuning::Paths() const {
  STOCKADE_ASSIGN(std::vector<std::string> paths, List());
  for (const std::string& path : paths) {
    if (!IsNormalPath(path)) {
      return Refuse(fmt::format("\"{}\" is not a normalised absolute path", path),
                    "write it from \"/\" on, without \".\", \"..\", \"//\" and a final \"/\"");
    }
  }
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  return paths;
}

void Tuning::Set(std::string_view pointer, base::Json value) {
  const auto slash = pointer.rfind('/');
  const std::string parent(pointer.substr(0, slash));
  const std::string_view key = pointer.substr(slash + 1);
  base::Json* container = base::Find(document_, parent);
  if (container == nullptr) return;  // cannot be: the class was parsed
  std::string changed(pointer);
  if (key == "-") {
    changed = fmt::format("{}/{}", parent, container->size());
    container->push_back(std::move(value));
  } else {
    (*container)[std::string(key)] = std::move(value);
  }
  ForgetOrigins(origins_, changed);
  origins_.insert_or_assign(changed,
                            Origin{fmt::format("annotation {}{}", kAnnotationPrefix, key_), 0});
}

base::Result<ClassPolicy> Tuning::Finish() && {
  auto tuned = ParseClass(std::move(document_), std::move(origins_));
  if (!tuned) {
    tuned.error().kind = base::ErrorKind::kSpec;
    return tl::unexpected(std::move(tuned).error());
  }
  return tuned;
}

}  // namespace stockade::config
