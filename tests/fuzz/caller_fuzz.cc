// SPDX-License-Identifier: Apache-2.0
// What a supervisor copies of a caller that is no address and no open: control messages, the status
// text of a thread, and the registers of a call, which the record shows. The first byte says which.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "filters/call_table.h"
#include "filters/interposition/call_text.h"
#include "sandbox/supervisor/control_message.h"
#include "sandbox/supervisor/settled_view.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace stockade;  // NOLINT(google-build-using-namespace): a fuzz target is a main program
using fuzz::Require;

// What the kernel would find in the control messages that were let through, walked as it walks
// them.
void CheckControl(std::vector<std::byte>& control, const std::set<int>& passed) {
  msghdr message{};
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    const bool socket = at->cmsg_level == SOL_SOCKET;
    Require(!socket || at->cmsg_type != SCM_CREDENTIALS, "no credentials pass", "");
    Require(at->cmsg_level != IPPROTO_IP || at->cmsg_type != IP_RETOPTS, "no routes pass", "");
    Require(at->cmsg_level != IPPROTO_IPV6 || at->cmsg_type != IPV6_RTHDR, "no routes pass", "");
    if (!socket || at->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= at->cmsg_len; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(at) + i * sizeof(int), sizeof number);
      Require(passed.contains(number), "no descriptor of ours passes", "");
    }
  }
}

void Control(std::span<const std::byte> bytes) {
  std::vector<std::byte> control(bytes.begin(), bytes.end());
  control.resize(std::min(control.size(), supervisor::kMaxControl));
  std::vector<base::UniqueFd> owned;
  const auto duplicate = [](int number) {
    return base::UniqueFd(number == 0 ? -1 : open("/dev/null", O_RDONLY | O_CLOEXEC));
  };
  const auto none = [](int) { return base::UniqueFd(); };
  std::vector<std::byte> other = control;
  (void)supervisor::TakeControl(other, false, none, owned);
  Require(owned.empty(), "no descriptor comes from nothing", "");
  if (supervisor::TakeControl(control, true, duplicate, owned) != 0) return;
  std::set<int> passed;
  for (const base::UniqueFd& fd : owned) passed.insert(fd.get());
  CheckControl(control, passed);
}

void Status(std::string_view text) {
  (void)supervisor::KeepsIdsAndRoot(text);
  const auto identity = supervisor::ParseIdentity(text);
  if (!identity) return;
  Require(identity->mask <= 0777, "a mask is one", text);
  Require(identity->groups.size() <= text.size() / 2 + 1, "each group stands in the text", text);
}

void Registers(std::span<const std::byte> bytes) {
  seccomp_data call{};
  std::memcpy(&call, bytes.data(), std::min(bytes.size(), sizeof call));
  const std::string text = filters::ArgumentText(call);
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  Require(std::ranges::all_of(text, printable), "a record is printable", text);
  Require(text.size() < 2048, "a record is short", text);
  (void)filters::CallName(call);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 3) {
    case 0:
      Control(bytes);
      break;
    case 1:
      Status({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      break;
    default:
      Registers(bytes);
  }
  return 0;
}
