#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds stockade and runs every test of it, on a fresh Debian 12 machine, as root:
#
#   tests/run.sh               # everything; ends with ctest's summary and its exit code
#   tests/run.sh --no-forky        # without the end-to-end tests on the newer Debian's containerd
#   tests/run.sh --no-apps         # without the real applications under the classes
#   tests/run.sh --no-sanitizers   # without the second build, whose unit tests run under sanitizers
#   tests/run.sh --no-tidy         # without clang-tidy
#   tests/run.sh --fast            # without all four
#   tests/run.sh --help
#
# Installs the packages of tests/packages.txt, builds the presets release and asan-ubsan under
# build/, makes the second node's root folder (tests/e2e/forky_root.sh) and the applications' image
# (tests/apps/root.sh), fetches gVisor for their benchmark where Debian has it, and then calls ctest once,
# over both builds. Whatever else cannot be done ends the run with an error; nothing is skipped silently.
# STOCKADE_JOBS limits the number of processes (default: one for each processor).
set -euo pipefail
cd "$(dirname "$0")/.."

sanitizers=yes forky=yes apps=yes
leave_out=()
for option in "$@"; do
  case $option in
    --no-forky) forky=no ;;
    --no-apps) apps=no ;;
    --no-sanitizers) sanitizers=no ;;
    --no-tidy) leave_out+=('^lint\.tidy$') ;;
    --fast)
      sanitizers=no forky=no apps=no
      leave_out+=('^lint\.tidy$')
      ;;
    --help | -h)
      sed -n '4,19s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *)
      echo "tests/run.sh: unknown option $option; see tests/run.sh --help" >&2
      exit 2
      ;;
  esac
done

jobs=${STOCKADE_JOBS:-$(nproc)}
say() {
  printf '[%3d s] %s\n' $SECONDS "$*"
}

if [ "$(id -u)" != 0 ]; then
  echo "tests/run.sh: the end-to-end tests start containers; run it as root" >&2
  exit 1
fi

say "packages"
tests/install_packages.sh
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache CMAKE_C_COMPILER_LAUNCHER=ccache
  export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
fi

# What has to be downloaded besides packages is made while the compiler runs, one after the other.
roots_job=
if [ "$forky$apps" != nono ]; then
  mkdir -p build
  say "beside the build: a root of the newer Debian, the applications' image (build/roots.log)"
  {
    [ $forky = no ] || tests/e2e/forky_root.sh
    [ $apps = no ] || tests/apps/root.sh
    [ $apps = no ] || tests/bench/runsc.sh || say "the benchmark of applications has no gVisor"
  } >build/roots.log 2>&1 &
  roots_job=$!
  trap 'kill $roots_job 2>/dev/null || true' EXIT
fi

build() {
  say "build $1"
  cmake --preset "$1" --log-level=WARNING
  cmake --build --preset "$1" --parallel "$jobs"
}
build release
trees="\"$PWD/build/release\""
if [ $sanitizers = yes ]; then
  build asan-ubsan
  trees+=" \"$PWD/build/asan-ubsan\""
fi

if [ -n "$roots_job" ]; then
  say "waiting for the roots"
  if ! wait "$roots_job"; then
    cat build/roots.log >&2
    echo "tests/run.sh: a root could not be made; --no-forky and --no-apps leave their tests out" >&2
    exit 1
  fi
  trap - EXIT
fi

# One list over both builds, so that one summary at the end speaks of everything.
mkdir -p build/all
echo "subdirs($trees)" >build/all/CTestTestfile.cmake
arguments=(--test-dir build/all --parallel "$jobs" --output-on-failure --no-tests=error)
without=()
[ $forky = yes ] || without+=(forky)
[ $apps = yes ] || without+=(apps)
if [ ${#without[@]} -gt 0 ]; then
  arguments+=(--label-exclude "^($(IFS='|' && echo "${without[*]}"))\$")
fi
if [ ${#leave_out[@]} -gt 0 ]; then
  arguments+=(--exclude-regex "$(IFS='|' && echo "${leave_out[*]}")")
fi
say "tests: ctest ${arguments[*]}"
export STOCKADE_BIN_DIR=$PWD/build/release/bin STOCKADE_E2E_REQUIRE=1
exec ctest "${arguments[@]}" </dev/null
