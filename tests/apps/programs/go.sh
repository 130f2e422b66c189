#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of Go: the compiler builds the program of program.go (with the C compiler's linker, for the
# standard library's use of C), which then does its work.
set -eu
export HOME=/work GOCACHE=/work/cache GOTMPDIR=/work GOFLAGS=-mod=mod GOPROXY=off GO111MODULE=on
mkdir -p /work/source
cp /apps/program.go /work/source/main.go
cd /work/source
printf 'module stockade.test/program\n\ngo 1.19\n' >go.mod
/usr/lib/go-1.19/bin/go build -o /work/program .
echo "built: $(/usr/lib/go-1.19/bin/go version /work/program)"
/work/program || echo "did not run: $?"
