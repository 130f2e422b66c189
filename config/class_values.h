// SPDX-License-Identifier: Apache-2.0
// The kinds of value that a policy document holds, each read with its range and a message that says
// what would be right.
//
//   std::uint64_t size = 0;
//   STOCKADE_TRY(ReadSize(node, 4096, std::uint64_t{1} << 40, size));   // "64Mi"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/class_node.h"

namespace stockade::config {

// "off", "confine" or "refuse"; ReadModeOf takes those in `choices` alone.
base::Status ReadMode(const Node& node, Mode& out);
base::Status ReadModeOf(const Node& node, const std::vector<Mode>& choices, Mode& out);

base::Status ReadBool(const Node& node, bool& out);
// A text of at most 4096 bytes without control characters.
base::Status ReadText(const Node& node, std::string& out);
// A text out of `choices`.
base::Status ReadChoice(const Node& node, const std::vector<std::string_view>& choices,
                        std::string& out);
// One of two words: `out` is whether it is `yes` rather than `no`.
base::Status ReadEither(const Node& node, std::string_view no, std::string_view yes, bool& out);
// An integer from `low` to `high`.
base::Status ReadNumber(const Node& node, std::uint64_t low, std::uint64_t high,
                        std::uint64_t& out);
// A number of bytes, as an integer or as "512Ki", "64Mi", "1Gi", from `low` to `high`.
base::Status ReadSize(const Node& node, std::uint64_t low, std::uint64_t high, std::uint64_t& out);
// Permission bits as an octal text, "0755" or "1777".
base::Status ReadPermissions(const Node& node, std::uint32_t& out);
// An absolute, normalised path.
base::Status ReadPath(const Node& node, std::string& out);

// Arrays without duplicates.
base::Status ReadTexts(const Node& node, std::vector<std::string>& out);
base::Status ReadPaths(const Node& node, std::vector<std::string>& out);
base::Status ReadPatterns(const Node& node, std::vector<std::string>& out);
base::Status ReadChoices(const Node& node, const std::vector<std::string_view>& choices,
                         std::vector<std::string>& out);

// "64Mi", "512Ki", "1Gi", "4096" as bytes; nothing if it is none of these or beyond 64 bits.
std::optional<std::uint64_t> ParseSize(std::string_view text);

}  // namespace stockade::config
