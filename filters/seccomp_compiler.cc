// SPDX-License-Identifier: Apache-2.0
#include "filters/seccomp_compiler.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "config/base/fd.h"
#include "config/base/file.h"
#include "filters/argument_program.h"
#include "filters/newer_calls.h"
#include "filters/oci_rules.h"
#include "filters/syscall_names.h"

namespace stockade::filters {
namespace {

using base::ErrorKind;

struct ContextDeleter {
  void operator()(void* context) const { seccomp_release(context); }
};
using Context = std::unique_ptr<void, ContextDeleter>;

// An error of libseccomp, which returns negative errno values.
tl::unexpected<base::Error> Failed(int code, std::string_view what) {
  return base::Fail(ErrorKind::kSpec, "libseccomp: {}: {}", what, std::strerror(-code));
}

scmp_compare Operator(CompareOp op) {
  switch (op) {
    case CompareOp::kNotEqual:
      return SCMP_CMP_NE;
    case CompareOp::kLess:
      return SCMP_CMP_LT;
    case CompareOp::kLessEqual:
      return SCMP_CMP_LE;
    case CompareOp::kEqual:
      return SCMP_CMP_EQ;
    case CompareOp::kGreaterEqual:
      return SCMP_CMP_GE;
    case CompareOp::kGreater:
      return SCMP_CMP_GT;
    case CompareOp::kMaskedEqual:
      return SCMP_CMP_MASKED_EQ;
  }
  return _SCMP_CMP_MIN;
}

// libseccomp's value of an architecture; "SCMP_ARCH_X86" is "x86" to it.
std::uint32_t ArchitectureToken(const std::string& name) {
  std::string lower;
  for (const char c : name.substr(std::string_view("SCMP_ARCH_").size())) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return seccomp_arch_resolve_name(lower.c_str());
}

// The native architecture to those in `rules` that this machine can run besides it. False if there
// are none.
base::Result<bool> OpenCompatOnly(const Context& context, const OciRules& rules) {
  bool any = false;
  for (const std::string& name : rules.architectures()) {
    if (!IsCompatArchitecture(name)) continue;
    const int code = seccomp_arch_add(context.get(), ArchitectureToken(name));
    if (code != 0 && code != -EEXIST) return Failed(code, name);
    any = true;
  }
  const int code = any ? seccomp_arch_remove(context.get(), SCMP_ARCH_NATIVE) : 0;
  if (code != 0) return Failed(code, "architectures");
  return any;
}

// libseccomp 2.5 runs in circles on some rules that combine an inequality with another comparison,
// where the call has further rules. Neither inequalities alone nor combined equalities do that.
base::Status RefuseEndless(const OciRules& rules) {
  for (const OciRule& rule : rules.all()) {
    const bool equal = std::ranges::all_of(*rule.comparisons, [](const Comparison& each) {
      return each.op == CompareOp::kEqual || each.op == CompareOp::kMaskedEqual;
    });
    if (equal || rule.comparisons->size() < 2 || rules.For(rule.call).size() < 2) continue;
    return base::FailHint(ErrorKind::kSpec, "use SCMP_CMP_EQ and SCMP_CMP_MASKED_EQ in it",
                          "the seccomp profile has a rule for {} of {} comparisons, one of which "
                          "is an inequality, beside other rules: libseccomp may never end",
                          rule.name, rule.comparisons->size());
  }
  return {};
}

// Adds the rules for all calls but those in `decided`.
base::Status AddRules(const Context& context, const OciRules& rules, const std::set<int>& decided) {
  for (const OciRule& rule : rules.all()) {
    if (decided.contains(rule.call)) continue;
    std::vector<scmp_arg_cmp> comparisons;
    for (const Comparison& comparison : *rule.comparisons) {
      comparisons.push_back(
          {comparison.index, Operator(comparison.op), comparison.value, comparison.value_two});
    }
    const int code =
        seccomp_rule_add_array(context.get(), rule.answer, rule.call,
                               static_cast<unsigned>(comparisons.size()), comparisons.data());
    // A call that no open architecture has, and a rule that stands twice, change nothing.
    if (code == 0 || code == -EEXIST || code == -EDOM) continue;
    // A call newer than libseccomp cannot be placed on a second architecture. Leaving it out is
    // safe where that leaves it refused.
    if (code == -EFAULT && (rule.allows || !rules.default_allows())) continue;
    return Failed(code, rule.name);
  }
  return {};
}

// A filter with the attributes and the default of `rules`, for the native architecture.
base::Result<Context> Start(const OciRules& rules) {
  Context context(seccomp_init(rules.default_answer()));
  if (!context) return base::Fail(ErrorKind::kSpec, "libseccomp takes no such default action");
  // no_new_privs is the caller's business. Level 2 is the binary tree.
  int code = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0);
  if (code == 0) code = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  if (code != 0) return Failed(code, "attributes");
  return context;
}

base::Result<Program> Export(const Context& context) {
  const base::UniqueFd file(memfd_create("stockade-filter", MFD_CLOEXEC));
  if (!file) return base::FailErrno(ErrorKind::kHost, errno, "memfd_create");
  if (const int code = seccomp_export_bpf(context.get(), file.get()); code != 0) {
    return Failed(code, "the program cannot be made");
  }
  const off_t size = lseek(file.get(), 0, SEEK_END);
  const auto bytes = static_cast<std::size_t>(size);
  if (size <= 0 || bytes % sizeof(sock_filter) != 0 || bytes / sizeof(sock_filter) > BPF_MAXINSNS) {
    return base::Fail(ErrorKind::kSpec, "libseccomp: a program of {} bytes, which no kernel loads",
                      size);
  }
  Program program(bytes / sizeof(sock_filter));
  if (pread(file.get(), program.data(), bytes, 0) != size) {
    return base::FailErrno(ErrorKind::kHost, errno, "read the program");
  }
  return program;
}

// The highest number that `rules` name on each interface that they open. An interface on which none
// is named, or only number 0, has none: runc leaves it alone too. Calls that have no rule on a
// second interface (IsNewerCall) do not count there.
std::map<Abi, int> NewestCalls(const OciRules& rules) {
  std::map<Abi, int> newest;
  if (rules.newest_call() > 0) newest[Abi::kNative] = rules.newest_call();
  for (const Abi abi : {Abi::kX86, Abi::kX32}) {
    const std::string architecture(ArchitectureOf(abi));
    if (!IsCompatArchitecture(architecture) ||
        std::ranges::find(rules.architectures(), architecture) == rules.architectures().end()) {
      continue;
    }
    for (const std::string_view name : rules.names()) {
      const int number = seccomp_syscall_resolve_name_arch(ArchitectureToken(architecture),
                                                           std::string(name).c_str());
      if (number <= 0 || IsNewerCall(CallOf(abi, number))) continue;
      newest[abi] = std::max(newest[abi], number);
    }
  }
  return newest;
}

}  // namespace

base::Result<Program> CompileSeccomp(const base::Json& seccomp) {
  std::string why;
  const std::optional<OciRules> rules = OciRules::Read(seccomp, why);
  if (!rules) return base::Fail(ErrorKind::kSpec, "the seccomp profile {}", why);
  STOCKADE_TRY(RefuseEndless(*rules));
  STOCKADE_ASSIGN(const Context native, Start(*rules));
  const ArgumentProgram first = CompileArguments(*rules);
  STOCKADE_TRY(AddRules(native, *rules, first.calls));
  // Two filters made one, for a number that libseccomp cannot name has no rule in a filter for
  // both.
  STOCKADE_ASSIGN(Context compat, Start(*rules));
  STOCKADE_ASSIGN(const bool opened, OpenCompatOnly(compat, *rules));
  if (opened) {
    STOCKADE_TRY(AddRules(compat, *rules, {}));
    const int code = seccomp_merge(native.get(), compat.get());
    if (code != 0) return Failed(code, "architectures");
    (void)compat.release();  // merged filters are one object
  }
  STOCKADE_ASSIGN(Program program, Export(native));
  if (AnswersNewerCalls(*rules)) AnswerNewerCalls(NewestCalls(*rules), program);
  program.insert(program.begin(), first.code.begin(), first.code.end());
  if (program.size() > BPF_MAXINSNS) {
    return base::Fail(ErrorKind::kSpec,
                      "the seccomp profile needs {} instructions, more than a kernel loads",
                      program.size());
  }
  return program;
}

}  // namespace stockade::filters
