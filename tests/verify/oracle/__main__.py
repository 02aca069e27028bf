"""Does an evaluator that was written from the documentation agree with `meter`?

`python -m tests.verify.oracle [--whole]` asks it of random policies and of the sample ones, each
written out as a policy file and read again by both:

- page views by readers of whom anything may be remembered, and lives with offers, prompts that are
  closed, and sign-ins, are decided by both, and both remember the same;
- what `prove` calls proved is broken by no encounter, and the story of what fails breaks it;
- where `diff` reports nothing nobody sees a difference.

It prints how much was compared, and what disagrees; it ends with 1 if anything does. Without
`--whole` it is a tenth of it.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings

from meter import load_policy
from meter.loading import dumps_policy
from tests.verify.decided import asked
from tests.verify.oracle.comparing import Compared, compare, pairs
from tests.verify.oracle.deciding import Agreement, compare_lives, compare_views
from tests.verify.oracle.proofs import Held, hold
from tests.verify.random_campaigns import random_campaign
from tests.verify.random_policies import random_policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from meter.policy import Policy
from meter.testing import strategies

__all__ = ["all_compared", "all_decided", "all_held", "campaigns", "main"]

_ROOT = Path(__file__).parents[3]
SAMPLES = [
    *sorted((_ROOT / "tests" / "verify" / "policies").glob("*.toml")),
    *sorted((_ROOT / "tests" / "verify" / "moving").glob("*.toml")),
    _ROOT / "templates" / "sample" / "policy.toml",
]
_TENTH = 10
_DECIDED = 1_000
_CAMPAIGNS = 1_000
_DRAWN = 500
_PROVED = 500
_COMPARED = 250


def samples() -> Iterator[tuple[str, Policy]]:
    """Yield the policies that others look at too, by name."""
    for path in SAMPLES:
        yield path.stem, load_policy(path)


def campaigns(many: int, rules: int | None = None) -> Iterator[tuple[str, Policy]]:
    """Yield policies with caps on prompts, and most of them with experiments."""
    for number in range(many):
        yield f"campaign {number}", random_campaign(Random(f"campaign {number}"), rules)


def of_strategies(many: int) -> list[tuple[str, Policy]]:
    """Return policies that the strategies of `meter.testing` draw: other zones, windows, words.

    Two of three have caps on prompts, and one has experiments too.
    """
    found: list[tuple[str, Policy]] = []

    campaigning = strategies.campaigns()
    tried = campaigning.flatmap(strategies.with_experiments)

    @seed(many)
    @settings(
        max_examples=many,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.policies() | campaigning | tried)
    def draw(policy: Policy) -> None:
        found.append((f"drawn {len(found)}", policy))

    draw()
    return found


def all_decided(
    policies: Iterable[tuple[str, Policy]], views: int = 100, lives: int = 4
) -> Agreement:
    """Compare decisions by each policy: so many page views, and so many lives of 25 steps."""
    compared = counted = 0
    wrong = []
    campaigns: Counter[str] = Counter()
    for name, policy in policies:
        text = dumps_policy(policy)
        random = Random(f"decided {name}")
        found = [compare_views(random, text, views), compare_lives(random, text, lives, 25)]
        for each in found:
            compared += each.compared
            counted += each.counted
            campaigns.update(each.campaigns)
            wrong += [f"policy {name}: {what}" for what in each.wrong]
    return Agreement(compared, counted, wrong, campaigns)


def all_held(policies: Iterable[tuple[str, Policy]], encounters: int = 400) -> Held:
    """Hold what is said of each policy to so many encounters, and to the stories it tells."""
    found = Held(0, 0, 0, 0, [])
    for name, policy in policies:
        each = hold(Random(f"held {name}"), policy, encounters)
        wrong = [f"policy {name}: {what}" for what in each.wrong]
        found = Held(
            *(a + b for a, b in zip(found[:4], each[:4], strict=True)), found.wrong + wrong
        )
    return found


def all_compared(
    policies: Iterable[tuple[str, Policy]], each: int = 6, encounters: int = 400
) -> Compared:
    """Put encounters to each policy and to some that are a small mistake away."""
    found = Compared(0, 0, 0, 0, [])
    for name, policy in policies:
        random = Random(f"compared {name}")
        one = compare(random, policy, list(pairs(random, policy, each)), encounters)
        wrong = [f"policy {name}: {what}" for what in one.wrong]
        found = Compared(
            *(a + b for a, b in zip(found[:4], one[:4], strict=True)), found.wrong + wrong
        )
    return found


def main(arguments: list[str]) -> int:
    """Compare, print the figures and what disagrees, and return the exit code."""
    part = 1 if "--whole" in arguments else _TENTH
    drawn = ((str(number), random_policy(Random(number))) for number in range(_DECIDED // part))
    policies = [*drawn, *campaigns(_CAMPAIGNS // part), *of_strategies(_DRAWN // part), *samples()]
    decided = all_decided(policies)
    sys.stdout.write(
        f"decisions: {len(policies):,} policies, {decided.compared:,} page views,"
        f" {decided.counted:,} of them counted: {len(decided.wrong)} disagreements\n"
    )
    told = (f"{word} {number:,}" for word, number in sorted(decided.campaigns.items()))
    sys.stdout.write(f"of campaigns: {', '.join(told)}\n")
    _tell(decided.wrong)
    own = ((str(number), asked(number)[0]) for number in range(_PROVED // part))
    held = all_held([*own, *campaigns(_PROVED // part // 2), *samples()])
    sys.stdout.write(
        f"promises: {held.proved:,} proved, held to {held.encounters:,} encounters,"
        f" {held.failed:,} fail with a story each, {held.open:,} not decided:"
        f" {len(held.wrong)} disagreements\n"
    )
    _tell(held.wrong)
    small = (
        (str(number), random_policy(Random(f"pairs {number}"), rules=2))
        for number in range(_COMPARED // part)
    )
    tried = campaigns(_COMPARED // part // 2, rules=2)
    compared = all_compared([*small, *tried, *samples()])
    sys.stdout.write(
        f"differences: {compared.pairs:,} pairs, none reported for {compared.alike:,},"
        f" {compared.told_apart:,} told apart in {compared.encounters:,} encounters:"
        f" {len(compared.wrong)} disagreements\n"
    )
    _tell(compared.wrong)
    return int(bool(decided.wrong or held.wrong or compared.wrong))


def _tell(wrong: list[str]) -> None:
    """Print what disagrees, at once: the rest takes minutes."""
    sys.stdout.writelines(f"{line}\n" for line in wrong)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
