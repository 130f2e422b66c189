// SPDX-License-Identifier: Apache-2.0
#include "shim/session_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>

#include "config/base/number.h"
#include "sandbox/init/protocol.h"

namespace stockade::shim {
namespace {

using base::ErrorKind;

constexpr int kFirst = init::kSupervisorFd;
constexpr int kMaxPreserved = 64;  // our own descriptors of import lie above

std::optional<int> Number(std::string_view text) {
  const auto value = base::WholeNumber<int>(text);
  return value && *value >= 0 ? value : std::nullopt;
}

// Descriptors that socket activation passes on besides (sd_listen_fds(3)), as the delegates do.
int Activated() {
  const char* const count = std::getenv("LISTEN_FDS");  // NOLINT(concurrency-mt-unsafe)
  return count == nullptr ? 0 : Number(count).value_or(0);
}

base::Result<int> Preserved(const Invocation& call) {
  const std::string text = call.Value("preserve-fds").value_or("0");
  const auto asked = Number(text);
  if (!asked || *asked > kMaxPreserved || Activated() > kMaxPreserved - *asked) {
    return base::Fail(ErrorKind::kUsage, "--preserve-fds {}: not a number up to {}", text,
                      kMaxPreserved);
  }
  return *asked;
}

// Takes a number so that nothing of ours gets it.
void Reserve(int number) {
  if (fcntl(number, F_GETFD) >= 0) return;  // an inherited one is not ours
  base::UniqueFd nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing.get() == number) {
    (void)nothing.Release();
  } else if (nothing) {
    (void)dup3(nothing.get(), number, O_CLOEXEC);
  }
}

// True for a descriptor that our caller left open: those are not close-on-exec.
bool IsInherited(int fd) {
  const int flags = fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

}  // namespace

void ReserveSessionFd(const Invocation& call) {
  const auto preserved = Preserved(call);
  if (!preserved) return;
  // Not only the last one: LISTEN_FDS may be of another process, and count what is not open.
  for (int fd = kFirst; fd <= kFirst + Activated() + *preserved; ++fd) Reserve(fd);
}

base::Result<std::vector<std::string>> PassSession(base::UniqueFd session, const Invocation& call,
                                                   std::vector<std::string> words) {
  STOCKADE_ASSIGN(const int preserved, Preserved(call));
  for (int fd = kFirst + Activated() + preserved; fd > kFirst; --fd) {
    if (!IsInherited(fd - 1)) {
      (void)fcntl(fd, F_SETFD, FD_CLOEXEC);  // as closed to the delegate as it was to us
    } else if (dup2(fd - 1, fd) < 0) {
      return base::FailErrno(ErrorKind::kHost, errno, "pass a descriptor");
    }
  }
  if (dup2(session.get(), kFirst) != kFirst) {
    return base::FailErrno(ErrorKind::kHost, errno, "pass the supervisor's socket");
  }
  const std::string count = std::to_string(preserved + 1);
  words.insert(words.end() - 1, {"--preserve-fds", count});
  return words;
}

std::vector<std::string> WordsOf(const Invocation& call) {
  std::vector<std::string> words;
  for (const Flag& flag : call.globals) {
    words.insert(words.end(), flag.words.begin(), flag.words.end());
  }
  words.push_back(call.verb_word);
  for (const Flag& flag : call.flags) {
    words.insert(words.end(), flag.words.begin(), flag.words.end());
  }
  words.push_back(call.id);
  return words;
}

}  // namespace stockade::shim
