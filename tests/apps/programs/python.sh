#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
set -eu
export HOME=/work TMPDIR=/work
exec python3 -B /apps/python.py
