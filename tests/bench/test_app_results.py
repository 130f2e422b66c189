#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What apps.py says of given samples: ratios within a round, and budgets met or not."""
import unittest

import app_results
from app_loads import LOADS, Load

LOAD = Load("a load", "tools", 1, "true", 0.97)
BARE = [(100, 1.0), (200, 2.0), (50, 0.5)]  # the machine was slower and faster, by the round


def samples(part, other=0.5):
    """Of an isolated that has this part of plain runc's speed, in every round."""
    columns = {"bare": BARE, "stockade-isolated": [(speed * part, time) for speed, time in BARE],
               "runsc": [(speed * other, time * 3) for speed, time in BARE]}
    return {LOAD.title: columns}


def verdicts(given, load=LOAD):
    return [met for met, _ in app_results.verdicts([load], given)]


class Results(unittest.TestCase):
    def test_the_tables_hold_medians_of_ratios_within_a_round(self):
        self.assertEqual(list(app_results.speeds(samples(0.97)))[-1],
                         "| a load | 100 | 0.97 | 0.50 |")
        self.assertEqual(list(app_results.processor_times(samples(0.97)))[-1],
                         "| a load | 1.00 | 3.00 |")

    def test_a_budget_is_met_from_its_value_on(self):
        self.assertEqual(verdicts(samples(0.97)), [True, True])
        self.assertEqual(verdicts(samples(0.96)), [False, True])

    def test_runsc_must_be_slower_also_where_there_is_no_other_budget(self):
        self.assertEqual(verdicts(samples(1, other=1)), [True, False])
        free = Load("a load", "tools", 1, "true", None)
        self.assertEqual(verdicts(samples(0.5, other=0.4), free), [True])
        self.assertEqual(verdicts(samples(0.5, other=0.6), free), [False])

    def test_what_was_not_measured_is_not_met(self):
        for missing in ("runsc", "stockade-isolated"):
            given = samples(1)
            del given[LOAD.title][missing]
            self.assertEqual(verdicts(given)[-1], False, missing)

    def test_the_loads_have_the_budgets_that_the_project_promises(self):
        for load in LOADS:
            starts = load.pod == "tools"
            wanted = None if load.title.endswith("a connection each") else 0.85 if starts else 0.97
            self.assertEqual(load.budget, wanted, load.title)


if __name__ == "__main__":
    unittest.main()
