// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/call_text.h"

#include <cctype>
#include <optional>
#include <string>
#include <vector>

#include "config/base/number.h"
#include "config/nearest.h"
#include "filters/call_table.h"
#include "shim/ctl/constant_names.h"

namespace stockade::ctl {
namespace {

using base::ErrorKind;
using filters::Abi;

constexpr std::size_t kMaxText = 512;
constexpr const char* kExample = "for example 'socket(AF_INET, SOCK_STREAM, 0)'";

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0)
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0)
    text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(Trim(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> ParseNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
  }
  const auto value = base::WholeNumber<std::uint64_t>(text, base);
  return value && negative ? 0 - *value : value;
}

base::Result<std::uint64_t> ParseArgument(std::string_view text) {
  std::uint64_t all = 0;
  for (const std::string_view word : Split(text, '|')) {
    std::optional<std::uint64_t> value = ParseNumber(word);
    if (!value) value = ConstantValue(word);
    if (!value) {
      const std::string near = ConstantNear(word);
      return base::FailHint(ErrorKind::kUsage,
                            near.empty() ? "numbers are understood for every argument"
                                         : fmt::format("did you mean {}?", near),
                            "\"{}\" is neither a number nor a constant that is known here", word);
    }
    all |= *value;
  }
  return all;
}

std::string NearCall(std::string_view name) {
  std::vector<std::string_view> names;
  for (const filters::CallEntry& call : filters::NativeCalls()) names.push_back(call.name);
  return config::Nearest(name, names);
}

// The call without its arguments.
base::Result<seccomp_data> ParseName(std::string_view word) {
  Abi abi = Abi::kNative;
  if (word.starts_with("i386:")) abi = Abi::kX86;
  if (word.starts_with("x32:")) abi = Abi::kX32;
  const std::string_view name = abi == Abi::kNative ? word : word.substr(word.find(':') + 1);
  if (abi != Abi::kNative && !filters::CallNumber(abi, "read")) {
    return base::Fail(ErrorKind::kUsage, "this machine has no interface of {}",
                      word.substr(0, word.find(':')));
  }
  if (const auto number = filters::CallNumber(abi, name)) return filters::CallOf(abi, *number);
  const auto number = ParseNumber(name);
  if (number && *number < 0x40000000) {
    const auto index = static_cast<int>(*number);
    return filters::CallOf(abi, abi == Abi::kX32 ? 0x40000000 | index : index);
  }
  const std::string near = NearCall(name);
  return base::FailHint(ErrorKind::kUsage,
                        near.empty() ? kExample : fmt::format("did you mean {}?", near),
                        "there is no system call \"{}\" here", name);
}

}  // namespace

base::Result<seccomp_data> ParseCall(std::string_view text) {
  if (text.size() > kMaxText) {
    return base::Fail(ErrorKind::kUsage, "a system call of more than {} characters", kMaxText);
  }
  text = Trim(text);
  const std::size_t open = text.find('(');
  STOCKADE_ASSIGN(seccomp_data call, ParseName(Trim(text.substr(0, open))));
  if (open == std::string_view::npos) return call;
  if (!text.ends_with(')')) {
    return base::FailHint(ErrorKind::kUsage, kExample, "\"{}\" has no closing bracket", text);
  }
  const std::string_view inner = Trim(text.substr(open + 1, text.size() - open - 2));
  if (inner.empty()) return call;
  const std::vector<std::string_view> arguments = Split(inner, ',');
  if (arguments.size() > std::size(call.args)) {
    return base::Fail(ErrorKind::kUsage, "a system call has at most six arguments, not {}",
                      arguments.size());
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    STOCKADE_ASSIGN(const std::uint64_t value, ParseArgument(arguments[i]));
    call.args[i] = filters::AbiOf(call) == Abi::kX86 ? value & 0xffffffff : value;
  }
  return call;
}

}  // namespace stockade::ctl
