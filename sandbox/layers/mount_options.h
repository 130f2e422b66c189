// SPDX-License-Identifier: Apache-2.0
// Mount options as the OCI specification and the delegates read them: words that set or clear a
// flag, where the last one wins; words about propagation; and data for the file system
// ("size=64k").
//
//   const auto options = Force({"nosuid", "rw", "suid"}, {"nosuid", "ro"});   // {"nosuid", "ro"}
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stockade::sandbox {

using MountOptions = std::vector<std::string>;

// True if a delegate would make a bind mount, and one with everything mounted below.
bool IsBind(const MountOptions& options);
bool IsRecursiveBind(const MountOptions& options);
// True if the mount (its top, for a bind) ends up read-only.
bool IsReadOnly(const MountOptions& options);
// True for shared and rshared: mounts made inside would appear on the host.
bool IsSharedWord(std::string_view word);
// True for a word that we know the meaning of on a mount of `type` ("bind" for binds). File systems
// that are not in our table take any data words, but no flag that we do not know.
bool IsKnownWord(std::string_view word, std::string_view type);

// The words of `options` that take something from who uses the mount ("ro", "nosuid", "nodev",
// "noexec", "nosymfollow", and with "r" before them), but those that another word clears. What
// holds for all that is mounted below holds for the top too: "rro" gives "ro", "rro".
MountOptions TighteningFlags(const MountOptions& options);

// True if a delegate may forget one of the flags when it binds in a user namespace: crun 1.8 sets
// "ro" there and, on folders, the recursive words.
bool MayBeForgotten(const MountOptions& options, bool folder);

// The options with each of `wanted` ("ro", "noexec", "rro") in force: words that would clear it
// again, wherever they stand, are taken out, and what is missing is put at the end. Unchanged if
// all hold.
MountOptions Force(MountOptions options, const std::vector<std::string_view>& wanted);

}  // namespace stockade::sandbox
