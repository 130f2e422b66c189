// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify.h"

#include "sandbox/verify/promises.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Json;

// Every promise in the order of the class's sections; those with `on_exec` hold for exec as well.
struct Promise {
  bool on_exec;
  void (*check)(const verify::Final&, verify::Broken&);
};

constexpr Promise kPromises[] = {
    {false, verify::CheckDelegateAnnotations},
    {true, verify::CheckOciFields},
    {false, verify::CheckPrivileged},
    {false, verify::CheckNamespaces},
    {true, verify::CheckCapabilities},
    {true, verify::CheckNoNewPrivileges},
    {true, verify::CheckUser},
    {true, verify::CheckRlimits},
    {false, verify::CheckSeccomp},
    {false, verify::CheckHostMounts},
    {false, verify::CheckFileSystems},
    {false, verify::CheckRootfs},
    {false, verify::CheckKernelPaths},
    {false, verify::CheckDevices},
    {false, verify::CheckSysctls},
    {false, verify::CheckHooks},
    {true, verify::CheckLsm},
};

}  // namespace

std::vector<std::string> BrokenPromises(const SpecDocument& document,
                                        const config::ClassPolicy& policy,
                                        const Container& container, const HostView& host) {
  // What the delegate will read is the text, so the text is what must hold.
  const auto read = SpecDocument::Parse(document.Text(), document.kind(), "the final document");
  if (!read) return {read.error().Text()};
  const Json& root = read->root();
  const bool exec = document.kind() == DocumentKind::kProcess;
  const verify::Final final{
      root, exec ? root : verify::At(root, "/process"), exec, policy, container, host};
  verify::Broken broken;
  for (const Promise& promise : kPromises) {
    if (promise.on_exec || !exec) promise.check(final, broken);
  }
  return std::move(broken).Take();
}

base::Status Verify(const SpecDocument& document, const config::ClassPolicy& policy,
                    const Container& container, const HostView& host) {
  const std::vector<std::string> broken = BrokenPromises(document, policy, container, host);
  if (broken.empty()) return {};
  return base::FailHint(
      ErrorKind::kInternal,
      "this is a defect of stockade or a document made to mislead it; please report it",
      "the class {} is not kept: {}", policy.name, fmt::join(broken, "; "));
}

}  // namespace stockade::sandbox
