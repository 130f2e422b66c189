// SPDX-License-Identifier: Apache-2.0
#include "filters/call_samples.h"

#include <algorithm>
#include <bit>
#include <set>
#include <utility>

namespace stockade::filters {
namespace {

constexpr std::uint64_t kBit32 = std::uint64_t{1} << 32;
constexpr std::uint64_t kLow = kBit32 - 1;
// Comparisons of order on one argument whose halves are all tried with each other.
constexpr std::size_t kMaxCrossed = 24;
constexpr std::size_t kMaxMasks = 8;  // that are combined with these

// The interesting values of one argument, gathered from its comparisons.
class Values {
 public:
  void Add(const Comparison& comparison) {
    const bool masked = comparison.op == CompareOp::kMaskedEqual;
    const std::uint64_t mask = masked ? comparison.value : ~std::uint64_t{0};
    const std::uint64_t value = masked ? comparison.value_two & mask : comparison.value;
    for (const std::uint64_t at : {value, value - 1, value + 1, value ^ kBit32, value | ~mask}) {
      values_.insert(at);
    }
    if (mask != 0) {
      for (const std::uint64_t bit : {mask & (~mask + 1), std::bit_floor(mask)}) {
        values_.insert(value ^ bit);
        values_.insert((value ^ bit) | ~mask);
      }
    }
    if (masked && masks_.size() < kMaxMasks) masks_.insert({mask, value});
    if (!masked && high_.size() < 3 * kMaxCrossed && low_.size() < 3 * kMaxCrossed) {
      for (const std::uint64_t step : {kLow, std::uint64_t{0}, std::uint64_t{1}}) {
        high_.insert(((value >> 32) + step) & kLow);
        low_.insert((value + step) & kLow);
      }
    }
  }

  // Empty if nothing tests the argument.
  std::vector<std::uint64_t> All() const {
    if (values_.empty()) return {};
    std::set<std::uint64_t> all = values_;
    all.insert({0, 1, ~std::uint64_t{0}});
    for (const std::uint64_t high : high_) {
      for (const std::uint64_t low : low_) all.insert(high << 32 | low);
    }
    // Next to each bound, what a mask takes and what it does not.
    const std::set<std::uint64_t> bounds = high_.empty() ? std::set<std::uint64_t>() : all;
    for (const auto& [mask, value] : masks_) {
      const std::uint64_t step = ~mask & (mask + 1);  // the lowest bit beyond the mask's low bits
      for (const std::uint64_t bound : bounds) {
        for (const std::uint64_t bits : {value, value ^ (mask & (~mask + 1))}) {
          const std::uint64_t at = (bound & ~mask) | bits;
          all.insert({at - step, at, at + step});
        }
      }
    }
    return {all.begin(), all.end()};
  }

 private:
  std::set<std::uint64_t> values_;
  std::set<std::uint64_t> high_;
  std::set<std::uint64_t> low_;
  std::set<std::pair<std::uint64_t, std::uint64_t>>
      masks_;  // of masked comparisons, with the value
};

// A value for which the comparison holds, if there is one.
std::uint64_t Hit(const Comparison& comparison) {
  switch (comparison.op) {
    case CompareOp::kNotEqual:
    case CompareOp::kGreater:
      return comparison.value + 1;
    case CompareOp::kLess:
      return comparison.value - 1;
    case CompareOp::kMaskedEqual:
      return comparison.value_two & comparison.value;
    case CompareOp::kEqual:
    case CompareOp::kLessEqual:
    case CompareOp::kGreaterEqual:
      break;
  }
  return comparison.value;
}

class Sampler {
 public:
  Sampler(const std::vector<Comparisons>& rules, std::size_t limit) : rules_(rules), limit_(limit) {
    std::array<Values, 6> values;
    for (const Comparisons& rule : rules) {
      for (const Comparison& comparison : rule) values.at(comparison.index).Add(comparison);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      values_.at(i) = values.at(i).All();
      const std::size_t size = std::max<std::size_t>(values_.at(i).size(), 1);
      combinations_ = combinations_ > limit ? combinations_ : combinations_ * size;
    }
  }

  std::vector<Arguments> Run() {
    if (combinations_ <= limit_) {
      for (std::size_t i = 0; i < combinations_; ++i) out_.push_back(Combination(i));
      return out_;
    }
    AroundHits();
    while (out_.size() < limit_) {
      Arguments args{};
      for (std::size_t i = 0; i < args.size(); ++i) args.at(i) = AnyValue(i);
      out_.push_back(args);
    }
    return out_;
  }

 private:
  // One of the argument's values, a different one each time.
  std::uint64_t AnyValue(std::size_t index) {
    const std::vector<std::uint64_t>& values = values_.at(index);
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;
    return values.empty() ? 0 : values[(random_ >> 33) % values.size()];
  }

  Arguments Combination(std::size_t number) const {
    Arguments args{};
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (values_.at(i).empty()) continue;
      args.at(i) = values_.at(i)[number % values_.at(i).size()];
      number /= values_.at(i).size();
    }
    return args;
  }

  // Each rule's hit, and the hit with one argument changed. Where the limit does not take all,
  // every rule gets its share.
  void AroundHits() {
    const std::size_t share =
        std::max<std::size_t>(limit_ * 3 / 4 / std::max<std::size_t>(rules_.size(), 1), 1);
    for (const Comparisons& rule : rules_) {
      Arguments hit{};
      std::array<bool, 6> tested{};
      for (const Comparison& comparison : rule) {
        hit.at(comparison.index) = Hit(comparison);
        tested.at(comparison.index) = true;
      }
      if (out_.size() < limit_) out_.push_back(hit);
      std::vector<Arguments> near;
      for (std::size_t i = 0; i < hit.size(); ++i) {
        for (const std::uint64_t value : values_.at(i)) {
          Arguments& args = near.emplace_back(hit);
          for (std::size_t j = 0; j < args.size(); ++j) {
            if (!tested.at(j)) args.at(j) = AnyValue(j);  // so that other rules apply, and do not
          }
          args.at(i) = value;
        }
      }
      const std::size_t step = near.size() / share + 1;
      for (std::size_t i = 0; i < near.size() && out_.size() < limit_; i += step) {
        out_.push_back(near[i]);
      }
    }
  }

  const std::vector<Comparisons>& rules_;
  std::size_t limit_;
  std::array<std::vector<std::uint64_t>, 6> values_;
  std::size_t combinations_ = 1;
  std::uint64_t random_ = 1;
  std::vector<Arguments> out_;
};

}  // namespace

std::vector<Arguments> Samples(const std::vector<Comparisons>& rules, std::size_t limit) {
  return Sampler(rules, std::max<std::size_t>(limit, 1)).Run();
}

}  // namespace stockade::filters
