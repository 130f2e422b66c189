#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A new cluster, as its administrator would make it, tuned for nothing.
set -eu
/usr/lib/postgresql/15/bin/initdb -D /data/db -A trust -U postgres --no-locale -E UTF8 >/tmp/initdb
