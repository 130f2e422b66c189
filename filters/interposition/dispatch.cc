// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/dispatch.h"

#include <iterator>
#include <vector>

#include "filters/call_table.h"

namespace stockade::filters {
namespace {

using Case = std::pair<std::uint32_t, Program>;

sock_filter Jump(unsigned test, std::uint32_t k, std::size_t yes, std::size_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), k,
                  static_cast<std::uint8_t>(yes), static_cast<std::uint8_t>(no));
}

sock_filter Skip(std::size_t count) {
  return BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(count));
}

// The part for some cases in rising order, of which `behind` instructions of the whole follow.
Program Search(std::span<const Case> cases, std::size_t behind) {
  if (cases.size() == 1) {
    const Program& block = cases.front().second;
    Program part{Jump(BPF_JEQ, cases.front().first, 0, block.size())};
    part.insert(part.end(), block.begin(), block.end());
    if (behind != 0) part.push_back(Skip(behind));
    return part;
  }
  const auto middle = cases.size() / 2;
  const Program upper = Search(cases.subspan(middle), behind);
  const Program lower = Search(cases.first(middle), behind + upper.size());
  Program part{Jump(BPF_JGE, cases[middle].first, 0, 1), Skip(lower.size())};
  part.insert(part.end(), lower.begin(), lower.end());
  part.insert(part.end(), upper.begin(), upper.end());
  return part;
}

}  // namespace

void Dispatch::Add(std::string_view name, const Program& block) {
  if (const auto number = CallNumber(Abi::kNative, name)) {
    blocks_.emplace(static_cast<std::uint32_t>(*number), block);
  }
}

Program Dispatch::Take() const {
  if (blocks_.empty()) return {};
  return Search(std::vector<Case>(blocks_.begin(), blocks_.end()), 0);
}

}  // namespace stockade::filters
