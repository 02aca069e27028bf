"""The last day of an offer, wherever a clock jumps at midnight.

`python -m tests.prompts.midnights` tries every day of 2024 to 2030 that has no midnight in the
zones that are known to have one; with `--whole` it looks for such days in every zone there is. An
offer that ends with the day before is told by a prompt and, in the words that `diff` has too, by
`explain`: each has to name that day. Exit 1 if one does not.
"""

from __future__ import annotations

import sys
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from meter import Article, PageView, Policy, Reader, Usage, decide, explain, render
from meter.explanation import last_day
from meter.policy import Dates, Offer, Publication, Rule, When
from meter.windows import day_start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["JUMPING", "days_without_midnight", "main", "wrong_days"]

FIRST, LAST = date(2024, 1, 1), date(2030, 12, 31)


JUMPING = (
    "Africa/Cairo",
    "America/Asuncion",
    "America/Coyhaique",
    "America/Havana",
    "America/Santiago",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Chile/Continental",
    "Cuba",
    "Egypt",
)
"""The zones in which it happens."""


def days_without_midnight(zone: ZoneInfo, first: date = FIRST, last: date = LAST) -> Iterator[date]:
    """Every day of a zone on which no clock there shows 00:00."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        midnight = datetime.combine(day, time(), zone)
        later = midnight + timedelta(hours=36)
        if later.utcoffset() == (midnight - timedelta(hours=36)).utcoffset():
            continue
        if datetime.fromtimestamp(midnight.timestamp(), zone).time() != time():
            yield day


def told(day: date, zone: str) -> Iterator[str]:
    """What the prompt and the explanation say of an end on `day`, at noon of it."""
    policy = Policy(
        publication=Publication(name="H", timezone=zone, locale="ja"),
        offers=[Offer(name="o", price=9, currency="USD", term="1 month", ends=day)],
        rules=[
            Rule(
                name="dated",
                when=When(dates=Dates(from_=day - timedelta(days=9), until=day)),
                show="trial-offer",
                offer="o",
            ),
            Rule(name="all", show="article"),
        ],
    )
    now = datetime.combine(day, time(12), ZoneInfo(zone))
    view = PageView(article=Article(id="a", access="premium"))
    decision = decide(policy, Reader(id="r"), view, Usage(), now)[0]
    yield render(decision, policy, format="text")
    yield explain(decision)


def wrong_days(zone: str, days: Iterable[date]) -> list[date]:
    """Those of the days whose end is told on another."""
    wrong = []
    for day in days:
        prompt, explained = told(day, zone)
        in_words = f"お申し込みは{day.month}月{day.day}日まで" in prompt
        same = last_day(day_start(day + timedelta(days=1), ZoneInfo(zone)), ZoneInfo(zone)) == day
        if not (in_words and same and f"until {day}" in explained):
            wrong.append(day)
    return wrong


def main(arguments: list[str]) -> int:
    """Try the zones, print how many days were tried in which, and return the exit code."""
    names = sorted(available_timezones()) if "--whole" in arguments else JUMPING
    tried = {}
    wrong = 0
    for name in names:
        jumps = list(days_without_midnight(ZoneInfo(name)))
        if jumps:
            tried[name] = len(jumps)
            wrong += len(wrong_days(name, [day - timedelta(days=1) for day in jumps]))
    total = sum(tried.values())
    lines = [
        f"{total} days without a midnight in {len(tried)} of {len(names)} zones:",
        ", ".join(f"{name} {count}" for name, count in sorted(tried.items())),
        f"{wrong} ends told on another day",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
