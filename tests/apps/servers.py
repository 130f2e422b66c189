# SPDX-License-Identifier: Apache-2.0
"""The servers: each runs by the user that its Debian package made, with its data on a volume at /data,
and ends on SIGTERM."""
import dataclasses

from model import App

REDIS = App(
    "redis", user=100, group=102,
    server=("redis-server", "--dir", "/data", "--appendonly", "yes", "--unixsocket",
            "/data/redis.sock"),
    ready=("redis-cli", "ping"),
    load="redis.sh",
    facts={"saved in the background": "ok", "script": "42", "published to": "1"})

NGINX = App(
    "nginx", user=33, group=33,
    init="nginx-init.sh",
    server=("nginx", "-c", "/apps/nginx.conf", "-g", "daemon off;"),
    ready=("python3", "-c", "import socket; socket.create_connection(('127.0.0.1', 8080))"),
    load="nginx.sh",
    facts={"plain": "complete 20000 failed 0", "tls": "complete 1000 failed 0",
           "proxied": "complete 3000 failed 0", "upload": "200"})

POSTGRESQL = App(
    "postgresql", user=101, group=103,
    init="postgresql-init.sh",
    server=("/usr/lib/postgresql/15/bin/postgres", "-D", "/data/db", "-k", "/data"),
    ready=("/usr/lib/postgresql/15/bin/pg_isready", "-h", "/data"),
    load="postgresql.sh",
    facts={"accounts": "200000", "balanced": "t", "failed": "0", "workers launched": "2"})

MARIADB = App(
    "mariadb", user=999, group=999,
    init="mariadb-init.sh",
    server=("mariadbd", "--no-defaults", "--datadir=/data/db", "--socket=/data/db.sock",
            "--innodb-buffer-pool-size=64M"),
    ready=("mariadb-admin", "--no-defaults", "--socket=/data/db.sock", "-uroot", "ping"),
    load="mariadb.sh",
    facts={"slap": "done", "checked": "OK", "rows": "20000"})

# From images that start as root with the engine's default capabilities, as many do.
FROM_ROOT = tuple(
    dataclasses.replace(app, name=f"{app.name} from root", user=0, group=0, default_capabilities=True,
                        handlers=("bare", "stockade-baseline"), **changes)
    for app, changes in (
        (REDIS, {"init": "redis-root-init.sh",
                 "server": ("setpriv", "--reuid=redis", "--regid=redis", "--init-groups", *REDIS.server)}),
        (NGINX, {"server": ("nginx", "-c", "/apps/nginx.conf", "-g", "daemon off; user www-data;")})))
