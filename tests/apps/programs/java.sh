#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Load of Java: a program compiled by Java's own compiler, under three garbage collectors.
set -eu
export HOME=/work
java -m jdk.compiler/com.sun.tools.javac.Main -d /work/classes /apps/Program.java
for collector in G1 Z Shenandoah; do
  java -XX:+Use${collector}GC -Xmx256m -Duser.home=/work -Djava.io.tmpdir=/work -cp /work/classes Program |
    sed "s/^/$collector /"
done
