// SPDX-License-Identifier: Apache-2.0
#include "shim/exec.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "config/base/file.h"
#include "config/base/number.h"
#include "config/class_loader.h"
#include "sandbox/delegate_state.h"
#include "sandbox/layer.h"
#include "sandbox/staging.h"
#include "sandbox/verify.h"
#include "shim/command_lookup.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;
using base::Json;
using sandbox::DocumentKind;
using sandbox::SpecDocument;

// Far above what --preserve-fds and LISTEN_FDS pass on.
constexpr int kFirstDocumentFd = 100;

// Flags that say what the process is; the document says it instead.
constexpr std::array<std::string_view, 10> kReplacedFlags = {
    "process",         "cwd",           "env",      "tty",          "user",
    "additional-gids", "process-label", "apparmor", "no-new-privs", "cap"};

base::Result<Json> ToId(std::string_view text, std::string_view flag) {
  const auto id = base::WholeNumber<std::uint32_t>(text);
  if (!id || *id == std::numeric_limits<std::uint32_t>::max()) {
    return base::Fail(ErrorKind::kUsage, "--{}: \"{}\" is not a numeric id", flag, text);
  }
  return Json(*id);
}

base::Status SetUser(Json& user, const std::string& text) {
  const auto colon = text.find(':');
  STOCKADE_ASSIGN(user["uid"], ToId(std::string_view(text).substr(0, colon), "user"));
  if (colon != std::string::npos) {
    STOCKADE_ASSIGN(user["gid"], ToId(std::string_view(text).substr(colon + 1), "user"));
  }
  return {};
}

// A member that the container's own configuration may lack.
Json& Member(Json& object, const char* key, Json empty) {
  if (!object.contains(key)) object[key] = std::move(empty);
  return object[key];
}

base::Status ApplyFlag(const Flag& flag, Json& process) {
  const std::string value = flag.value.value_or("");
  if (flag.name == "cwd") process["cwd"] = value;
  if (flag.name == "env") Member(process, "env", Json::array()).push_back(value);
  if (flag.name == "apparmor") process["apparmorProfile"] = value;
  if (flag.name == "process-label") process["selinuxLabel"] = value;
  if (flag.name == "user") {
    STOCKADE_TRY(SetUser(Member(process, "user", Json::object()), value));
  }
  if (flag.name == "additional-gids") {
    STOCKADE_ASSIGN(Json gid, ToId(value, flag.name));
    Json& user = Member(process, "user", Json::object());
    Member(user, "additionalGids", Json::array()).push_back(std::move(gid));
  }
  if (flag.name == "cap") {
    Json& sets = Member(process, "capabilities", Json::object());
    for (const char* set : {"bounding", "effective", "permitted", "inheritable", "ambient"}) {
      Member(sets, set, Json::array()).push_back(value);
    }
  }
  return {};
}

base::Result<SpecDocument> LoadProcess(const Invocation& call, const sandbox::StateRecord& record) {
  if (const auto file = call.Value("process")) {
    return SpecDocument::Load(*file, DocumentKind::kProcess);
  }
  STOCKADE_ASSIGN(const SpecDocument config,
                  SpecDocument::Parse(record.final_text, DocumentKind::kConfig,
                                      "the record of " + record.container.id));
  STOCKADE_ASSIGN(const Json process, ProcessFromFlags(call, config.root()));
  return SpecDocument::Parse(base::DumpJson(process), DocumentKind::kProcess, "the command line");
}

// A read-only memory file that the delegate inherits.
base::Result<base::UniqueFd> SealedFile(std::string_view text) {
  base::UniqueFd memory(memfd_create("stockade-process", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory) return base::FailErrno(ErrorKind::kHost, errno, "memfd_create");
  STOCKADE_TRY(base::WriteAll(memory.get(), text, "the process document"));
  if (fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) !=
      0) {
    return base::FailErrno(ErrorKind::kHost, errno, "seal the process document");
  }
  base::UniqueFd inherited(fcntl(memory.get(), F_DUPFD, kFirstDocumentFd));
  if (!inherited) return base::FailErrno(ErrorKind::kHost, errno, "pass the process document");
  return inherited;
}

// The delegate knows nothing of the network namespace that create entered for it: a process that it
// starts would be in ours.
base::Result<sandbox::HostActions> ActionsOf(const sandbox::StateRecord& record,
                                             const Json& process) {
  sandbox::HostActions actions{.ids = record.actions.ids};
  STOCKADE_TRY(sandbox::OwnStreams(process, actions));
  if (record.actions.network_namespace.empty()) return actions;
  const auto first = sandbox::FirstProcess(record.delegate_root, record.container.id);
  if (!first || !first->Alive()) {
    return base::Fail(ErrorKind::kSpec, "cannot exec in a stopped container");
  }
  actions.network_namespace = fmt::format("/proc/{}/ns/net", first->pid);
  return actions;
}

std::vector<std::string> Arguments(const Invocation& call, int document) {
  std::vector<std::string> words;
  for (const Flag& flag : call.globals) {
    words.insert(words.end(), flag.words.begin(), flag.words.end());
  }
  words.push_back(call.verb_word);
  for (const Flag& flag : call.flags) {
    const bool replaced =
        std::find(kReplacedFlags.begin(), kReplacedFlags.end(), flag.name) != kReplacedFlags.end();
    if (!replaced) words.insert(words.end(), flag.words.begin(), flag.words.end());
  }
  words.insert(words.end(), {"--process", fmt::format("/proc/self/fd/{}", document), call.id});
  return words;
}

}  // namespace

base::Result<Json> ProcessFromFlags(const Invocation& call, const Json& config) {
  const Json* own = base::Find(config, "/process");
  Json process = own != nullptr && own->is_object() ? *own : Json::object();
  if (call.rest.empty()) return base::Fail(ErrorKind::kUsage, "exec needs a command");
  process["args"] = call.rest;
  process["terminal"] = call.Has("tty");
  if (call.Has("no-new-privs")) process["noNewPrivileges"] = true;
  try {
    for (const Flag& flag : call.flags) STOCKADE_TRY(ApplyFlag(flag, process));
  } catch (const Json::exception& error) {
    return base::Fail(ErrorKind::kSpec, "the container's process: {}", error.what());
  }
  return process;
}

base::Result<ExecPlan> PlanExec(const Invocation& call, const sandbox::StateRecord& record,
                                const config::NodeConfig& node) {
  STOCKADE_ASSIGN(SpecDocument document, LoadProcess(call, record));
  STOCKADE_ASSIGN(const config::ClassPolicy policy,
                  config::ClassFromSnapshot(record.policy_snapshot));
  const sandbox::RealHost host(node.apparmor_default, node.state_directory);
  sandbox::SpecEditor editor(document, policy, /*keep_values=*/false);
  const std::vector<std::string>& filters = record.init_filters;
  if (!filters.empty()) {
    STOCKADE_TRY(
        CheckCommandInContainer(document.root(), record.delegate_root, record.container.id));
  }
  STOCKADE_TRY(sandbox::ApplyLayers({policy, record.container, host, filters}, editor));
  STOCKADE_ASSIGN(const std::string text, sandbox::Verify(document, policy, record.container, host,
                                                          {.init_filters = filters}));
  STOCKADE_ASSIGN(sandbox::HostActions actions, ActionsOf(record, document.root()));
  STOCKADE_ASSIGN(base::UniqueFd file, SealedFile(text));
  std::vector<std::string> arguments = Arguments(call, file.get());
  return ExecPlan{.arguments = std::move(arguments),
                  .document = std::move(file),
                  .actions = std::move(actions),
                  .interposed = policy.interposition.Active()};
}

}  // namespace stockade::shim
