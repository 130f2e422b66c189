// SPDX-License-Identifier: Apache-2.0
#include "config/class_parser.h"

#include "config/annotations.h"
#include "config/class_sections.h"
#include "config/names.h"

namespace stockade::config {
namespace {

using base::Status;

Status ReadPodMay(const Node& node, std::vector<std::string>& out) {
  std::vector<std::string> names;
  for (const AnnotationRule& rule : AnnotationTable()) names.push_back(PodMayName(rule));
  return ReadChoices(node, {names.begin(), names.end()}, out);
}

Status ReadName(const Node& node, std::string& out) {
  STOCKADE_TRY(ReadText(node, out));
  if (!IsClassName(out)) {
    return node.Refuse(fmt::format("\"{}\" is not a class name", out),
                       "use 1 to 63 lower case letters, digits and dashes");
  }
  return {};
}

Status ReadDelegate(const Node& node, std::string& out) {
  STOCKADE_TRY(ReadText(node, out));
  if (out.find('/') != std::string::npos) {
    return node.Refuse("a class names a delegate, not its path",
                       "give the path a name under \"delegates\" in the node's config.json");
  }
  return {};
}

Status ReadAnnotations(const Node& node, AnnotationsRule& rule) {
  return ReadObject(node, {Into("podMay", ReadPodMay, rule.pod_may)});
}

// Layers that are designed but not built: a class that asks for one must not load without it.
Status RefuseMissingLayer(const Node& node, std::string_view class_name, std::string_view layer) {
  return node.Refuse(
      fmt::format("class {} asks for {}, which this version does not have", class_name, layer),
      "take it out of the class, or install a version that has it");
}

// A supervisor answers calls on top of the class's filter, which closes the other ways to make
// them.
Status CheckInterposition(const ClassPolicy& policy, const Node& node) {
  const SeccompRule& seccomp = policy.seccomp;
  if (!policy.interposition.Active()) return {};
  const base::Json* value = base::Find(node.value(), "/interposition");
  if (seccomp.mode != Mode::kOff && seccomp.installed_by == FilterInstaller::kInit &&
      !seccomp.complain && seccomp.compat_architectures.empty()) {
    return {};
  }
  return node.Member("interposition", *value)
      .Refuse("needs a system call filter that closes every other way to make its calls",
              "set seccomp.mode to confine or refuse, seccomp.installedBy to init, "
              "seccomp.complain to false and seccomp.compatArchitectures to []");
}

// What of the image runs is held by mounts: of an image that nobody writes, in a user namespace in
// which nobody can change them, beside others that run nothing.
Status CheckExecutable(const ClassPolicy& policy, const Node& node) {
  const base::Json* const list = base::Find(node.value(), "/rootfs/executable");
  if (list == nullptr || policy.rootfs.executable.empty()) return {};
  const Node executable =
      node.Member("rootfs", *base::Find(node.value(), "/rootfs")).Member("executable", *list);
  if (policy.rootfs.mode == Mode::kOff) {
    return executable.Refuse("needs a root file system that nobody writes",
                             "set rootfs.mode to confine or refuse");
  }
  if (!policy.user_namespace.force || policy.user_namespace.share_host_namespaces) {
    return executable.Refuse(
        "needs a user namespace of each pod's own, in which nobody can take noexec off a mount",
        "set userNamespace.mode to force and userNamespace.hostNamespaces to refuse");
  }
  if (policy.host_mounts.mode == Mode::kOff || !policy.host_mounts.no_exec) {
    return executable.Refuse("needs other mounts to run nothing, or programs would come from there",
                             "set hostMounts.mode to refuse and hostMounts.noExec to true");
  }
  return {};
}

Status ReadDenialEvents(const Node& node, std::string_view class_name) {
  bool wanted = false;
  STOCKADE_TRY(ReadBool(node, wanted));
  if (wanted) return RefuseMissingLayer(node, class_name, "denial events");
  return {};
}

// The whole document: every section stands in this table.
Status ReadClass(const Node& node, ClassPolicy& policy) {
  std::string_view name = "?";
  if (const base::Json* value = base::Find(node.value(), "/name"); value && value->is_string()) {
    name = value->get_ref<const std::string&>();
  }
  const auto later = [name](std::string_view key, Status (*read)(const Node&, std::string_view),
                            Presence presence) {
    return Field{key, [read, name](const Node& n) { return read(n, name); }, presence};
  };
  return ReadObject(
      node, {
                Into("name", ReadName, policy.name),
                Into("description", ReadText, policy.description),
                Into("delegate", ReadDelegate, policy.delegate, Presence::kOptional),
                Into("delegateAnnotations", ReadDelegateAnnotations, policy.delegate_annotations),
                Into("ociFields", ReadOciFields, policy.oci_fields),
                Into("privileged", ReadPrivileged, policy.privileged),
                Into("namespaces", ReadNamespaces, policy.namespaces),
                Into("capabilities", ReadCapabilities, policy.capabilities),
                Into("noNewPrivileges", ReadNoNewPrivileges, policy.no_new_privileges),
                Into("user", ReadUser, policy.user),
                Into("userNamespace", ReadUserNamespace, policy.user_namespace),
                Into("rlimits", ReadRlimitsSection, policy.rlimits),
                Into("seccomp", ReadSeccomp, policy.seccomp),
                Into("hostMounts", ReadHostMounts, policy.host_mounts),
                Into("rootfs", ReadRootfs, policy.rootfs),
                Into("kernelPaths", ReadKernelPaths, policy.kernel_paths),
                Into("devices", ReadDevicesSection, policy.devices),
                Into("sysctls", ReadSysctlsSection, policy.sysctls),
                Into("hooks", ReadHooks, policy.hooks),
                Into("lsm", ReadLsm, policy.lsm),
                Into("annotations", ReadAnnotations, policy.annotations),
                Into("interposition", ReadInterposition, policy.interposition, Presence::kOptional),
                later("denialEvents", ReadDenialEvents, Presence::kOptional),
            });
}

}  // namespace

base::Result<ClassPolicy> ParseClass(base::Json document, Origins origins) {
  ClassPolicy policy;
  {
    const DocumentContext context{origins};
    const Node node(document, "", context);
    STOCKADE_TRY(ReadClass(node, policy));
    STOCKADE_TRY(CheckInterposition(policy, node));
    STOCKADE_TRY(CheckExecutable(policy, node));
  }
  policy.document = std::move(document);
  policy.origins = std::move(origins);
  return policy;
}

std::set<std::string> KnownClassKeys(const ClassPolicy& complete) {
  std::set<std::string> known;
  ClassPolicy ignored;
  const DocumentContext context{complete.origins, &known};
  if (!ReadClass(Node(complete.document, "", context), ignored)) known.clear();
  return known;
}

}  // namespace stockade::config
