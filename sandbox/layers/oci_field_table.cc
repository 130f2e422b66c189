// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "sandbox/layers/oci_fields.h"

namespace stockade::sandbox {
namespace {

constexpr Treatment kLayer = Treatment::kLayer;
constexpr Treatment kPassed = Treatment::kPassed;
constexpr Treatment kHost = Treatment::kHost;

constexpr std::array kTable{
    FieldRow{"ociVersion", kPassed, "says how to read the rest"},
    FieldRow{"hostname", kPassed, "set in the container's own uts namespace"},
    FieldRow{"domainname", kPassed, "set in the container's own uts namespace"},
    FieldRow{"annotations", kLayer, "delegate annotations"},
    FieldRow{"hooks", kLayer, "hooks"},
    FieldRow{"solaris", kHost, "a container of another system"},
    FieldRow{"windows", kHost, "a container of another system"},
    FieldRow{"vm", kHost, "a hypervisor, kernel and disk image on the host"},
    FieldRow{"zos", kHost, "a container of another system"},
    FieldRow{"freebsd", kHost, "a container of another system"},

    FieldRow{"root.path", kLayer, "host mounts"},
    FieldRow{"root.readonly", kLayer, "rootfs"},
    FieldRow{"mounts", kLayer, "host mounts"},

    FieldRow{"process.terminal", kPassed, "a terminal of the container's own"},
    FieldRow{"process.consoleSize", kPassed, "the size of that terminal"},
    FieldRow{"process.user", kLayer, "user"},
    FieldRow{"process.args", kPassed, "what runs in the sandbox"},
    FieldRow{"process.commandLine", kPassed, "read on another system only"},
    FieldRow{"process.env", kPassed, "seen by what runs in the sandbox"},
    FieldRow{"process.cwd", kPassed, "a path in the container"},
    FieldRow{"process.capabilities", kLayer, "capabilities"},
    FieldRow{"process.rlimits", kLayer, "rlimits"},
    FieldRow{"process.noNewPrivileges", kLayer, "no new privileges"},
    FieldRow{"process.apparmorProfile", kLayer, "lsm"},
    FieldRow{"process.selinuxLabel", kLayer, "lsm"},
    FieldRow{"process.oomScoreAdj", kPassed, "the kubelet's order of eviction"},
    FieldRow{"process.scheduler", kHost, "the processor time of others"},
    FieldRow{"process.ioPriority", kHost, "the disk time of others"},
    FieldRow{"process.execCPUAffinity", kHost, "chosen processors of the host"},

    FieldRow{"linux.uidMappings", kPassed, "checked by the kernel with the user namespace"},
    FieldRow{"linux.gidMappings", kPassed, "checked by the kernel with the user namespace"},
    FieldRow{"linux.sysctl", kLayer, "sysctls"},
    FieldRow{"linux.cgroupsPath", kPassed, "where the engine accounts for the container"},
    FieldRow{"linux.namespaces", kLayer, "namespaces"},
    FieldRow{"linux.devices", kLayer, "devices"},
    FieldRow{"linux.netDevices", kHost, "takes network devices from the host"},
    FieldRow{"linux.seccomp", kLayer, "seccomp"},
    FieldRow{"linux.rootfsPropagation", kLayer, "oci fields"},
    FieldRow{"linux.maskedPaths", kLayer, "kernel paths"},
    FieldRow{"linux.readonlyPaths", kLayer, "kernel paths"},
    FieldRow{"linux.mountLabel", kPassed, "the engine's SELinux label for the container's files"},
    FieldRow{"linux.intelRdt", kHost, "the cache and memory bandwidth of the host's processors"},
    FieldRow{"linux.memoryPolicy", kHost, "the memory of chosen processors of the host"},
    FieldRow{"linux.personality", kPassed,
             "what uname answers; its flags are refused by delegates"},
    FieldRow{"linux.timeOffsets", kPassed, "clocks of the container's own time namespace"},

    FieldRow{"linux.resources.devices", kLayer, "devices"},
    FieldRow{"linux.resources.memory", kPassed, "limits of the container's own cgroup"},
    FieldRow{"linux.resources.cpu", kPassed, "limits of the container's own cgroup"},
    FieldRow{"linux.resources.pids", kPassed, "limits of the container's own cgroup"},
    FieldRow{"linux.resources.blockIO", kPassed, "limits of the container's own cgroup"},
    FieldRow{"linux.resources.hugepageLimits", kPassed, "limits of the container's own cgroup"},
    FieldRow{"linux.resources.network", kPassed, "marks of the container's own cgroup"},
    FieldRow{"linux.resources.rdma", kPassed, "limits of the container's own cgroup"},
    FieldRow{"linux.resources.unified", kPassed, "files of the container's own cgroup"},
};

}  // namespace

std::span<const FieldRow> FieldTable() { return kTable; }

}  // namespace stockade::sandbox
