"""Is what the studio says of an audience what comes of deciding each view of it, one by one?

`python -m tests.studio.audiences --whole` asks of 1,000 random edits; without, of a tenth.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from meter import loads_policy
from meter.replay.both import replay_both
from meter.studio.policy.audience import log_audience
from tests.replay.drawn_pairs import SECTIONS, START, draw_policy, edited, policy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from meter import Policy

Wrong = tuple[int, list[tuple[object, object]]]
"""How many edits change anything, and the answers that are not right, beside the right ones."""

SOME = 100
WHOLE = 1_000
EDITS = 10
"""How many edits are asked of one audience, one after the other."""

_VIEWS = 150
_RIGHTS = (
    {"registered": False},
    {"registered": True},
    {"registered": True, "entitlements": [{"kind": "subscription"}]},
    {"registered": True, "entitlements": [{"kind": "trial", "ends": "2026-01-29"}]},
)


def drawn_events(random: Random) -> list[dict[str, object]]:
    """Return page views in order of time: of a few readers, who read a few articles."""
    at = datetime.fromtimestamp(START / 1_000_000, UTC)
    events = []
    for number in range(_VIEWS):
        at += timedelta(minutes=random.choice((0, 1, 30, 60, 600)))
        name = random.randrange(12)
        article = {"id": f"a{random.randrange(9)}", "section": random.choice(SECTIONS)}
        article["access"] = random.choice(("metered", "metered", "metered", "free", "premium"))
        events.append(
            {
                "at": at.isoformat(),
                "id": f"v{number}",
                "reader": {"id": f"reader-{name}", **_RIGHTS[name % len(_RIGHTS)]},
                "article": article,
                "prefetch": random.random() < 0.1,
            }
        )
    return events


def drawn_campaign_events(random: Random) -> list[dict[str, object]]:
    """Return page views as `drawn_events` does, with prompts that are closed and offers started."""
    events: list[dict[str, object]] = []
    for event in drawn_events(random):
        events.append(event)
        told = random.choice(({"dismissed": "ask"}, {"dismissed": "bar"}, {"started": "guest"}))
        if random.random() < 0.15:
            who = {"id": f"reader-{random.randrange(12)}"}
            events.append({"at": event["at"], "reader": who, **told})
    return events


def drawn_campaign(random: Random) -> Policy:
    """Return a policy with a capped prompt, an offer once and an experiment, one of a few."""
    quiet = random.choice(("", 'closed = "2 days"', 'closed = "1 day", purchase = "30 days"'))
    fill = {
        "LIMIT": random.randint(1, 3),
        "TIMES": random.randint(1, 2),
        "QUIET": f"quiet_after = {{ {quiet} }}" if quiet else "",
        "INSTEAD": random.choice(("", 'instead = "bar"')),
        "ONCE": random.choice(("once = true", "once = true", "", 'lasts = "36 hours"')),
        "WHEN": random.choice(("", 'when = { experiment = { price = ["nine"] } }')),
    }
    text = _CAMPAIGN
    for word, value in fill.items():
        text = text.replace(word, str(value))
    return loads_policy(text)


_CAMPAIGN = """
[publication]
name = "P"
[experiments.price]
seed = "price"
unit = "reader"
variants = { control = 0.5, nine = 0.5 }
[meters.m]
window = { calendar = "month" }
limit = LIMIT
[offers.guest]
price = 1
currency = "USD"
term = "1 month"
ONCE
WHEN
[offers.plain]
kind = "subscription"
price = 9
currency = "USD"
term = "1 month"
[prompts.bar]
heading = "Stay"
at_most = [ { times = 2, window = { calendar = "day" } } ]
[prompts.ask]
heading = "Stay a while"
at_most = [ { times = TIMES, window = { rolling = "2 days" } } ]
QUIET
INSTEAD
[[rules]]
name = "some"
spend = "m"
show = "countdown"
prompt = "ask"
[[rules]]
name = "rest"
show = "wall"
offer = ["guest", "plain"]
"""


def wrong_campaigns(edits: int) -> Wrong:
    """Return the same of policies with campaigns, where lines besides views matter."""
    return _wrong(edits, Random(21), drawn_campaign_events, _campaigns)


def wrong_answers(edits: int) -> Wrong:
    """Return how many of some random edits change anything, and the answers that are not right."""
    return _wrong(edits, Random(20), drawn_events, _edited)


def _wrong(
    edits: int,
    random: Random,
    events: Callable[[Random], Iterable[object]],
    pairs: Callable[[Random], Iterator[tuple[Policy, Policy]]],
) -> Wrong:
    changed = 0
    wrong: list[tuple[object, object]] = []
    with TemporaryDirectory() as folder:
        for number in range(edits // EDITS):
            log = Path(folder) / f"{number}.jsonl"
            lines = (json.dumps(event) + "\n" for event in events(random))
            log.write_text("".join(lines), encoding="utf-8")
            audience = log_audience(log)
            for old, new in islice(pairs(random), EDITS):
                told = audience.concerned(old, new).logged
                expected = replay_both(old, new, log)
                changed += bool(expected.changed)
                if told != expected:
                    wrong.append((told, expected))
    return changed, wrong


def _campaigns(random: Random) -> Iterator[tuple[Policy, Policy]]:
    while True:
        yield drawn_campaign(random), drawn_campaign(random)


def _edited(random: Random) -> Iterator[tuple[Policy, Policy]]:
    parts = draw_policy(random)
    while True:
        other = edited(random, parts)
        yield policy_of(parts), policy_of(other)


def main(edits: int) -> int:
    """Print the figures; 1 if any answer is wrong, or hardly an edit changes anything."""
    changed, wrong = wrong_answers(edits)
    sys.stdout.write(
        f"{edits:,} random edits, of which {changed:,} change a decision; told otherwise than one"
        f" by one: {len(wrong)}\n"
    )
    others, more = wrong_campaigns(edits)
    sys.stdout.write(
        f"{edits:,} random pairs of campaigns, of which {others:,} change a decision; told"
        f" otherwise than one by one: {len(more)}\n"
    )
    return 1 if wrong or more or min(changed, others) < edits // 5 else 0


if __name__ == "__main__":
    raise SystemExit(main(WHOLE if "--whole" in sys.argv else SOME))
