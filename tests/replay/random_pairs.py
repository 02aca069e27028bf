"""What a replay claims of a log that was cut off is so, on random pairs of policies.

Run it: `python -m tests.replay.random_pairs [--whole]`, 10,000 pairs with `--whole`, else a tenth.

What would be read if nobody were stopped is drawn, and cut to what the recorded policy lets through
(and, in a third of the logs, the first wall of each reader). The answer about another policy is
held against what comes of all that was drawn. A lower limit asked of an uncut log has to be
answered. Exit code 1 if anything is outside of what is claimed.
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random

import numpy as np
import pyarrow as pa

from meter import PolicyError
from meter.replay.run import replay
from tests.replay.drawn_pairs import draw_log, draw_policy, edited, policy_of, stricter, text_of

WHOLE = 10_000
MEASURES = ("readers_stopped", "views_blocked", "views_counted")


def opened(log, policy):
    """Return which views a policy lets through, and which are the first that it stops."""
    tables = replay(policy, log, decisions=True, recorded_under="none").decisions
    full = np.concatenate(
        [table["access"].to_numpy(zero_copy_only=False) == "full" for table in tables]
    )
    at = log["time"].cast(pa.int64()).to_numpy()
    first = {}
    for row, reader in enumerate(log["reader"].to_pylist()):
        place = (at[row], row)
        if not full[row] and (reader not in first or place < first[reader]):
            first[reader] = place
    walls = np.zeros(len(full), np.bool_)
    walls[[row for _, row in first.values()]] = True
    return full, walls


def outside(found, truth):
    """Return the measures of an answer that the truth lies outside of."""
    wrong = []
    for name in MEASURES:
        measure = found.measures[name]
        number = getattr(truth, name)
        too_low = measure.low is not None and number < measure.low
        too_high = measure.high is not None and number > measure.high
        if too_low or too_high:
            wrong.append(f"{name} is {number}, told {measure}")
    return wrong


def kind_of(found):
    """Return how much an answer tells; `refused` bounds the readers on one side at most."""
    kinds = [found.measures[name].kind for name in MEASURES]
    if kinds[0] == "at_least":
        return "refused"
    return "exact" if set(kinds) == {"exact"} else "bounded"


def draw_pair(draw):
    """Return a recorded policy, one that is asked about, and one that is stricter."""
    while True:
        recorded = draw_policy(draw)
        asked = edited(draw, recorded) if draw.random() < 0.7 else draw_policy(draw)
        if draw.random() < 0.25:
            asked = stricter(draw, recorded)
        lower = stricter(draw, recorded)
        try:
            return policy_of(recorded), policy_of(asked), policy_of(lower), (recorded, asked)
        except PolicyError:
            continue


def try_cut(recorded, asked, log, tally, *, first_walls=False):
    """Ask a policy about a log cut by another, and return what is wrong with the answer."""
    full, walls = opened(log, recorded)
    cut = log.filter(pa.array(full | walls if first_walls else full))
    if not cut.num_rows:
        return []
    truth = replay(asked, log, recorded_under="none")
    found = replay(asked, cut, recorded_under=recorded, walls=False if first_walls else None)
    tally[kind_of(found)] += 1
    tally[f"readers stopped {found.measures['readers_stopped'].kind}"] += 1
    return outside(found, truth)


def try_uncut(recorded, lower, log):
    """Ask a stricter policy about a log that holds everything."""
    truth = replay(lower, log, recorded_under="none")
    _, walls = opened(log, recorded)
    found = replay(lower, log, recorded_under=recorded, walls=None if walls.any() else True)
    if kind_of(found) != "exact":
        return [f"a stricter question on an uncut log is {kind_of(found)}"]
    return outside(found, truth)


def try_pair(seed, tally):
    """Try one pair, count what is told, and return what is wrong with it."""
    draw = Random(seed)
    recorded, asked, lower, parts = draw_pair(draw)
    log = draw_log(draw, draw.choice((1, 3, 12)))
    first_walls = draw.random() < 1 / 3
    wrong = try_cut(recorded, asked, log, tally, first_walls=first_walls)
    wrong += try_uncut(recorded, lower, log)
    tally["stricter"] += 1
    tally["wrong"] += bool(wrong)
    return wrong + [text_of(part) for part in parts] if wrong else []


def main(arguments):
    """Print how much was told, and what was wrong."""
    pairs = WHOLE if "--whole" in arguments else WHOLE // 10
    tally = Counter()
    for seed in range(pairs):
        wrong = try_pair(seed, tally)
        if wrong:
            sys.stdout.write(f"pair {seed}: " + "\n".join(wrong) + "\n")
    shares = ", ".join(f"{kind} {tally[kind]:,}" for kind in ("exact", "bounded", "refused"))
    sys.stdout.write(f"{pairs:,} pairs: {shares}; outside of what is claimed {tally['wrong']:,}\n")
    stopped = {name: count for name, count in sorted(tally.items()) if name.startswith("readers")}
    sys.stdout.write("".join(f"{name}: {count:,}\n" for name, count in stopped.items()))
    if not tally["wrong"]:
        sys.stdout.write(f"stricter questions on an uncut log: {tally['stricter']:,}, all exact\n")
    return 1 if tally["wrong"] else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
