// SPDX-License-Identifier: Apache-2.0
#include "sandbox/verify.h"

#include <utility>

#include "sandbox/verify/promises.h"
#include "sandbox/verify/unstage.h"

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
    {false, verify::CheckUserNamespace},
    {true, verify::CheckCapabilities},
    {true, verify::CheckNoNewPrivileges},
    {true, verify::CheckUser},
    {true, verify::CheckRlimits},
    {true, verify::CheckSeccomp},
    {false, verify::CheckHostMounts},
    {false, verify::CheckFileSystems},
    {false, verify::CheckRootfs},
    {false, verify::CheckKernelPaths},
    {false, verify::CheckDevices},
    {false, verify::CheckSysctls},
    {false, verify::CheckHooks},
    {true, verify::CheckLsm},
};

// What the delegate will read is the text, so the text is what must hold.
std::vector<std::string> BrokenBy(std::string text, DocumentKind kind,
                                  const config::ClassPolicy& policy, const Container& container,
                                  const HostView& host, const Besides& besides) {
  auto read = SpecDocument::Parse(std::move(text), kind, "the final document");
  if (!read) return {read.error().Text()};
  verify::Broken broken;
  verify::Unstage(besides.actions, besides.stage, read->root(), broken);
  const Json& root = std::as_const(*read).root();
  const bool exec = kind == DocumentKind::kProcess;
  const verify::Final final{root,
                            exec ? root : verify::At(root, "/process"),
                            exec,
                            policy,
                            container,
                            host,
                            besides.init_filters,
                            besides.actions};
  for (const Promise& promise : kPromises) {
    if (promise.on_exec || !exec) promise.check(final, broken);
  }
  return std::move(broken).Take();
}

}  // namespace

std::vector<std::string> BrokenPromises(const SpecDocument& document,
                                        const config::ClassPolicy& policy,
                                        const Container& container, const HostView& host,
                                        const Besides& besides) {
  return BrokenBy(document.Text(), document.kind(), policy, container, host, besides);
}

base::Result<std::string> Verify(const SpecDocument& document, const config::ClassPolicy& policy,
                                 const Container& container, const HostView& host,
                                 const Besides& besides) {
  std::string text = document.Text();
  const std::vector<std::string> broken =
      BrokenBy(text, document.kind(), policy, container, host, besides);
  if (broken.empty()) return text;
  return base::FailHint(
      ErrorKind::kInternal,
      "this is a defect of stockade or a document made to mislead it; please report it",
      "the class {} is not kept: {}", policy.name, fmt::join(broken, "; "));
}

}  // namespace stockade::sandbox
