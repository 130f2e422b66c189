// SPDX-License-Identifier: Apache-2.0
#include "sandbox/id_claims.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>
#include <string_view>

#include "config/base/file.h"
#include "config/base/number.h"
#include "sandbox/state.h"

namespace stockade::sandbox {
namespace {

using base::ErrorKind;
using base::Result;
using base::Status;

constexpr std::string_view kNew = "/.new";  // a link that is about to replace another

std::string TextOf(const IdClaim& claim) {
  return fmt::format("{}/{}/{}", claim.owner->root_key, claim.owner->pod, claim.claimer.Text());
}

// Takes the part of `text` before the next "/", and the "/".
std::string_view NextPart(std::string_view& text) {
  const auto slash = text.find('/');
  const std::string_view part = text.substr(0, slash);
  text.remove_prefix(slash == std::string_view::npos ? text.size() : slash + 1);
  return part;
}

// Fills owner and claimer from the link's text, or leaves both empty.
void ReadText(std::string_view text, IdClaim& claim) {
  const std::string_view root_key = NextPart(text);
  const std::string_view pod = NextPart(text);
  const auto claimer = ProcessId::FromText(text);
  // The names of a directory each; a root's begins with the "%2F" of its path.
  if (root_key.empty() || root_key.front() == '.' || !ValidContainerId(pod) || !claimer) return;
  claim.owner = IdOwner{std::string(root_key), std::string(pod)};
  claim.claimer = *claimer;
}

bool Overlap(const IdRange& a, const IdRange& b) {
  return (a.first > b.first ? a.first - b.first : b.first - a.first) < IdRange::kSize;
}

bool Taken(const std::vector<IdClaim>& claims, const IdRange& ids) {
  return std::any_of(claims.begin(), claims.end(),
                     [&](const IdClaim& claim) { return Overlap(claim.ids, ids); });
}

const IdClaim* ClaimOf(const std::vector<IdClaim>& claims, const IdOwner& owner) {
  const auto found = std::find_if(claims.begin(), claims.end(),
                                  [&](const IdClaim& claim) { return claim.owner == owner; });
  return found == claims.end() ? nullptr : &*found;
}

// Where the search for a free range begins: anywhere, so that the range that was given back last
// is not the one that is given out next, while files of its old owner may still lie about.
std::size_t Start(const IdOwner& owner, std::size_t count) {
  return std::hash<std::string>()(owner.root_key + "/" + owner.pod) % count;
}

}  // namespace

std::string IdClaims::PathOf(const IdRange& ids) const {
  return fmt::format("{}/{}", directory_, ids.first);
}

// Held for a scan of the directory and a link, and by nobody who waits for anything.
Result<base::UniqueFd> IdClaims::Lock() const {
  STOCKADE_TRY(base::MakeDirectories(directory_, 0700));
  base::UniqueFd fd(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) return base::FailErrno(ErrorKind::kHost, errno, directory_);
  while (flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return base::FailErrno(ErrorKind::kHost, errno, "lock " + directory_);
  }
  return fd;
}

Result<std::vector<IdClaim>> IdClaims::List() const {
  std::vector<IdClaim> claims;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(directory_.c_str()), closedir);
  if (!directory) {
    if (errno == ENOENT) return claims;
    return base::FailErrno(ErrorKind::kHost, errno, directory_);
  }
  std::array<char, PATH_MAX> buffer;
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory.get());
    if (entry == nullptr) break;
    const auto first = base::WholeNumber<std::uint32_t>(entry->d_name);
    if (!first) continue;
    IdClaim claim{{*first}, {}, {}};
    const ssize_t got =
        readlinkat(dirfd(directory.get()), entry->d_name, buffer.data(), buffer.size());
    if (got < 0 && errno == ENOENT) continue;  // just given back
    if (got > 0) ReadText({buffer.data(), static_cast<std::size_t>(got)}, claim);
    claims.push_back(std::move(claim));
  }
  if (errno != 0) return base::FailErrno(ErrorKind::kHost, errno, directory_);
  std::sort(claims.begin(), claims.end(),
            [](const IdClaim& a, const IdClaim& b) { return a.ids.first < b.ids.first; });
  return claims;
}

// Over the claim that a dead process of the same owner made; the caller holds the lock.
Status IdClaims::Write(const IdClaim& claim) const {
  const std::string fresh = directory_ + std::string(kNew);
  unlink(fresh.c_str());
  if (symlink(TextOf(claim).c_str(), fresh.c_str()) != 0) {
    return base::FailErrno(ErrorKind::kHost, errno, fresh);
  }
  if (rename(fresh.c_str(), PathOf(claim.ids).c_str()) != 0) {
    return base::FailErrno(ErrorKind::kHost, errno, "rename " + fresh);
  }
  return {};
}

Result<IdRange> IdClaims::Claim(const IdOwner& owner, const ProcessId& claimer,
                                const std::vector<IdRange>& usable) const {
  if (!ValidContainerId(owner.pod)) {
    return base::Fail(ErrorKind::kSpec, "\"{}\" is not the id of a pod", owner.pod);
  }
  STOCKADE_ASSIGN(const base::UniqueFd lock, Lock());
  STOCKADE_ASSIGN(const std::vector<IdClaim> claims, List());
  if (const IdClaim* ours = ClaimOf(claims, owner)) {
    if (ours->claimer != claimer && ours->claimer.Alive()) {
      return base::Fail(ErrorKind::kUsage,
                        "container with given ID already exists: {} (process {} is making it)",
                        owner.pod, ours->claimer.pid);
    }
    STOCKADE_TRY(Write({ours->ids, owner, claimer}));
    return ours->ids;
  }
  const std::size_t start = usable.empty() ? 0 : Start(owner, usable.size());
  for (std::size_t i = 0; i < usable.size(); ++i) {
    const IdRange& ids = usable[(start + i) % usable.size()];
    if (Taken(claims, ids)) continue;
    if (symlink(TextOf({ids, owner, claimer}).c_str(), PathOf(ids).c_str()) == 0) {
      return ids;
    }
    if (errno != EEXIST) return base::FailErrno(ErrorKind::kHost, errno, PathOf(ids));
  }
  return base::FailHint(ErrorKind::kHost,
                        "give stockade more ids: \"idPool\" in the node's config.json, or its "
                        "entries in /etc/subuid and /etc/subgid; stockadectl pods lists who has "
                        "which",
                        "no ids are left for pod {}: all {} ranges of {} are taken", owner.pod,
                        usable.size(), std::uint32_t{IdRange::kSize});
}

Result<std::optional<IdRange>> IdClaims::Find(const IdOwner& owner) const {
  STOCKADE_ASSIGN(const std::vector<IdClaim> claims, List());
  const IdClaim* claim = ClaimOf(claims, owner);
  return claim == nullptr ? std::nullopt : std::optional<IdRange>(claim->ids);
}

Status IdClaims::Release(const IdOwner& owner, const ProcessId& claimer) const {
  if (access(directory_.c_str(), F_OK) != 0 && errno == ENOENT) return {};
  STOCKADE_ASSIGN(const base::UniqueFd lock, Lock());
  STOCKADE_ASSIGN(const std::vector<IdClaim> claims, List());
  const IdClaim* claim = ClaimOf(claims, owner);
  if (claim == nullptr) return {};
  // A create that found no record any more is at work with them.
  if (claim->claimer != claimer && claim->claimer.Alive()) return {};
  if (unlink(PathOf(claim->ids).c_str()) == 0) return {};
  return base::FailErrno(ErrorKind::kHost, errno, PathOf(claim->ids));
}

Status IdClaims::Sweep(const std::function<bool(const IdOwner&)>& needed) const {
  const auto list = [&]() -> Result<std::vector<IdClaim>> {
    STOCKADE_ASSIGN(std::vector<IdClaim> claims, List());
    // The record of a claimer that ends meanwhile is there when it is asked for.
    std::erase_if(claims, [&](const IdClaim& claim) {
      return !claim.owner || claim.claimer.Alive() || needed(*claim.owner);
    });
    return claims;
  };
  STOCKADE_ASSIGN(std::vector<IdClaim> claims, list());
  if (claims.empty()) return {};
  STOCKADE_ASSIGN(const base::UniqueFd lock, Lock());
  STOCKADE_ASSIGN(claims, list());
  for (const IdClaim& claim : claims) {
    if (unlink(PathOf(claim.ids).c_str()) != 0) {
      return base::FailErrno(ErrorKind::kHost, errno, PathOf(claim.ids));
    }
  }
  return {};
}

}  // namespace stockade::sandbox
