// SPDX-License-Identifier: Apache-2.0
// The ids of one pod's user namespace: id 0 inside is `first` on the host, and so on for 65,536
// ids, the same for users and groups, as kubelet does it.
#pragma once

#include <cstdint>

namespace stockade::sandbox {

struct IdRange {
  static constexpr std::uint32_t kSize = 65536;

  std::uint32_t first = 0;  // on the host; a multiple of nothing in particular, first + kSize fits

  bool operator==(const IdRange&) const = default;
};

}  // namespace stockade::sandbox
