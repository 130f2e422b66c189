#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of nginx by ab: keep-alive, TLS, sendfile, thread pool, proxy, IPv6, upload; then a reload of the
# configuration under load.
set -eu

load() {
  name=$1
  shift
  ab -q "$@" >"/tmp/$name" 2>&1 || { cat "/tmp/$name" >&2 && exit 1; }
  awk -v name="$name" '
    /^Complete requests:/ { complete = $3 }
    /^Failed requests:/ { failed = $3 }
    /^Non-2xx responses:/ { failed += $3 }
    END { print name ": complete " complete " failed " failed }' "/tmp/$name"
}

load plain -k -n 20000 -c 50 http://127.0.0.1:8080/
load closing -n 3000 -c 20 http://127.0.0.1:8080/
load six -k -n 1000 -c 10 'http://[::1]:8080/'
load tls -n 1000 -c 10 https://127.0.0.1:8443/
load large -n 50 -c 5 http://127.0.0.1:8080/large
load threads -n 50 -c 5 http://127.0.0.1:8080/threads/large
load proxied -k -n 3000 -c 20 http://127.0.0.1:8080/proxied/
head -c 2000000 /dev/zero >/tmp/body
load sent -n 20 -c 4 -p /tmp/body http://127.0.0.1:8080/upload

python3 -c "
import urllib.request as r
print('page:', r.urlopen('http://127.0.0.1:8080/').read().decode().strip())
print('upload:', r.urlopen('http://127.0.0.1:8080/upload', b'x' * 1000000).status)"
