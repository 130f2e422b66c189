# SPDX-License-Identifier: Apache-2.0
"""Every rule of the shipped profiles against the real kernel: a call it allows and one it refuses.

Refusals carry an errno that no kernel gives (test_floor.py), so that none is taken for another.
"""
import itertools

import rules
import test_floor
from lib.runtime import Runtime

PRIVATE = test_floor.PRIVATE
# A refused call by another architecture's door ends the process.
REFUSED = rf"^(errno {PRIVATE // 1000}\d\d\d|signal 31)$"

# Open in the profiles, but newer than the delegates' library, which leaves out names it does not know.
NEWER = {"mseal"}


class Rules(test_floor.FloorCase):
    def answers(self, runtime, floor, *words):
        box = self.confined(test_floor.with_private_errnos(floor), "/floor_probe", *words)
        done = self.ok(runtime.run("probe", box))
        return dict(line.split(" ", 1) for line in done.stdout.splitlines())

    def test_every_rule_has_its_pair(self):
        self.assertEqual(list(rules.problems()), [])

    def test_each_rule_allows_one_call_and_refuses_one(self):
        def check(runtime, profile):
            by_floor = sorted(rules.probes(profile), key=lambda probe: probe.given)
            for given, group in itertools.groupby(by_floor, key=lambda probe: probe.given):
                probes = list(group)
                floor = test_floor.floor_of(self.node, profile, *given)
                answers = self.answers(runtime, floor, *(probe.word() for probe in probes))
                self.assertEqual(answers.keys(), {probe.label for probe in probes})
                for probe in probes:
                    answer = answers[probe.label]
                    if probe.allowed:
                        self.assertNotRegex(answer, REFUSED + "|signal|lost", probe)
                    elif probe.error:
                        self.assertEqual(answer, f"errno {PRIVATE + probe.error}", probe)
                    else:
                        self.assertRegex(answer, REFUSED, probe)
        self.each(check)

    def test_every_call_that_a_floor_names_gets_its_answer(self):
        """Calls that are decided by name alone, all of them; none is made."""
        def check(runtime, profile):
            floor = test_floor.floor_of(self.node, profile)
            expected = {}
            for rule in floor["syscalls"]:
                answer = f"errno {PRIVATE + rule['errnoRet']}" if "errnoRet" in rule else "passes"
                expected.update({name: answer for name in rule["names"] if "args" not in rule})
            found = self.answers(runtime, floor, "--gate", *(f"{name}:{name}:" for name in expected))
            for name in NEWER:
                self.assertRegex(found.pop(name), "passes|errno .*38")
                del expected[name]
            self.assertEqual(found, expected)
        self.each(check)
