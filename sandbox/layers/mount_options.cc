// SPDX-License-Identifier: Apache-2.0
#include "sandbox/layers/mount_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

namespace stockade::sandbox {
namespace {

// A pair of words for one flag. Each exists for the mount itself and, with an "r" before it, for
// everything below (mount_setattr with AT_RECURSIVE).
struct Flag {
  std::string_view set;
  std::string_view clear;
};
constexpr std::array<Flag, 13> kFlags{{{"ro", "rw"},
                                       {"nosuid", "suid"},
                                       {"nodev", "dev"},
                                       {"noexec", "exec"},
                                       {"nosymfollow", "symfollow"},
                                       {"sync", "async"},
                                       {"dirsync", ""},
                                       {"mand", "nomand"},
                                       {"noatime", "atime"},
                                       {"nodiratime", "diratime"},
                                       {"relatime", "norelatime"},
                                       {"strictatime", "nostrictatime"},
                                       {"lazytime", "nolazytime"}}};

constexpr std::array<std::string_view, 8> kPropagation{
    "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"};

// Words without an effect on what may be reached. "remount" is not among them: it would change
// another mount, the root included.
constexpr std::array<std::string_view, 6> kPlain{"defaults", "silent",     "loud",
                                                 "iversion", "noiversion", "tmpcopyup"};

// Data that a file system takes; a final "=" takes a value.
struct Data {
  std::string_view type;
  std::string_view word;
};
constexpr std::array<Data, 46> kData{{{"bind", "bind"},
                                      {"bind", "rbind"},
                                      {"bind", "idmap"},
                                      {"bind", "ridmap"},
                                      {"bind", "idmap="},
                                      {"bind", "ridmap="},
                                      {"bind", "copy-symlink"},
                                      {"bind", "src-nofollow"},
                                      {"bind", "dest-nofollow"},
                                      {"tmpfs", "size="},
                                      {"tmpfs", "nr_blocks="},
                                      {"tmpfs", "nr_inodes="},
                                      {"tmpfs", "mode="},
                                      {"tmpfs", "uid="},
                                      {"tmpfs", "gid="},
                                      {"tmpfs", "huge="},
                                      {"tmpfs", "mpol="},
                                      {"tmpfs", "inode32"},
                                      {"tmpfs", "inode64"},
                                      {"tmpfs", "noswap"},
                                      {"tmpfs", "acl"},
                                      {"tmpfs", "noacl"},
                                      {"devpts", "newinstance"},
                                      {"devpts", "ptmxmode="},
                                      {"devpts", "mode="},
                                      {"devpts", "gid="},
                                      {"devpts", "uid="},
                                      {"devpts", "max="},
                                      {"proc", "hidepid="},
                                      {"proc", "gid="},
                                      {"proc", "subset="},
                                      {"mqueue", "mode="},
                                      {"cgroup", "none"},
                                      {"cgroup", "all"},
                                      {"cgroup", "xattr"},
                                      {"cgroup", "name="},
                                      {"cgroup2", "nsdelegate"},
                                      {"cgroup2", "memory_recursiveprot"},
                                      {"cgroup2", "memory_localevents"},
                                      {"cgroup2", "favordynmods"},
                                      {"sysfs", "seclabel"},
                                      {"", "context="},
                                      {"", "fscontext="},
                                      {"", "defcontext="},
                                      {"", "rootcontext="},
                                      {"", "seclabel"}}};

// The flag that `word` speaks of, with or without the "r" of the recursive form.
const Flag* FlagOf(std::string_view word) {
  if (word.size() < 2) return nullptr;  // not the empty opposite of dirsync
  const auto named = [](std::string_view name) {
    return std::ranges::find_if(
        kFlags, [&](const Flag& flag) { return flag.set == name || flag.clear == name; });
  };
  auto flag = named(word);
  if (flag == kFlags.end() && word.starts_with('r')) flag = named(word.substr(1));
  return flag == kFlags.end() ? nullptr : &*flag;
}

bool IsClearing(std::string_view word, const Flag& flag) {
  return !flag.clear.empty() &&
         (word == flag.clear || (word.starts_with('r') && word.substr(1) == flag.clear));
}

bool Contains(const MountOptions& options, std::string_view word) {
  return std::ranges::find(options, word) != options.end();
}

// The kernel splits data at commas but in a quoted label: "mode=1777,size=0" would be two words.
bool HoldsAnother(std::string_view word) {
  bool quoted = false;
  return std::ranges::any_of(word, [&](char c) {
    if (c == '"') quoted = !quoted;
    return c == ',' && !quoted;
  });
}

}  // namespace

bool IsBind(const MountOptions& options) {
  return Contains(options, "bind") || Contains(options, "rbind");
}

bool IsRecursiveBind(const MountOptions& options) { return Contains(options, "rbind"); }

bool IsReadOnly(const MountOptions& options) {
  bool read_only = false;
  for (const std::string& word : options) {
    if (word == "ro" || word == "rro") read_only = true;
    if (word == "rw" || word == "rrw") read_only = false;
  }
  return read_only;
}

bool IsSharedWord(std::string_view word) { return word == "shared" || word == "rshared"; }

bool IsKnownWord(std::string_view word, std::string_view type) {
  if (HoldsAnother(word)) return false;
  if (FlagOf(word) != nullptr || std::ranges::find(kPlain, word) != kPlain.end() ||
      std::ranges::find(kPropagation, word) != kPropagation.end()) {
    return true;
  }
  const std::string_view name =
      word.substr(0, word.find('=') == std::string_view::npos ? word.size() : word.find('=') + 1);
  if (std::ranges::any_of(kData, [&](const Data& data) {
        return (data.type == type || data.type.empty()) && data.word == name;
      })) {
    return true;
  }
  const bool ours = std::ranges::find(kData, type, &Data::type) != kData.end();
  return !ours && word.find('=') != std::string_view::npos;
}

MountOptions TighteningFlags(const MountOptions& options) {
  constexpr std::array<std::string_view, 5> kTightening{"ro", "nosuid", "nodev", "noexec",
                                                        "nosymfollow"};
  MountOptions found;
  for (const std::string_view name : kTightening) {
    const Flag& flag = *FlagOf(name);
    if (std::ranges::any_of(options, [&](const auto& word) { return IsClearing(word, flag); })) {
      continue;
    }
    const std::string below = fmt::format("r{}", name);
    if (Contains(options, name) || Contains(options, below)) found.emplace_back(name);
    if (Contains(options, below)) found.push_back(below);
  }
  return found;
}

bool MayBeForgotten(const MountOptions& options, bool folder) {
  const MountOptions flags = TighteningFlags(options);
  return std::ranges::any_of(flags, [&](const std::string& flag) {
    if (flag.starts_with('r')) return false;  // "ro" and what is recursive
    return !(folder && Contains(flags, fmt::format("r{}", flag)));
  });
}

MountOptions Force(MountOptions options, const std::vector<std::string_view>& wanted) {
  for (const std::string_view word : wanted) {
    if (const Flag* flag = FlagOf(word)) {
      std::erase_if(options, [&](const std::string& given) { return IsClearing(given, *flag); });
    }
    if (!Contains(options, word)) options.emplace_back(word);
  }
  return options;
}

}  // namespace stockade::sandbox
