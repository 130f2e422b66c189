// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/fields.h"
#include "sandbox/layers/layers.h"
#include "sandbox/layers/refusal.h"

namespace stockade::sandbox {
namespace {

// (uid_t)-1 means "leave it as it is" to the kernel's set*id calls: the process would stay root.
constexpr std::uint64_t kLastId = 0xfffffffeU;
constexpr std::string_view kSetting = "/user/runAsNonRoot";

}  // namespace

// A uid cannot be invented for an image, so the layer refuses in both of its modes.
base::Status ApplyUser(const LayerInput& in, SpecEditor& edit) {
  if (in.policy.user.run_as_non_root == config::Mode::kOff) return {};
  const std::string hint =
      "set securityContext.runAsUser to a number above 0, or a USER in the image";
  const std::string uid_pointer = edit.ProcessPointer("/user/uid");
  STOCKADE_ASSIGN(const auto uid, UnsignedAt(edit.Root(), uid_pointer));
  if (!uid) return Refuse(in, kSetting, hint, "{} is not set, so the process is root", uid_pointer);
  if (*uid == 0) return Refuse(in, kSetting, hint, "{} is 0 (root)", uid_pointer);
  if (*uid > kLastId) return Refuse(in, kSetting, hint, "{} is {}, no uid", uid_pointer, *uid);

  const std::string gid_pointer = edit.ProcessPointer("/user/gid");
  STOCKADE_ASSIGN(const auto gid, UnsignedAt(edit.Root(), gid_pointer));
  if (gid.value_or(0) > kLastId) {
    return Refuse(in, kSetting, "set securityContext.runAsGroup", "{} is {}, no gid", gid_pointer,
                  *gid);
  }
  return {};
}

}  // namespace stockade::sandbox
