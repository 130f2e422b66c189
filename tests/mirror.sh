#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the Debian archive that apt uses here, for what the tests fetch besides packages.
set -eu

# shellcheck disable=SC2016  # the placeholders are apt's
mirror=$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "Debian" { print $2; exit }')
if [ -z "$mirror" ]; then
  echo "mirror.sh: apt knows no Debian archive here; run apt-get update first" >&2
  exit 1
fi
echo "$mirror"
