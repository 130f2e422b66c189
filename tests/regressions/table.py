# SPDX-License-Identifier: Apache-2.0
"""The table of filters/REGRESSIONS.md from what the probes found. Pure."""

INTRO = """\
# Kernel and escape CVEs against each class

Made by `tests/regressions/test_regressions.py` from harmless probes; do not edit. Nothing here is an
exploit: a probe asks whether the call, capability, socket or spec that a known attack needs can be had.

* `engine 1.6`, `engine 2.1`: runc with the default profile and capabilities of containerd 1.6.20 and 2.1.9.
* the classes: over runc, for a container that asks for every capability and for no filter. `permissive`
  adds nothing to what the container asks for; `isolated` goes without its supervisor here.
* `filter`, `capability`, `kernel`, `spec`: what stops it. `open`: it can be reached. `not asked`: a defect of
  an engine or a delegate, which a container's rights have no part in.

A row is stopped when one of its needs is out of reach by every door, the 32-bit ones too.
"""
SCORE = """\
## Exploited kernel defects

Of the {total} CVEs with a working exploit in kernelCTF from 2023 to 2025
([the list and what each needs](../tests/regressions/kernelctf.tsv)), out of reach:
"""


def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _head(cells):
    return [_line(cells), "|" + "---|" * len(cells)]


def render(tables, judge, columns):
    """The whole file; `columns` are the findings by column, in order."""
    names = list(columns)
    total = len(tables.kernelctf)
    lines = [INTRO, SCORE.format(total=total), *_head(names),
             _line([f"{judge.score(found)} of {total}" for found in columns.values()]), "",
             "## Rows", "", *_head(["what is attacked", "CVEs", "needs", *names])]
    for row in tables.rows:
        cves = ", ".join(cve.removeprefix("CVE-") for cve in row["cves"]) or "-"
        needs = ", and ".join(tables.needs[need]["about"] for need in row["needs"]) or "-"
        cells = ["not asked"] * len(columns)
        if row["needs"]:
            cells = [", ".join(sorted(judge.stops(row["needs"], one))) or "open" for one in columns.values()]
        lines.append(_line([row["what"], cves, needs, *cells]))
    lines += ["", "## What no class stops, or not every one", ""]
    for row in tables.rows:
        if "why" in row:
            lines.append(f"* {row['what']}: {row['why'][0].lower() + row['why'][1:]}.")
        elif "baseline" not in row["claims"]:
            lines.append(f"* {row['what']}: `restricted` and `isolated`; `baseline` follows the engines.")
    return "\n".join(lines) + "\n"
