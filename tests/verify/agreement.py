"""The diagram says what the engine says: as many comparisons as are asked for.

The test suite asks for 100,000. For ten million: `python -m tests.verify.agreement 10000000` (three
million took four minutes and a half on two busy cores).
"""

from __future__ import annotations

import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from attrs import define, field

from meter.engine import decide, judge
from meter.facts import Vocabulary
from meter.policy.faults.conditions import placed_conditions
from meter.policy.faults.frequency import may_show
from meter.rulebook import Rulebook
from meter.verify.space import Space
from meter.verify.walk.symbolic import verdicts
from meter.vocabulary import Wall
from tests.verify.brute import is_possible
from tests.verify.random_campaigns import random_campaign
from tests.verify.random_policies import random_policy

if TYPE_CHECKING:
    from meter.policy import Policy

_EACH = 400
"""Comparisons for each policy."""
_CAMPAIGNS = 3
"""One policy in so many has caps on prompts, and most of these have experiments."""
_DECIDED = 0.05
"""The share of possible situations that are also put to `decide`, as a reader, a view, a usage and
an instant.
"""


@define
class Agreement:
    """How many comparisons were made of each kind, and the situations of a disagreement."""

    policies: int = 0
    judged: int = 0
    possible: int = 0
    decided: int = 0
    drawn: Counter[str] = field(factory=Counter)
    """In how many policies each word of meters stands."""
    disagreements: list[tuple[int, object]] = field(factory=list)


def compare(comparisons: int, *, first: int = 0) -> Agreement:
    """Compare the diagrams of random policies with the engine, until that was done often enough."""
    found = Agreement()
    seed = first
    while found.judged < comparisons:
        is_campaign = seed % _CAMPAIGNS == 0
        policy = random_campaign(Random(seed)) if is_campaign else random_policy(Random(seed))
        compare_one(policy, seed, found)
        seed += 1
    return found


def words_of(policy: Policy) -> set[str]:
    """Return what a policy says of meters."""
    whens = [part for _, when in placed_conditions(policy) for part in when.walk()]
    limits = [limit.limit for meter in policy.meters for limit in meter.allowances()]
    words = {
        "list": any(len(rule.spend) > 1 for rule in policy.rules),
        "access": any(meter.access != {"metered"} for meter in policy.meters),
        "none": "none" in limits,
        "counts": any(meter.counts is not None for meter in policy.meters),
        "caps": any(prompt.is_capped for prompt in policy.prompts),
        "wall": any(rule.show is Wall.WALL for rule in policy.rules),
        **{
            name: any(getattr(when, name) is not None for when in whens)
            for name in ("left", "used", "exhausted", "seen", "experiment")
        },
    }
    return {word for word, is_said in words.items() if is_said}


def compare_one(policy: Policy, seed: int, found: Agreement, *, each: int = _EACH) -> None:
    """Compare the diagram of one policy with the engine in so many random situations."""
    random = Random(-seed - 1)
    rulebook = Rulebook(policy, Vocabulary([policy]))
    space = Space([rulebook])
    whole = verdicts(space)
    sizes = [len(variable.domain) for variable in space.variables]
    # Brute force knows neither which ids there are nor how often what was shown.
    tells_of_ids = bool(space.vocabulary.seen or space.vocabulary.experiments)
    found.policies += 1
    found.drawn.update(words_of(policy))
    for _ in range(each):
        situation = space.situation([random.randrange(size) for size in sizes])
        found.judged += 1
        said = judge(rulebook, space.facts(situation))
        possible = space.diagrams.at(space.possible, situation.codes)
        agree = said == space.diagrams.at(whole, situation.codes)
        if not tells_of_ids:
            agree = agree and possible is is_possible(space, situation)
        if possible:
            found.possible += 1
            if random.random() < _DECIDED:
                found.decided += 1
                met = space.concretize(situation)
                decision, _ = decide(policy, met.reader, met.view, met.usage, met.now)
                same = (said.rule, said.show, said.offers) == (
                    decision.rule,
                    decision.show,
                    decision.offers,
                )
                agree = agree and same and decision.prompt in _prompts(policy, said.prompt)
                agree = agree and space.observe(met) == space.facts(situation)
        if not agree:
            found.disagreements.append((seed, situation))


def _prompts(policy: Policy, named: str | None) -> set[str | None]:
    """Return what may be shown where a rule names a prompt: it, what stands in for it, or none."""
    chain = list(may_show({prompt.name: prompt for prompt in policy.prompts}, named))
    is_kept = bool(chain) and all(prompt.is_capped for prompt in chain)
    return {named, *(prompt.name for prompt in chain), *([None] if is_kept else [])}


if __name__ == "__main__":
    result = compare(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
    sys.stdout.write(
        f"{result.policies:,} policies, {result.judged:,} comparisons of diagram and engine,"
        f" {result.decided:,} of them through `decide`: {len(result.disagreements)} disagreements\n"
        f"policies with {', '.join(f'{w} {n}' for w, n in sorted(result.drawn.items()))}\n"
    )
    sys.exit(bool(result.disagreements))
