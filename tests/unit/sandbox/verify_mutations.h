// SPDX-License-Identifier: Apache-2.0
// Ways to break a document, each against one section of the class, and the words that verify must
// find for it.
#pragma once

#include <ostream>
#include <span>
#include <string_view>

#include "config/base/json.h"

namespace stockade::sandbox {

struct Mutation {
  std::string_view section;  // of the class: "/capabilities"
  const char* name;
  void (*apply)(base::Json& config);
  const char* says;  // a part of the sentence
};

std::span<const Mutation> Mutations();

// "/capabilities: lower case", for GoogleTest.
void PrintTo(const Mutation& mutation, std::ostream* out);

}  // namespace stockade::sandbox
