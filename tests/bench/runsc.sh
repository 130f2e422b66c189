#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Fetches gVisor's runsc for the benchmark of applications: Debian's package of bookworm-backports,
# its signature checked by apt, unpacked and never installed. Made once, then kept:
#
#   $ tests/bench/runsc.sh
#   /var/cache/stockade-e2e/runsc/usr/bin/runsc
#
# The only line on stdout is the program. STOCKADE_E2E_CACHE names another place for it. The mirror is
# the one that apt already uses here.
set -eu

cache=${STOCKADE_E2E_CACHE:-/var/cache/stockade-e2e}
made=$cache/runsc

mkdir -p "$cache"
exec 9>"$cache/runsc.lock"
flock 9

# The stamp is this script: a program that an older one fetched is fetched again.
stamp=$(sha256sum <"$0")
if [ "$(cat "$made/.stockade-e2e" 2>/dev/null)" = "$stamp" ]; then
  echo "$made/usr/bin/runsc"
  exit 0
fi

mirror=$("$(dirname "$0")/../mirror.sh")

# Package lists and sources of its own: those of this machine stay as they are.
rm -rf "$made" "$made.new"
mkdir -p "$made.new/apt/lists/partial" "$made.new/apt/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror bookworm-backports main" \
  >"$made.new/apt/sources.list"
own_apt() {
  apt-get -q -o Dir::Etc::SourceList="$made.new/apt/sources.list" -o Dir::Etc::SourceParts=/dev/null \
    -o Dir::State::Lists="$made.new/apt/lists" -o Dir::Cache="$made.new/apt" \
    -o APT::Sandbox::User=root "$@"
}
if ! { own_apt update && cd "$made.new/apt" && own_apt download runsc; } >"$cache/runsc.log" 2>&1; then
  tail -n 20 "$cache/runsc.log" >&2
  echo "runsc.sh: the package did not come; the log is $cache/runsc.log" >&2
  exit 1
fi
dpkg-deb -x "$made.new/apt"/runsc_*.deb "$made.new"
cd "$cache"
rm -rf "$made.new/apt"
echo "$stamp" >"$made.new/.stockade-e2e"
mv "$made.new" "$made"
echo "$made/usr/bin/runsc"
