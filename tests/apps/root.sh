#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Makes the image of the application tests: a Debian 12 root folder with real servers, languages and
# tools, packed as an OCI image layout. Made once, then kept:
#
#   $ tests/apps/root.sh
#   /var/cache/stockade-e2e/apps
#
# The only line on stdout is the folder; `oci/` in it is the image, stockade.test/apps:latest.
# STOCKADE_E2E_CACHE names another place for it. The mirror is the one that apt already uses here.
# Needs root and debootstrap, 2 GB of memory for the root folder, and 1.2 GB of disk that stay.
set -eu

# The root folder lies on a memory file system of a mount namespace that ends with this script.
[ "${1:-}" = --unshared ] || exec unshare --mount "$0" --unshared

here=$(cd "$(dirname "$0")" && pwd)
cache=${STOCKADE_E2E_CACHE:-/var/cache/stockade-e2e}
made=$cache/apps
packages="redis-server redis-tools nginx-light apache2-utils wrk postgresql-15 mariadb-server-core
mariadb-client-core mariadb-client python3 libpython3.11-testsuite nodejs golang-1.19-go
openjdk-17-jre-headless git gcc make libc6-dev libstb-dev"

mkdir -p "$cache"
exec 9>"$cache/apps.lock"
flock 9

# The stamp is this script and the packer: an image made by older ones is made again.
stamp=$(cat "$0" "$here/image.py" | sha256sum)
if [ "$(cat "$made/.stockade-e2e" 2>/dev/null)" = "$stamp" ]; then
  echo "$made"
  exit 0
fi

mirror=$("$here/../mirror.sh")

rm -rf "$made" "$made.new"
root=$made.new/root
mkdir -p "$root"
mount -t tmpfs -o size=4G root "$root"
include=$(echo "$packages" | tr -s ' \n' ,)
if ! debootstrap --variant=minbase --include="${include%,}" bookworm "$root" "$mirror" \
  >"$cache/apps.log" 2>&1; then
  tail -n 20 "$cache/apps.log" >&2
  echo "root.sh: debootstrap failed; its log is $cache/apps.log" >&2
  exit 1
fi

# What no application here opens: documents, package lists, parts of the Go and C compilers.
cd "$root"
rm -rf var/cache/apt/* var/lib/apt/lists/* var/lib/dpkg/info usr/share/doc/* usr/share/man/* \
  usr/share/locale/* usr/share/i18n usr/share/info usr/bin/*lto-dump* usr/share/go-1.19/test \
  usr/share/go-1.19/api usr/share/go-1.19/src/cmd usr/lib/go-1.19/pkg/linux_amd64/cmd
find usr/share/go-1.19/src -name testdata -prune -exec rm -rf {} +
find usr/lib/go-1.19/pkg/tool -type f ! -name asm ! -name buildid ! -name cgo ! -name compile \
  ! -name link -delete
find . -xdev -name __pycache__ -prune -exec rm -rf {} +

# The users that the packages of the servers, and not of their cores, would have made.
chroot . useradd --system --home-dir /nonexistent mysql
chroot . useradd --uid 1000 --home-dir /work --no-create-home app
mkdir -p data work apps

/usr/bin/python3 -B "$here/image.py" "$root" "$made.new/oci"
cd "$cache"
umount "$root"
rmdir "$root"
echo "$stamp" >"$made.new/.stockade-e2e"
mv "$made.new" "$made"
echo "$made"
