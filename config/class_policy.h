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
#include "config/network_pattern.h"

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

// Who installs the class's filter.
enum class FilterInstaller {
  kDelegate,  // compiled by the delegate, at every create and exec, before the container's process
  kInit,      // compiled by us before, installed by stockade-init as the container's first program
  kAuto,      // kInit where nobody in the container can look into stockade-init, else kDelegate
};

struct SeccompRule {  // /seccomp
  Mode mode = Mode::kOff;
  std::string profile;  // a shipped profile: "baseline", "restricted" or "isolated"
  std::vector<std::string>
      compat_architectures;  // SCMP_ARCH_* that the class opens; none by default
  FilterInstaller installed_by = FilterInstaller::kDelegate;  // installedBy
  bool complain = false;  // the kernel logs what the filter refuses, and lets it go through
  bool operator==(const SeccompRule&) const = default;
};

struct RootfsRule {        // /rootfs
  Mode mode = Mode::kOff;  // kOff: as the pod asked
  std::vector<WritablePath> writable;
  std::vector<std::string> pod_may_add;  // globs of paths that a pod may declare by annotation
  // Optional: files and directories of the image, nothing else of which runs. Empty: all of it.
  std::vector<std::string> executable = {};
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
  // Optional in a class: only host paths that match `allowed` may be mounted, guarded or not.
  bool only_allowed = false;
  // Optional: no mount runs programs, the kernel's own file systems included, but for ...
  bool no_exec = false;
  // ... host mounts that match these patterns, which then are read-only.
  std::vector<std::string> executable;
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

// Every pod in a user namespace of its own, in which root is nobody on the host.
struct UserNamespaceRule {  // /userNamespace
  // mode: true ("force") for every pod of the class, false ("keep") for those that bring one.
  bool force = false;
  // The rest is about a container that is to get one.
  // rootfs: where the root file system cannot be idmapped, its files are given to the pod's ids one
  // by one ("chown"), or the create fails ("refuse").
  bool chown_rootfs = false;
  // hostNamespaces: one that shares the host's network, pid or ipc namespace, as far as
  // /namespaces lets it, stays in the host's user namespace ("share"), or the create fails
  // ("refuse").
  bool share_host_namespaces = false;
  // devices: a device node that others may not open, and that is nobody's in there, stays all the
  // same ("keep"), or the create fails ("refuse").
  bool keep_devices = false;
  bool operator==(const UserNamespaceRule&) const = default;
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

// Socket addresses that may be used: the first list that has one decides.
struct AddressRule {
  bool allow_others = true;           // "default": what neither list has
  std::vector<NetworkPattern> deny;   // asked first ...
  std::vector<NetworkPattern> allow;  // ... and then this one
  bool operator==(const AddressRule&) const = default;
};

struct NetworkRule {  // /interposition/network
  Mode mode = Mode::kOff;
  bool metadata = false;  // the addresses at which clouds hand out credentials may be reached
  AddressRule connect;    // destinations: connect, sendto, sendmsg, sendmmsg
  AddressRule bind;       // own addresses
  bool operator==(const NetworkRule&) const = default;
};

struct SystemInfoRule {         // /interposition/systemInfo
  bool cgroup_memory = false;   // sysinfo tells the memory of the caller's cgroup
  bool neutral_kernel = false;  // uname tells the kernel's version without its build
  bool operator==(const SystemInfoRule&) const = default;
};

// Who makes character and block device nodes: /interposition/deviceNodes. Whiteouts (0:0), FIFOs,
// sockets and files are always the kernel's.
enum class DeviceNodes {
  kKernel,    // the kernel: with CAP_MKNOD alone
  kRefuse,    // nobody, and each try is recorded
  kHarmless,  // the supervisor makes null, zero, full, random, urandom and tty; others as kRefuse
};

// Who performs mount and umount2: /interposition/mounts.
enum class Mounts {
  kKernel,  // the kernel: with CAP_SYS_ADMIN alone
  kRefuse,  // nobody, and each try is recorded
  kTmpfs,   // the supervisor mounts tmpfs for the container's root, and unmounts those; others as
            // kRefuse
};

// What a file may be opened for.
enum class FileLimit { kAllow, kReadOnly, kDeny };

// Files that may be opened, by where they are in the container: the first list that has one
// decides.
struct FilesRule {  // /interposition/files
  Mode mode = Mode::kOff;
  bool every_open = false;               // opens: not only those that can write or create a file
  FileLimit others = FileLimit::kAllow;  // "default": what no list has
  std::vector<std::string> deny;         // asked first; only with every_open ...
  std::vector<std::string> read_only;    // ... then this one ...
  std::vector<std::string> allow;        // ... and then this one
  bool operator==(const FilesRule&) const = default;
};

// Calls that the container's supervisor decides and performs.
struct InterpositionRule {  // /interposition
  NetworkRule network;
  FilesRule files;
  std::vector<std::string> refused;  // calls that are recorded and refused
  bool refuse_namespaces = false;    // new namespaces, and entering others: recorded and refused
  SystemInfoRule system_info;
  DeviceNodes device_nodes = DeviceNodes::kKernel;
  Mounts mounts = Mounts::kKernel;
  bool kill = false;      // onViolation: the caller dies in place of an errno
  bool complain = false;  // decided and recorded, but performed all the same

  // True if there is a call for a supervisor to answer.
  bool Active() const {
    return network.mode != Mode::kOff || files.mode != Mode::kOff || !refused.empty() ||
           refuse_namespaces || system_info != SystemInfoRule{} ||
           device_nodes != DeviceNodes::kKernel || mounts != Mounts::kKernel;
  }
  bool operator==(const InterpositionRule&) const = default;
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
  UserNamespaceRule user_namespace;
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
  InterpositionRule interposition;  // optional: a class without it has no supervisor

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
