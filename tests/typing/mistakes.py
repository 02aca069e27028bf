"""Mistakes of a user's, each on a line of its own, and which of them `mypy --strict` finds.

`python -m tests.typing.mistakes` prints them. The lines are only ever read by a type checker.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

__all__ = ["MISTAKES", "found"]

HEAD = """
from meter import Article, AsyncPaywall, Entitlement, PageView, Paywall, Reader
from meter import load_policy, open_store, render
from meter.stores import open_async_store

policy = load_policy("offers.toml")
store = open_store("memory://")
waiting = open_async_store("valkey://counts")
paywall = Paywall(policy, store)
reader = Reader(id="anna")
view = PageView(article=Article(id="harbour-tunnel"))
decision = paywall.check(reader, view)
"""


class Mistake(NamedTuple):
    """A line with one mistake, and what is wrong with it."""

    name: str
    line: str


MISTAKES = (
    Mistake("a URL for a store", 'Paywall(policy, "sqlite:///counts.db")'),
    Mistake("a store to be awaited in a paywall that blocks", "Paywall(policy, waiting)"),
    Mistake("a path for a policy", 'Paywall("offers.toml", store)'),
    Mistake("a word for outages that is none", 'Paywall(policy, store, on_outage="opened")'),
    Mistake("a misspelt keyword", 'AsyncPaywall(policy, waiting, on_outtage="open")'),
    Mistake("a text for seconds", 'AsyncPaywall(policy, waiting, deadline="soon")'),
    Mistake("a number for a reader's id", "Reader(id=7)"),
    Mistake("a word for access that is none", 'Article(id="a", access="meterd")'),
    Mistake("a word for a right that is none", 'Entitlement(kind="subscriber")'),
    Mistake("one tag where tags are listed", 'Article(id="a", tags="opinion")'),
    Mistake("an article for a page view", 'paywall.check(reader, Article(id="a"))'),
    Mistake("a comparison with a word that `show` never is", 'assert decision.show != "paywall"'),
    Mistake("a comparison with a word that `access` never is", 'assert decision.access != "all"'),
    Mistake("what is left of a meter that may not be there", "decision.meter.left"),
    Mistake("a format that is none", 'render(decision, policy, format="plain")'),
    Mistake(
        "an answer that is not awaited",
        "async def page() -> None: AsyncPaywall(policy, waiting).check(reader, view)",
    ),
    Mistake("an attribute that is not there", "decision.limit"),
    Mistake("arguments the wrong way round", "render(policy, decision)"),
)


def found() -> dict[str, bool]:
    """Return of every mistake, by its name, whether the type checker reports its line."""
    text = HEAD + "\n".join(mistake.line for mistake in MISTAKES) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mistakes.py")
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--no-pretty"]
        checked = subprocess.run(
            [*command, "--cache-dir", Path(folder, "cache"), path],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    reported = {int(line) for line in re.findall(r"mistakes\.py:(\d+): error", checked.stdout)}
    first = HEAD.count("\n") + 1
    if early := [line for line in reported if line < first]:
        raise AssertionError(f"the lines before the mistakes are wrong: {early}\n{checked.stdout}")
    return {mistake.name: first + place in reported for place, mistake in enumerate(MISTAKES)}


if __name__ == "__main__":
    results = found()
    for name, is_found in results.items():
        sys.stdout.write(f"{'found' if is_found else 'missed':<7} {name}\n")
    sys.stdout.write(f"{sum(results.values())} of {len(results)}\n")
