#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of MariaDB: mariadb-slap over both engines, over the socket and TCP; then a table of our own with
# transactions, an index and a check.
set -eu

flags="--no-defaults --socket=/data/db.sock -uroot"
# shellcheck disable=SC2086  # several flags in one variable
{
  mariadb-slap $flags --auto-generate-sql --auto-generate-sql-load-type=mixed --concurrency=4,16 \
    --number-of-queries=1500 --engine=innodb,aria --create-schema=slap
  mariadb-slap --no-defaults --protocol=tcp -h 127.0.0.1 -uroot --auto-generate-sql \
    --auto-generate-sql-load-type=read --concurrency=8 --number-of-queries=2000 --create-schema=slap
} >/tmp/slap
grep -c 'Benchmark' /tmp/slap | sed 's/^/benchmarks: /'
echo "slap: done"

sql() {
  # shellcheck disable=SC2086
  mariadb $flags -BN -e "$1" work
}
# shellcheck disable=SC2086
mariadb $flags -e 'create database work'
sql 'create table t (id int primary key auto_increment, n bigint, key (n)) engine=innodb;
  start transaction; insert into t (n) select seq * 7 from seq_1_to_20000; commit;
  start transaction; delete from t; rollback; alter table t add column s char(20) default "x";
  optimize table t' >/tmp/optimize
echo "rows: $(sql 'select count(*) from t')"
echo "checked: $(sql 'check table t' | cut -f4)"
echo "asynchronous: $(sql 'select @@innodb_use_native_aio')"
