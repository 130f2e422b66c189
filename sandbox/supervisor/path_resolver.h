// SPDX-License-Identifier: Apache-2.0
// Where a caller's path leads, found as the caller and without opening anything (O_PATH): a file,
// or the directory that one is to be made in. The decision and the effect then use what was found,
// and no path is looked up twice.
//
//   PathResolver resolver(services, thread, mine, start.get());      // while ActingAs the caller
//   Found found;
//   if (const int error = resolver.Resolve(path, {.follow = true}, found); error != 0) …
//   base::UniqueFd file = resolver.Reopen(found, O_RDWR);
//
// The kernel looks up what it can in one call. What it would answer for us instead of the caller is
// looked up a component at a time: /proc/self and /proc/thread-self are the caller's, and links in
// /proc/self to what the caller has open lead there. Nothing that is in a /proc in which this
// process can be seen is found (EACCES), for there we would be let into our own; nor what the
// kernel would answer for our namespaces.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "sandbox/supervisor/identity.h"
#include "sandbox/supervisor/services.h"

namespace stockade::supervisor {

// A caller's numbers as its innermost pid namespace has them, as /proc/self and thread-self say.
struct OwnNumbers {
  pid_t process = 0;
  pid_t thread = 0;
};
// From /proc/<thread>/status.
std::optional<OwnNumbers> ReadOwnNumbers(TargetDescriptors& targets, pid_t thread);
// The same from the file's text, for tests and fuzzers.
std::optional<OwnNumbers> ParseOwnNumbers(std::string_view status);

struct ResolveOptions {
  bool follow = true;         // a link that is the last component
  bool create = false;        // the last component need not exist
  bool writes = false;        // what is found is to be written
  std::uint64_t resolve = 0;  // RESOLVE_* of openat2; with any, /proc leads nowhere
};

struct Found {
  base::UniqueFd node;      // what is there; none if it is to be made in `parent`
  base::UniqueFd parent;    // known if the options say create
  std::string name;         // in `parent`; "" if the path ended in ".", "..", "/" or a descriptor
  bool directory = false;   // the path ended in "/"
  bool proven = true;       // false if the path began elsewhere than at the root: NameOf proves it
  bool literal = false;     // no link was on the way: it is where the path says
  bool descriptor = false;  // it is what a descriptor of the caller's own refers to
  struct stat status = {};  // of `node`
  bool special = true;      // its file system may ask for the capabilities of who opens it
};

class PathResolver {
 public:
  // `start` is where a relative path begins; -1 is the working directory.
  PathResolver(const Services& services, pid_t thread, int start);

  // 0 or an errno value. `path` is not empty.
  int Resolve(const std::string& path, const ResolveOptions& options, Found& found);

  // The path of an open node from the root of this thread; nothing if it has none that fits in
  // PATH_MAX. Where `proven` is false, the path is looked up to see that it leads to `node`.
  std::optional<std::string> NameOf(int node, bool proven) const;

  // Opens what `found.node` is, whatever stands at its path by now. None with errno set.
  base::UniqueFd Reopen(const Found& found, int flags, mode_t mode = 0) const;

 private:
  struct Walk;
  int Kernel(const std::string& path, const ResolveOptions& options, Found& found) const;
  base::UniqueFd LookLiterally(int start, const std::string& path, int flags,
                               const ResolveOptions& options, Found& found) const;
  int KernelParent(const std::string& path, const ResolveOptions& options, Found& found) const;
  int Step(Walk& walk, const ResolveOptions& options, Found& found);
  int Up(Walk& walk) const;
  int Follow(Walk& walk, const std::string& name, int link);
  int FollowInProc(Walk& walk, const std::string& name, int link);
  base::UniqueFd OwnLink(const std::string& path) const;
  int CheckProc(const Found& found, int directory, bool writes) const;

  const Services& services_;
  pid_t thread_;
  int start_;
  std::optional<OwnNumbers> numbers_;
  bool plain_ = false;  // the path has nothing in it that leads elsewhere but links
};

// True if a node is on a procfs.
bool IsOnProc(int node);

}  // namespace stockade::supervisor
