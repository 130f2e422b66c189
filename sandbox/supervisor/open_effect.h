// SPDX-License-Identifier: Apache-2.0
// One open on a caller's behalf: resolves, decides, opens.
//
//   OpenEffect effect(services, call, std::move(asked));
//   if (!effect.TakePlace(*caller)) …
//   const ActingAs acting(*caller, services.own_root);
//   if (effect.Open() == 0) services.source.AnswerWithFd(call.id, effect.TakeFile(), …);
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "filters/interposition/file_decision.h"
#include "filters/interposition/open_request.h"
#include "sandbox/supervisor/acting_as.h"
#include "sandbox/supervisor/operation.h"
#include "sandbox/supervisor/path_resolver.h"

namespace stockade::supervisor {

// What a caller asked for; `start` is a duplicate of the directory that a path begins at, if any.
struct AskedOpen {
  std::string_view name;  // of the call
  filters::OpenRequest request;
  std::string path;
  base::UniqueFd start = base::UniqueFd();
};

class OpenEffect {
 public:
  // Open() did not open a file because that may take long: TakeNode() is the file.
  static constexpr int kWaits = -2;

  OpenEffect(const Services& services, const seccomp_notif& call, AskedOpen asked);

  // Where in the container the caller's root is; while this thread is in its own root. False if it
  // cannot be told.
  bool TakePlace(const Caller& caller);
  // While this thread acts as the caller. 0, an errno value, or kWaits.
  int Open();

  base::UniqueFd TakeFile() { return std::move(file_); }
  // Nobody else notices who has the file open, and for how long.
  bool OnlyReads() const;
  base::UniqueFd TakeNode() { return std::move(found_.node); }

 private:
  // The same, or kAgain if what was found has changed.
  int Once();
  int Existing();
  int Make();
  // 0, or the errno value of a refusal.
  int Decide(const filters::FoundFile& file);
  int DecideDevice();
  int Refused(std::string_view path, std::string_view rule);
  // 0 and the path of what was found, from the container's root.
  int PathOf(int node, const std::string& name, filters::FoundFile& file);
  bool Has(int flag) const { return (asked_.request.flags & flag) != 0; }

  const Services& services_;
  const seccomp_notif& call_;
  AskedOpen asked_;
  PathResolver resolver_;
  std::string root_;  // of the caller, from the container's; "" if they are the same
  Found found_;
  base::UniqueFd file_;
  int tries_ = 0;
  bool let_ = false;  // refused and recorded, but performed: complain
};

// The open of a FIFO, or of a file that somebody has a lease on.
class WaitingOpen : public Operation {
 public:
  WaitingOpen(const Services& services, const seccomp_notif& call, int flags, Caller caller,
              base::UniqueFd node)
      : services_(services),
        call_(call),
        flags_(flags),
        caller_(std::move(caller)),
        node_(std::move(node)) {}
  std::optional<Reply> Try() override { return std::nullopt; }
  std::optional<Reply> Perform(const StillWaiting& still_waiting) override;

 private:
  const Services& services_;
  seccomp_notif call_;
  int flags_;
  Caller caller_;
  base::UniqueFd node_;
};

}  // namespace stockade::supervisor
