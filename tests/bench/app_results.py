# SPDX-License-Identifier: Apache-2.0
"""What the samples of apps.py say: its tables, and which budgets are met. Nothing is measured here.

Samples are {load: {handler: [(speed, seconds of processor time for a piece of work), ...]}}, a pair a
round; handlers are those of the node, `bare` is plain runc. Ratios are taken within a round.
"""
import statistics

BARE, JUDGED, OTHER = "bare", "stockade-isolated", "runsc"


def ratios(columns, handler, to=BARE, figure=0):
    """Sorted ratios of one handler's figure to another's, one a round."""
    return sorted(mine[figure] / theirs[figure]
                  for mine, theirs in zip(columns[handler], columns[to]))


def cell(values):
    """The median, and the middle half when there is one."""
    text = f"{statistics.median(values):.2f}"
    if len(values) < 4:
        return text
    return f"{text} ({values[len(values) // 4]:.2f}-{values[len(values) * 3 // 4]:.2f})"


def speeds(samples):
    """Speed to plain runc, higher is better; Markdown."""
    handlers = [handler for handler in next(iter(samples.values())) if handler != BARE]
    yield _row("speed to plain runc", "plain runc, a second", *map(_short, handlers))
    yield _row(*["---"] * (2 + len(handlers)))
    for title, columns in samples.items():
        plain = statistics.median(speed for speed, _ in columns[BARE])
        yield _row(title, f"{plain:.0f}" if plain >= 100 else f"{plain:.1f}",
                   *(cell(ratios(columns, handler)) for handler in handlers))


def processor_times(samples):
    """Processor time of the pod for the same work to plain runc's, lower is better; Markdown."""
    handlers = [handler for handler in next(iter(samples.values())) if handler != BARE]
    yield _row("processor time to plain runc", *map(_short, handlers))
    yield _row(*["---"] * (1 + len(handlers)))
    for title, columns in samples.items():
        yield _row(title, *(cell(ratios(columns, handler, figure=1)) for handler in handlers))


def verdicts(loads, samples):
    """(met, line) for each budget; one that was not measured is not met."""
    for load in loads:
        columns = samples[load.title]
        if JUDGED not in columns:
            yield _verdict(False, f"{load.title}: isolated was not measured")
            continue
        own = statistics.median(ratios(columns, JUDGED))
        if load.budget is not None:
            yield _verdict(own >= load.budget, f"{load.title}: {own:.2f} of plain runc, "
                                               f"at least {load.budget:.2f}")
        if OTHER in columns:
            ahead = statistics.median(ratios(columns, JUDGED, OTHER))
            yield _verdict(ahead > 1, f"{load.title}: {ahead:.2f} times as fast as runsc, more than 1")
    if not all(OTHER in columns for columns in samples.values()):
        yield _verdict(False, "ahead of runsc: it was not measured")


def _verdict(met, text):
    return met, f"{'met    ' if met else 'NOT MET'}  {text}"


def _short(handler):
    return handler.removeprefix("stockade-")


def _row(*cells):
    return f"| {' | '.join(cells)} |"
