// SPDX-License-Identifier: Apache-2.0
// A class: what a container of one RuntimeClass may be. Loaded once (class_loader.h), immutable
// afterwards, and able to say for each setting where it came from.
//
//   STOCKADE_ASSIGN(const ClassPolicy policy, LoadClass("restricted", sources));
//   if (policy.rootfs.mode == Mode::kConfine) { ... policy.OriginOf("/rootfs/mode").Text() ... }
//
// The JSON form is described by config/schema/class.schema.json; the comments here name its keys.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"

namespace stockade::config {

// What a layer does with a container that asks for more than the class gives.
enum class Mode {
  kOff,      // the layer does nothing; `explain` warns of it
  kConfine,  // the sandbox wins, and `explain` shows what was taken away
  kRefuse,   // the create or exec fails with the reason
};

// "off", "confine" or "refuse".
const char* ModeName(Mode mode);

// Where a setting comes from.
struct Origin {
  std::string
      source;    // "built-in baseline.json", a file's path, or "annotation stockade.dev/<key>"
  int line = 0;  // from 1; 0 where lines make no sense

  // "built-in restricted.json:12", "/etc/stockade/classes.d/web.json:4", "annotation
  // stockade.dev/..".
  std::string Text() const;
  bool operator==(const Origin&) const = default;
};

// Origins by JSON pointer into a class document.
using Origins = std::map<std::string, Origin, std::less<>>;

// The origin of `pointer`, or of its nearest parent that has one; "unknown" if none has.
const Origin& NearestOrigin(const Origins& origins, std::string_view pointer);

// One path that stays writable under a read-only root: /rootfs/writable[].
struct WritablePath {
  enum class Kind {
    kTmpfs,   // "tmpfs": an empty memory file system, or with keepContent a copy of the image's
              // files
    kVolume,  // "volume": the pod must mount something there, or the create fails saying so
  };
  std::string path;  // absolute, normalised, no ".."
  Kind kind = Kind::kTmpfs;
  std::uint64_t size_bytes = 0;  // limit of a tmpfs, 4 KiB or more
  std::uint32_t mode = 01777;    // of the tmpfs root
  std::uint64_t inodes = 0;      // limit of a tmpfs, 1 or more
  bool exec = false;             // false mounts it noexec
  bool keep_content = false;     // start with what the image has there
  bool operator==(const WritablePath&) const = default;
};

// Capability names are upper case with their prefix: "CAP_NET_BIND_SERVICE".
using CapabilityNames = std::vector<std::string>;

struct CapabilitiesRule {  // /capabilities
  Mode mode = Mode::kOff;
  CapabilityNames ceiling;  // the most that a container gets; it gets its request within this ...
  bool request_must_fit = false;  // ... or nothing at all if it asks for more (requestMustFit)
  bool operator==(const CapabilitiesRule&) const = default;
};

struct NoNewPrivilegesRule {  // /noNewPrivileges
  Mode mode = Mode::kOff;
  bool operator==(const NoNewPrivilegesRule&) const = default;
};

struct SeccompRule {  // /seccomp
  Mode mode = Mode::kOff;
  std::string profile;  // a shipped profile: "baseline" or "restricted"
  std::vector<std::string>
      compat_architectures;  // SCMP_ARCH_* that the class opens; none by default
  bool operator==(const SeccompRule&) const = default;
};

struct RootfsRule {        // /rootfs
  Mode mode = Mode::kOff;  // kOff: as the pod asked
  std::vector<WritablePath> writable;
  std::vector<std::string> pod_may_add;  // globs of paths that a pod may declare by annotation
  bool operator==(const RootfsRule&) const = default;
};

struct KernelPathsRule {  // /kernelPaths
  Mode mode = Mode::kOff;
  std::vector<std::string> masked;
  std::vector<std::string> read_only;
  bool operator==(const KernelPathsRule&) const = default;
};

struct HostMountsRule {  // /hostMounts
  Mode mode = Mode::kOff;
  // Host paths that a mount may neither be, contain, nor lie in; "/" guards itself alone.
  std::vector<std::string> guarded;
  // Patterns that are mounted in spite of `guarded`. "*" matches within one component, "**" any
  // number of them; ${container-id}, ${sandbox-id} and ${pod-uid} stand for this container's own
  // (config/glob.h).
  std::vector<std::string> allowed;
  bool read_only = false;                 // other host mounts become read-only ...
  std::vector<std::string> writable;      // ... but for these patterns (kubelet volumes)
  std::vector<std::string> file_systems;  // mount types other than bind that a pod may name
  bool operator==(const HostMountsRule&) const = default;
};

struct DevicesRule {  // /devices
  Mode mode = Mode::kOff;
  std::vector<std::string> allowed;  // paths in the container: "/dev/null"
  bool operator==(const DevicesRule&) const = default;
};

// Host namespaces and sharing: each of its own mode. kConfine gives the container a namespace of
// its own.
struct NamespacesRule {  // /namespaces
  Mode network = Mode::kOff;
  Mode pid = Mode::kOff;
  Mode ipc = Mode::kOff;
  Mode uts = Mode::kOff;
  Mode cgroup = Mode::kOff;
  Mode mount = Mode::kOff;
  bool operator==(const NamespacesRule&) const = default;
};

struct PrivilegedRule {  // /privileged
  Mode mode = Mode::kOff;
  bool operator==(const PrivilegedRule&) const = default;
};

struct SysctlsRule {  // /sysctls
  Mode mode = Mode::kOff;
  std::vector<std::string> allowed;  // exact names, or a prefix that ends in ".*"
  bool operator==(const SysctlsRule&) const = default;
};

struct HooksRule {  // /hooks
  Mode mode = Mode::kOff;
  std::vector<std::string> allowed;  // absolute paths of executables that may be hooks
  bool operator==(const HooksRule&) const = default;
};

struct RlimitsRule {  // /rlimits
  Mode mode = Mode::kOff;
  // Upper bounds by name ("RLIMIT_NOFILE"), for the soft and the hard limit. A limit that a pod
  // does not set is set to the bound.
  std::map<std::string, std::uint64_t> max;
  bool operator==(const RlimitsRule&) const = default;
};

struct UserRule {                     // /user
  Mode run_as_non_root = Mode::kOff;  // kConfine is not possible here: a uid cannot be invented
  bool operator==(const UserRule&) const = default;
};

struct LsmRule {  // /lsm
  // /lsm/apparmor: kOff keeps what the spec says. Else an unconfined or missing profile becomes
  // `apparmor` (confine) or is refused, when the running kernel has AppArmor.
  Mode apparmor_mode = Mode::kOff;
  std::string apparmor;            // the profile's name; "" the node's default
  Mode selinux_mode = Mode::kOff;  // /lsm/selinux
  std::string selinux;  // process label, set when the spec has none and the kernel has SELinux
  bool operator==(const LsmRule&) const = default;
};

struct DelegateAnnotationsRule {  // /delegateAnnotations
  Mode mode = Mode::kOff;
  std::vector<std::string> allowed;  // exact keys that stay
  bool operator==(const DelegateAnnotationsRule&) const = default;
};

struct OciFieldsRule {     // /ociFields
  Mode mode = Mode::kOff;  // for fields that no layer understands and that reach host resources
  bool operator==(const OciFieldsRule&) const = default;
};

struct AnnotationsRule {             // /annotations
  std::vector<std::string> pod_may;  // keys of config/annotations.h that pods may use
  bool operator==(const AnnotationsRule&) const = default;
};

// See the file comment. Sections in the order in which the layers run.
struct ClassPolicy {
  std::string name;         // lower case letters, digits and dashes
  std::string description;  // one sentence
  std::string delegate;     // "runc", "crun", a name from config.json, or "" for the node's default

  DelegateAnnotationsRule delegate_annotations;
  OciFieldsRule oci_fields;
  PrivilegedRule privileged;
  NamespacesRule namespaces;
  CapabilitiesRule capabilities;
  NoNewPrivilegesRule no_new_privileges;
  UserRule user;
  RlimitsRule rlimits;
  SeccompRule seccomp;
  HostMountsRule host_mounts;
  RootfsRule rootfs;
  KernelPathsRule kernel_paths;
  DevicesRule devices;
  SysctlsRule sysctls;
  HooksRule hooks;
  LsmRule lsm;
  AnnotationsRule annotations;

  base::Json document;  // the merged JSON form, which the state directory keeps as the snapshot
  Origins origins;      // of the members and elements of `document`

  // The origin of the setting at `pointer` ("/rootfs/writable/0"), or of its nearest parent.
  const Origin& OriginOf(std::string_view pointer) const;
  // True if every layer is off: the delegate then gets exactly what we got.
  bool PassThrough() const;
  bool operator==(const ClassPolicy&) const = default;
};

// The typed form of a merged class document (class_parser.cc). `origins` give file and line for
// errors: unknown keys, wrong types, values out of range, and layers that this version does not
// have.
base::Result<ClassPolicy> ParseClass(base::Json document, Origins origins);

// The tightest version of a class, for a pod's sandbox (pause) container: no capability, a
// read-only root without writable paths, no devices beyond the default, as the pod's workload never
// runs there.
ClassPolicy ForPodSandbox(const ClassPolicy& policy);

}  // namespace stockade::config
