// SPDX-License-Identifier: Apache-2.0
// A file descriptor that is closed when its owner goes away.
//
//   UniqueFd file(open(path, O_RDONLY | O_CLOEXEC));
//   if (!file) return FailErrno(ErrorKind::kHost, errno, path);
#pragma once

#include <unistd.h>

#include <utility>

namespace stockade::base {

// Move-only owner of a descriptor; -1 means none. Closing keeps errno.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd() { Reset(); }

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }
  // Gives the descriptor up to the caller, who must close it.
  int Release() { return std::exchange(fd_, -1); }
  // Closes the descriptor and takes `fd` instead.
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace stockade::base
