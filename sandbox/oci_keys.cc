// SPDX-License-Identifier: Apache-2.0
#include "sandbox/oci_keys.h"

#include <algorithm>
#include <limits>

namespace stockade::sandbox {
namespace {

using Type = OciField::Type;
using Form = OciField::Form;

// The words that the table below is written in.
constexpr OciField Free(std::string_view name) { return {name, Type::kFree}; }
constexpr OciField Text(std::string_view name) { return {name, Type::kText}; }
constexpr OciField Texts(std::string_view name) { return {name, Type::kText, Form::kList}; }
constexpr OciField TextMap(std::string_view name) { return {name, Type::kText, Form::kMap}; }
constexpr OciField Flag(std::string_view name) { return {name, Type::kFlag}; }
constexpr OciField Integer(std::string_view name, std::int64_t min, std::uint64_t max,
                           Form form = Form::kOne) {
  return {name, Type::kInteger, form, nullptr, min, max};
}
constexpr OciField Signed(std::string_view name) {
  return Integer(name, std::numeric_limits<std::int64_t>::min(),
                 std::numeric_limits<std::int64_t>::max());
}
constexpr OciField Unsigned(std::string_view name) {
  return Integer(name, 0, std::numeric_limits<std::uint64_t>::max());
}
constexpr OciField U32(std::string_view name) { return Integer(name, 0, 0xffffffffU); }
constexpr OciField U32s(std::string_view name) {
  return Integer(name, 0, 0xffffffffU, Form::kList);
}
constexpr OciField S32(std::string_view name) { return Integer(name, -0x80000000LL, 0x7fffffffU); }
constexpr OciField U16(std::string_view name) { return Integer(name, 0, 0xffffU); }
constexpr OciField One(std::string_view name, const OciStruct& of) {
  return {name, Type::kStruct, Form::kOne, &of};
}
constexpr OciField Many(std::string_view name, const OciStruct& of) {
  return {name, Type::kStruct, Form::kList, &of};
}
constexpr OciField MapOf(std::string_view name, const OciStruct& of) {
  return {name, Type::kStruct, Form::kMap, &of};
}

// ---- process ------------------------------------------------------------------------------------

constexpr OciField kBoxFields[] = {Unsigned("height"), Unsigned("width")};
constexpr OciStruct kBox{kBoxFields};

constexpr OciField kUserFields[] = {U32("uid"), U32("gid"), U32("umask"), U32s("additionalGids"),
                                    Text("username")};
constexpr OciStruct kUser{kUserFields};

constexpr OciField kCapabilitiesFields[] = {Texts("bounding"), Texts("effective"),
                                            Texts("inheritable"), Texts("permitted"),
                                            Texts("ambient")};
constexpr OciStruct kCapabilities{kCapabilitiesFields};

constexpr OciField kRlimitFields[] = {Text("type"), Unsigned("hard"), Unsigned("soft")};
constexpr OciStruct kRlimit{kRlimitFields};

constexpr OciField kSchedulerFields[] = {
    Text("policy"),      S32("nice"),          S32("priority"),   Texts("flags"),
    Unsigned("runtime"), Unsigned("deadline"), Unsigned("period")};
constexpr OciStruct kScheduler{kSchedulerFields};

constexpr OciField kIoPriorityFields[] = {Text("class"), Signed("priority")};
constexpr OciStruct kIoPriority{kIoPriorityFields};

constexpr OciField kCpuAffinityFields[] = {Text("initial"), Text("final")};  // since 1.2.1
constexpr OciStruct kCpuAffinity{kCpuAffinityFields};

constexpr OciField kProcessFields[] = {
    Flag("terminal"),
    One("consoleSize", kBox),
    One("user", kUser),
    Texts("args"),
    Text("commandLine"),
    Texts("env"),
    Text("cwd"),
    One("capabilities", kCapabilities),
    Many("rlimits", kRlimit),
    Flag("noNewPrivileges"),
    Text("apparmorProfile"),
    Signed("oomScoreAdj"),
    One("scheduler", kScheduler),
    Text("selinuxLabel"),
    One("ioPriority", kIoPriority),
    One("execCPUAffinity", kCpuAffinity),
};
constexpr OciStruct kProcess{kProcessFields};

// ---- root, mounts, hooks ------------------------------------------------------------------------

constexpr OciField kRootFields[] = {Text("path"), Flag("readonly")};
constexpr OciStruct kRoot{kRootFields};

constexpr OciField kIdMappingFields[] = {U32("containerID"), U32("hostID"), U32("size")};
constexpr OciStruct kIdMapping{kIdMappingFields};

constexpr OciField kMountFields[] = {Text("destination"),
                                     Text("type"),
                                     Text("source"),
                                     Texts("options"),
                                     Many("uidMappings", kIdMapping),
                                     Many("gidMappings", kIdMapping)};
constexpr OciStruct kMount{kMountFields};

constexpr OciField kHookFields[] = {Text("path"), Texts("args"), Texts("env"), Signed("timeout")};
constexpr OciStruct kHook{kHookFields};

constexpr OciField kHooksFields[] = {Many("prestart", kHook),        Many("createRuntime", kHook),
                                     Many("createContainer", kHook), Many("startContainer", kHook),
                                     Many("poststart", kHook),       Many("poststop", kHook)};
constexpr OciStruct kHooks{kHooksFields};

// ---- linux.resources ----------------------------------------------------------------------------

constexpr OciField kDeviceRuleFields[] = {Flag("allow"), Text("type"), Signed("major"),
                                          Signed("minor"), Text("access")};
constexpr OciStruct kDeviceRule{kDeviceRuleFields};

constexpr OciField kMemoryFields[] = {
    Signed("limit"),          Signed("reservation"), Signed("swap"),
    Signed("kernel"),         Signed("kernelTCP"),   Unsigned("swappiness"),
    Flag("disableOOMKiller"), Flag("useHierarchy"),  Flag("checkBeforeUpdate")};
constexpr OciStruct kMemory{kMemoryFields};

constexpr OciField kCpuFields[] = {Unsigned("shares"),
                                   Signed("quota"),
                                   Unsigned("burst"),
                                   Unsigned("period"),
                                   Signed("realtimeRuntime"),
                                   Unsigned("realtimePeriod"),
                                   Text("cpus"),
                                   Text("mems"),
                                   Signed("idle")};
constexpr OciStruct kCpu{kCpuFields};

constexpr OciField kPidsFields[] = {Signed("limit")};
constexpr OciStruct kPids{kPidsFields};

constexpr OciField kWeightDeviceFields[] = {Signed("major"), Signed("minor"), U16("weight"),
                                            U16("leafWeight")};
constexpr OciStruct kWeightDevice{kWeightDeviceFields};

constexpr OciField kThrottleDeviceFields[] = {Signed("major"), Signed("minor"), Unsigned("rate")};
constexpr OciStruct kThrottleDevice{kThrottleDeviceFields};

constexpr OciField kBlockIoFields[] = {U16("weight"),
                                       U16("leafWeight"),
                                       Many("weightDevice", kWeightDevice),
                                       Many("throttleReadBpsDevice", kThrottleDevice),
                                       Many("throttleWriteBpsDevice", kThrottleDevice),
                                       Many("throttleReadIOPSDevice", kThrottleDevice),
                                       Many("throttleWriteIOPSDevice", kThrottleDevice)};
constexpr OciStruct kBlockIo{kBlockIoFields};

constexpr OciField kHugepageFields[] = {Text("pageSize"), Unsigned("limit")};
constexpr OciStruct kHugepage{kHugepageFields};

constexpr OciField kPriorityFields[] = {Text("name"), U32("priority")};
constexpr OciStruct kPriority{kPriorityFields};

constexpr OciField kNetworkFields[] = {U32("classID"), Many("priorities", kPriority)};
constexpr OciStruct kNetwork{kNetworkFields};

constexpr OciField kRdmaFields[] = {U32("hcaHandles"), U32("hcaObjects")};
constexpr OciStruct kRdma{kRdmaFields};

constexpr OciField kResourcesFields[] = {
    Many("devices", kDeviceRule), One("memory", kMemory),   One("cpu", kCpu),
    One("pids", kPids),           One("blockIO", kBlockIo), Many("hugepageLimits", kHugepage),
    One("network", kNetwork),     MapOf("rdma", kRdma),     TextMap("unified"),
};
constexpr OciStruct kResources{kResourcesFields};

// ---- linux.seccomp ------------------------------------------------------------------------------

constexpr OciField kArgFields[] = {Integer("index", 0, 5), Unsigned("value"), Unsigned("valueTwo"),
                                   Text("op")};
constexpr OciStruct kArg{kArgFields};

constexpr OciField kSyscallFields[] = {Texts("names"), Text("action"), U32("errnoRet"),
                                       Many("args", kArg)};
constexpr OciStruct kSyscall{kSyscallFields};

constexpr OciField kSeccompFields[] = {
    Text("defaultAction"), U32("defaultErrnoRet"),   Texts("architectures"),    Texts("flags"),
    Text("listenerPath"),  Text("listenerMetadata"), Many("syscalls", kSyscall)};
constexpr OciStruct kSeccomp{kSeccompFields};

// ---- linux --------------------------------------------------------------------------------------

constexpr OciField kNamespaceFields[] = {Text("type"), Text("path")};
constexpr OciStruct kNamespace{kNamespaceFields};

constexpr OciField kDeviceFields[] = {Text("path"),    Text("type"),    Signed("major"),
                                      Signed("minor"), U32("fileMode"), U32("uid"),
                                      U32("gid")};
constexpr OciStruct kDevice{kDeviceFields};

constexpr OciField kIntelRdtFields[] = {
    Text("closID"),        Free("schemata"),  // a text in 1.2 drafts, a list since 1.3
    Text("l3CacheSchema"), Text("memBwSchema"),     Flag("enableCMT"),
    Flag("enableMBM"),     Flag("enableMonitoring")};
constexpr OciStruct kIntelRdt{kIntelRdtFields};

constexpr OciField kPersonalityFields[] = {Text("domain"), Texts("flags")};
constexpr OciStruct kPersonality{kPersonalityFields};

constexpr OciField kTimeOffsetFields[] = {Signed("secs"), U32("nanosecs")};
constexpr OciStruct kTimeOffset{kTimeOffsetFields};

constexpr OciField kNetDeviceFields[] = {Text("name")};  // since 1.3
constexpr OciStruct kNetDevice{kNetDeviceFields};

constexpr OciField kMemoryPolicyFields[] = {Text("mode"), Text("nodes"), Texts("flags")};  // 1.3
constexpr OciStruct kMemoryPolicy{kMemoryPolicyFields};

constexpr OciField kLinuxFields[] = {
    Many("uidMappings", kIdMapping),
    Many("gidMappings", kIdMapping),
    TextMap("sysctl"),
    One("resources", kResources),
    Text("cgroupsPath"),
    Many("namespaces", kNamespace),
    Many("devices", kDevice),
    MapOf("netDevices", kNetDevice),
    One("seccomp", kSeccomp),
    Text("rootfsPropagation"),
    Texts("maskedPaths"),
    Texts("readonlyPaths"),
    Text("mountLabel"),
    One("intelRdt", kIntelRdt),
    One("memoryPolicy", kMemoryPolicy),
    One("personality", kPersonality),
    MapOf("timeOffsets", kTimeOffset),
};
constexpr OciStruct kLinux{kLinuxFields};

// ---- config.json --------------------------------------------------------------------------------

constexpr OciField kConfigFields[] = {
    Text("ociVersion"),   One("process", kProcess), One("root", kRoot),   Text("hostname"),
    Text("domainname"),   Many("mounts", kMount),   One("hooks", kHooks), TextMap("annotations"),
    One("linux", kLinux), Free("solaris"),          Free("windows"),      Free("vm"),
    Free("zos"),          Free("freebsd"),
};
constexpr OciStruct kConfig{kConfigFields};

}  // namespace

const OciField* OciStruct::Named(std::string_view key) const {
  const auto found = std::ranges::find(fields, key, &OciField::name);
  return found == fields.end() ? nullptr : &*found;
}

std::string_view OciStruct::FoldsTo(std::string_view key) const {
  const std::string folded = FoldKey(key);
  const auto found = std::ranges::find_if(
      fields, [&](const OciField& field) { return FoldKey(field.name) == folded; });
  return found == fields.end() ? std::string_view() : found->name;
}

const OciStruct& OciConfig() { return kConfig; }
const OciStruct& OciProcess() { return kProcess; }

std::string FoldKey(std::string_view key) {
  std::string folded;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key.substr(i, 2) == "\u017f") {
      folded += 's';
      i += 1;
    } else if (key.substr(i, 3) == "\u212a") {
      folded += 'k';
      i += 2;
    } else if (key[i] >= 'A' && key[i] <= 'Z') {
      folded += static_cast<char>(key[i] - 'A' + 'a');
    } else {
      folded += key[i];
    }
  }
  return folded;
}

}  // namespace stockade::sandbox
