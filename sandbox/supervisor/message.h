// SPDX-License-Identifier: Apache-2.0
// One message that a caller sends: its address, data and control messages, copied, decided, and
// sent on a duplicate of its socket. A stream is copied part by part, so that it costs us little
// memory.
#pragma once

#include <sys/uio.h>

#include <optional>
#include <vector>

#include "sandbox/supervisor/caller_address.h"
#include "sandbox/supervisor/operation.h"

namespace stockade::supervisor {

// The caller's socket, duplicated, and what decides how it sends.
struct SendSocket {
  base::UniqueFd fd;
  int domain = 0;
  int type = 0;
  bool IsIp() const;
  bool IsStream() const;
};

// Where the parts of a message are in the caller's memory.
struct MessageSource {
  std::uint64_t name = 0;
  std::uint64_t name_length = 0;
  std::uint64_t control = 0;
  std::uint64_t control_length = 0;
  std::vector<iovec> data;  // addresses of the caller's
};

class Message {
 public:
  static constexpr std::size_t kMaxTotal = 0x7ffff000;  // MAX_RW_COUNT: no more is sent at once

  Message(const Services& services, const seccomp_notif& call, std::string_view name)
      : services_(services), call_(call), name_(name) {}

  // Copies and decides. 0, an errno value, or kGone.
  int Take(const SendSocket& socket, MessageSource source, int flags);

  // Sends without waiting; nothing if some of it has to wait and may.
  std::optional<Reply> Try(const SendSocket& socket);
  // Sends the rest, waiting.
  std::optional<Reply> Perform(const SendSocket& socket, const StillWaiting& still_waiting);

 private:
  bool Fill(const SendSocket& socket);
  int SendPart(const SendSocket& socket, int flags, std::size_t& sent);
  int SendTo(const SendSocket& socket, int flags, const sockaddr* address, socklen_t length,
             std::size_t& sent);
  Reply End(const SendSocket& socket, int error) const;

  const Services& services_;
  const seccomp_notif& call_;
  std::string_view name_;
  MessageSource source_;
  CallerAddress address_;
  std::vector<std::byte> control_;
  std::vector<base::UniqueFd> passed_;
  int flags_ = 0;
  std::vector<std::byte> part_;  // of the data, copied
  std::size_t part_at_ = 0;      // how much of it has been sent
  std::size_t segment_ = 0;      // of source_.data, what is to be copied next ...
  std::size_t segment_at_ = 0;   // ... and from where in it
  std::size_t total_ = 0;
  std::size_t sent_ = 0;
};

}  // namespace stockade::supervisor
