#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
exec node /apps/node.js
