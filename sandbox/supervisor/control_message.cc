// SPDX-License-Identifier: Apache-2.0
#include "sandbox/supervisor/control_message.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <span>

namespace stockade::supervisor {
namespace {

constexpr std::size_t kMaxFds = 253;   // SCM_MAX_FD
constexpr int kIpv6RoutingHeader = 5;  // IPV6_2292RTHDR, which no header of user space has

// True for an option that routes a packet over another destination.
bool Reroutes(const cmsghdr& header) {
  return (header.cmsg_level == IPPROTO_IP && header.cmsg_type == IP_RETOPTS) ||
         (header.cmsg_level == IPPROTO_IPV6 &&
          (header.cmsg_type == IPV6_RTHDR || header.cmsg_type == kIpv6RoutingHeader));
}

int TakeFds(std::span<std::byte> numbers, const DuplicateFd& duplicate,
            std::vector<base::UniqueFd>& passed) {
  if (numbers.size() / sizeof(int) + passed.size() > kMaxFds) return EINVAL;
  for (; numbers.size() >= sizeof(int); numbers = numbers.subspan(sizeof(int))) {
    int number = -1;
    std::memcpy(&number, numbers.data(), sizeof number);
    base::UniqueFd copy = duplicate(number);
    if (!copy) return EBADF;
    number = copy.get();
    std::memcpy(numbers.data(), &number, sizeof number);
    passed.push_back(std::move(copy));
  }
  return 0;
}

}  // namespace

int TakeControl(std::vector<std::byte>& control, bool unix_socket, const DuplicateFd& duplicate,
                std::vector<base::UniqueFd>& passed) {
  std::span<std::byte> rest(control);
  while (rest.size() >= sizeof(cmsghdr)) {
    cmsghdr header{};
    std::memcpy(&header, rest.data(), sizeof header);
    if (header.cmsg_len < sizeof header || header.cmsg_len > rest.size()) return EINVAL;
    if (Reroutes(header)) return EPERM;
    if (unix_socket && header.cmsg_level == SOL_SOCKET) {
      if (header.cmsg_type == SCM_CREDENTIALS) return EPERM;
      const auto body = rest.first(header.cmsg_len).subspan(CMSG_ALIGN(sizeof header));
      const int error = header.cmsg_type == SCM_RIGHTS ? TakeFds(body, duplicate, passed) : 0;
      if (error != 0) return error;
    }
    const std::size_t step = CMSG_ALIGN(header.cmsg_len);
    if (step >= rest.size()) break;
    rest = rest.subspan(step);
  }
  return 0;
}

}  // namespace stockade::supervisor
