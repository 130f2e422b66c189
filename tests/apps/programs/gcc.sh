#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of gcc and make: a codec that Debian ships as C (libstb) with a program around it, built in
# parallel, plain, linked statically with link-time optimisation, and under the sanitizers.
set -eu
cp /apps/codec.c /apps/codec.mk /work/
cd /work
make -s -j4 -f codec.mk
for program in plain static thread; do
  echo "$program: $(./$program 2>&1)"
done
echo "address: $(ASAN_OPTIONS=detect_leaks=0 ./address 2>&1)"
# The leak check stops the program's own threads by ptrace.
echo "leaks: $(./address 2>&1 | head -n 1 | sed 's/^==[0-9]*/==PID/')"
objdump -d plain | grep -c '<main>:' | sed 's/^/disassembled: /'
