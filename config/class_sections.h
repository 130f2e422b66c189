// SPDX-License-Identifier: Apache-2.0
// The readers of a class's sections, one function each, as the table in class_parser.cc names them.
// Each takes the section's object and fills its rule.
#pragma once

#include <cstdint>
#include <string>

#include "config/class_node.h"
#include "config/class_values.h"

namespace stockade::config {

// A field that a function of class_values.h reads into `out`.
template <class T>
Field Into(std::string_view key, base::Status (*read)(const Node&, T&), T& out,
           Presence presence = Presence::kUnlessOff) {
  return {key, [read, &out](const Node& node) { return read(node, out); }, presence};
}

// class_process.cc
base::Status ReadNoNewPrivileges(const Node& node, NoNewPrivilegesRule& rule);
base::Status ReadCapabilities(const Node& node, CapabilitiesRule& rule);
base::Status ReadSeccomp(const Node& node, SeccompRule& rule);
base::Status ReadRlimitsSection(const Node& node, RlimitsRule& rule);
base::Status ReadUser(const Node& node, UserRule& rule);
base::Status ReadUserNamespace(const Node& node, UserNamespaceRule& rule);
base::Status ReadLsm(const Node& node, LsmRule& rule);

// class_host.cc
base::Status ReadPrivileged(const Node& node, PrivilegedRule& rule);
base::Status ReadNamespaces(const Node& node, NamespacesRule& rule);
base::Status ReadHostMounts(const Node& node, HostMountsRule& rule);
base::Status ReadDevicesSection(const Node& node, DevicesRule& rule);
base::Status ReadSysctlsSection(const Node& node, SysctlsRule& rule);
base::Status ReadHooks(const Node& node, HooksRule& rule);
base::Status ReadDelegateAnnotations(const Node& node, DelegateAnnotationsRule& rule);
base::Status ReadOciFields(const Node& node, OciFieldsRule& rule);

// class_rootfs.cc
base::Status ReadRootfs(const Node& node, RootfsRule& rule);
base::Status ReadKernelPaths(const Node& node, KernelPathsRule& rule);

// class_interposition.cc
base::Status ReadInterposition(const Node& node, InterpositionRule& rule);

}  // namespace stockade::config
