// SPDX-License-Identifier: Apache-2.0
// What the kernel says about one process: the files of /proc/<pid> as values.
//
//   ProcessFacts facts;
//   STOCKADE_TRY(ParseStatus(text, facts));        // "NoNewPrivs:\t1\n…"
//   facts.capabilities[kEffective]                  // 0x400
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "sandbox/host/mount_info.h"

namespace stockade::ctl {

// The five capability sets in the order of /proc/<pid>/status.
enum CapabilitySet { kInheritable, kPermitted, kEffective, kBounding, kAmbient, kCapabilitySets };
inline constexpr std::array<std::string_view, kCapabilitySets> kCapabilitySetNames = {
    "inheritable", "permitted", "effective", "bounding", "ambient"};

// One line of a uid_map.
struct IdMapping {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 0;
};

// A resource limit; nothing is unlimited.
struct Limit {
  std::optional<std::uint64_t> soft;
  std::optional<std::uint64_t> hard;
};

// What stands at a path.
enum class Content {
  kSomething,
  kNullDevice,  // character device 1:3
  kEmptyDirectory,
};

struct ProcessFacts {
  int pid = 0;  // as we see it
  std::string name;
  int no_new_privs = -1;     // -1: the kernel does not say
  int seccomp = -1;          // 0 none, 1 strict, 2 filter
  int seccomp_filters = -1;  // how many; Linux 5.9
  std::array<std::uint64_t, kCapabilitySets> capabilities{};
  std::array<std::uint32_t, 4> uids{};  // real, effective, saved, fs: as we see them
  std::vector<IdMapping> uid_map;
  std::map<std::string, std::string, std::less<>> namespaces;  // "net" -> "net:[4026531840]"
  std::vector<sandbox::MountEntry> mounts;
  std::map<std::string, Limit, std::less<>> limits;     // "RLIMIT_NOFILE"
  std::string label;                                    // attr/current; "" without an LSM
  std::string cgroup;                                   // the file's text
  std::map<std::string, Content, std::less<>> present;  // of the asked paths, those that exist
  // Where the asked mount destinations lead in its root: "/var/run/secrets" -> "/run/secrets".
  std::map<std::string, std::string, std::less<>> resolved;
  std::vector<std::string> devices;  // device files right below /dev
};

// /proc/<pid>/status (proc_pid_status(5)). kHost error if a line that we need is missing or is not
// what it should be.
base::Status ParseStatus(std::string_view text, ProcessFacts& facts);
// /proc/<pid>/uid_map.
base::Result<std::vector<IdMapping>> ParseIdMap(std::string_view text);
// /proc/<pid>/limits, by the names of getrlimit(2).
base::Result<std::map<std::string, Limit, std::less<>>> ParseLimits(std::string_view text);

// The id inside the user namespace that `outside` stands for; nothing if it is not mapped.
std::optional<std::uint32_t> InsideId(const std::vector<IdMapping>& map, std::uint32_t outside);

// "CAP_KILL, CAP_SYS_CHROOT" for a bit set; "none" for 0.
std::string CapabilityText(std::uint64_t set);

}  // namespace stockade::ctl
