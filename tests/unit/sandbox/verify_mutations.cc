// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sandbox/verify_mutations.h"

#include <string>

namespace stockade::sandbox {
namespace {

using base::Json;

Json& Process(Json& c) { return c["process"]; }
Json& Linux(Json& c) { return c["linux"]; }
Json& Capabilities(Json& c) { return c["process"]["capabilities"]; }
Json& Seccomp(Json& c) { return c["linux"]["seccomp"]; }
Json& Rules(Json& c) { return c["linux"]["resources"]["devices"]; }

void Allow(Json& c, const char* call) {
  Seccomp(c)["syscalls"].push_back(
      Json{{"names", Json::array({call})}, {"action", "SCMP_ACT_ALLOW"}});
}

// The mount on `destination`.
Json& On(Json& c, std::string_view destination) {
  for (Json& mount : c["mounts"]) {
    if (mount["destination"] == destination) return mount;
  }
  throw std::out_of_range(std::string(destination));
}
Json& OptionsOn(Json& c, std::string_view destination) { return On(c, destination)["options"]; }

void AddMount(Json& c, const char* destination, const char* type, const char* source,
              std::initializer_list<const char*> options) {
  Json list = Json::array();
  for (const char* option : options) list.push_back(option);
  c["mounts"].push_back(
      Json{{"destination", destination}, {"type", type}, {"source", source}, {"options", list}});
}

void Drop(Json& list, std::string_view value) {
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == value) return list.erase(i);
  }
  throw std::out_of_range(std::string(value));
}

Json& Namespace(Json& c, std::string_view type) {
  for (Json& entry : c["linux"]["namespaces"]) {
    if (entry["type"] == type) return entry;
  }
  throw std::out_of_range(std::string(type));
}

void DropNamespace(Json& c, std::string_view type) {
  Json& list = c["linux"]["namespaces"];
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i]["type"] == type) return list.erase(i);
  }
}

constexpr const char* kDelegate = "/delegateAnnotations";
constexpr const char* kFields = "/ociFields";
constexpr const char* kPrivileged = "/privileged";
constexpr const char* kNamespaces = "/namespaces";
constexpr const char* kUserNamespace = "/userNamespace";
constexpr const char* kCapabilities = "/capabilities";
constexpr const char* kNoNewPrivileges = "/noNewPrivileges";
constexpr const char* kUser = "/user";
constexpr const char* kRlimits = "/rlimits";
constexpr const char* kSeccomp = "/seccomp";
constexpr const char* kHostMounts = "/hostMounts";
constexpr const char* kRootfs = "/rootfs";
constexpr const char* kKernelPaths = "/kernelPaths";
constexpr const char* kDevices = "/devices";
constexpr const char* kSysctls = "/sysctls";
constexpr const char* kHooks = "/hooks";
constexpr const char* kLsm = "/lsm";

const Mutation kMutations[] = {
    {kDelegate, "crun's handler", [](Json& c) { c["annotations"]["run.oci.handler"] = "krun"; }, "run.oci.handler would steer"},
    {kDelegate, "crun's raw filter", [](Json& c) { c["annotations"]["run.oci.seccomp_bpf_data"] = "AA=="; }, "run.oci.seccomp_bpf_data"},
    {kDelegate, "crun's hook output", [](Json& c) { c["annotations"]["run.oci.hooks.stdout"] = "/etc/x"; }, "run.oci.hooks.stdout"},
    {kDelegate, "CRIU's configuration", [](Json& c) { c["annotations"]["org.criu.config"] = "/tmp/c"; }, "org.criu.config"},
    {kDelegate, "a systemd property", [](Json& c) { c["annotations"]["org.systemd.property.DeviceAllow"] = "x"; }, "DeviceAllow"},
    {kDelegate, "a wasm module", [](Json& c) { c["annotations"]["module.wasm.image/variant"] = "compat"; }, "module.wasm"},
    {kDelegate, "a microVM setting", [](Json& c) { c["annotations"]["krun.ram_mib"] = "1"; }, "krun.ram_mib"},

    {kFields, "a host network device", [](Json& c) { Linux(c)["netDevices"]["eth0"] = Json::object(); }, "/linux/netDevices would take"},
    {kFields, "cache allocation", [](Json& c) { Linux(c)["intelRdt"]["closID"] = "x"; }, "/linux/intelRdt"},
    {kFields, "real-time scheduling", [](Json& c) { Process(c)["scheduler"]["policy"] = "SCHED_FIFO"; }, "process/scheduler"},
    {kFields, "real-time I/O", [](Json& c) { Process(c)["ioPriority"] = Json{{"class", "IOPRIO_CLASS_RT"}, {"priority", 0}}; }, "process/ioPriority"},
    {kFields, "chosen processors", [](Json& c) { Process(c)["execCPUAffinity"]["initial"] = "0"; }, "process/execCPUAffinity"},
    {kFields, "chosen memory", [](Json& c) { Linux(c)["memoryPolicy"] = Json::object(); }, "/linux/memoryPolicy"},
    {kFields, "a virtual machine", [](Json& c) { c["vm"]["kernel"]["path"] = "/x"; }, "/vm would start"},
    {kFields, "a shared root", [](Json& c) { Linux(c)["rootfsPropagation"] = "shared"; }, "send mounts back"},
    {kFields, "a field of tomorrow", [](Json& c) { Linux(c)["tomorrow"] = Json::object(); }, "/linux/tomorrow is a field that nobody"},
    {kFields, "a field of tomorrow of a mount", [](Json& c) { On(c, "/opt/files")["tomorrow"] = 1; }, "/mounts/10/tomorrow is a field that nobody"},
    {kFields, "a field of tomorrow of the process", [](Json& c) { Process(c)["tomorrow"] = 1; }, "tomorrow is a field that nobody"},

    {kPrivileged, "every device and CAP_SYS_ADMIN", [](Json& c) {
       Capabilities(c)["bounding"].push_back("CAP_SYS_ADMIN");
       Rules(c).push_back(Json{{"allow", true}, {"access", "rwm"}});
     }, "privileged: CAP_SYS_ADMIN and every device"},
    {kPrivileged, "an open /proc and CAP_SYS_ADMIN", [](Json& c) {
       Capabilities(c)["bounding"].push_back("CAP_SYS_ADMIN");
       Linux(c)["maskedPaths"] = Json::array();
       Linux(c).erase("readonlyPaths");
       Drop(OptionsOn(c, "/sys"), "ro");
     }, "privileged: CAP_SYS_ADMIN and all of /proc"},

    {kNamespaces, "no pid namespace", [](Json& c) { DropNamespace(c, "pid"); }, "no pid namespace of its own"},
    {kNamespaces, "no ipc namespace", [](Json& c) { DropNamespace(c, "ipc"); }, "no ipc namespace of its own"},
    {kNamespaces, "no uts namespace", [](Json& c) { DropNamespace(c, "uts"); }, "no uts namespace of its own"},
    {kNamespaces, "no network namespace", [](Json& c) { DropNamespace(c, "network"); }, "no network namespace of its own"},
    {kNamespaces, "no mount namespace", [](Json& c) { DropNamespace(c, "mount"); }, "no mount namespace of its own"},
    {kNamespaces, "no cgroup namespace", [](Json& c) { DropNamespace(c, "cgroup"); }, "no cgroup namespace of its own"},
    {kNamespaces, "no namespaces at all", [](Json& c) { Linux(c)["namespaces"] = nullptr; }, "no mount namespace of its own"},
    {kNamespaces, "the network of process 1", [](Json& c) { Namespace(c, "network")["path"] = "/proc/1/ns/net"; }, "is the host's"},
    {kNamespaces, "the pid namespace of another host process", [](Json& c) { Namespace(c, "pid")["path"] = "/proc/7/ns/pid"; }, "is the host's"},
    {kNamespaces, "a path that cannot be told", [](Json& c) { Namespace(c, "ipc")["path"] = "/var/run/netns/x"; }, "cannot be told"},
    {kNamespaces, "somebody's mount namespace", [](Json& c) { Namespace(c, "mount")["path"] = "/proc/77/ns/mnt"; }, "mount namespace is that of"},
    {kNamespaces, "a second network namespace", [](Json& c) { Linux(c)["namespaces"].push_back(Json{{"type", "network"}, {"path", "/proc/77/ns/net"}}); }, "stands there 2 times"},
    {kUserNamespace, "the host's ids", [](Json& c) { DropNamespace(c, "user"); }, "0 user namespaces"},
    {kUserNamespace, "the host's user namespace", [](Json& c) { Namespace(c, "user")["path"] = "/proc/1/ns/user"; }, "is the host's"},
    {kUserNamespace, "two user namespaces", [](Json& c) { Linux(c)["namespaces"].push_back(Json{{"type", "user"}}); }, "2 user namespaces"},
    {kUserNamespace, "root is root", [](Json& c) { Linux(c)["uidMappings"][0]["hostID"] = 0; }, "does not map 0 to ids"},
    {kUserNamespace, "ids of the host's own users", [](Json& c) { Linux(c)["gidMappings"][0]["hostID"] = 1000; }, "does not map 0 to ids"},
    {kUserNamespace, "a second mapping", [](Json& c) { Linux(c)["uidMappings"].push_back(Json{{"containerID", 65536}, {"hostID", 0}, {"size", 1}}); }, "is not one mapping"},
    {kUserNamespace, "a new namespace without mappings", [](Json& c) { Namespace(c, "user").erase("path"); Linux(c).erase("gidMappings"); }, "is not one mapping"},
    {kNamespaces, "a type in capitals", [](Json& c) { Namespace(c, "uts")["type"] = "UTS"; }, "no uts namespace of its own"},

    {kCapabilities, "one more in the bounding set", [](Json& c) { Capabilities(c)["bounding"].push_back("CAP_SYS_PTRACE"); }, "the bounding set holds CAP_SYS_PTRACE"},
    {kCapabilities, "one more in the effective set", [](Json& c) { Capabilities(c)["effective"].push_back("CAP_SYS_ADMIN"); }, "the effective set holds CAP_SYS_ADMIN"},
    {kCapabilities, "one more in the permitted set", [](Json& c) { Capabilities(c)["permitted"].push_back("CAP_BPF"); }, "the permitted set holds CAP_BPF"},
    {kCapabilities, "an ambient one within the ceiling", [](Json& c) { Capabilities(c)["ambient"].push_back("CAP_CHOWN"); }, "the ambient set holds CAP_CHOWN"},
    {kCapabilities, "an inheritable one", [](Json& c) { Capabilities(c)["inheritable"].push_back("CAP_CHOWN"); }, "the inheritable set holds CAP_CHOWN"},
    {kCapabilities, "lower case", [](Json& c) { Capabilities(c)["bounding"].push_back("cap_sys_admin"); }, "cap_sys_admin"},
    {kCapabilities, "lower case within the ceiling", [](Json& c) { Capabilities(c)["bounding"].push_back("cap_chown"); }, "cap_chown"},
    {kCapabilities, "no prefix", [](Json& c) { Capabilities(c)["effective"].push_back("SYS_ADMIN"); }, "holds SYS_ADMIN"},
    {kCapabilities, "a number", [](Json& c) { Capabilities(c)["effective"].push_back("21"); }, "holds 21"},
    {kCapabilities, "a set that a newer delegate may know", [](Json& c) { Capabilities(c)["future"] = Json::array({"CAP_SYS_ADMIN"}); }, "the future set"},
    {kCapabilities, "no sets", [](Json& c) { Process(c).erase("capabilities"); }, "no capability sets"},
    {kCapabilities, "null sets", [](Json& c) { Process(c)["capabilities"] = nullptr; }, "no capability sets"},
    {kCapabilities, "no bounding set", [](Json& c) { Capabilities(c).erase("bounding"); }, "the bounding set is not written down"},
    {kCapabilities, "no ambient set", [](Json& c) { Capabilities(c)["ambient"] = nullptr; }, "the ambient set is not written down"},
    {kCapabilities, "no process", [](Json& c) { c.erase("process"); }, "no capability sets"},

    {kNoNewPrivileges, "false", [](Json& c) { Process(c)["noNewPrivileges"] = false; }, "noNewPrivileges is not true"},
    {kNoNewPrivileges, "absent", [](Json& c) { Process(c).erase("noNewPrivileges"); }, "noNewPrivileges is not true"},
    {kNoNewPrivileges, "null", [](Json& c) { Process(c)["noNewPrivileges"] = nullptr; }, "noNewPrivileges is not true"},

    {kUser, "root", [](Json& c) { Process(c)["user"]["uid"] = 0; }, "runs as root (uid 0)"},
    {kUser, "no uid", [](Json& c) { Process(c)["user"].erase("uid"); }, "runs as root"},
    {kUser, "no user", [](Json& c) { Process(c).erase("user"); }, "runs as root"},
    {kUser, "the uid that changes nothing", [](Json& c) { Process(c)["user"]["uid"] = 0xffffffffU; }, "uid 4294967295"},

    {kRlimits, "a higher hard limit", [](Json& c) { Process(c)["rlimits"][0]["hard"] = 1025; }, "RLIMIT_NOFILE/hard is 1025"},
    {kRlimits, "a higher soft limit", [](Json& c) { Process(c)["rlimits"][0]["soft"] = 2000; }, "RLIMIT_NOFILE/soft is 2000"},
    {kRlimits, "unlimited", [](Json& c) { Process(c)["rlimits"][1]["hard"] = ~std::uint64_t{0}; }, "RLIMIT_CORE/hard"},
    {kRlimits, "a second entry", [](Json& c) { Process(c)["rlimits"].push_back(Json{{"type", "RLIMIT_NOFILE"}, {"hard", 10}, {"soft", 10}}); }, "RLIMIT_NOFILE is set twice"},
    {kRlimits, "an entry removed", [](Json& c) { Process(c)["rlimits"].erase(1); }, "RLIMIT_CORE is not limited"},
    {kRlimits, "no limits", [](Json& c) { Process(c).erase("rlimits"); }, "RLIMIT_NOFILE is not limited"},
    {kRlimits, "a name without its prefix", [](Json& c) { Process(c)["rlimits"][0]["type"] = "nofile"; }, "no resource limit"},

    {kSeccomp, "no section", [](Json& c) { Linux(c).erase("seccomp"); }, "no seccomp section"},
    {kSeccomp, "a null section", [](Json& c) { Linux(c)["seccomp"] = nullptr; }, "no seccomp section"},
    {kSeccomp, "no linux", [](Json& c) { c.erase("linux"); }, "no seccomp section"},
    {kSeccomp, "a listener", [](Json& c) { Seccomp(c)["listenerPath"] = "/run/x.sock"; }, "hands its listener to"},
    {kSeccomp, "a rule for socket without arguments", [](Json& c) { Allow(c, "socket"); }, "socket"},
    {kSeccomp, "mount allowed", [](Json& c) { Allow(c, "mount"); }, "mounting"},
    {kSeccomp, "io_uring allowed", [](Json& c) { Allow(c, "io_uring_setup"); }, "io_uring"},
    {kSeccomp, "default allow", [](Json& c) { Seccomp(c)["defaultAction"] = "SCMP_ACT_ALLOW"; }, "default action"},
    {kSeccomp, "default log", [](Json& c) { Seccomp(c)["defaultAction"] = "SCMP_ACT_LOG"; }, "default action"},
    {kSeccomp, "default notify", [](Json& c) { Seccomp(c)["defaultAction"] = "SCMP_ACT_NOTIFY"; }, "default action"},
    {kSeccomp, "default trace", [](Json& c) { Seccomp(c)["defaultAction"] = "SCMP_ACT_TRACE"; }, "default action"},
    {kSeccomp, "no default", [](Json& c) { Seccomp(c).erase("defaultAction"); }, "default action"},
    {kSeccomp, "an extra architecture", [](Json& c) { Seccomp(c)["architectures"].push_back("SCMP_ARCH_X86"); }, "SCMP_ARCH_X86"},
    {kSeccomp, "x32", [](Json& c) { Seccomp(c)["architectures"].push_back("SCMP_ARCH_X32"); }, "SCMP_ARCH_X32"},
    {kSeccomp, "speculation allowed", [](Json& c) { Seccomp(c)["flags"] = Json::array({"SECCOMP_FILTER_FLAG_SPEC_ALLOW"}); }, "SPEC_ALLOW"},

    {kHostMounts, "/etc", [](Json& c) { AddMount(c, "/x", "bind", "/etc", {"rbind", "ro"}); }, "guarded host path /etc"},
    {kHostMounts, "a file within /etc", [](Json& c) { AddMount(c, "/x", "bind", "/etc/shadow", {"bind", "ro"}); }, "guarded host path /etc"},
    {kHostMounts, "the host's root", [](Json& c) { AddMount(c, "/x", "bind", "/", {"rbind", "ro"}); }, "guarded host path"},
    {kHostMounts, "a parent of a guarded path", [](Json& c) { AddMount(c, "/x", "bind", "/var", {"rbind", "ro"}); }, "guarded host path"},
    {kHostMounts, "through a symbolic link", [](Json& c) { AddMount(c, "/x", "bind", "/srv/link", {"rbind", "ro"}); }, "guarded host path /etc"},
    {kHostMounts, "the runtime's socket", [](Json& c) { AddMount(c, "/x", "bind", "/run/containerd/containerd.sock", {"bind", "ro"}); }, "guarded host path /run"},
    {kHostMounts, "a source that cannot be resolved", [](Json& c) { AddMount(c, "/x", "bind", "/srv/missing", {"bind", "ro"}); }, "cannot be resolved"},
    {kHostMounts, "a relative source", [](Json& c) { AddMount(c, "/x", "bind", "../../etc", {"bind", "ro"}); }, "as it is after all links"},
    {kHostMounts, "another pod's volume", [](Json& c) { AddMount(c, "/x", "bind", "/var/lib/kubelet/pods/99/volumes/empty/data", {"bind", "ro"}); }, "/var/lib/kubelet"},
    {kHostMounts, "a bind that says tmpfs", [](Json& c) { AddMount(c, "/x", "tmpfs", "/etc", {"rbind", "ro"}); }, "guarded host path /etc"},
    {kHostMounts, "a bind without a type", [](Json& c) { AddMount(c, "/x", "", "/etc", {"bind", "ro"}); }, "guarded host path /etc"},
    {kHostMounts, "a writable host mount", [](Json& c) { OptionsOn(c, "/opt/files") = Json::array({"rbind", "rro", "rw"}); }, "writable host mount"},
    {kHostMounts, "a host mount without ro", [](Json& c) { OptionsOn(c, "/opt/files") = Json::array({"rbind"}); }, "writable host mount"},
    {kHostMounts, "ro and then rw", [](Json& c) { OptionsOn(c, "/opt/files") = Json::array({"rbind", "ro", "rw"}); }, "writable host mount"},
    {kHostMounts, "rw and then ro", [](Json& c) { OptionsOn(c, "/opt/files") = Json::array({"rbind", "rw", "ro"}); }, "writable host mount"},
    {kHostMounts, "ro and rrw", [](Json& c) { OptionsOn(c, "/opt/files").push_back("rrw"); }, "writable host mount"},
    {kHostMounts, "shared propagation", [](Json& c) { OptionsOn(c, "/data").push_back("rshared"); }, "send mounts back"},
    {kHostMounts, "ro at the top only", [](Json& c) { OptionsOn(c, "/opt/files") = Json::array({"rbind", "ro"}); }, "what is mounted below"},
    {kHostMounts, "an option within an option", [](Json& c) { OptionsOn(c, "/tmp").push_back("uid=0,size=0"); }, "which is two"},
    {kHostMounts, "a remount", [](Json& c) { OptionsOn(c, "/opt/files").push_back("remount"); }, "is a remount"},
    {kHostMounts, "a tmpfs on /proc", [](Json& c) { AddMount(c, "/proc", "tmpfs", "tmpfs", {"ro"}); }, "hides a part of the kernel's"},
    {kHostMounts, "a host path on /sys/fs", [](Json& c) { AddMount(c, "/sys/fs", "bind", "/srv/files", {"bind", "ro"}); }, "hides a part of the kernel's"},
    {kHostMounts, "a host path on /dev", [](Json& c) { AddMount(c, "/dev", "bind", "/srv/files", {"bind", "ro"}); }, "hides a part of the kernel's"},
    {kHostMounts, "a second proc elsewhere", [](Json& c) { AddMount(c, "/mnt", "proc", "proc", {"ro"}); }, "the proc on /mnt does not belong there"},
    {kHostMounts, "a second sysfs elsewhere", [](Json& c) { AddMount(c, "/mnt", "sysfs", "sysfs", {"ro"}); }, "the sysfs on /mnt does not belong there"},
    {kHostMounts, "a cgroup tree elsewhere", [](Json& c) { AddMount(c, "/mnt", "cgroup2", "cgroup2", {"ro"}); }, "the cgroup2 on /mnt does not belong there"},
    {kHostMounts, "a writable sysfs", [](Json& c) { Drop(OptionsOn(c, "/sys"), "ro"); }, "the sysfs on /sys is writable"},
    {kHostMounts, "a writable cgroup tree", [](Json& c) { OptionsOn(c, "/sys/fs/cgroup").push_back("rw"); }, "the cgroup on /sys/fs/cgroup is writable"},
    {kHostMounts, "a folder that holds a guarded path as root", [](Json& c) { c["root"]["path"] = "/var/lib"; }, "holds the guarded host path /var/lib/kubelet"},
    {kHostMounts, "a root that cannot be resolved", [](Json& c) { c["root"]["path"] = "missing"; }, "root cannot be resolved"},
    {kHostMounts, "a mount on /", [](Json& c) { AddMount(c, "/.", "bind", "/srv/files", {"bind", "ro"}); }, "not an absolute path below /"},
    {kHostMounts, "an overlay of host paths", [](Json& c) { AddMount(c, "/x", "overlay", "overlay", {"ro", "lowerdir=/etc:/root"}); }, "file system type"},
    {kHostMounts, "a disk", [](Json& c) { AddMount(c, "/x", "ext4", "/dev/vda", {"ro"}); }, "file system type"},
    {kHostMounts, "the host's root as the container's", [](Json& c) { c["root"]["path"] = "/"; }, "root is the host's"},
    {kHostMounts, "a destination with ..", [](Json& c) { AddMount(c, "/x/../../proc", "bind", "/srv/files", {"bind", "ro"}); }, "not an absolute path"},
    {kHostMounts, "a relative destination", [](Json& c) { AddMount(c, "proc", "bind", "/srv/files", {"bind", "ro"}); }, "not an absolute path"},

    {kRootfs, "a writable root", [](Json& c) { c["root"]["readonly"] = false; }, "root file system is writable"},
    {kRootfs, "a root that does not say", [](Json& c) { c["root"].erase("readonly"); }, "root file system is writable"},
    {kRootfs, "no root", [](Json& c) { c.erase("root"); }, "root file system is writable"},
    {kRootfs, "no /tmp", [](Json& c) { On(c, "/tmp")["destination"] = "/tmp2"; }, "nothing is mounted on the writable path /tmp"},
    {kRootfs, "/tmp with exec", [](Json& c) { Drop(OptionsOn(c, "/tmp"), "noexec"); }, "tmpfs on /tmp is not noexec"},
    {kRootfs, "exec after noexec", [](Json& c) { OptionsOn(c, "/tmp").push_back("exec"); }, "tmpfs on /tmp is not noexec"},
    {kRootfs, "/tmp with suid", [](Json& c) { OptionsOn(c, "/tmp").push_back("suid"); }, "not nosuid"},
    {kRootfs, "/tmp with devices", [](Json& c) { Drop(OptionsOn(c, "/tmp"), "nodev"); }, "not nodev"},
    {kRootfs, "/tmp without size", [](Json& c) { Drop(OptionsOn(c, "/tmp"), "size=67108864"); }, "not limited to size"},
    {kRootfs, "a larger /tmp", [](Json& c) { OptionsOn(c, "/tmp").push_back("size=1g"); }, "not limited to size"},
    {kRootfs, "a /tmp of all memory", [](Json& c) { Drop(OptionsOn(c, "/tmp"), "size=67108864"); OptionsOn(c, "/tmp").push_back("size=0"); }, "not limited to size"},
    {kRootfs, "a /tmp in per cent", [](Json& c) { Drop(OptionsOn(c, "/tmp"), "size=67108864"); OptionsOn(c, "/tmp").push_back("size=90%"); }, "not limited to size"},
    {kRootfs, "/tmp in blocks", [](Json& c) { OptionsOn(c, "/tmp").push_back("nr_blocks=0"); }, "nr_blocks"},
    {kRootfs, "/tmp without inode limit", [](Json& c) { Drop(OptionsOn(c, "/tmp"), "nr_inodes=1000"); }, "not limited to nr_inodes"},
    {kRootfs, "a second mount on /tmp", [](Json& c) { AddMount(c, "/tmp", "tmpfs", "tmpfs", {}); }, "tmpfs on /tmp is not noexec"},
    {kRootfs, "a second mount on //tmp/.", [](Json& c) { AddMount(c, "//tmp/.", "tmpfs", "tmpfs", {}); }, "tmpfs on /tmp is not noexec"},
    {kRootfs, "a volume with exec on a declared path", [](Json& c) { Drop(OptionsOn(c, "/data"), "noexec"); Drop(OptionsOn(c, "/data"), "rnoexec"); }, "on /data is not noexec"},
    {kRootfs, "exec below a declared path", [](Json& c) { Drop(OptionsOn(c, "/data"), "rnoexec"); }, "on /data is noexec, but what is mounted below"},
    {kRootfs, "devices below a declared path", [](Json& c) { Drop(OptionsOn(c, "/data"), "rnodev"); }, "on /data is nodev, but what is mounted below"},
    {kRootfs, "suid below a declared path", [](Json& c) { Drop(OptionsOn(c, "/data"), "rnosuid"); }, "on /data is nosuid, but what is mounted below"},
    {kRootfs, "a writable file system of another type", [](Json& c) { AddMount(c, "/x", "overlay", "overlay", {}); }, "the overlay on /x is writable"},
    {kRootfs, "no volume", [](Json& c) { On(c, "/data")["destination"] = "/data2"; }, "nothing is mounted on the writable path /data"},
    {kRootfs, "a writable cgroup tree", [](Json& c) { Drop(OptionsOn(c, "/sys/fs/cgroup"), "ro"); }, "cgroup on /sys/fs/cgroup is writable"},

    {kKernelPaths, "a masked path removed", [](Json& c) { Drop(Linux(c)["maskedPaths"], "/proc/kcore"); }, "/proc/kcore is not masked"},
    {kKernelPaths, "no masked paths", [](Json& c) { Linux(c)["maskedPaths"] = nullptr; }, "/sys/firmware is not masked"},
    {kKernelPaths, "a look-alike of a masked path", [](Json& c) { Linux(c)["maskedPaths"][0] = "/proc/Kcore"; }, "/proc/kcore is not masked"},
    {kKernelPaths, "a read-only path removed", [](Json& c) { Drop(Linux(c)["readonlyPaths"], "/proc/sys"); }, "/proc/sys is not read-only"},
    {kKernelPaths, "a mount over a masked path", [](Json& c) { AddMount(c, "/proc/kcore", "bind", "/srv/files", {"bind", "ro"}); }, "lies over /proc/kcore"},
    {kKernelPaths, "a mount within a read-only path", [](Json& c) { AddMount(c, "/proc/./sys//kernel", "bind", "/srv/files", {"bind", "ro"}); }, "lies over /proc/sys"},
    {kKernelPaths, "a tmpfs on /proc", [](Json& c) { AddMount(c, "/proc", "tmpfs", "tmpfs", {"ro"}); }, "lies over /proc/kcore"},
    {kKernelPaths, "a host path on /proc that says proc", [](Json& c) { AddMount(c, "/proc", "proc", "/srv/files", {"bind", "ro"}); }, "lies over /proc/kcore"},
    {kKernelPaths, "a host path on /sys", [](Json& c) { AddMount(c, "/sys", "bind", "/srv/files", {"bind", "ro"}); }, "lies over /sys/firmware"},

    {kDevices, "no rules", [](Json& c) { Linux(c)["resources"].erase("devices"); }, "do not begin by denying"},
    {kDevices, "no resources", [](Json& c) { Linux(c).erase("resources"); }, "do not begin by denying"},
    {kDevices, "a rule before the denial", [](Json& c) { Rules(c).insert(Rules(c).begin(), Json{{"allow", true}, {"type", "c"}, {"major", 1}, {"minor", 3}, {"access", "r"}}); }, "do not begin by denying"},
    {kDevices, "a denial of reading only", [](Json& c) { Rules(c)[0]["access"] = "r"; }, "do not begin by denying"},
    {kDevices, "a denial of nothing", [](Json& c) { Rules(c)[0].erase("access"); }, "do not begin by denying"},
    {kDevices, "a denial of one type", [](Json& c) { Rules(c)[0]["type"] = "c"; }, "do not begin by denying"},
    {kDevices, "a denial of one number", [](Json& c) { Rules(c)[0]["major"] = 1; }, "do not begin by denying"},
    {kDevices, "everything allowed last", [](Json& c) { Rules(c).push_back(Json{{"allow", true}, {"access", "rwm"}}); }, "allows every type"},
    {kDevices, "everything of type a", [](Json& c) { Rules(c).push_back(Json{{"allow", true}, {"type", "a"}, {"access", "r"}}); }, "allows a -1:-1"},
    {kDevices, "a disk", [](Json& c) { Rules(c).push_back(Json{{"allow", true}, {"type", "b"}, {"major", 8}, {"minor", 0}, {"access", "r"}}); }, "allows b 8:0"},
    {kDevices, "a block device with a character device's numbers", [](Json& c) { Rules(c)[1]["type"] = "b"; }, "allows b 1:3"},
    {kDevices, "all minors of an allowed major", [](Json& c) { Rules(c)[1].erase("minor"); }, "allows c 1:-1"},
    {kDevices, "a node of /dev/mem", [](Json& c) { Linux(c)["devices"].push_back(Json{{"path", "/dev/mem"}, {"type", "c"}, {"major", 1}, {"minor", 1}}); }, "/dev/mem is not one"},
    {kDevices, "/dev/mem by another name", [](Json& c) { Linux(c)["devices"].push_back(Json{{"path", "/dev/null"}, {"type", "c"}, {"major", 1}, {"minor", 1}}); }, "/dev/null has not the numbers"},

    {kSysctls, "one that is not listed", [](Json& c) { Linux(c)["sysctl"]["kernel.core_pattern"] = "|/x"; }, "kernel.core_pattern"},
    {kSysctls, "out of an allowed prefix", [](Json& c) { Linux(c)["sysctl"]["net.ipv4./../../kernel/core_pattern"] = "|/x"; }, "core_pattern"},
    {kSysctls, "a name with a sign that no sysctl has", [](Json& c) { Linux(c)["sysctl"]["net.ipv4.conf.a@b.forwarding"] = "1"; }, "a@b"},
    {kSysctls, "a listed one that is in no namespace", [](Json& c) { Linux(c)["sysctl"]["vm.swappiness"] = "1"; }, "would change the whole host"},
    {kSysctls, "one of a user namespace that is the host's", [](Json& c) { Linux(c)["sysctl"]["user.max_net_namespaces"] = "1"; Namespace(c, "user")["path"] = "/proc/1/ns/user"; }, "would change the host's user namespace"},
    {kSysctls, "a prefix without its dot", [](Json& c) { Linux(c)["sysctl"]["net.ipv4x"] = "1"; }, "net.ipv4x"},

    {kSysctls, "one of a namespace that is the host's", [](Json& c) { Namespace(c, "network")["path"] = "/proc/1/ns/net"; }, "would change the host's network namespace"},
    {kSysctls, "one of a namespace that is not there", [](Json& c) { DropNamespace(c, "ipc"); }, "would change the host's ipc namespace"},

    {kHooks, "a hook of the pod's", [](Json& c) { c["hooks"]["prestart"] = Json::array({Json{{"path", "/tmp/x"}}}); }, "prestart hook /tmp/x"},
    {kHooks, "a hook beside an allowed one", [](Json& c) { c["hooks"]["createRuntime"].push_back(Json{{"path", "/usr/bin/good-hook/../sh"}}); }, "good-hook/../sh"},
    {kHooks, "a stage that a newer delegate may know", [](Json& c) { c["hooks"]["later"] = Json::array({Json{{"path", "/tmp/x"}}}); }, "later hook"},
    {kHooks, "a loader variable", [](Json& c) { c["hooks"]["createRuntime"][0]["env"] = Json::array({"LD_PRELOAD=/x"}); }, "LD_"},

    {kLsm, "unconfined", [](Json& c) { Process(c)["apparmorProfile"] = "unconfined"; }, "AppArmor"},
    {kLsm, "no AppArmor profile", [](Json& c) { Process(c).erase("apparmorProfile"); }, "no AppArmor profile that confines"},
    {kLsm, "a profile in another AppArmor namespace", [](Json& c) { Process(c)["apparmorProfile"] = ":other:loaded"; }, ":other:loaded"},
    {kLsm, "a profile that is not loaded", [](Json& c) { Process(c)["apparmorProfile"] = "other"; }, "other is not loaded"},
    {kLsm, "no SELinux label", [](Json& c) { Process(c)["selinuxLabel"] = ""; }, "no SELinux label"},
    {kLsm, "SELinux's super-privileged container", [](Json& c) { Process(c)["selinuxLabel"] = "system_u:system_r:spc_t:s0"; }, "spc_t"},
};

}  // namespace

std::span<const Mutation> Mutations() { return kMutations; }

void PrintTo(const Mutation& mutation, std::ostream* out) {
  *out << mutation.section << ": " << mutation.name;
}

}  // namespace stockade::sandbox
