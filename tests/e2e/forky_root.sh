#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the second node of the end-to-end tests: a root folder of Debian forky with containerd 2.x,
# runc 1.3, crun and Docker, beside the Debian 12 that the tests run on. Made once, then kept:
#
#   $ tests/e2e/forky_root.sh
#   /var/cache/stockade-e2e/forky
#
# The only line on stdout is the folder. STOCKADE_E2E_CACHE names another place for it. The mirror
# is the one that apt already uses here. Needs root and debootstrap.
set -eu

cache=${STOCKADE_E2E_CACHE:-/var/cache/stockade-e2e}
root=$cache/forky
packages=containerd,runc,crun,containernetworking-plugins,iproute2,iptables,docker.io,docker-cli,procps

mkdir -p "$cache"
exec 9>"$cache/forky.lock"
flock 9

# The stamp holds the package list: a root made for an older list is made again.
if [ "$(cat "$root/.stockade-e2e" 2>/dev/null)" = "$packages" ]; then
  echo "$root"
  exit 0
fi

mirror=$("$(dirname "$0")/../mirror.sh")

rm -rf --one-file-system "$root" "$root.new"
if ! debootstrap --variant=minbase --include="$packages" forky "$root.new" "$mirror" \
  /usr/share/debootstrap/scripts/sid >"$cache/forky.log" 2>&1; then
  tail -n 20 "$cache/forky.log" >&2
  echo "forky_root.sh: debootstrap failed; its log is $cache/forky.log" >&2
  exit 1
fi
rm -rf "$root.new"/var/cache/apt/archives/*.deb "$root.new"/var/lib/apt/lists/*
echo "$packages" >"$root.new/.stockade-e2e"
mv "$root.new" "$root"
echo "$root"
