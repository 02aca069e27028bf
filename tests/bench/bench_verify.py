"""How long the verifier takes, and how that compares with z3.

`python tests/bench/bench_verify.py` prints it, all measured in one run: the median of five for the
small policies, one run for the large ones. The last part answers 60 narrow rules over 40 tags in a
process that may not use more than 512 MiB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from attrs import evolve

from meter import Rule, Show, load_policy
from meter.errors import MeterError
from meter.facts import Vocabulary
from meter.policy import Meter, Policy, Publication, When
from meter.rulebook import Rulebook
from meter.verify import UndecidedError, changes, guarantees, lints
from meter.verify.budget import open_solver
from meter.verify.diff import one_difference
from meter.verify.space import Space
from meter.verify.walk.symbolic import comes_from, reaches
from meter.vocabulary import Members
from meter.windows import Window
from tests.bench.figures import Figure, Report, hand_over, options_of

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024


def timed(work: Callable[[], object], times: int = 5) -> tuple[float, object]:
    """Return the median time of some runs in milliseconds, and the last result."""
    took, result = [], None
    for _ in range(times):
        started = perf_counter()
        try:
            result = work()
        except UndecidedError as error:
            result = error
        took.append((perf_counter() - started) * 1000)
    return median(took), result


def narrow(count: int, tags: int, seed: int = 1, countries: int = 10) -> Policy:
    """Return a policy of many narrow rules.

    Each asks for a status, some tags and perhaps a country.
    """
    random = Random(seed)
    names = [f"tag{number}" for number in range(tags)]
    lands = [f"{chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(countries)]
    rules = tuple(narrow_rule(random, index, names, lands) for index in range(count))
    meter = Meter(name="monthly", window=Window(calendar="month"), limit=3)
    last = Rule(name="everyone else", show="subscription-wall")
    return Policy(publication=Publication(name="narrow"), meters=(meter,), rules=(*rules, last))


def narrow_rule(random: Random, index: int, names: list[str], lands: list[str]) -> Rule:
    """Return a rule for two statuses, any or all of three tags, and perhaps three countries."""
    statuses = ["anonymous", "registered", "trial-expired", "subscription-expired"]
    group = random.choice(["any", "all"])
    when = When(
        reader=random.sample(statuses, 2),
        tags=Members(**{group: random.sample(names, 3)}),
        country=random.sample(lands, 3) if random.random() < 0.5 else None,
    )
    name = f"rule {index}"
    if random.random() < 0.3:
        return Rule(name=name, when=when, show=Show.COUNTDOWN, spend="monthly")
    show = random.choice(["article", "registration-wall", "subscription-wall"])
    return Rule(name=name, when=when, show=Show(show))


def z3_reaches(policy: Policy) -> list[str]:
    """Return the rules that z3 finds a reader for."""
    solver = open_solver([Rulebook(policy, Vocabulary([policy]))], "asked for")
    verdict = solver.verdict()
    return [
        rule.name
        for rule in policy.rules
        if solver.find(solver.among(verdict, comes_from(rule.name))) is not None
    ]


def diagram_reaches(policy: Policy) -> list[str]:
    """Return the rules that the diagram finds a reader for."""
    space = Space([Rulebook(policy, Vocabulary([policy]))])
    return [
        rule.name for rule, reach in zip(policy.rules, reaches(space), strict=True) if reach.fires
    ]


def z3_differs(old: Policy, new: Policy) -> bool:
    """Say whether z3 finds a reader for whom two policies decide differently."""
    vocabulary = Vocabulary([old, new])
    books = [Rulebook(policy, vocabulary) for policy in (old, new)]
    return bool(list(one_difference(books, "asked for", 60.0)))


def report_on(report: Report, label: str, policy: Policy, times: int) -> None:
    """Measure one policy, and print a line."""
    swapped = evolve(policy, rules=(policy.rules[1], policy.rules[0], *policy.rules[2:]))
    linted, warnings = timed(lambda: lints(policy), times)
    proved, answers = timed(lambda: guarantees(policy), times)
    different, _ = timed(lambda: changes(policy, swapped), times)
    reached, by_diagram = timed(lambda: diagram_reaches(policy), times)
    by_z3_took, by_z3 = timed(lambda: z3_reaches(policy), times)
    z3_diff, _ = timed(lambda: z3_differs(policy, swapped), times)
    if isinstance(by_diagram, MeterError):
        same = "z3 only"
    else:
        same = "agree" if by_diagram == by_z3 else "DISAGREE"
    analysed = "no" if any(warning.code == "not-analysed" for warning in warnings) else "yes"
    outcomes = {str(answer.outcome) for answer in answers}
    took = {
        "lints": linted,
        "prove": proved,
        "diff": different,
        "reach every rule: z3": by_z3_took,
        "reach every rule: diagram": reached,
        "z3 finds one difference": z3_diff,
    }
    base = "reach every rule: diagram"
    report.line(
        f"{label:34} {len(policy.rules):3} rules | lints {linted:8.1f}  prove {proved:8.1f}  diff"
        f" {different:8.1f} ms | reach every rule: diagram {reached:8.1f}, z3 {by_z3_took:8.1f} ms"
        f" ({by_z3_took / reached:5.1f}x), {same} | z3 finds one difference {z3_diff:7.1f} ms |"
        f" lints analysed: {analysed}, answers: {', '.join(sorted(outcomes))}",
        *(
            Figure(f"{label}, {kind}", each, "ms", each / reached, f"{label}, {base}", times)
            for kind, each in took.items()
        ),
    )


def hard() -> None:
    """Answer 60 narrow rules over 40 tags in this process, and say what that took."""
    limit = 512 * MIB
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    policy = narrow(60, 40)
    first = hard_once(policy, "with z3")
    sys.modules["z3"] = None  # as if it were not installed
    hand_over([first, hard_once(policy, "without z3")])


def hard_once(policy: Policy, label: str) -> dict[str, object]:
    """Answer a policy once, and return what that took, and a line about it."""
    started = perf_counter()
    warnings, answers = lints(policy), guarantees(policy, seconds=9.0)
    took = perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    left_out = [warning.message for warning in warnings if warning.code == "not-analysed"]
    counts = {
        outcome: sum(answer.outcome == outcome for answer in answers)
        for outcome in ("proved", "fails", "not decided")
    }
    text = (
        f"60 narrow rules over 40 tags, {label}: {took:.1f} s, peak {peak:.0f} MiB,"
        f" {'; '.join(left_out) or 'all lints'}; {counts}"
    )
    return {"label": label, "text": text, "seconds": took, "mib": peak}


def main() -> None:
    """Print everything."""
    given = options_of(__doc__).parse_args()
    report = Report("verify", given.format, 1)
    report_on(
        report, "the sample policy", load_policy(ROOT / "templates" / "sample" / "policy.toml"), 5
    )
    for path in sorted((ROOT / "tests" / "verify" / "policies").glob("*.toml")):
        report_on(report, path.stem, load_policy(path), 5)
    for count, tags in ((10, 8), (20, 8), (40, 12), (40, 40)):
        report_on(report, f"narrow, {tags} tags", narrow(count, tags), 1)
    done = subprocess.run([sys.executable, __file__, "hard"], check=True, stdout=subprocess.PIPE)
    first, *_ = found = json.loads(done.stdout)
    for each in found:
        what, ratio = f"60 narrow rules, {each['label']}", each["seconds"] / first["seconds"]
        report.line(
            each["text"],
            Figure(what, each["seconds"], "s", ratio, "60 narrow rules, with z3"),
            Figure(f"{what}, peak so far", each["mib"], "MiB"),
        )
    report.end()


if __name__ == "__main__":
    hard() if sys.argv[1:] == ["hard"] else main()
