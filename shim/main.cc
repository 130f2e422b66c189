// SPDX-License-Identifier: Apache-2.0
// stockade, the OCI runtime.
#include "shim/runtime.h"

int main(int argc, char** argv) { return stockade::shim::RunRuntime({argv, argv + argc}); }
