#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Shows what stockade does, on a Debian 12 machine, as root, in under three minutes:
#
#   integration/demo.sh              # install, build, run, print the table, clean up
#   integration/demo.sh --no-build   # with the programs that are in build/release already
#
# Starts a containerd of its own (its files, its socket, its mount and pid namespace: nothing of the
# machine's is touched) and runs one greedy container under plain runc and under each class. The
# container asks for every capability, no seccomp, no no_new_privs and a writable root. Ends with 0
# only if every class held what it promises.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
programs=${STOCKADE_BIN_DIR:-$repo/build/release/bin}

if [ "${1:-}" = --inside ]; then
  # Second call of this script, in the namespaces made below; $2 is the scratch folder.
  work=$2
  mount -t tmpfs -o nosuid,nodev,mode=755 tmpfs /run
  sed -e "s|@WORK@|$work|g" "$repo/integration/demo/containerd.toml" >"$work/config.toml"
  sed -e "s|@STOCKADE_BINDIR@|$programs|g" "$repo/integration/containerd/config-v2.toml.in" \
    >>"$work/config.toml"
  containerd --config "$work/config.toml" >"$work/containerd.log" 2>&1 &
  for _ in $(seq 100); do
    ctr --address "$work/containerd.sock" version >/dev/null 2>&1 && break
    sleep 0.1
  done
  # The namespaces end with this script, and with them the daemon, its shims and all mounts.
  if ! /usr/bin/python3 -B "$repo/integration/demo/compare.py" --socket "$work/containerd.sock" \
    --image "$work/image.tar" --programs "$programs"; then
    grep -E 'level=(error|fatal)' "$work/containerd.log" | tail -n 5 >&2
    exit 1
  fi
  exit 0
fi

case ${1:-} in
  '' | --no-build) ;;
  *)
    sed -n '4,12s/^# \{0,1\}//p' "$0"
    [ "$1" = --help ] && exit 0
    exit 2
    ;;
esac
if [ "$(id -u)" != 0 ]; then
  echo "integration/demo.sh: it starts containers; run it as root" >&2
  exit 1
fi

cd "$repo"
if [ "${1:-}" != --no-build ]; then
  echo "packages ..."
  tests/install_packages.sh
  echo "building the release programs ..."
  if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_BASEDIR=$repo CCACHE_NOHASHDIR=1
  fi
  cmake --preset release --log-level=WARNING >/dev/null
  cmake --build --preset release --parallel "$(nproc)" --target stockade >/dev/null
fi

# On a file system that overlayfs accepts as an upper layer.
work=$(mktemp -d /var/tmp/stockade-demo.XXXXXX)
clean_up() {
  # The groups that runc made for our containerd's namespace; empty by now.
  find /sys/fs/cgroup -depth -type d -path '*/stockade-demo*' -exec rmdir {} + 2>/dev/null || true
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

echo "an image, made offline ..."
PYTHONPATH=$repo/tests/e2e STOCKADE_E2E_CACHE=$work/images \
  /usr/bin/python3 -B -c 'from lib import images; print(images.archive("busybox"))' >"$work/archive"
cp "$(cat "$work/archive")" "$work/image.tar"

echo "one greedy container, four runtimes ..."
unshare --mount --pid --fork --kill-child --mount-proc "$repo/integration/demo.sh" --inside "$work"
