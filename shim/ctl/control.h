// SPDX-License-Identifier: Apache-2.0
// The whole story of stockadectl: argv to exit code.
//
//   int main(int argc, char** argv) { return stockade::ctl::RunControl({argv, argv + argc}); }
#pragma once

#include <string>
#include <vector>

namespace stockade::ctl {

// Does what the command line says. 0: all is well; 1: a check failed or something was refused;
// 2: usage. Results go to stdout, errors to stderr as "stockadectl: …".
int RunControl(const std::vector<std::string>& argv);

}  // namespace stockade::ctl
