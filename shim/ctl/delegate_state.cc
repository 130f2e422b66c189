// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/delegate_state.h"

#include <limits>

#include "config/base/json.h"
#include "shim/ctl/run_program.h"
#include "shim/delegate.h"

namespace stockade::ctl {

using base::ErrorKind;

base::Result<DelegateState> ParseState(std::string_view answer) {
  STOCKADE_ASSIGN(
      const base::ParsedJson parsed,
      base::ParseJson(answer, base::kSpecLimits, "the delegate's state", ErrorKind::kDelegate));
  const base::Json* status = base::Find(parsed.value, "/status");
  const base::Json* pid = base::Find(parsed.value, "/pid");
  const bool good = status != nullptr && status->is_string() && pid != nullptr &&
                    pid->is_number_unsigned() &&
                    pid->get<std::uint64_t>() <= std::numeric_limits<int>::max();
  if (!good) return base::Fail(ErrorKind::kDelegate, "the delegate's state has no status and pid");
  return DelegateState{status->get<std::string>(), pid->get<int>()};
}

base::Result<DelegateState> AskState(const sandbox::StateRecord& record) {
  STOCKADE_TRY(shim::CheckDelegate(record.delegate));
  STOCKADE_ASSIGN(const Ran ran, RunProgram({record.delegate, "--root", record.delegate_root,
                                             "state", record.container.id}));
  if (ran.exit_code != 0) {
    const std::string said = ran.err.substr(0, ran.err.find('\n'));
    return base::Fail(ErrorKind::kDelegate, "{} state {}: exit code {}: {}", record.delegate,
                      record.container.id, ran.exit_code, said);
  }
  return ParseState(ran.out);
}

}  // namespace stockade::ctl
