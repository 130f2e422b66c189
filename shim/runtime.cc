// SPDX-License-Identifier: Apache-2.0
#include "shim/runtime.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <optional>

#include "config/base/file.h"
#include "config/class_loader.h"
#include "config/node_config.h"
#include "sandbox/host/perform.h"
#include "sandbox/pod_cgroup.h"
#include "sandbox/state.h"
#include "sandbox/supervisor_client.h"
#include "shim/call_places.h"
#include "shim/command_lookup.h"
#include "shim/create.h"
#include "shim/delegate.h"
#include "shim/exec.h"
#include "shim/features.h"
#include "shim/flag_table.h"
#include "shim/hand_over.h"
#include "shim/invocation.h"
#include "shim/pod_ids.h"
#include "shim/runtime_log.h"
#include "shim/session_fd.h"
#include "shim/version.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;
using base::Result;

// The exit code, when we do not become the delegate.
using Outcome = Result<int>;

Outcome Become(const std::string& delegate, const std::vector<std::string>& arguments) {
  return tl::unexpected(BecomeDelegate(delegate, arguments));
}

base::Status NeedClass(const Invocation& call) {
  if (!call.class_name.empty()) return {};
  return base::FailHint(ErrorKind::kUsage,
                        "run it as stockade-CLASS, or with --stockade-class CLASS before the verb",
                        "no class is named");
}

bool Makes(Verb verb) { return IsGuarded(verb) && verb != Verb::kExec; }

Outcome PrintVersion(const config::NodeConfig& node) {
  STOCKADE_ASSIGN(const std::string delegate, FindDelegate("", node));
  STOCKADE_ASSIGN(const Captured answer, CaptureDelegate(delegate, {"--version"}));
  STOCKADE_TRY(base::WriteAll(STDOUT_FILENO, VersionText(delegate, answer.out), "stdout"));
  return 0;
}

Outcome Features(const Invocation& call, const std::string& delegate) {
  STOCKADE_ASSIGN(const Captured answer, CaptureDelegate(delegate, call.passed));
  if (answer.exit_code != 0) return answer.exit_code;  // its own words are on stderr
  STOCKADE_ASSIGN(const std::string merged, MergeFeatures(answer.out));
  STOCKADE_TRY(base::WriteAll(STDOUT_FILENO, merged, "stdout"));
  return 0;
}

// Runs the delegate to its end and removes the record of a container that is gone then, and that
// nobody creates anew.
Outcome RunAndRelease(const Invocation& call, const std::string& delegate,
                      const sandbox::StateRoot& state, const std::vector<std::string>& words) {
  Outcome exit_code = RunDelegate(delegate, words);
  const base::Status released = state.ReleaseUnlessUsed(call.id);
  if (exit_code) STOCKADE_TRY(released);  // the first error is the one to tell
  return exit_code;
}

Outcome Delete(const Invocation& call, const std::string& delegate,
               const sandbox::StateRoot& state) {
  const bool ours = state.Exists(call.id) || state.Unfinished(call.id);
  if (ours) return RunAndRelease(call, delegate, state, call.passed);
  (void)state.Sweep();  // of a create that was killed before its record the ids are left
  return Become(delegate, call.passed);
}

// CRIU gives restored processes the credentials and filters of the checkpoint, whatever config.json
// says.
base::Status CheckRestore(const config::ClassPolicy& policy) {
  const auto off = [](config::Mode mode) { return mode == config::Mode::kOff; };
  if (off(policy.capabilities.mode) && off(policy.no_new_privileges.mode) &&
      off(policy.seccomp.mode)) {
    return {};
  }
  return base::FailHint(ErrorKind::kSpec, "create the container anew",
                        "class {} cannot restore: the processes of a checkpoint bring their own "
                        "capabilities and seccomp filters, which no layer can replace",
                        policy.name);
}

using Supervisor = std::optional<sandbox::StartingSupervisor>;

// Starts an interposed container's supervisor.
Result<Supervisor> StartSupervisor(const Invocation& call, const Plan& plan,
                                   const sandbox::StateRoot& state) {
  if (!plan.policy.interposition.Active()) return Supervisor();
  STOCKADE_ASSIGN(const std::string program, sandbox::SupervisorProgram());
  const base::Json* const section = base::Find(plan.policy.document, "/interposition");
  const auto pod = sandbox::PodCgroupOf(plan.container, plan.document.root());
  STOCKADE_ASSIGN(sandbox::StartingSupervisor started,
                  sandbox::StartSupervisor(program, state.PathOf(call.id), call.id, *section, pod));
  return Supervisor(std::move(started));
}

// The delegate's arguments; those of an interposed container pass on the socket to its supervisor.
Result<std::vector<std::string>> WordsFor(const Invocation& call, Supervisor supervisor) {
  if (!supervisor) return call.passed;
  STOCKADE_ASSIGN(base::UniqueFd session, supervisor->Await());
  return PassSession(std::move(session), call, WordsOf(call));
}

// Everything that comes between the decision and the delegate, whose arguments it returns. If it
// fails, nothing is left of it.
Result<std::vector<std::string>> Prepare(const Invocation& call, const Plan& plan,
                                         const config::NodeConfig& node,
                                         const sandbox::StateRoot& state,
                                         const std::string& delegate) {
  STOCKADE_TRY(CommitCreate(plan, state, delegate));
  const auto prepare = [&]() -> Result<std::vector<std::string>> {
    // The supervisor first: it is to see the host's mounts, not what is staged for the delegate;
    // and both take their time side by side.
    STOCKADE_ASSIGN(Supervisor supervisor, StartSupervisor(call, plan, state));
    STOCKADE_TRY(sandbox::PerformHostActions(plan.actions, node.state_directory));
    return WordsFor(call, std::move(supervisor));
  };
  Result<std::vector<std::string>> words = prepare();
  if (words) return words;
  STOCKADE_ASSIGN(const sandbox::StateLock lock, state.Lock());
  (void)state.Release(plan.container.id, lock);  // the first error is the one to tell
  return words;
}

Outcome Create(const Invocation& call, const config::NodeConfig& node, config::ClassPolicy asked,
               const std::string& delegate, const sandbox::StateRoot& state) {
  if (const auto file = call.Value("config")) {
    return base::Fail(ErrorKind::kUsage, "--config {}: the bundle's document must be config.json",
                      *file);
  }
  const std::string bundle = BundleOf(call);
  STOCKADE_TRY(state.Sweep());             // what killed creates left, their documents among it
  STOCKADE_TRY(state.CheckFree(call.id));  // before its bundle is read, which we may have changed
  PodIdSource ids(node, state);
  STOCKADE_ASSIGN(
      const Plan plan,
      PlanCreate({.node = node,
                  .state = &state,
                  .asked = std::move(asked),
                  .id = call.id,
                  .bundle = bundle,
                  .pod_ids = [&](const auto& container) { return ids.Of(container); }}));
  if (call.verb == Verb::kRestore) STOCKADE_TRY(CheckRestore(plan.policy));
  if (const std::size_t filters = plan.init_filters.size(); filters != 0) {
    STOCKADE_TRY(CheckCommandInBundle(plan.document.root(), plan.root, filters + 2,
                                      plan.policy.rootfs.executable));
  }
  STOCKADE_ASSIGN(const std::vector<std::string> words, Prepare(call, plan, node, state, delegate));
  ids.Keep();
  const bool stays = call.verb == Verb::kCreate || call.Has("detach") || call.Has("keep");
  if (!stays) return RunAndRelease(call, delegate, state, words);
  const base::Error failed = BecomeDelegate(delegate, words);
  (void)state.ReleaseUnlessUsed(call.id);  // the first error is the one to tell
  return tl::unexpected(failed);
}

// A flag that we do not know may take the next word as its value, which then is not the container.
base::Status CheckUnknownFlags(const Invocation& call) {
  for (const Flag& flag : call.flags) {
    if (flag.value || FindFlag(call.verb, flag.name) != nullptr) continue;
    return base::FailHint(ErrorKind::kUsage, "write the value of an unknown flag as --flag=value",
                          "the container cannot be told: there is no {}, and {} is an unknown flag",
                          call.id, flag.words.front());
  }
  return {};
}

Outcome Exec(const Invocation& call, const config::NodeConfig& node, const std::string& delegate,
             const sandbox::StateRoot& state) {
  if (!state.Exists(call.id) && !state.DelegateKnows(call.id)) {
    STOCKADE_TRY(CheckUnknownFlags(call));
    return Become(delegate,
                  call.passed);  // no such container: let the delegate say it in its words
  }
  const bool by_flags = !call.Value("process");
  STOCKADE_ASSIGN(const sandbox::StateRecord record,
                  state.Read(call.id, {.policy = true, .final_text = by_flags}));
  STOCKADE_ASSIGN(const ExecPlan plan, PlanExec(call, record, node));
  STOCKADE_TRY(sandbox::PerformHostActions(plan.actions, node.state_directory));
  if (!plan.interposed) return Become(delegate, plan.arguments);
  STOCKADE_ASSIGN(base::UniqueFd session, sandbox::OpenSession(state.PathOf(call.id)));
  STOCKADE_ASSIGN(const std::vector<std::string> words,
                  PassSession(std::move(session), call, plan.arguments));
  return Become(delegate, words);
}

// The delegate of a call whose class says `class_delegate`. To what exists, it is the one that made
// it, so that a changed configuration does not cut running containers off; what is made anew has no
// record, but one that a killed create left.
Result<std::string> DelegateFor(const Invocation& call, const config::NodeConfig& node,
                                const std::string& class_delegate) {
  Result<std::string> configured = FindDelegate(class_delegate, node);
  if (Makes(call.verb)) return configured;
  const auto recorded = StateOf(call, node, configured.value_or("runc")).DelegateOf(call.id);
  if (!recorded || (configured && *recorded == *configured)) return configured;
  STOCKADE_TRY(CheckDelegate(*recorded));
  return *recorded;
}

// No checkpoint has the other end of a listener.
base::Status CheckCheckpoint(const Invocation& call, const sandbox::StateRoot& state) {
  if (!state.Exists(call.id)) return {};
  STOCKADE_ASSIGN(const sandbox::StateRecord record, state.Read(call.id, {.policy = true}));
  STOCKADE_ASSIGN(const config::ClassPolicy policy,
                  config::ClassFromSnapshot(record.policy_snapshot));
  if (!policy.interposition.Active()) return {};
  return base::Fail(ErrorKind::kSpec,
                    "class {} cannot checkpoint: a supervisor answers the container's calls",
                    policy.name);
}

// A verb that makes or looks at no document: all of them but create, run, restore and features.
Outcome OnExisting(const Invocation& call, const config::NodeConfig& node,
                   const std::string& delegate, const sandbox::StateRoot& state) {
  if (call.verb == Verb::kExec) return Exec(call, node, delegate, state);
  if (call.verb == Verb::kDelete) return Delete(call, delegate, state);
  if (call.verb_word == "checkpoint") STOCKADE_TRY(CheckCheckpoint(call, state));
  return Become(delegate, call.passed);
}

// What start, exec, kill and delete of a container of ours need stands in its record: no class file
// is read, so a broken one keeps nobody from stopping what runs. Nothing if there is no such
// record, or if it cannot be told which.
Result<std::optional<int>> TryRecorded(const Invocation& call, const config::NodeConfig& node) {
  if (Makes(call.verb) || call.Has("help")) return std::nullopt;
  const std::vector<sandbox::StateRoot> roots = RootsFor(call, node);
  if (roots.size() != 1) return std::nullopt;
  const auto delegate = roots.front().DelegateOf(call.id);
  if (!delegate) return std::nullopt;
  STOCKADE_TRY(CheckDelegate(*delegate));
  return OnExisting(call, node, *delegate, roots.front());
}

// True if a global flag is none of ours and none of the delegates' that we know.
bool HasUnknownGlobal(const Invocation& call) {
  return std::any_of(call.globals.begin(), call.globals.end(),
                     [](const Flag& flag) { return FindFlag(Verb::kNone, flag.name) == nullptr; });
}

// crun takes --roo for --root, and would keep its containers where we do not look for them.
base::Status CheckGlobals(const Invocation& call) {
  if (const auto root = call.Global("root"); root && !root->empty()) STOCKADE_TRY(CheckRoot(*root));
  for (const Flag& flag : call.globals) {
    if (const FlagRule* full = FindAbbreviated(Verb::kNone, flag.name)) {
      return base::FailHint(ErrorKind::kUsage, fmt::format("write --{}", full->name),
                            "the flag {} is an abbreviation", flag.words.front());
    }
  }
  return {};
}

// `parsed` is the error of a command line that we do not understand: a class that passes everything
// through leaves it to the delegate.
Outcome Dispatch(const Invocation& call, const base::Status& parsed) {
  const bool no_verb = call.verb == Verb::kNone;
  if (no_verb && !parsed) return tl::unexpected(parsed.error());
  const bool version = no_verb && call.GlobalSwitch("version");
  if (no_verb && !version && !HasUnknownGlobal(call)) {
    STOCKADE_TRY(base::WriteAll(STDOUT_FILENO, HelpText(), "stdout"));
    return 0;
  }
  const bool named = !call.config_file.empty();
  STOCKADE_ASSIGN(const config::NodeConfig node,
                  config::LoadNodeConfig(named ? call.config_file : config::kNodeConfigPath,
                                         /*required=*/named));
  if (version) return PrintVersion(node);
  STOCKADE_TRY(NeedClass(call));
  const base::Status understood = parsed ? CheckGlobals(call) : parsed;
  if (understood) {
    STOCKADE_ASSIGN(const std::optional<int> done, TryRecorded(call, node));
    if (done) return *done;
  }
  auto policy = config::LoadClass(call.class_name, {node.class_directories});
  const bool pass_through = policy && policy->PassThrough();
  if (!understood && !pass_through) return tl::unexpected(understood.error());
  const bool makes = Makes(call.verb);
  if (!policy && makes) return tl::unexpected(policy.error());
  STOCKADE_ASSIGN(const std::string delegate,
                  DelegateFor(call, node, policy ? policy->delegate : ""));
  const bool help = IsGuarded(call.verb) && call.Has("help");
  if (pass_through || help || no_verb) return Become(delegate, call.passed);
  const sandbox::StateRoot state = StateOf(call, node, delegate);
  if (makes) return Create(call, node, std::move(*policy), delegate, state);
  if (call.verb == Verb::kFeatures) return Features(call, delegate);
  return OnExisting(call, node, delegate, state);
}

}  // namespace

int RunRuntime(const std::vector<std::string>& argv) {
  // Ignored, it stays so through execve: the kernel would reap our children and the delegate's, and
  // whoever waits for one, or for this signal, would wait in vain.
  (void)signal(SIGCHLD, SIG_DFL);
  Invocation call;
  const base::Status parsed = ParseInvocation(argv, call);
  if (IsGuarded(call.verb)) ReserveSessionFd(call);
  const Result<RuntimeLog> log = RuntimeLog::Open(call);
  if (!log) {
    (void)base::WriteAll(STDERR_FILENO, "stockade: " + log.error().Text() + "\n", "stderr");
    return 1;
  }
  const Outcome outcome = Dispatch(call, parsed);
  if (outcome) return *outcome;
  log->Error(outcome.error());
  return 1;
}

}  // namespace stockade::shim
