# SPDX-License-Identifier: Apache-2.0
"""gVisor's runsc as a runtime handler of a node, under the same shim as the classes.

    OTHERS = {"runsc": gvisor.WRAPPER}     # of the node's containerd
    gvisor.install(node, program)
"""
import shutil

from lib.node import cache_dir

WRAPPER = "/opt/gvisor/runsc"
# runc's shim does not see the end of one container in a sandbox of several, so each is a sandbox of
# its own: without the annotations that tell runsc what is of one pod. `none` is gVisor's own network
# stack with nothing but the loopback, over which client and server of the benchmark speak.
_SCRIPT = """#!/bin/sh
verb='' bundle='' last=''
for word; do
  [ "$last" = --bundle ] && bundle=$word
  case $word in create | kill) verb=${verb:-$word} ;; esac
  last=$word
done
set -- --platform=systrap --network=none "$@"
case $verb in
  create) sed -i 's/"io.kubernetes.cri.\\(container-type\\|sandbox-id\\)"/"left.out.\\1"/g' "$bundle/config.json" ;;
  # To signal what has ended is no error, if it is called so.
  kill) /opt/gvisor/program "$@" || { echo "container not running" >&2 && exit 1; } && exit 0 ;;
esac
exec /opt/gvisor/program "$@"
"""


def fetched():
    """What runsc.sh fetched, or None."""
    made = cache_dir() / "runsc"
    return made / "usr/bin/runsc" if (made / ".stockade-e2e").exists() else None


def install(node, program):
    node.write(WRAPPER, _SCRIPT, 0o755)
    shutil.copy(program, node.path("/opt/gvisor/program"))
