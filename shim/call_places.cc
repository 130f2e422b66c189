// SPDX-License-Identifier: Apache-2.0
#include "shim/call_places.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "shim/delegate.h"

namespace stockade::shim {
namespace {

using std::filesystem::path;

// Without "." and "..", by its letters.
std::string Absolute(const std::string& given) {
  return std::filesystem::absolute(given).lexically_normal().string();
}

bool LeadsUp(const path& absolute) {
  return std::find(absolute.begin(), absolute.end(), "..") != absolute.end();
}

}  // namespace

std::string BundleOf(const Invocation& call) {
  const std::string given = call.Value("bundle").value_or(".");
  const path absolute = std::filesystem::absolute(given);
  if (!LeadsUp(absolute)) return Absolute(given);
  std::error_code missing;
  const path real = std::filesystem::canonical(absolute, missing);
  return missing ? absolute.string() : real.string();
}

base::Status CheckRoot(const std::string& root) {
  const path absolute = std::filesystem::absolute(root);
  if (!LeadsUp(absolute)) return {};
  std::error_code ignored;
  if (std::filesystem::weakly_canonical(absolute, ignored) ==
      std::filesystem::weakly_canonical(absolute.lexically_normal(), ignored)) {
    return {};
  }
  return base::FailHint(base::ErrorKind::kUsage, "write it without \"..\"",
                        "--root {}: the \"..\" of a symbolic link has two meanings", root);
}

sandbox::StateRoot StateOf(const Invocation& call, const config::NodeConfig& node,
                           const std::string& delegate) {
  const std::string root = call.Global("root").value_or("");
  return {node.state_directory, Absolute(root.empty() ? DefaultRoot(delegate) : root)};
}

std::vector<sandbox::StateRoot> RootsFor(const Invocation& call, const config::NodeConfig& node) {
  const std::string root = call.Global("root").value_or("");
  if (!root.empty()) return {{node.state_directory, Absolute(root)}};
  std::vector<sandbox::StateRoot> roots = sandbox::AllStateRoots(node.state_directory);
  std::erase_if(roots, [&](const sandbox::StateRoot& state) {
    const auto delegate = state.DelegateOf(call.id);
    return !delegate || !state.DelegateKnows(call.id) ||
           Absolute(DefaultRoot(*delegate)) != state.delegate_root();
  });
  return roots;
}

}  // namespace stockade::shim
