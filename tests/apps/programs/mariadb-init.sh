#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The system tables of a new server.
set -eu
mariadb-install-db --no-defaults --datadir=/data/db --auth-root-authentication-method=normal \
  --skip-test-db >/tmp/install 2>&1 || { cat /tmp/install >&2 && exit 1; }
