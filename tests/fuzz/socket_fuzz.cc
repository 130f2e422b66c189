// SPDX-License-Identifier: Apache-2.0
// What a caller's memory may hold where a supervisor reads a socket's address. The first byte says
// which call it is of.
#include <span>

#include "filters/interposition/network_decision.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Address(std::as_bytes(std::span(data, size)).subspan(1), data[0]);
  return 0;
}
