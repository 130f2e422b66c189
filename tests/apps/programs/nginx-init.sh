#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What nginx serves: a small file, a large one, a certificate.
set -eu
mkdir -p /data/www /data/tmp
echo "hello from nginx" >/data/www/index.html
head -c 4194304 /dev/zero >/data/www/large
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \
  -days 2 -keyout /data/key.pem -out /data/cert.pem 2>/dev/null
