// SPDX-License-Identifier: Apache-2.0
// What a caller's memory may hold where a supervisor reads: an address, control messages, and the
// status text of a thread. The first byte says which.
#include <span>
#include <string_view>
#include <vector>

#include "filters/interposition/network_decision.h"
#include "sandbox/supervisor/control_message.h"
#include "sandbox/supervisor/identity.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace stockade;  // NOLINT(google-build-using-namespace): a fuzz target is a main program
using fuzz::Require;

void Address(std::span<const std::byte> bytes, unsigned char which) {
  constexpr filters::SocketUse kUses[] = {filters::SocketUse::kConnect, filters::SocketUse::kBind,
                                          filters::SocketUse::kSend};
  const filters::SocketUse use = kUses[which % 3];
  const auto address = filters::DecodeAddress(bytes, use);
  if (!address) return;
  config::NetworkRule none;
  none.mode = config::Mode::kConfine;
  none.connect.allow_others = false;
  none.bind.allow_others = false;
  const bool allowed = filters::DecideAddress(none, *address, use).allowed;
  const bool reaches = address->kind == filters::SocketAddress::Kind::kIp ||
                       address->kind == filters::SocketAddress::Kind::kUnixPath ||
                       address->kind == filters::SocketAddress::Kind::kUnixAbstract;
  Require(!allowed || !reaches, "a class that allows nothing allows no address", address->Text());
  for (const char c : address->Text()) {
    Require(c >= 0x20 && c < 0x7f, "an address's text is printable", address->Text());
  }
}

void Control(std::span<const std::byte> bytes, unsigned char which) {
  std::vector<std::byte> control(bytes.begin(), bytes.end());
  std::vector<base::UniqueFd> passed;
  const auto none = [](int) { return base::UniqueFd(); };
  (void)supervisor::TakeControl(control, which % 2 == 0, none, passed);
  Require(passed.empty(), "no descriptor comes from nothing", "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(1);
  switch (data[0] % 3) {
    case 0:
      Address(bytes, data[0] / 3);
      break;
    case 1:
      Control(bytes, data[0] / 3);
      break;
    default:
      (void)supervisor::ParseIdentity({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  return 0;
}
