#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an entry point does before it becomes the server's user.
set -eu
mkdir -p /data/kept
chown -R redis:redis /data
