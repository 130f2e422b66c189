// SPDX-License-Identifier: Apache-2.0
// What must happen on the host between the decision about a container and its delegate. Layers only
// write it down; PerformHostActions (host/perform.h) does it, after all of them agreed.
//
// Mounts are staged: made in a private mount namespace that our process, which becomes the
// delegate, enters. The delegate's container copies them from there, and with the last of the two
// they are gone; a SIGKILL at any moment leaves nothing. The one exception is a root file system
// that an engine mounted: it is made anew at its own place on the host, where the engine unmounts
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sandbox/id_range.h"

namespace stockade::sandbox {

// The folder below which mounts are staged, on a tmpfs of its own that everybody may traverse.
// Empty in every mount namespace but the private ones.
inline constexpr const char* kStageName = ".stage";

// Its absolute path, with the node's state directory.
inline std::string StagePath(const std::string& state_directory) {
  return state_directory + "/" + kStageName;
}

// The root file system's name below the stage.
inline constexpr const char* kStagedRoot = "rootfs";

// A mount that the document then names as the source of a bind.
struct StagedBind {
  enum class Ids {
    kAsTheyAre,
    kOfThePod,  // idmapped: id 0 of the file system is id 0 of the pod
    kNobody,    // idmapped so that no id of the file system is anybody's: nobody owns the file
  };
  std::string source;  // on the host, resolved by the mount guard
  std::string name;    // of the file or folder below the stage: "mount-3"
  bool recursive = false;
  Ids ids = Ids::kOfThePod;
  std::string destination = {};  // in the container, for errors
  // What the document says of the mount too: "noexec" of its top, "rnoexec" of all below. Set here
  // for the delegates that forget them on a bind in a user namespace (crun 1.8).
  std::vector<std::string> flags = {};
  bool operator==(const StagedBind&) const = default;
};

// The container's root file system, which the pod's ids shall own. Without ids of ours it stays as
// it is, and only `executable` is held.
struct RootfsAction {
  std::string path;        // on the host, absolute
  std::string name;        // below the stage, where the document's root is then
  bool may_chown = false;  // where the file system cannot be idmapped
  // Paths of the image from which alone programs run; the rest is mounted noexec. Empty: all of it.
  std::vector<std::string> executable = {};
  bool operator==(const RootfsAction&) const = default;
};

// A line of /proc/sys, as the pod wrote it; ids in the value are the pod's.
struct NetworkSysctl {
  std::string name;  // "net.ipv4.ping_group_range"
  std::string value = {};
  bool operator==(const NetworkSysctl&) const = default;
};

struct HostActions {
  std::optional<IdRange> ids = {};  // of the pod's user namespace, when it is ours
  std::string network_namespace =
      {};  // the path of one to enter before the delegate starts; "" none
  std::vector<NetworkSysctl> sysctls = {};  // written in that network namespace
  std::optional<RootfsAction> rootfs = {};
  std::vector<StagedBind> binds = {};
  std::string sysfs = {};  // below the stage: a sysfs of that network namespace; "" none
  // Who may open the standard streams again through /dev/stdout: the ids on the host of the
  // process's user, as the owner of fds 0 to 2 where those are pipes. Nothing when ids is not set.
  std::uint32_t stream_uid = 0;
  std::uint32_t stream_gid = 0;

  bool Empty() const { return *this == HostActions{}; }
  bool operator==(const HostActions&) const = default;
};

}  // namespace stockade::sandbox
