"""How much does a prompt cost?

`python tests/bench/bench_prompts.py` prints times and their ratio to an f-string in the same run.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from html import escape
from tempfile import TemporaryDirectory
from timeit import repeat

from meter import (
    Article,
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

POLICY = Policy(
    publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo"),
    meters=[Meter(name="monthly", window=Window(calendar="month"), limit=5)],
    offers=[Offer(name="summer", price=9, currency="USD", term="3 months", ends=date(2026, 6, 30))],
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
DECISION = decide(
    POLICY,
    Reader(id="r"),
    PageView(article=Article(id="a")),
    Usage(),
    datetime(2026, 6, 1, tzinfo=UTC),
)[0]
CALLS = 2_000


def by_hand() -> str:
    """The same words by an f-string, escaped, with nothing chosen: the least that HTML can cost."""
    reading = DECISION.meter
    copy = POLICY.copy["en"]
    plural = "" if reading.left == 1 else "s"
    link = escape(POLICY.links.offers)
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


def measure() -> dict[str, float]:
    """Return microseconds per call, the best of five.

    With a folder (here an empty one) nothing is remembered from one call to the next.
    """
    with TemporaryDirectory() as folder:
        jobs = {
            "f-string": by_hand,
            "html, again": lambda: render(DECISION, POLICY),
            "html, made": lambda: render(DECISION, POLICY, folder=folder),
            "text, made": lambda: render(DECISION, POLICY, format="text", folder=folder),
            "json, made": lambda: render(DECISION, POLICY, format="json", folder=folder),
        }
        for job in jobs.values():
            job()
        return {
            name: min(repeat(job, number=CALLS, repeat=5)) / CALLS * 1e6
            for name, job in jobs.items()
        }


if __name__ == "__main__":
    times = measure()
    if "--json" in sys.argv:
        sys.stdout.write(json.dumps(times) + "\n")
    else:
        for name, time in times.items():
            ratio = time / times["f-string"]
            sys.stdout.write(f"{name:<16}{time:8.1f} µs {ratio:6.1f} x\n")
