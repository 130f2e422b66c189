// SPDX-License-Identifier: Apache-2.0
#include "filters/answer_text.h"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "filters/call_table.h"

namespace stockade::filters {

std::string AnswerText(std::uint32_t answer) {
  const std::uint32_t data = answer & SECCOMP_RET_DATA;
  switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
      return "ALLOW";
    case SECCOMP_RET_LOG:
      return "LOG";
    case SECCOMP_RET_TRACE:
      return fmt::format("TRACE {}", data);
    case SECCOMP_RET_USER_NOTIF:
      return "NOTIFY";
    case SECCOMP_RET_ERRNO: {
      const char* const name = strerrorname_np(static_cast<int>(data));
      return name == nullptr ? fmt::format("ERRNO {}", data) : fmt::format("ERRNO {}", name);
    }
    case SECCOMP_RET_TRAP:
      return "TRAP";
    case SECCOMP_RET_KILL_THREAD:
      return "KILL_THREAD";
    case SECCOMP_RET_KILL_PROCESS:
      return "KILL_PROCESS";
    default:
      return fmt::format("{:#010x}", answer);
  }
}

std::string CallText(const seccomp_data& call) {
  const std::string_view name = CallName(call);
  std::string text = name.empty() ? fmt::format("call {}", call.nr) : std::string(name);
  std::size_t used = std::size(call.args);
  while (used > 0 && call.args[used - 1] == 0) --used;
  text += '(';
  for (std::size_t i = 0; i < used; ++i) {
    text += fmt::format("{}{:#x}", i == 0 ? "" : ", ", call.args[i]);
  }
  text += ')';
  switch (AbiOf(call)) {
    case Abi::kNative:
      break;
    case Abi::kX86:
      text += " of i386";
      break;
    case Abi::kX32:
      text += " of x32";
      break;
    case Abi::kOther:
      text += fmt::format(" of architecture {:#x}", call.arch);
      break;
  }
  return text;
}

std::string ComparisonsText(const Comparisons& comparisons) {
  static constexpr std::array<const char*, 7> kSigns{"!=", "<", "<=", "==", ">=", ">", "=="};
  std::string text;
  for (const Comparison& each : comparisons) {
    const bool masked = each.op == CompareOp::kMaskedEqual;
    text += fmt::format("{}arg{} {}{} {:#x}", text.empty() ? "" : ", ", each.index,
                        masked ? fmt::format("& {:#x} ", each.value) : "",
                        kSigns.at(static_cast<std::size_t>(each.op)),
                        masked ? each.value_two & each.value : each.value);
  }
  return text.empty() ? "any arguments" : text;
}

}  // namespace stockade::filters
