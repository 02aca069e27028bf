"""A policy file is written in pieces while views are decided: is any decided by a part of it?

    python -m tests.core.half_written [--whole]

Two ways. *By a clock that is moved*: every length of piece, so every prefix, with pauses of up to
half of `settle` between pieces and looks at any time. *By the clock on the wall*: a thread writes,
the policy's own thread looks, and this one decides. A round in which the machine held the writer up
for longer than `settle` is void: then the file did rest. Without `--whole` a seeded tenth is run.
Exits with 1 if any decision was made by a prefix.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

from attrs import define

from meter import Article, PageView, Reader, ReloadingPolicy, Usage, decide, loads_policy

NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
SAMPLE = (Path(__file__).parents[2] / "templates/sample/policy.toml").read_text(encoding="utf-8")
GIVES_AWAY = """\
[publication]
name = "The Harbour Review"

[[rules]]
name = "subscribers read everything"
show = "article"
when = { reader = ["subscriber"] }

[[rules]]
name = "everyone else"
show = "subscription-wall"
"""
"""Up to `when`, a policy whose first rule opens everything for everybody."""

TEXTS = {"the sample": SAMPLE, "name, show, when": GIVES_AWAY}
VIEW = PageView(article=Article(id="p", access="premium"))
STRANGER = Reader(id="r")
SETTLE = 0.2
LONGEST_SECONDS = 20.0


@define
class Clock:
    """Seconds that grow when they are moved."""

    seconds: float = 0.0

    def __call__(self):
        return self.seconds


@define
class Count:
    """What was found: rounds, pieces, decisions, those by a prefix, and rounds that are void."""

    rounds: int = 0
    pieces: int = 0
    decisions: int = 0
    by_a_prefix: int = 0
    void: int = 0


def renamed(text):
    """Return the same policy of another publication."""
    return text.replace('name = "', 'name = "Another ', 1)


def pieces_of(text, length):
    """Return a text in pieces of a length."""
    return [text[at : at + length] for at in range(0, len(text), length)]


def write_by_a_moved_clock(path, text, length, draw, count, *, kind=ReloadingPolicy):
    """Write a text in pieces, look between them, and count decisions by a prefix."""
    path.write_text(text, encoding="utf-8")
    clock = Clock()
    current = kind(path, None, settle=1.0, monotonic=clock)
    after = renamed(text)
    good = {current.policy.digest, loads_policy(after).digest}
    with path.open("w", encoding="utf-8") as file:
        for piece in pieces_of(after, length):
            file.write(piece)
            file.flush()
            count.pieces += 1
            pause = draw.uniform(0, 0.5)
            while pause > 0:
                step = min(pause, draw.uniform(0.05, 0.6))
                clock.seconds += step
                pause -= step
                current.refresh()
                decide(current.policy, STRANGER, VIEW, Usage(), NOW)
                count.decisions += 1
                count.by_a_prefix += current.policy.digest not in good
    for _ in range(3):
        clock.seconds += 1.0
        current.refresh()
    assert current.policy.publication.name.startswith("Another "), "the whole file is in force"
    count.rounds += 1


def write_by_the_clock_on_the_wall(path, text, length, draw, count):
    """Write a text in pieces in a thread, while views are decided in this one."""
    path.write_text(text, encoding="utf-8")
    after = renamed(text)
    done = Event()
    pauses = []

    def write():
        pause = Event()
        last = time.monotonic()
        with path.open("w", encoding="utf-8") as file:
            for piece in pieces_of(after, length):
                file.write(piece)
                file.flush()
                written = time.monotonic()
                pauses.append(written - last)
                last = written
                pause.wait(draw.uniform(0, SETTLE / 2))
        done.set()

    with ReloadingPolicy(path, every=SETTLE / 8, settle=SETTLE) as current:
        good = {current.policy.digest, loads_policy(after).digest}
        before = count.by_a_prefix
        writer = Thread(target=write)
        writer.start()
        until = time.monotonic() + LONGEST_SECONDS
        while not current.policy.publication.name.startswith("Another "):
            policy = current.policy
            decide(policy, STRANGER, VIEW, Usage(), NOW)
            count.decisions += 1
            count.by_a_prefix += policy.digest not in good
            assert time.monotonic() < until or not done.is_set(), "the whole file is in force"
        writer.join()
    count.pieces += len(pauses)
    if max(pauses) > SETTLE:
        count.void += 1
        count.by_a_prefix = before
    else:
        count.rounds += 1


def measured(*, whole):
    """Return what was found in each of the two ways."""
    draw = random.Random(20260610)
    moved, wall = Count(), Count()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policy.toml"
        for text in TEXTS.values():
            for length in range(1, len(text) + 1):
                if whole or length == 1 or draw.random() < 0.1:
                    write_by_a_moved_clock(path, text, length, draw, moved)
        for text in TEXTS.values():
            for length in draw.sample(range(len(text) // 20, len(text)), 100 if whole else 10):
                write_by_the_clock_on_the_wall(path, text, length, draw, wall)
    return {"a clock that is moved": moved, "the clock on the wall": wall}


def main():
    """Print what was found; say whether no decision was made by a prefix."""
    found = measured(whole="--whole" in sys.argv[1:])
    for way, count in found.items():
        sys.stdout.write(
            f"{way}: {count.rounds:,} rounds ({count.void} void), {count.pieces:,} pieces,"
            f" {count.decisions:,} decisions, {count.by_a_prefix} by a prefix\n"
        )
    return sum(count.by_a_prefix for count in found.values()) == 0


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
