// SPDX-License-Identifier: Apache-2.0
// Whole files: read with a size limit, replaced atomically, and paths resolved by the kernel rather
// than as strings.
//
//   STOCKADE_ASSIGN(std::string text, ReadFile("/etc/stockade/config.json", 1 << 20));
//   STOCKADE_TRY(ReplaceFile(bundle + "/config.json", text, 0600));
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/base/error.h"
#include "config/base/fd.h"

namespace stockade::base {

// Reads a regular file of at most `max_bytes` bytes. FIFOs, devices and directories are refused, so
// that hostile bundle content cannot block or flood us. Errors are of kind kHost, naming the path.
Result<std::string> ReadFile(const std::string& path, std::size_t max_bytes);

// The same from an open descriptor; `name` is used in errors. Reads from the current offset, and
// accepts pipes when `allow_pipe` is set.
Result<std::string> ReadFd(int fd, std::size_t max_bytes, std::string_view name,
                           bool allow_pipe = false);

// Writes a new file beside `path` with `mode`, syncs it and renames it over `path`, so that a
// reader sees the old or the new text, never a part. Ownership and mode of an existing file are
// kept. Leaves no temporary file behind on error; after SIGKILL one may stay, under the name of
// TemporaryName.
Status ReplaceFile(const std::string& path, std::string_view text, unsigned mode);

// The name under which ReplaceFile writes the new text: beside `path`, the same every time, so that
// a file left by a killed writer is replaced by the next one and can be swept.
std::string TemporaryName(const std::string& path);

// Writes all of `text` to `fd`, retrying on short writes and EINTR.
Status WriteAll(int fd, std::string_view text, std::string_view name);

// Makes `path` and its missing parents with `mode`, owned by us. An existing directory is kept.
Status MakeDirectories(const std::string& path, unsigned mode);

// The absolute path that `path` names after all symbolic links on the host, as the kernel resolves
// it (O_PATH and /proc/self/fd). kHost error if it does not exist.
Result<std::string> ResolvePath(const std::string& path);

// Fails, with an error of `kind`, if somebody other than root could change or replace the file at
// the absolute `path`, which has no links in it: each part of the path belongs to root, and only a
// sticky directory may be writable by others.
Status CheckOwnedByRoot(const std::string& path, ErrorKind kind);

// Removes a directory tree without following symbolic links. A tree that is not there is no error.
Status RemoveTree(const std::string& path);

}  // namespace stockade::base
