// SPDX-License-Identifier: Apache-2.0
#include "shim/ctl/control.h"

int main(int argc, char** argv) { return stockade::ctl::RunControl({argv, argv + argc}); }
