#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs the packages of tests/packages.txt that this Debian 12 machine lacks, with apt. Does
# nothing, without network, when none is missing.
#
#   tests/install_packages.sh
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t wanted < <(grep -v -e '^#' -e '^$' tests/packages.txt)
missing=()
for package in "${wanted[@]}"; do
  status=$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "these packages are missing and only root can install them: ${missing[*]}" >&2
  exit 1
fi
echo "installing ${#missing[@]} packages: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A source that cannot be reached and is not needed must not stop us: the installation decides. The
# daemons that come with the packages are not to be started, as every test starts its own.
apt-get -q update >"$log" 2>&1 || { cat "$log" >&2 && echo "going on with the lists at hand" >&2; }
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$log" "$policy"' EXIT
fi
if ! apt-get -qy -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 install --no-install-recommends \
  "${missing[@]}" >"$log" 2>&1 </dev/null; then
  tail -n 40 "$log" >&2
  echo "apt-get could not install the packages above" >&2
  exit 1
fi
