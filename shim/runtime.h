// SPDX-License-Identifier: Apache-2.0
// The runtime's whole story: argv to exit code.
//
//   int main(int argc, char** argv) { return stockade::shim::RunRuntime({argv, argv + argc}); }
#pragma once

#include <string>
#include <vector>

namespace stockade::shim {

// Does what the command line says. Mostly it does not return but becomes the delegate; if it
// returns, the value is the exit code: 0, the delegate's, or 1 after an error, which then stands in
// the log.
int RunRuntime(const std::vector<std::string>& argv);

}  // namespace stockade::shim
