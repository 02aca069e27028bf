"""An OpenFeature client is never told that nothing has changed where something has.

Run it: `python -m tests.web.ofrep_etags [--whole]`.

Clients ask for one article or for several, by OFREP, and show tags of answers that they had before.
Between two calls something changes at random: a field of the context, what other clients have
counted, the policy file, the time. Whoever is answered 304 asks once more without a tag, and has to
get the answer of which the tag was. 10,000 changes with `--whole`, else a tenth. Exit code 1 if one
answer was stale, or if none was ever answered 304.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path
from urllib.parse import quote

from tests.web.in_process import Worker

__all__ = ["changes"]

WHOLE = 10_000
FLAGS = "/ofrep/v1/evaluate/flags"
ARTICLES = ("a", "b", "c/d", "é")
OTHERS = ("e", "f", "g", "h", "i", "j")

POLICY = """
[publication]
name = "The Harbour Review"

[meters.monthly]
window = {{ calendar = "month" }}
limit = {limit}

[meters.today]
window = {{ rolling = "24 hours" }}
limit = 2
access = ["premium"]

[offers.summer]
kind = "{kind}"
price = 9
currency = "USD"
term = "3 months"

[[rules]]
name = "whoever pays reads on"
when = {{ covered = true }}
show = "article"

[[rules]]
name = "{open}"
when = {{ any = [{{ access = ["free"] }}, {{ channel = ["newsletter"] }}, {{ gift = true }}] }}
show = "article"

[[rules]]
name = "premium, two a day, for those who are likely to stay"
when = {{ access = ["premium"], score = {{ at_least = 0.5 }} }}
spend = "today"
show = "countdown"

[[rules]]
name = "few on a phone"
when = {{ device = ["mobile"], country = ["JP"], reader = ["anonymous"] }}
show = "registration-wall"

[[rules]]
name = "students and sport"
when = {{ any = [{{ segments = ["student"] }}, {{ section = ["sport"] }}] }}
spend = "monthly"
show = "article"

[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"

[[rules]]
name = "everyone else"
show = "wall"
offer = "summer"
"""
POLICIES = [
    POLICY.format(limit=limit, kind=kind, open=name)
    for limit, kind, name in (
        (6, "trial", "open to all"),
        (7, "trial", "open to all"),
        (7, "subscription", "open to all"),
        (7, "trial", "open to everyone"),
        ("{ anonymous = 3, registered = 9 }", "trial", "open to all"),
    )
]

INSTITUTIONS = """
[[institutions]]
name = "City Library"
addresses = ["192.0.2.0/24"]
"""
FIELDS = {
    "targetingKey": ["r1", "r2", "r1", "r2", "", None],
    "reader": [
        {},
        {"registered": True},
        {"entitlements": [{"kind": "subscription", "ends": "2026-06-20"}]},
        {"entitlements": [{"kind": "trial"}]},
        {"segments": ["student"]},
        {"score": 0.9},
    ],
    "article": [{}, {"access": "free"}, {"access": "premium"}, {"section": "sport"}],
    "articles": [["a"], [], [{"id": "a", "access": "premium"}, "b"], ["b", "c/d", "é"]],
    "channel": [None, "newsletter"],
    "device": [None, "mobile"],
    "country": [None, "JP", "DE"],
    "gift": [None, True, "no link of ours"],
    "address": [None, "192.0.2.7", "203.0.113.9"],
    "prefetch": [None, True],
    "plan": [None, "of the client's own", {"nested": [1, None]}],
}


class Client:
    """What one client would ask: a context, and one article or those that the context lists."""

    def __init__(self, draw):
        self.draw = draw
        self.path = f"{FLAGS}/a"
        self.context = {name: values[0] for name, values in FIELDS.items()}
        self.tags = []

    def change(self):
        """Change one thing about the question."""
        name = self.draw.choice([*FIELDS, "which"])
        if name == "which":
            of = quote(self.draw.choice(ARTICLES), safe="")
            self.path = self.draw.choice((FLAGS, f"{FLAGS}/{of}", f"{FLAGS}/{of}"))
        else:
            self.context[name] = self.draw.choice(FIELDS[name])

    def shown(self):
        """Return the tags that it shows: mostly of the last answer, now and then all it has."""
        if self.draw.random() < 0.1:
            return ", ".join(self.tags[-20:])
        recent = self.tags[-3:] if self.draw.random() < 0.5 else self.tags[-1:]
        return self.draw.choice(recent) if recent else ""


async def changes(number, seed=1, wrap=lambda app: app):
    """Make so many changes, and return how many answers were 304, and how many were stale."""
    draw = random.Random(seed)
    found = Counter(changes=number)
    answers: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "institutions.toml").write_text(INSTITUTIONS)
        worker = Worker(Path(folder), POLICIES[0], wrap)
        clients = [Client(draw) for _ in range(3)]
        for _ in range(number):
            client = draw.choice(clients)
            await _change(worker, client, draw)
            body = {"context": client.context}
            told = await worker.ask(client.path, body, if_none_match=client.shown())
            if told.status == 304:
                found["unchanged"] += 1
                fresh = await worker.ask(client.path, body)
                found["stale"] += fresh.raw != answers[told.headers["etag"]]
                continue
            assert told.status == 200, told.raw
            tag = told.headers["etag"]
            found["stale"] += answers.setdefault(tag, told.raw) != told.raw
            client.tags.append(tag)
        await worker.service.close()
    return found


async def _change(worker, client, draw):
    """Change something: the context, the counts, the policy or the time; or ask again as before."""
    kind = draw.choices(("context", "counts", "policy", "time", "nothing"), (30, 30, 10, 10, 20))[0]
    if kind == "context":
        client.change()
    elif kind == "counts":
        other = {
            "reader": {"id": draw.choice(("r1", "r2"))},
            "article": draw.choice(ARTICLES + OTHERS),
        }
        assert (await worker.ask("/v1/decide", other)).status == 200
    elif kind == "policy":
        worker.put(draw.choice(POLICIES))
    elif kind == "time":
        worker.clock.advance(hours=draw.choice((0.01, 1, 13, 200)))


def main(words=None):
    """Make the changes, print what came of them, and return 1 if an answer was stale."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.ofrep_etags")
    parser.add_argument("--whole", action="store_true", help=f"{WHOLE:,} changes, not a tenth")
    number = WHOLE if parser.parse_args(words).whole else WHOLE // 10
    found = asyncio.run(changes(number))
    sys.stdout.write(
        f"{found['changes']:,} changes: {found['unchanged']:,} answers were 304,"
        f" {found['stale']:,} of all were stale\n"
    )
    return 1 if found["stale"] or not found["unchanged"] else 0


if __name__ == "__main__":
    sys.exit(main())
