"""How much does a prompt cost?

`python -m tests.bench.bench_prompts [--rounds 9]` prints processor times and their ratio
to an f-string of the same words in the same run: medians of interleaved rounds. Each of 10,000
decisions is another reader's at another instant, with another article, and is used once.

- *made before*: others have met a prompt of the same words;
- *made anew*: nobody has. Each has another limit, or another number left of it, than any before;
- *of a folder*: a publisher's own folder is looked at for each prompt, as a change in it is seen.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from html import escape
from itertools import count
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time_ns
from typing import TYPE_CHECKING

from attrs import evolve
from jinja2 import Environment

from meter import (
    Article,
    Decision,
    Meter,
    Offer,
    PageView,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
    render,
)
from meter.policy import Copy, Publication
from tests.bench.figures import Figure, Report, options_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READERS = 10_000
_START = datetime(2026, 6, 1, tzinfo=UTC)
_MONTH = timedelta(days=29)


def policy_of(limit: int) -> Policy:
    """Return a policy with so many articles a month."""
    summer = Offer(name="summer", price=9, currency="USD", term="3 months", ends=date(2026, 6, 30))
    return Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
        meters=[Meter(name="monthly", window=Window(calendar="month"), limit=limit)],
        offers=[summer],
        copy={
            "en": Copy(
                headline="Exclusive coverage of the harbour cities",
                pitch="Trusted insight from experts who live there",
            )
        },
        rules=[
            Rule(name="metered", spend="monthly", show="countdown", offer="summer"),
            Rule(name="rest", show="subscription-wall"),
        ],
    )


def decisions(policy: Policy) -> list[Decision]:
    """Return a decision for each of many readers, articles and instants of a month."""
    found = []
    for number in range(READERS):
        now = _START + _MONTH * number / READERS
        view = PageView(article=Article(id=f"a{number}"))
        decision, _ = decide(policy, Reader(id=f"r{number}"), view, Usage(), now)
        found.append(decision)
    return found


def pairs() -> Iterator[tuple[int, int]]:
    """Yield every limit above the policy's with each number that may be left of it, once."""
    for limit in count(10):
        for left in range(2, limit):
            yield limit, left


def with_other_counts(made: list[Decision], fresh: Iterator[tuple[int, int]]) -> list[Decision]:
    """Return the same decisions, each with a limit and a number left that none had before."""
    found = []
    for decision, (limit, left) in zip(made, fresh, strict=False):
        reading = evolve(decision.meter, limit=limit, left=left, used=limit - left)
        found.append(evolve(decision, meter=reading))
    return found


def by_hand(decision: Decision, policy: Policy) -> str:
    """The same words by an f-string, escaped, with nothing chosen: the least that HTML can cost."""
    reading = decision.meter
    copy = policy.copy["en"]
    plural = "" if reading.left == 1 else "s"
    link = escape(policy.links.offers)
    return (
        '<section class="meter-prompt" lang="en" dir="ltr"'
        ' aria-labelledby="meter-countdown-wide">\n'
        f'  <h2 id="meter-countdown-wide">You have {reading.left} free article{plural} left this'
        " month</h2>\n"
        f"  <p>{escape(copy.headline)}</p>\n"
        f"  <p>{escape(copy.pitch)}</p>\n"
        f"  <p>{escape('Offer ends June 30th')}</p>\n"
        f'  <p><a href="{link}">{escape("Try 3 months for $9")}</a></p>\n'
        "</section>\n"
    )


TEMPLATE = Environment(autoescape=True).from_string(
    '<section class="meter-prompt" lang="en" dir="ltr" aria-labelledby="meter-countdown-wide">\n'
    '  <h2 id="meter-countdown-wide">You have {{ left }} free article{{ plural }} left this'
    " month</h2>\n"
    "  <p>{{ headline }}</p>\n"
    "  <p>{{ pitch }}</p>\n"
    "  <p>{{ ends }}</p>\n"
    '  <p><a href="{{ link }}">{{ action }}</a></p>\n'
    "</section>\n"
)


def by_template(decision: Decision, policy: Policy) -> str:
    """The same words by a bare template of Jinja2, compiled before."""
    reading = decision.meter
    copy = policy.copy["en"]
    return TEMPLATE.render(
        left=reading.left,
        plural="" if reading.left == 1 else "s",
        headline=copy.headline,
        pitch=copy.pitch,
        ends="Offer ends June 30th",
        link=policy.links.offers,
        action="Try 3 months for $9",
    )


Job = tuple["Callable[[Decision, Policy], str]", bool]


def jobs(folder: str) -> dict[str, Job]:
    """Return what is timed by name, and whether each decision has to be one of new words."""
    return {
        "f-string": (by_hand, False),
        "bare template": (by_template, False),
        "html, made before": (render, False),
        "html, made anew": (render, True),
        "text, made anew": (lambda made, policy: render(made, policy, format="text"), True),
        "json, made anew": (lambda made, policy: render(made, policy, format="json"), True),
        "html, of a folder": (lambda made, policy: render(made, policy, folder=folder), False),
    }


def measure(rounds: int) -> dict[str, float]:
    """Return the median time of each job in microseconds a call."""
    policy = policy_of(5)
    made = decisions(policy)
    for decision in made:
        render(decision, policy)
    with TemporaryDirectory() as folder:
        asked = jobs(folder)
        fresh = {name: pairs() for name in asked}
        times: dict[str, list[float]] = {name: [] for name in asked}
        for job, _ in asked.values():
            job(made[0], policy)
        for _ in range(rounds):
            for name, (job, is_new) in asked.items():
                given = with_other_counts(made, fresh[name]) if is_new else made
                if name.endswith("folder"):
                    given = given[: READERS // 20]
                start = process_time_ns()
                for decision in given:
                    job(decision, policy)
                times[name].append((process_time_ns() - start) / len(given) / 1e3)
    return {name: median(taken) for name, taken in times.items()}


def main() -> None:
    """Measure, and print a table or JSON."""
    options = options_of(__doc__, rounds=9).parse_args()
    report = Report("prompts", options.format, options.rounds)
    times = measure(options.rounds)
    for name, time in times.items():
        ratio = time / times["f-string"]
        figure = Figure(name, time, "µs", ratio, "f-string")
        report.line(f"{name:<20}{time:8.2f} µs {ratio:7.2f} x", figure)
    report.end()


if __name__ == "__main__":
    main()
