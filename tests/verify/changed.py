"""Of a thousand mutants, are those and only those reported that some reader can tell apart?

`python -m tests.verify.changed --whole`; without `--whole` a seeded tenth, as the suite does.
"""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path
from random import Random

from attrs import evolve

from meter import load_policy
from meter.facts import Vocabulary
from meter.rulebook import Rulebook
from meter.verify.diff import changes
from meter.verify.space import Space
from tests.verify.brute import differs, situations, size
from tests.verify.mutants import mutants

POLICIES = Path(__file__).parent / "policies"
SAMPLES = [
    *sorted(POLICIES.glob("*.toml")),
    Path(__file__).parents[2] / "templates" / "sample" / "policy.toml",
]
SOME = 100
WHOLE = 1_000

_MOST = 2_500
"""The most combinations of codes that are tried one after the other."""


def joint(old, new):
    """Return two policies laid over one vocabulary."""
    vocabulary = Vocabulary([old, new])
    return Space([Rulebook(policy, vocabulary) for policy in (old, new)])


def brute(old, new):
    """Say whether any reader can tell two policies apart, by trying them all."""
    space = joint(old, new)
    return any(differs(space, situation) for situation in situations(space))


def lean(policy):
    """Return policies with two rules of a policy and its last: small enough to try every reader."""
    for index in range(len(policy.rules) - 2):
        yield evolve(policy, rules=(policy.rules[index], policy.rules[index + 1], policy.rules[-1]))


def bases():
    """Yield the sample policies, and parts of those that are too large to be tried in full."""
    for path in SAMPLES:
        policy = load_policy(path)
        if size(joint(policy, policy)) <= _MOST:
            yield policy
        yield from (part for part in lean(policy) if size(joint(part, part)) <= _MOST)


def second_order():
    """Yield mutants of the samples, and then, for as long as is asked, mutants of these."""
    found = [(base, mutant) for base in bases() for _, mutant in mutants(base)]
    yield from found
    random = Random(4)
    while True:
        base, mutant = random.choice(found)
        yield from ((base, other) for _, other in random.sample(list(mutants(mutant)), 1))


def told(mutants_looked_at):
    """Return how many of so many mutants brute force sees, misses, and is contradicted on."""
    seen = {True: 0, False: 0}
    wrong = []
    for base, mutant in islice(second_order(), mutants_looked_at):
        expected = brute(base, mutant)
        seen[expected] += 1
        if expected != bool(changes(base, mutant).rows):
            wrong.append((base, mutant))
    return seen, wrong


def main(mutants_looked_at):
    """Print the figures; 1 if any answer is wrong."""
    seen, wrong = told(mutants_looked_at)
    sys.stdout.write(
        f"{sum(seen.values()):,} mutants: {seen[True]:,} that somebody sees, {seen[False]:,} that"
        f" nobody does; reported otherwise {len(wrong)}\n"
    )
    return 1 if wrong or min(seen.values()) <= mutants_looked_at // 50 else 0


if __name__ == "__main__":
    raise SystemExit(main(WHOLE if "--whole" in sys.argv else SOME))
