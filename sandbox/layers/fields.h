// SPDX-License-Identifier: Apache-2.0
// Typed looks into a document that may be hostile. What is absent or null is nothing; what is there
// with another type than expected, at the pointer or on the way to it, is an error that names it.
//
//   STOCKADE_ASSIGN(const base::Json* mounts, ArrayAt(edit.Root(), "/mounts"));   // nullptr: none
//   STOCKADE_ASSIGN(const auto uid, UnsignedAt(edit.Root(), "/process/user/uid"));
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.h"
#include "config/base/json.h"

namespace stockade::sandbox {

// All errors are of kind kSpec. Pointers are absolute within `document`.
base::Result<const base::Json*> ObjectAt(const base::Json& document, std::string_view pointer);
base::Result<const base::Json*> ArrayAt(const base::Json& document, std::string_view pointer);
base::Result<std::optional<std::string>> TextAt(const base::Json& document,
                                                std::string_view pointer);
base::Result<std::optional<bool>> FlagAt(const base::Json& document, std::string_view pointer);
base::Result<std::optional<std::uint64_t>> UnsignedAt(const base::Json& document,
                                                      std::string_view pointer);
base::Result<std::optional<std::int64_t>> IntegerAt(const base::Json& document,
                                                    std::string_view pointer);
// An array of strings; empty when absent.
base::Result<std::vector<std::string>> TextsAt(const base::Json& document,
                                               std::string_view pointer);
// The number of elements of an array; 0 when absent.
base::Result<std::size_t> SizeAt(const base::Json& document, std::string_view pointer);

}  // namespace stockade::sandbox
