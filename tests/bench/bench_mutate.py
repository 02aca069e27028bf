"""How long the mutants of a policy of 40 rules take against 50 journeys.

`python tests/bench/bench_mutate.py` prints it, measured once: the journeys alone, which is what
every mutant is tried on first, beside making the mutants. With `--whole` then everything, with what
survives compared exactly and told.
"""

from __future__ import annotations

from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING

from meter import Rule
from meter.journeys import Journey
from meter.policy import Dates, Meter, Offer, Policy, Publication, When
from meter.verify.mutants.journeys import JourneyTest, noticed
from meter.verify.mutants.making import mutants
from meter.verify.mutants.reached import Reached
from meter.verify.mutants.run import Trial
from meter.vocabulary import Range
from meter.windows import Window
from tests.bench.figures import Figure, Report, options_of

if TYPE_CHECKING:
    from meter.verify.mutants.edit import Mutant

_RULES = 40
_JOURNEYS = 50
_SECTIONS = 13
_STATUSES = ["anonymous", "registered", "trial-expired", "subscription-expired"]


def large_policy() -> Policy:
    """Return a policy of 40 rules: one for each section, each with a few conditions."""
    meters = [
        Meter(name=f"meter {n}", window=Window(calendar="month"), limit={"anonymous": n + 1})
        for n in range(4)
    ]
    offers = [
        Offer(name=f"offer {n}", price=n + 1, currency="USD", term="1 month") for n in range(4)
    ]
    first = Rule(name="whoever pays", when=When(covered=True), show="article")
    last = Rule(name="everyone else", show="wall", offer="offer 0")
    rules = [_rule(number) for number in range(_RULES - 2)]
    return Policy(
        publication=Publication(name="Large", timezone="Asia/Tokyo"),
        meters=meters,
        offers=offers,
        rules=[first, *rules, last],
    )


def _rule(number: int) -> Rule:
    sections = sorted({f"section {number * step % _SECTIONS}" for step in (1, 5, 7)})
    when = When(
        section=sections,
        reader=_STATUSES[: 2 + number % 3],
        country=["JP", "SE", "FR"],
        score=Range(at_least=0.2, below=0.8) if number % 2 else None,
        dates=Dates(from_=date(2026, 6, 1), until=date(2026, 6, 30)) if number % 4 == 0 else None,
    )
    name = f"rule {number}"
    if number % 3:
        return Rule(name=name, when=when, show="wall", offer=f"offer {number % 4}")
    return Rule(name=name, when=when, show="countdown", spend=f"meter {number % 4}")


def journeys() -> list[JourneyTest]:
    """Return 50 journeys of six steps, each in a section of its own."""
    return [
        JourneyTest(f"journey {number}", Journey.loads(_text(number)))
        for number in range(_JOURNEYS)
    ]


def _text(number: int) -> str:
    country = ("JP", "SE", "FR", "DE")[number % 4]
    score = (0.2, 0.5, 0.8)[number % 3]
    steps = [
        f"[[steps]]\nat = 2026-06-{day:02}T09:00:00\nread = {{ id = 'a{day}',"
        f" section = 'section {(number + day) % _SECTIONS}', country = '{country}' }}\n"
        for day in range(1, 7)
    ]
    return f"[reader]\nscore = {score}\n" + "".join(steps)


def expecting(policy: Policy, tests: list[JourneyTest]) -> list[JourneyTest]:
    """Return journeys that expect at each step what the policy answers there."""
    found = []
    for test in tests:
        answers = [decision for decision, _ in test.journey.answers_of(policy)]
        blocks = _text(int(test.name.split()[1])).split("[[steps]]\n")
        text = blocks[0] + "".join(
            f"[[steps]]\n{block}expect = {{ show = '{answer.show}',"
            f" offer = {_word(answer.offer)} }}\n"
            for block, answer in zip(blocks[1:], answers, strict=True)
        )
        found.append(JourneyTest(test.name, Journey.loads(text)))
    return found


def _word(name: str | None) -> str:
    return "false" if name is None else f"'{name}'"


def _is_noticed(mutant: Mutant, tests: list[JourneyTest], reached: Reached) -> bool:
    touches = reached.touches(mutant)
    return any(
        touches(test.journey) and noticed(test.journey, mutant.policy) is not None for test in tests
    )


def main() -> None:
    """Measure, and print what was measured."""
    parser = options_of(__doc__)
    parser.add_argument("--whole", action="store_true", help="with what survives compared exactly")
    given = parser.parse_args()
    report = Report("mutate", given.format, 1)
    policy = large_policy()
    tests = expecting(policy, journeys())
    started = perf_counter()
    made = mutants(policy)
    making = perf_counter() - started
    started = perf_counter()
    reached = Reached(policy, [test.journey for test in tests], made)
    unnoticed = [mutant for mutant in made if not _is_noticed(mutant, tests, reached)]
    running = perf_counter() - started
    took = (making + running) * 1000 / len(made)
    base = "making the mutants"
    report.line(
        f"{len(policy.rules)} rules, {len(made)} mutants, made in {making:.1f} s, against"
        f" {len(tests)} journeys of 6 steps in {running:.1f} s ({len(made) - len(unnoticed)}"
        f" noticed): {took:.1f} s for 1,000 mutants",
        Figure(base, making, "s", 1.0, base),
        Figure("journeys", running, "s", running / making, base),
        Figure("for 1,000 mutants", took, "s"),
    )
    if given.whole:
        started = perf_counter()
        result = Trial(policy, tests).run()
        whole = perf_counter() - started
        report.line(
            f"with what survives compared exactly and told: {whole:.1f} s\n{result.counts}",
            Figure("with what survives compared", whole, "s", whole / making, base),
        )
    report.end()


if __name__ == "__main__":
    main()
