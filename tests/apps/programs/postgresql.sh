#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of PostgreSQL: pgbench as it comes, with prepared statements and over TCP; parallel workers and
# their shared memory, compiled queries, an index, a full vacuum, copies, a checkpoint.
set -eu
export PATH="/usr/lib/postgresql/15/bin:$PATH" PGHOST=/data PGUSER=postgres HOME=/tmp

sql() {
  psql -qXAt -v ON_ERROR_STOP=1 -d bench "$@"
}

createdb bench
pgbench -q -i -s 2 bench 2>/dev/null
{
  pgbench -n -c 8 -j 2 -t 250 bench
  pgbench -n -c 4 -j 2 -t 500 -S -M prepared -h 127.0.0.1 bench
} >/tmp/pgbench
grep -c '^tps' /tmp/pgbench | sed 's/^/pgbench runs: /'
awk '/^number of failed transactions/ { failed += $5 } END { print "failed: " failed }' /tmp/pgbench

echo "accounts: $(sql -c 'select count(*) from pgbench_accounts')"
echo "balanced: $(sql -c 'select (select sum(abalance) from pgbench_accounts) =
  (select sum(bbalance) from pgbench_branches)')"
parallel="set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0;
  set parallel_tuple_cost = 0; set max_parallel_workers_per_gather = 2;"
echo "workers launched: $(sql -c "$parallel explain (analyze, timing off)
  select sum(aid * 2) from pgbench_accounts" | awk '/Workers Launched/ { print $3 }')"
echo "compiled: $(sql -c "set jit = on; set jit_above_cost = 0; set jit_optimize_above_cost = 0;
  set jit_inline_above_cost = 0; explain (analyze) select sum(aid * 2) from pgbench_accounts" |
  grep -c '^JIT:')"
sql -c 'create index on pgbench_accounts (abalance, aid)' -c 'vacuum full analyze pgbench_accounts' \
  -c 'checkpoint'
echo "copied: $(sql -c 'copy pgbench_accounts to stdout' | wc -l)"
echo "advisory lock: $(sql -c 'select pg_try_advisory_lock(1)')"
