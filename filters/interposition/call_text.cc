// SPDX-License-Identifier: Apache-2.0
#include "filters/interposition/call_text.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "filters/interposition/call_words.h"

namespace stockade::filters {
namespace {

enum class Form {
  kAddress,  // 64 bits, hexadecimal
  kSize,     // 64 bits, decimal
  kNumber,   // 32 bits, signed
  kMode,     // 32 bits, octal
  kDevice,   // major:minor
  kChoice,   // 32 bits, one of `words`
  kFlags,    // 32 bits, any of `words`
};

struct Argument {
  const char* name = nullptr;  // nullptr ends the list
  Form form = Form::kAddress;
  std::span<const Word> words = {};
};

struct Row {
  int number;
  std::array<Argument, 6> arguments;
};

#if defined(SYS_mknod)
constexpr int kMknod = SYS_mknod;
#else
constexpr int kMknod = -1;
#endif

constexpr Argument kPid{"pid", Form::kNumber};
constexpr Argument kFlagsNumber{"flags", Form::kAddress};

constexpr auto kRows = std::to_array<Row>({
    {SYS_clone, {{{"flags", Form::kFlags, kCloneFlags}, {"stack"}}}},
    {SYS_clone3, {{{"args"}, {"size", Form::kSize}}}},
    {SYS_unshare, {{{"flags", Form::kFlags, kCloneFlags}}}},
    {SYS_setns, {{{"fd", Form::kNumber}, {"nstype", Form::kFlags, kCloneFlags}}}},
    {SYS_ptrace, {{{"request", Form::kChoice, kPtraceRequests}, kPid, {"addr"}, {"data"}}}},
    {SYS_process_vm_readv,
     {{kPid, {"local"}, {"count", Form::kSize}, {"remote"}, {"count", Form::kSize}, kFlagsNumber}}},
    {SYS_process_vm_writev,
     {{kPid, {"local"}, {"count", Form::kSize}, {"remote"}, {"count", Form::kSize}, kFlagsNumber}}},
    {SYS_process_madvise,
     {{{"pidfd", Form::kNumber},
       {"ranges"},
       {"count", Form::kSize},
       {"advice", Form::kNumber},
       kFlagsNumber}}},
    {SYS_pidfd_getfd, {{{"pidfd", Form::kNumber}, {"fd", Form::kNumber}, kFlagsNumber}}},
    {SYS_kcmp, {{kPid, {"other", Form::kNumber}, {"type", Form::kChoice, kCompareTypes}}}},
    {SYS_bpf, {{{"cmd", Form::kChoice, kBpfCommands}, {"attr"}, {"size", Form::kNumber}}}},
    {SYS_perf_event_open,
     {{{"attr"},
       kPid,
       {"cpu", Form::kNumber},
       {"group", Form::kNumber},
       {"flags", Form::kFlags, kPerfFlags}}}},
    {SYS_add_key,
     {{{"type"}, {"description"}, {"payload"}, {"size", Form::kSize}, {"keyring", Form::kNumber}}}},
    {SYS_request_key, {{{"type"}, {"description"}, {"callout"}, {"keyring", Form::kNumber}}}},
    {SYS_keyctl, {{{"operation", Form::kChoice, kKeyOperations}, {"arg2"}, {"arg3"}, {"arg4"}}}},
    {SYS_userfaultfd, {{{"flags", Form::kFlags, kUserFaultFlags}}}},
    {SYS_io_uring_setup, {{{"entries", Form::kNumber}, {"params"}}}},
    {SYS_io_uring_enter,
     {{{"fd", Form::kNumber}, {"submit", Form::kNumber}, {"complete", Form::kNumber}}}},
    {SYS_io_uring_register, {{{"fd", Form::kNumber}, {"opcode", Form::kNumber}}}},
    {SYS_mount,
     {{{"source"}, {"target"}, {"type"}, {"flags", Form::kFlags, kMountFlags}, {"data"}}}},
    {SYS_umount2, {{{"target"}, {"flags", Form::kFlags, kUmountFlags}}}},
    {SYS_pivot_root, {{{"new"}, {"old"}}}},
    {SYS_fsopen, {{{"type"}, {"flags", Form::kFlags, kFsOpenFlags}}}},
    {SYS_fspick, {{{"dirfd", Form::kNumber}, {"path"}, kFlagsNumber}}},
    {SYS_fsconfig,
     {{{"fd", Form::kNumber},
       {"cmd", Form::kChoice, kFsConfigCommands},
       {"key"},
       {"value"},
       {"aux", Form::kNumber}}}},
    {SYS_fsmount, {{{"fd", Form::kNumber}, kFlagsNumber, {"attributes"}}}},
    {SYS_move_mount,
     {{{"from", Form::kNumber}, {"path"}, {"to", Form::kNumber}, {"path"}, kFlagsNumber}}},
    {SYS_open_tree, {{{"dirfd", Form::kNumber}, {"path"}, kFlagsNumber}}},
    {SYS_mount_setattr, {{{"dirfd", Form::kNumber}, {"path"}, kFlagsNumber, {"attr"}}}},
    {kMknod, {{{"path"}, {"mode", Form::kMode}, {"dev", Form::kDevice}}}},
    {SYS_mknodat,
     {{{"dirfd", Form::kNumber}, {"path"}, {"mode", Form::kMode}, {"dev", Form::kDevice}}}},
    {SYS_chroot, {{{"path"}}}},
    {SYS_personality, {{{"persona"}}}},
});

std::string Unnamed(std::uint32_t value) { return fmt::format("{:#x}", value); }

std::string ChoiceText(std::span<const Word> words, std::uint32_t value) {
  const auto found = std::ranges::find(words, value, &Word::value);
  return found == words.end() ? Unnamed(value) : std::string(found->name);
}

std::string FlagsText(std::span<const Word> words, std::uint32_t value) {
  std::string text;
  const auto add = [&](std::string_view word) {
    if (!text.empty()) text += '|';
    text += word;
  };
  for (const Word& word : words) {
    if ((value & word.value) != word.value) continue;
    add(word.name);
    value &= ~word.value;
  }
  if (value != 0 || text.empty()) add(value == 0 ? "0" : Unnamed(value));
  return text;
}

// As new_decode_dev() of the kernel reads a device number.
std::string DeviceText(std::uint32_t value) {
  return fmt::format("{}:{}", (value & 0xfff00) >> 8, (value & 0xff) | (value >> 12 & 0xfff00));
}

std::string Text(const Argument& argument, std::uint64_t value) {
  const auto low = static_cast<std::uint32_t>(value);
  switch (argument.form) {
    case Form::kAddress:
      return fmt::format("{:#x}", value);
    case Form::kSize:
      return fmt::format("{}", value);
    case Form::kNumber:
      return fmt::format("{}", static_cast<std::int32_t>(low));
    case Form::kMode:
      return fmt::format("{:#o}", low & 0xffff);  // umode_t
    case Form::kDevice:
      return DeviceText(low);
    case Form::kChoice:
      return ChoiceText(argument.words, low);
    case Form::kFlags:
      return FlagsText(argument.words, low);
  }
  return {};
}

}  // namespace

std::string ArgumentText(const seccomp_data& call) {
  const auto& values = call.args;
  const auto row = std::ranges::find(kRows, call.nr, &Row::number);
  if (row == kRows.end()) {
    return fmt::format("{:#x}, {:#x}, {:#x}, {:#x}, {:#x}, {:#x}", values[0], values[1], values[2],
                       values[3], values[4], values[5]);
  }
  std::string text;
  for (std::size_t i = 0; i < row->arguments.size(); ++i) {
    const Argument& argument = row->arguments[i];
    if (argument.name == nullptr) break;
    text += fmt::format("{}{}={}", i == 0 ? "" : ", ", argument.name, Text(argument, values[i]));
  }
  return text;
}

}  // namespace stockade::filters
