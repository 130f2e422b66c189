// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/open_effect.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>

#include "sandbox/supervisor/caller_text.h"
#include "sandbox/supervisor/settled_view.h"

namespace stockade::supervisor {
namespace {

constexpr int kAgain = -3;
constexpr int kTries = 64;  // of a caller that changes its files as we look

constexpr int kLooks = 8;  // before a path that does not lead back to its file counts as none

// What is left to do at a file that is there already. No terminal becomes the supervisor's own.
int FlagsForExisting(int flags) {
  // A file without a name is not there yet, and O_EXCL says that it never gets one.
  const int exclusive = (flags & O_TMPFILE) == O_TMPFILE ? 0 : O_EXCL;
  return (flags & ~(O_CREAT | exclusive | O_NOFOLLOW)) | O_NOCTTY | O_CLOEXEC;
}

// As the kernel does where fs.protected_regular and protected_fifos are set, which they are on
// every distribution: an O_CREAT in a shared directory does not open what somebody else put there.
bool IsTrap(const struct stat& file, const struct stat& directory) {
  constexpr mode_t kShared = S_ISVTX | S_IWOTH;
  const bool kind = S_ISREG(file.st_mode) || S_ISFIFO(file.st_mode);
  return kind && (directory.st_mode & kShared) == kShared && file.st_uid != directory.st_uid &&
         file.st_uid != geteuid();
}

}  // namespace

OpenEffect::OpenEffect(const Services& services, const seccomp_notif& call, AskedOpen asked)
    : services_(services),
      call_(call),
      asked_(std::move(asked)),
      resolver_(services, static_cast<pid_t>(call.pid), asked_.start.get()) {}

bool OpenEffect::TakePlace(const Caller& caller) {
  if (caller.view != nullptr) {
    root_ = caller.view->path;
    return true;
  }
  // From here, a path begins at the root of the mount namespace that it is in.
  const auto root = PathOfRoot(services_.own_fds, caller.place.root.get());
  if (root) root_ = *root;
  return root.has_value();
}

bool OpenEffect::OnlyReads() const {
  const mode_t type = found_.status.st_mode;
  return !asked_.request.Writes() && (S_ISREG(type) || S_ISDIR(type));
}

int OpenEffect::Open() {
  int error = kAgain;
  for (tries_ = 0; tries_ < kTries && error == kAgain; ++tries_) error = Once();
  return error == kAgain ? EAGAIN : error;
}

int OpenEffect::Once() {
  found_ = {};
  const bool exclusive = Has(O_CREAT) && Has(O_EXCL);
  const ResolveOptions options{.follow = !Has(O_NOFOLLOW) && !exclusive,
                               .create = Has(O_CREAT),
                               .writes = asked_.request.Writes() || Has(O_CREAT),
                               .resolve = asked_.request.resolve};
  if (const int error = resolver_.Resolve(asked_.path, options, found_); error != 0) return error;
  if (Has(O_CREAT) && found_.directory) return EISDIR;
  if (!found_.node) return Make();
  if (exclusive) return EEXIST;
  if (Has(O_CREAT) && S_ISDIR(found_.status.st_mode)) return EISDIR;
  return Existing();
}

int OpenEffect::PathOf(int node, const std::string& name, filters::FoundFile& file) {
  if (found_.literal) {
    file.path = root_ + asked_.path;
    return file.path.size() < PATH_MAX ? 0 : ENAMETOOLONG;
  }
  const auto path = resolver_.NameOf(node, found_.proven && root_.empty());
  if (!path) return EACCES;
  file.path = root_ + (*path == "/" && !name.empty() ? "" : *path);
  if (!name.empty()) file.path += "/" + name;
  return file.path.size() < PATH_MAX ? 0 : ENAMETOOLONG;
}

int OpenEffect::Refused(std::string_view path, std::string_view rule) {
  const std::string arguments = fmt::format("{}, {}", Printable(path), asked_.request.FlagsText());
  // Asked once a call, whatever changes meanwhile.
  if (!let_) let_ = Refuse(services_, call_, asked_.name, arguments, rule);
  return let_ ? 0 : EACCES;
}

int OpenEffect::Decide(const filters::FoundFile& file) {
  const auto decision = filters::DecideFile(services_.rule.files, file);
  return decision.allowed ? 0 : Refused(file.unnamed ? "(deleted)" : file.path, decision.rule);
}

int OpenEffect::DecideDevice() {
  if (Has(O_PATH)) return 0;
  const mode_t type = found_.status.st_mode;
  if (!S_ISCHR(type) && !S_ISBLK(type)) return 0;
  switch (filters::DecideDevice(type, found_.status.st_rdev)) {
    case filters::DeviceAnswer::kOpen:
      return 0;
    case filters::DeviceAnswer::kTerminal:
      return ENXIO;
    case filters::DeviceAnswer::kRefuse:
      break;
  }
  return EPERM;
}

int OpenEffect::Existing() {
  if (const int error = DecideDevice(); error != 0) return error;
  const mode_t type = found_.status.st_mode;
  filters::FoundFile file;
  // A write to one of these devices changes no file, and one to a pipe does not either.
  file.writes = asked_.request.Writes() && !S_ISCHR(type) && !S_ISFIFO(type) && !S_ISSOCK(type);
  file.unnamed = found_.status.st_nlink == 0;
  if (file.unnamed && found_.proven) return kAgain;  // removed as we look
  // A pipe that only a descriptor leads to has no path, and is the caller's already.
  const bool pipe = found_.descriptor && !S_ISREG(type) && !S_ISDIR(type) && !S_ISCHR(type);
  if (!file.unnamed && !pipe) {
    const int error = PathOf(found_.node.get(), "", file);
    if (error == ENAMETOOLONG) return error;
    if (error != 0) {
      if (tries_ < kLooks) return kAgain;  // moved as we look
      if (const int refused = Refused(asked_.path, "unreachable"); refused != 0) return refused;
      file.unnamed = true;
    }
  }
  if (!pipe) {
    if (const int error = Decide(file); error != 0) return error;
  }
  struct stat directory = {};
  if (Has(O_CREAT) && found_.parent && fstat(found_.parent.get(), &directory) == 0 &&
      IsTrap(found_.status, directory)) {
    return EACCES;
  }
  if (!OnlyReads() && !services_.source.IsWaiting(call_.id)) return ESRCH;
  const int flags = FlagsForExisting(asked_.request.flags);
  if (S_ISFIFO(type) && (flags & (O_NONBLOCK | O_PATH)) == 0) return kWaits;
  // A lease would make us wait.
  const bool leased = S_ISREG(type) && (flags & (O_NONBLOCK | O_PATH)) == 0;
  file_ = resolver_.Reopen(found_, leased ? flags | O_NONBLOCK : flags, asked_.request.mode);
  if (!file_) return leased && errno == EWOULDBLOCK ? kWaits : errno;
  if (leased) (void)fcntl(file_.get(), F_SETFL, flags & (O_APPEND | O_DIRECT | O_NOATIME));
  return 0;
}

int OpenEffect::Make() {
  filters::FoundFile file;
  file.writes = true;
  if (const int error = PathOf(found_.parent.get(), found_.name, file); error != 0) {
    if (error == ENAMETOOLONG) return error;
    if (tries_ < kLooks) return kAgain;
    if (const int refused = Refused(asked_.path, "unreachable"); refused != 0) return refused;
    file.unnamed = true;
  }
  if (const int error = Decide(file); error != 0) return error;
  if (!services_.source.IsWaiting(call_.id)) return ESRCH;
  // O_EXCL makes sure that it is a new one: what another put there meanwhile is not yet decided.
  const int flags = asked_.request.flags | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  file_.Reset(openat(found_.parent.get(), found_.name.c_str(), flags, asked_.request.mode));
  if (file_) return 0;
  return errno == EEXIST && !Has(O_EXCL) ? kAgain : errno;
}

std::optional<Reply> WaitingOpen::Perform(const StillWaiting& still_waiting) {
  const ActingAs acting(caller_, services_.own_root);
  if (!acting) return Reply{0, EACCES};
  const std::string node = std::to_string(node_.get());
  for (;;) {
    base::UniqueFd file(openat(services_.own_fds, node.c_str(), FlagsForExisting(flags_)));
    if (file) {
      services_.source.AnswerWithFd(call_.id, std::move(file), (flags_ & O_CLOEXEC) != 0,
                                    /*at_once=*/false);
      return std::nullopt;
    }
    if (errno != EINTR) return Reply{0, errno};
    if (!still_waiting()) return std::nullopt;
  }
}

}  // namespace stockade::supervisor
