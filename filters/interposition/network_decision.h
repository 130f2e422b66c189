// SPDX-License-Identifier: Apache-2.0
// Whether a class lets a socket address be used: a pure function of the class's rule and a copy of
// the address, for the supervisor, `stockadectl explain` and tests alike.
//
//   DecideAddress(policy.network, *address, SocketUse::kConnect).allowed
#pragma once

#include <string_view>

#include "config/class_policy.h"
#include "filters/interposition/socket_address.h"

namespace stockade::filters {

struct AddressDecision {
  bool allowed = false;
  // What decided: a pattern of the class, or one of "default", "metadata address",
  // "address family". Lives as long as the rule.
  std::string_view rule;
};

// An address that means "this machine" (0.0.0.0, ::) as a destination is also asked for as the
// loopback address that the kernel takes for it. Netlink, which reaches the kernel alone, is
// allowed; other families are refused.
AddressDecision DecideAddress(const config::NetworkRule& rule, const SocketAddress& address,
                              SocketUse use);

// True for an address at which a cloud gives out metadata and credentials of the node.
bool IsMetadataAddress(const config::IpAddress& address);

}  // namespace stockade::filters
