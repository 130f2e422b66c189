// SPDX-License-Identifier: Apache-2.0
// The socket to a container's supervisor, among the descriptors that the delegate passes on. It
// takes the first place, and what the caller preserves moves up by one; stockade-init moves it
// back.
//
//   ReserveSessionFd(call);          // before anything is opened
//   STOCKADE_ASSIGN(const auto words, PassSession(std::move(session), call, std::move(words)));
#pragma once

#include <string>
#include <vector>

#include "config/base/error.h"
#include "config/base/fd.h"
#include "shim/invocation.h"

namespace stockade::shim {

// Keeps the numbers of what the caller preserves, and the one behind, free of descriptors of ours.
void ReserveSessionFd(const Invocation& call);

// Puts `session` in its place and returns `words` (the delegate's arguments, the container's id the
// last of them) with one more preserved descriptor. kUsage error for a --preserve-fds that is no
// number.
base::Result<std::vector<std::string>> PassSession(base::UniqueFd session, const Invocation& call,
                                                   std::vector<std::string> words);

// The arguments of `call` as the delegate gets them, with the id at the end.
std::vector<std::string> WordsOf(const Invocation& call);

}  // namespace stockade::shim
