// SPDX-License-Identifier: Apache-2.0
// A command searched in PATH as the delegates do: the first regular way to run it wins, an empty
// entry is the current directory, and a name with a slash is taken as it is.
//
//   char room[kMaxPath];
//   const char* file = Find("sh", environment, room, [](const char* path) { return …; });
#pragma once

namespace stockade::init {

inline constexpr unsigned long kMaxPath = 4096;  // PATH_MAX, with the final NUL

// The value of the last PATH of an environment, or the usual places.
inline const char* SearchPath(char* const* environment) {
  const char* found = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (; *environment != nullptr; ++environment) {
    const char* const entry = *environment;
    if (entry[0] == 'P' && entry[1] == 'A' && entry[2] == 'T' && entry[3] == 'H' &&
        entry[4] == '=') {
      found = entry + 5;
    }
  }
  return found;
}

// The file to run for `command`, perhaps written into `room` (kMaxPath bytes); nullptr if
// `can_run(path)` is true nowhere. Entries that would make a path too long are passed over.
template <class CanRun>
const char* Find(const char* command, char* const* environment, char* room, CanRun can_run) {
  if (*command == '\0') return nullptr;
  for (const char* at = command; *at != '\0'; ++at) {
    if (*at == '/') return command;
  }
  for (const char* path = SearchPath(environment);; ++path) {
    unsigned long length = 0;
    const auto add = [&](char c) {
      if (length < kMaxPath) room[length] = c;
      ++length;
    };
    if (*path == '\0' || *path == ':') add('.');
    for (; *path != '\0' && *path != ':'; ++path) add(*path);
    add('/');
    for (const char* at = command; *at != '\0'; ++at) add(*at);
    add('\0');
    if (length <= kMaxPath && can_run(room)) return room;
    if (*path == '\0') return nullptr;
  }
}

}  // namespace stockade::init
