// SPDX-License-Identifier: Apache-2.0
#include "config/class_loader.h"

#include <algorithm>
#include <map>

#include "config/base/embedded.h"
#include "config/class_merge.h"
#include "config/names.h"
#include "config/nearest.h"
#include "config/policy_file.h"

namespace stockade::embedded {
extern const std::span<const EmbeddedFile> kBuiltinClasses;
// Their snapshots by name, merged at build time (class_compiler.cc).
extern const std::span<const EmbeddedFile> kPreparedClasses;
}  // namespace stockade::embedded

namespace stockade::config {
namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t kMaxChain = 16;

// All definitions of each class in the order in which they were found. A built-in one is parsed
// when it is needed.
class Catalog {
 public:
  static Result<Catalog> Open(const ClassSources& sources) {
    Catalog catalog;
    for (const std::string& directory : sources.directories) {
      STOCKADE_ASSIGN(std::vector<PolicyFile> files, ReadPolicyDirectory(directory));
      for (PolicyFile& file : files) {
        STOCKADE_ASSIGN(const std::string name, NameOf(file));
        catalog.found_[name].push_back({std::move(file.path), std::move(file.parsed)});
      }
    }
    return catalog;
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const embedded::EmbeddedFile& file : embedded::kBuiltinClasses) {
      names.emplace_back(StemOf(file));
    }
    for (const auto& [name, definitions] : found_) names.push_back(name);
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  // How many definitions `name` has.
  std::size_t Count(const std::string& name) const {
    const auto found = found_.find(name);
    return (Builtin(name) != nullptr ? 1 : 0) + (found == found_.end() ? 0 : found->second.size());
  }

  // The definition `index` of `name`, from 0, the built-in one first.
  Result<ClassDefinition> Get(const std::string& name, std::size_t index) const {
    const embedded::EmbeddedFile* builtin = Builtin(name);
    if (builtin == nullptr) return found_.at(name).at(index);
    if (index > 0) return found_.at(name).at(index - 1);
    const std::string source = fmt::format("built-in {}", builtin->name);
    STOCKADE_ASSIGN(base::ParsedJson parsed, base::ParseJson(builtin->text, base::kPolicyLimits,
                                                             source, ErrorKind::kInternal,
                                                             /*keep_lines=*/true));
    return ClassDefinition{source, std::move(parsed)};
  }

  // The snapshot of a built-in class, which stands for its whole chain; nullptr if a file changes
  // any built-in class, for `name` may extend that one.
  const embedded::EmbeddedFile* Prepared(std::string_view name) const {
    for (const auto& [changed, definitions] : found_) {
      if (Builtin(changed) != nullptr) return nullptr;
    }
    for (const embedded::EmbeddedFile& file : embedded::kPreparedClasses) {
      if (file.name == name) return &file;
    }
    return nullptr;
  }

 private:
  static std::string_view StemOf(const embedded::EmbeddedFile& file) {
    return file.name.substr(0, file.name.rfind(".json"));
  }

  static const embedded::EmbeddedFile* Builtin(std::string_view name) {
    for (const embedded::EmbeddedFile& file : embedded::kBuiltinClasses) {
      if (StemOf(file) == name) return &file;
    }
    return nullptr;
  }

  // The class that a file defines.
  static Result<std::string> NameOf(const PolicyFile& file) {
    const base::Json* name = base::Find(file.parsed.value, "/name");
    if (!file.parsed.value.is_object() || name == nullptr || !name->is_string()) {
      return base::FailHint(
          ErrorKind::kPolicy, "say which class the file is about: \"name\": \"web\"",
          "{}:{}: /name: missing, or not a text", file.path, file.parsed.LineOf("/name"));
    }
    std::string text = name->get<std::string>();
    if (!IsClassName(text)) {
      return base::FailHint(ErrorKind::kPolicy, "use 1 to 63 lower case letters, digits and dashes",
                            "{}:{}: /name: not a class name", file.path,
                            file.parsed.LineOf("/name"));
    }
    return text;
  }

  std::map<std::string, std::vector<ClassDefinition>, std::less<>> found_;
};

base::Error UnknownClass(std::string_view name, const Catalog& catalog) {
  const std::vector<std::string> names = catalog.Names();
  const std::string nearest = Nearest(name, {names.begin(), names.end()});
  return base::Error{ErrorKind::kPolicy, fmt::format("there is no class \"{}\"", name),
                     nearest.empty() ? fmt::format("the classes are {}", fmt::join(names, ", "))
                                     : fmt::format("did you mean \"{}\"?", nearest)};
}

// What `definition` extends, or "" if nothing.
Result<std::string> ExtendsOf(const ClassDefinition& definition) {
  const base::Json* extends = base::Find(definition.parsed.value, "/extends");
  if (extends == nullptr) return std::string();
  if (!extends->is_string() || !IsClassName(extends->get_ref<const std::string&>())) {
    return base::Fail(ErrorKind::kPolicy, "{}:{}: /extends: not a class name", definition.source,
                      definition.parsed.LineOf("/extends"));
  }
  return extends->get<std::string>();
}

// What makes up a class: definitions, each laid over the one before it, the first one over `base`,
// or if there is none over nothing.
struct Chain {
  const embedded::EmbeddedFile* base = nullptr;
  std::vector<ClassDefinition> definitions;
};

Result<Chain> ChainOf(std::string name, const Catalog& catalog) {
  const embedded::EmbeddedFile* base = nullptr;
  std::vector<ClassDefinition> chain;
  std::string path = name;
  std::size_t index = catalog.Count(name);
  if (index == 0) return tl::unexpected(UnknownClass(name, catalog));
  std::map<std::string, std::size_t> visited;  // a class may return only as an earlier definition
  while ((base = catalog.Prepared(name)) == nullptr) {
    --index;
    if (const auto [at, fresh] = visited.emplace(name, index); !fresh) {
      if (index >= at->second) {
        return base::Fail(ErrorKind::kPolicy, "{}:{}: /extends: the classes extend each other: {}",
                          chain.back().source, chain.back().parsed.LineOf("/extends"), path);
      }
      at->second = index;
    }
    STOCKADE_ASSIGN(ClassDefinition definition, catalog.Get(name, index));
    chain.push_back(std::move(definition));
    const ClassDefinition& top = chain.back();
    STOCKADE_ASSIGN(const std::string parent, ExtendsOf(top));
    if (parent.empty()) break;
    const auto refuse = [&](const base::Error& why) {
      return tl::unexpected(
          why.Within(fmt::format("{}:{}: /extends", top.source, top.parsed.LineOf("/extends"))));
    };
    path += " -> " + parent;
    if (chain.size() >= kMaxChain) {
      return refuse(
          {ErrorKind::kPolicy, fmt::format("more than {} classes in a row", kMaxChain), ""});
    }
    if (parent != name) {
      name = parent;
      index = catalog.Count(name);
      if (index == 0) return refuse(UnknownClass(name, catalog));
    } else if (index == 0) {
      return refuse({ErrorKind::kPolicy,
                     fmt::format("{} extends itself, but nothing before it defines {}", name, name),
                     ""});
    }
  }
  std::reverse(chain.begin(), chain.end());
  return Chain{base, std::move(chain)};
}

}  // namespace

Result<ClassPolicy> LoadClass(std::string_view name, const ClassSources& sources) {
  if (!IsClassName(name)) {
    return base::FailHint(ErrorKind::kPolicy, "use 1 to 63 lower case letters, digits and dashes",
                          "\"{}\" is not a class name", name.substr(0, 80));
  }
  STOCKADE_ASSIGN(const Catalog catalog, Catalog::Open(sources));
  STOCKADE_ASSIGN(Chain chain, ChainOf(std::string(name), catalog));
  MergedClass merged;
  if (chain.base != nullptr) {
    STOCKADE_ASSIGN(merged, ReadSnapshot(chain.base->text));
  }
  for (ClassDefinition& definition : chain.definitions) MergeOver(merged, std::move(definition));
  return ParseClass(std::move(merged.document), std::move(merged.origins));
}

Result<std::vector<std::string>> ListClasses(const ClassSources& sources) {
  STOCKADE_ASSIGN(const Catalog catalog, Catalog::Open(sources));
  return catalog.Names();
}

}  // namespace stockade::config
