#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Packs a root folder as an OCI image layout of one layer, not compressed: the image is imported far
more often than it is copied.

    tests/apps/image.py ROOT LAYOUT        # stockade.test/apps:latest
"""
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

NAME = "stockade.test/apps:latest"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def blob(layout, data):
    """Stores bytes by their digest; returns the part of a descriptor that names them."""
    digest = hashlib.sha256(data).hexdigest()
    (layout / "blobs/sha256" / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def document(layout, kind, value):
    return {"mediaType": f"application/vnd.oci.image.{kind}.v1+json",
            **blob(layout, json.dumps(value).encode())}


def layer(layout, root):
    """The whole folder as one layer, written while its digest is taken."""
    path, digest = layout / "layer", hashlib.sha256()
    with subprocess.Popen(["tar", "--numeric-owner", "--sort=name", "-C", root, "-cf", "-", "."],
                          stdout=subprocess.PIPE) as tar, open(path, "wb") as out:
        while chunk := tar.stdout.read(1 << 20):
            digest.update(chunk)
            out.write(chunk)
    if tar.returncode != 0:
        raise SystemExit(f"image.py: tar of {root} ended with {tar.returncode}")
    path.rename(layout / "blobs/sha256" / digest.hexdigest())
    return {"mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": f"sha256:{digest.hexdigest()}",
            "size": os.path.getsize(layout / "blobs/sha256" / digest.hexdigest())}


def main(root, layout):
    (layout / "blobs/sha256").mkdir(parents=True)
    packed = layer(layout, root)
    config = document(layout, "config", {
        "architecture": "amd64", "os": "linux", "config": {"Env": [f"PATH={PATH}"]},
        "rootfs": {"type": "layers", "diff_ids": [packed["digest"]]}})
    manifest = document(layout, "manifest", {
        "schemaVersion": 2, "config": config, "layers": [packed]})
    manifest["annotations"] = {"io.containerd.image.name": NAME}
    (layout / "index.json").write_text(json.dumps(
        {"schemaVersion": 2, "manifests": [manifest]}), encoding="ascii")
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
