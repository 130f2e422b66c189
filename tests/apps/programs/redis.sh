#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of redis: its own benchmark over TCP and over the Unix socket, a save and a rewrite by forked
# children while clients write, a script, publish and subscribe.
set -eu

redis-benchmark -q -n 20000 -c 20 -t set,get,incr,lpush,rpop,sadd,hset,zadd,mset >/tmp/tcp
redis-benchmark -q -n 20000 -c 20 -P 8 -s /data/redis.sock -t set,get >/tmp/unix
grep -c 'requests per second' /tmp/tcp /tmp/unix | sed 's/.*:/benchmarks &/; s/^.*tmp.//; s/:/: /'

redis-benchmark -q -n 30000 -c 10 -r 1000 -t set >/tmp/writes &
redis-cli bgsave >/tmp/bgsave
until redis-cli info persistence | grep -q '^rdb_bgsave_in_progress:0'; do sleep 0.05; done
redis-cli bgrewriteaof >/tmp/rewrite
until redis-cli info persistence | grep -q '^aof_rewrite_in_progress:0'; do sleep 0.05; done
wait
redis-cli info persistence | tr -d '\r' |
  sed -n 's/^rdb_last_bgsave_status:/saved in the background: /p;
          s/^aof_last_bgrewrite_status:/rewritten in the background: /p;
          s/^aof_last_write_status:/log written: /p'

echo "script: $(redis-cli eval 'return tonumber(ARGV[1]) * 2' 0 21)"
redis-cli subscribe news >/tmp/heard &
subscriber=$!
until grep -q subscribe /tmp/heard; do sleep 0.05; done
echo "published to: $(redis-cli publish news hello)"
until grep -q hello /tmp/heard; do sleep 0.05; done
kill $subscriber
echo "heard: hello"
