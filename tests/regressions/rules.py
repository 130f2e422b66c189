# SPDX-License-Identifier: Apache-2.0
"""The pairs of rules.json beside the profiles' groups: what is missing, and what each pair expects.

    list(problems())                  # groups without a pair, pairs that are not about their group
    for probe in probes("baseline"):  # what to run: a call, and what must come of it
"""
import dataclasses
import errno
import json

from lib.node import REPO

PAIRS = json.loads((REPO / "tests/regressions/rules.json").read_text(encoding="utf-8"))
PROFILES = {path.stem: json.loads(path.read_text(encoding="utf-8"))
            for path in (REPO / "filters/profiles").glob("*.json")}
PROFILES.pop("differences")
KINDS = {"always": {"allowed", "refused"}, "never": {"refused", "instead"}}


@dataclasses.dataclass
class Probe:
    """One call under the floor for some capabilities."""

    label: str
    call: list  # name, argument, ...
    allowed: bool
    error: int = 0  # what a refusal must say; 0: whatever the profile says of what lies beside
    given: tuple = ()

    def word(self):
        return f"{self.label}:{self.call[0]}:{','.join(str(arg) for arg in self.call[1:])}"


def holds(condition, value):
    """Does a 32-bit argument satisfy one condition of a profile?"""
    number = lambda one: int(one, 16) if isinstance(one, str) else one
    value &= number(condition.get("mask", 0xffffffff))
    if "in" in condition:
        return value in map(number, condition["in"])
    return (value not in map(number, condition["outside"]) and
            value < number(condition.get("below", 1 << 32)))


def about(alternative, call):
    """Do the call's arguments fall under one alternative of a group's `when`?"""
    args = [int(arg, 16) if isinstance(arg, str) else arg for arg in call[1:]] + [0] * 6
    return all(holds(condition, args[int(key[3:])] & 0xffffffff)
               for key, condition in alternative.items())


def pairs(profile):
    """(group, alternative or None, its number, pair) for every group of a profile's own file."""
    for group in PROFILES[profile]["groups"]:
        alternatives = group.get("when", [None])
        found = PAIRS[profile].get(group["id"], [])
        if len(found) != len(alternatives):
            yield group, None, 0, None
            continue
        yield from ((group, one, number, pair)
                    for number, (one, pair) in enumerate(zip(alternatives, found)))


def problems():
    """Why rules.json does not speak of every rule, one sentence each."""
    for profile in PROFILES:
        groups = {group["id"] for group in PROFILES[profile]["groups"]}
        yield from (f"{profile}: there is no group {name}" for name in set(PAIRS[profile]) - groups)
        for group, alternative, number, pair in pairs(profile):
            where = f"{profile}: {group['id']} {number}"
            if pair is None:
                yield f"{where}: rules.json needs a pair for each alternative"
                continue
            is_open = str(group["open"])
            if pair.keys() != KINDS.get(is_open, {"guarded"}):
                yield f"{where}: the wrong kind of pair for a group that is open {is_open}"
                continue
            decided = pair.get("allowed" if is_open == "always" else "refused", pair.get("guarded"))
            if decided[0].rpartition("/")[2] not in group["calls"]:
                yield f"{where}: {decided[0]} is not a call of the group"
            other = pair.get("refused" if is_open == "always" else "instead")
            if alternative is not None:
                if not about(alternative, decided):
                    yield f"{where}: {decided} is not what the alternative is about"
                if other and any(about(one, other) for one in group["when"]):
                    yield f"{where}: {other} is what the group is about too"


def probes(profile):
    """Every probe of a profile's own groups."""
    for group, _, number, pair in pairs(profile):
        label = f"{group['id']}.{number}"
        error = getattr(errno, group.get("errno", ""), 0)
        if pair.get("refused", [""])[0].startswith("i386/"):
            error = 0  # no rule answers: the whole architecture is closed
        if "guarded" in pair:
            yield Probe(f"{label}.refused", pair["guarded"], False, error)
            for capability in group["open"]:
                yield Probe(f"{label}.{capability}", pair["guarded"], True, given=(capability,))
            continue
        yield Probe(f"{label}.refused", pair["refused"], False, error)
        yield Probe(f"{label}.allowed", pair.get("allowed", pair.get("instead")), True)
