// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/fuzz_target.h"

namespace stockade::fuzz {

void Require(bool holds, const char* what, std::string_view detail) {
  if (holds) return;
  std::fprintf(stderr, "property broken: %s\n%.*s\n", what, static_cast<int>(detail.size()),
               detail.data());
  std::abort();
}

}  // namespace stockade::fuzz
