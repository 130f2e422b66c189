#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Looks at the source without running it: layout, static analysis, shell scripts, text hygiene.
#
#   tests/lint.sh                 # everything
#   tests/lint.sh format shell    # only these of: format shell text tidy
#
# clang-tidy needs a configured release build (cmake --preset release) for its compile commands.
# Only files that git tracks or would track are looked at. Ends with 1 if there is any finding.
#
# shellcheck disable=SC2317  # the checks are called through step(), by name
set -euo pipefail
cd "$(dirname "$0")/.."

build=${STOCKADE_BUILD_DIR:-build/release}
jobs=${STOCKADE_JOBS:-$(nproc)}
bad=0

# files PATTERN...: the tracked and the new files that match, without those deleted on disk.
files() {
  git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" | while read -r file; do
    [ -f "$file" ] && printf '%s\n' "$file"
  done
}

# step NAME COMMAND...: runs one check; a failure is remembered, so that one run shows all of them.
step() {
  local name=$1 start=$SECONDS
  shift
  if "$@"; then
    echo "lint: $name ok ($((SECONDS - start)) s)"
  else
    echo "lint: $name FAILED ($((SECONDS - start)) s)" >&2
    bad=1
  fi
}

format() {
  local sources wrong
  mapfile -t sources < <(files '*.cc' '*.h' '*.c')
  wrong=$(clang-format-14 --dry-run "${sources[@]}" 2>&1 |
    sed -nE 's/^([^:]+):[0-9]+:[0-9]+: (warning|error): .*/\1: not formatted/p' | sort -u)
  [ -z "$wrong" ] && return 0
  printf '%s\nrun clang-format-14 -i on them\n' "$wrong" >&2
  return 1
}

shell() {
  local scripts
  mapfile -t scripts < <(files | while read -r file; do
    case $file in
      *.sh | .ci/run | *.bash) echo "$file" ;;
      *.*) ;;
      *) head -c 20 "$file" | grep -qE '^#!/bin/(ba)?sh' && echo "$file" ;;
    esac
  done)
  shellcheck --external-sources "${scripts[@]}"
}

text() {
  /usr/bin/python3 tests/lint/text.py
}

tidy() {
  if [ ! -f "$build/compile_commands.json" ]; then
    echo "lint: $build/compile_commands.json is missing; run cmake --preset release first" >&2
    return 1
  fi
  /usr/bin/python3 tests/lint/tidy.py --build "$build" --jobs "$jobs"
}

[ $# -gt 0 ] || set -- format shell text tidy
for check in "$@"; do
  case $check in
    format | shell | text | tidy) step "$check" "$check" ;;
    *)
      sed -n '4,8s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
done
exit $bad
