#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of git: a history with branches and merges, clones over files and over git's own daemon, pushes,
# packing by threads, a check of everything.
set -eu
export HOME=/work GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@x GIT_COMMITTER_NAME=c GIT_COMMITTER_EMAIL=c@x
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'

cd /work
git init -q -b main first
cd first
cp -r /usr/share/perl/5.36.0/unicore lib
git add .
git commit -qm 'everything'
for number in 1 2 3 4 5 6 7 8 9 10; do
  git checkout -qb "topic$number" main
  echo "$number" >"file$number"
  git add . && git commit -qm "topic $number"
  git checkout -q main
  git merge -q --no-ff -m "merge $number" "topic$number"
done
git tag -a -m one v1
echo changed >file1 && git stash -q && git stash pop -q && git checkout -q file1
git mv lib moved && git commit -qm moved
git -c pack.threads=2 gc -q --aggressive --prune=now
git fsck --strict --no-progress
echo "first: $(git rev-parse HEAD)"

git clone -q --no-hardlinks "file:///work/first" /work/second
git clone -q --bare /work/first /work/served.git
git daemon --reuseaddr --listen=127.0.0.1 --base-path=/work --export-all --enable=receive-pack \
  --pid-file=/work/daemon.pid /work/served.git &
until git ls-remote -q git://127.0.0.1/served.git >/dev/null 2>&1; do sleep 0.05; done
git clone -q git://127.0.0.1/served.git /work/third
cd /work/third
echo one >another && git add another && git commit -qm another
git push -q origin main
git -C /work/served.git fsck --strict --no-progress
echo "pushed: $(git -C /work/served.git rev-parse main)"
git -C /work/second pull -q git://127.0.0.1/served.git main
echo "pulled: $(git -C /work/second rev-parse HEAD)"
git -C /work/second worktree add -q /work/fourth v1
echo "in the worktree: $(find /work/fourth -type f | wc -l)"
kill "$(cat /work/daemon.pid)"
echo "grep: $(git grep -l "topic\|Latin" | wc -l)"
git bundle create -q /work/bundle --all && git bundle verify -q /work/bundle
git archive --format=tar HEAD | tar -t | wc -l | sed 's/^/archived: /'
