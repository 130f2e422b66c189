// SPDX-License-Identifier: Apache-2.0
// Class files: what is taken survives the snapshot, and holds for a container that asks for
// everything.
#include "config/class_loader.h"
#include "config/class_merge.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/sandbox_property.h"

namespace {

using stockade::base::Json;
using stockade::base::ParseJson;
using stockade::fuzz::Require;
using stockade::sandbox::DocumentKind;
using stockade::sandbox::SpecDocument;

// Asks for all that a class may take away.
constexpr const char* kGreedy = R"({
  "ociVersion": "1.0.2", "root": {"path": "rootfs"},
  "process": {"args": ["sh"], "cwd": "/", "user": {"uid": 1000, "gid": 0},
    "capabilities": {"bounding": ["CAP_SYS_ADMIN", "CAP_CHOWN"], "effective": ["CAP_SYS_ADMIN"],
                     "permitted": ["CAP_SYS_ADMIN"], "inheritable": ["CAP_CHOWN"], "ambient": ["CAP_CHOWN"]},
    "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 18446744073709551615, "soft": 1024}]},
  "mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "rw"]},
    {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["exec", "size=1g"]},
    {"destination": "/data", "type": "bind", "source": "/srv/data", "options": ["rbind", "rw", "rshared"]},
    {"destination": "/host", "type": "bind", "source": "/srv/link", "options": ["rbind", "ro", "rw"]}],
  "hooks": {"prestart": [{"path": "/usr/bin/hook"}]},
  "annotations": {"run.oci.handler": "krun"},
  "linux": {"namespaces": [{"type": "mount"}, {"type": "pid", "path": "/proc/1/ns/pid"}],
    "sysctl": {"kernel.shmmax": "1", "net.ipv4.tcp_syncookies": "0"},
    "resources": {"devices": [{"allow": true, "access": "rwm"}]},
    "devices": [{"path": "/dev/sda", "type": "b", "major": 8, "minor": 0}],
    "rootfsPropagation": "shared", "intelRdt": {}}})";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = ParseJson(stockade::fuzz::AsText(data, size), stockade::base::kPolicyLimits,
                          "class.json", stockade::base::ErrorKind::kPolicy, true);
  if (!parsed || !parsed->value.is_object()) return 0;
  stockade::config::MergedClass merged;
  stockade::config::MergeOver(merged, {"class.json", std::move(*parsed)});
  const auto policy = stockade::config::ParseClass(merged.document, merged.origins);
  if (!policy) return 0;

  const std::string snapshot = stockade::config::SnapshotOf(*policy);
  const auto again = stockade::config::ClassFromSnapshot(snapshot);
  Require(again.has_value(), "a snapshot can be read", snapshot);
  Require(stockade::config::SnapshotOf(*again) == snapshot, "a snapshot loses nothing", snapshot);

  const auto greedy = SpecDocument::Parse(kGreedy, DocumentKind::kConfig, "greedy.json");
  Require(greedy.has_value(), "the greedy document is one");
  stockade::fuzz::RequireKept(*greedy, *policy);
  return 0;
}
