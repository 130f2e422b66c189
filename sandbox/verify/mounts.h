// SPDX-License-Identifier: Apache-2.0
// A mount of the final document as a delegate will understand it, and only where every delegate
// understands it alike: an option counts as set when it stands there and nothing that could undo it
// does, in whatever order.
//
//   for (const Mount& mount : MountsOf(final, broken)) {
//     if (mount.IsBind() && !mount.IsReadOnly()) …
//   }
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/verify/final_document.h"

namespace stockade::sandbox::verify {

struct Mount {
  std::string destination;  // absolute, without "." and double or final slashes
  std::string type;
  std::string source;
  std::vector<std::string> options;

  // A mount of a host path, whatever its type says: delegates go by the options as well, and a
  // mount without a type can be nothing else.
  bool IsBind() const;
  bool IsReadOnly() const;  // at the top; what is mounted below may be writable
  bool IsNoExec() const;
  bool IsNoSuid() const;
  bool IsNoDev() const;
  bool Has(std::string_view option) const { return Contains(options, option); }
  // The values of all options `name=value`.
  std::vector<std::string> ValuesOf(std::string_view name) const;
  // "the tmpfs on /tmp", for sentences.
  std::string Text() const;
};

// All mounts in order. A destination that cannot be understood (relative, or with "..") is a broken
// promise and left out.
std::vector<Mount> MountsOf(const Final& final, Broken& broken);

// True if `path` is `directory` or lies in it; both as Mount::destination.
bool IsWithin(std::string_view path, std::string_view directory);

// `path` without "." and superfluous slashes, or "" if it is not absolute or has a "..".
std::string Normalised(std::string_view path);

}  // namespace stockade::sandbox::verify
