# SPDX-License-Identifier: Apache-2.0
"""The two images of the tests, made offline with umoci from busybox-static and tests/images.

    rootfs()            # a folder with the busybox image's files, to copy into bundles
    archive("busybox")  # an OCI archive to import: stockade.test/busybox:latest

Made once per content and kept in the cache folder (node.cache_dir).
"""
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

from .node import REPO, cache_dir

SOURCES = REPO / "tests/images"
BUSYBOX = Path("/bin/busybox")
REGISTRY = "stockade.test"

_PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/home/app:/bin/sh\n"
_GROUP = "root:x:0:\napp:x:1000:\n"


def name(image):
    """The full name under which containerd and Podman know an image."""
    return f"{REGISTRY}/{image}:latest"


def rootfs():
    """A folder holding the unpacked busybox image. Read only by agreement: copy it."""
    return _cache() / "rootfs-busybox"


def archive(image):
    """The path of the OCI archive (tar) of `busybox` or `pause`."""
    return _cache() / f"{image}.tar"


def layout(image):
    """The path of the OCI image layout folder of `busybox` or `pause`."""
    return _cache() / f"oci-{image}"


def _cache():
    digest = hashlib.sha256()
    for path in (BUSYBOX, *sorted(SOURCES.iterdir()), Path(__file__)):
        digest.update(path.read_bytes())
    made = cache_dir() / f"images-{digest.hexdigest()[:16]}"
    with open(cache_dir() / "images.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            fresh = made.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            fresh.mkdir()
            _fill_busybox(fresh / "rootfs-busybox")
            _fill_pause(fresh / "rootfs-pause")
            _pack(fresh, "busybox", ["/bin/sh"])
            _pack(fresh, "pause", ["/pause"])
            fresh.rename(made)
    return made


def _run(*argv):
    done = subprocess.run([os.fspath(a) for a in argv], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{argv[0]} failed: {done.stderr or done.stdout}")
    return done.stdout


def _compile(source, target):
    _run("gcc", "-std=c11", "-O1", "-static", "-pthread", "-s", "-Wall", "-Wextra", "-Werror", "-o", target,
         SOURCES / source)


def _fill_busybox(root):
    for folder in ("bin", "dev", "etc", "home/app", "proc", "root", "run", "sys", "tmp",
                   "var/cache", "var/tmp", "data"):
        (root / folder).mkdir(parents=True)
    for folder in ("tmp", "var/tmp"):
        (root / folder).chmod(0o1777)
    os.chown(root / "home/app", 1000, 1000)
    shutil.copy(BUSYBOX, root / "bin/busybox")
    for applet in _run(BUSYBOX, "--list").split():
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    _compile("probe.c", root / "bin/probe")
    _compile("seen.c", root / "bin/seen")
    _compile("netcalls.c", root / "bin/netcalls")
    _compile("runs.c", root / "bin/runs")
    _compile("systemcalls.c", root / "bin/systemcalls")
    _compile("netrace.c", root / "bin/netrace")
    _compile("filecalls.c", root / "bin/filecalls")
    _compile("filerace.c", root / "bin/filerace")
    _compile("netwait.c", root / "bin/netwait")
    _compile("mountcalls.c", root / "bin/mountcalls")
    # The same program with the set-user-id bit: what no_new_privs must disarm.
    shutil.copy(root / "bin/probe", root / "bin/suprobe")
    (root / "bin/suprobe").chmod(0o4755)
    (root / "etc/passwd").write_text(_PASSWD, encoding="ascii")
    (root / "etc/group").write_text(_GROUP, encoding="ascii")
    (root / "var/cache/kept").write_text("from the image\n", encoding="ascii")


def _fill_pause(root):
    for folder in ("dev", "etc", "proc", "sys"):
        (root / folder).mkdir(parents=True)
    _compile("pause.c", root / "pause")


def _pack(cache, image, command):
    """rootfs folder -> OCI layout with one layer -> archive that names the image."""
    oci, bundle = cache / f"oci-{image}", cache / f"bundle-{image}"
    _run("umoci", "init", "--layout", oci)
    _run("umoci", "new", "--image", f"{oci}:latest")
    _run("umoci", "unpack", "--image", f"{oci}:latest", bundle)
    shutil.copytree(cache / f"rootfs-{image}", bundle / "rootfs", symlinks=True, dirs_exist_ok=True)
    os.chown(bundle / "rootfs/home/app", 1000, 1000) if image == "busybox" else None
    _run("umoci", "repack", "--image", f"{oci}:latest", bundle)
    command_flags = [f"--config.cmd={part}" for part in command]
    _run("umoci", "config", "--image", f"{oci}:latest", "--config.env=PATH=/bin", *command_flags)
    _run("umoci", "gc", "--layout", oci)
    shutil.rmtree(bundle)
    index_path = oci / "index.json"
    index = json.loads(index_path.read_text(encoding="utf-8"))
    for manifest in index["manifests"]:
        manifest.setdefault("annotations", {})["io.containerd.image.name"] = name(image)
    index_path.write_text(json.dumps(index), encoding="utf-8")
    with tarfile.open(cache / f"{image}.tar", "w") as tar:
        for entry in sorted(oci.iterdir()):
            tar.add(entry, arcname=entry.name)
