// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/caller_address.h"

#include <fcntl.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "sandbox/supervisor/capabilities.h"

namespace stockade::supervisor {
namespace {

using filters::SocketUse;

// The name of an open node, as the thread's own root has it.
std::optional<std::string> NameOf(int own_fds, int node) {
  std::array<char, 4096> name;
  const ssize_t got = readlinkat(own_fds, std::to_string(node).c_str(), name.data(), name.size());
  if (got <= 0 || static_cast<std::size_t>(got) == name.size()) return std::nullopt;
  return std::string(name.data(), static_cast<std::size_t>(got));
}

// Records a refusal; 0 if the call goes on.
int RefuseAddress(const Services& services, const seccomp_notif& call, std::string_view name,
                  const filters::SocketAddress& address, std::string_view rule) {
  return Refuse(services, call, name, address.Text(), rule) ? 0 : EACCES;
}

}  // namespace

int CallerAddress::Take(const Services& services, const seccomp_notif& call, std::string_view name,
                        std::uint64_t pointer, std::uint64_t length, SocketUse use) {
  const auto signed_length = static_cast<std::int32_t>(length);  // the kernel reads an int
  if (signed_length < 0 || static_cast<std::size_t>(signed_length) > sizeof bytes_) return EINVAL;
  length_ = static_cast<socklen_t>(signed_length);
  const auto bytes = std::as_writable_bytes(std::span(&bytes_, 1)).first(length_);
  if (!ReadMemory(static_cast<pid_t>(call.pid), pointer, bytes)) {
    return services.source.IsWaiting(call.id) ? EFAULT : kGone;
  }
  const auto decoded = filters::DecodeAddress(bytes, use);
  if (!decoded) return EINVAL;
  decoded_ = *decoded;
  if (IsUnixPath() && use != SocketUse::kBind) return 0;
  const auto decision = filters::DecideAddress(services.rule.network, decoded_, use);
  return decision.allowed ? 0 : RefuseAddress(services, call, name, decoded_, decision.rule);
}

Reach::Reach(const Services& services, const seccomp_notif& call, const CallerAddress* address)
    : services_(services), call_(call), address_(address) {
  const bool by_path = address != nullptr && address->IsUnixPath();
  caller_ = TakeCaller(services, call, {.path = by_path, .directory = by_path, .mask = by_path});
  if (!caller_ || !services.source.IsWaiting(call.id)) return;
  acting_.emplace(*caller_, services.own_root);
  // What stands in for a settled caller may look into others, and a path may lead through /proc to
  // what another process has open, or has for its root.
  if (by_path && *acting_ && !SetCapabilities(kPermitted, 0)) acting_.reset();
}

int Reach::Resolve(std::string_view name) {
  if (address_ == nullptr || !address_->IsUnixPath()) return 0;
  if (address_->length() > sizeof(sockaddr_un)) return EINVAL;
  node_.Reset(open(address_->decoded().name.c_str(), O_PATH | O_CLOEXEC));
  if (!node_) return errno;
  const auto path = NameOf(services_.own_fds, node_.get());
  if (!path) return EACCES;
  filters::SocketAddress where = address_->decoded();
  where.name = *path;
  const auto decision = filters::DecideAddress(services_.rule.network, where, SocketUse::kConnect);
  if (!decision.allowed) {
    const int error = RefuseAddress(services_, call_, name, where, decision.rule);
    if (error != 0) return error;
  }
  // The node itself, whatever stands at its path by now.
  if (fchdir(services_.own_fds) != 0) return EACCES;
  sockaddr_un by_number{};
  by_number.sun_family = AF_UNIX;
  const std::string number = std::to_string(node_.get());
  number.copy(by_number.sun_path, sizeof by_number.sun_path - 1);
  by_number_length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + number.size() + 1);
  std::memcpy(&by_number_, &by_number, sizeof by_number);
  return 0;
}

const sockaddr* Reach::address() const {
  if (by_number_length_ != 0) return reinterpret_cast<const sockaddr*>(&by_number_);
  return address_ == nullptr || address_->length() == 0 ? nullptr : address_->get();
}

socklen_t Reach::length() const {
  if (by_number_length_ != 0) return by_number_length_;
  return address_ == nullptr ? 0 : address_->length();
}

}  // namespace stockade::supervisor
