"""Does `meter` decide as the oracle does: single page views, and lives with offers and sign-ins."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from meter import Usage
from tests.verify.oracle.bridge import Engine, record_of, usage_of
from tests.verify.oracle.constants import whens
from tests.verify.oracle.evaluator import Decided, decide, read
from tests.verify.oracle.histories import Life, history
from tests.verify.oracle.prompts import is_tracked
from tests.verify.oracle.questions import encounters
from tests.verify.oracle.records import Count, Record, inside
from tests.verify.oracle.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from random import Random

__all__ = ["Agreement", "compare_lives", "compare_views"]

Table = dict[str, Any]


class Agreement(NamedTuple):
    """How much was compared, how much of it counted, and what was decided otherwise."""

    compared: int
    counted: int
    wrong: list[str]
    campaigns: Counter[str]
    """Of campaigns, how many showed a prompt with a cap, kept one back, or exposed somebody."""


def campaign_words(policy: Table, decided: Decided, record: Record) -> Iterator[str]:
    """Yield what a decision has to do with campaigns."""
    rule = next(rule for rule in policy["rules"] if rule["name"] == decided.rule)
    if rule.get("prompt") is not None and is_tracked(policy, rule["prompt"]):
        yield "shown" if decided.prompt == rule["prompt"] else "kept back"
    if decided.exposures:
        yield "exposed"
    if any("seen" in when for when in whens(policy)) and record.shown:
        yield "asked what was seen"


def compare_views(random: Random, text: str, many: int) -> Agreement:
    """Put page views by readers of whom anything may be remembered to both."""
    table = read(text)
    counted = 0
    wrong = []
    words: Counter[str] = Counter()
    engines: dict[tuple[bool, ...], Engine] = {}
    for policy, event, record in encounters(random, [table], many):
        turn = tuple(policy.get("switches", {}).values())
        if turn not in engines:
            engines[turn] = Engine.of(policy)
        expected, after = decide(policy, event, record)
        counted += expected.counted
        words.update(campaign_words(policy, expected, record))
        said, usage = engines[turn].decide(event, usage_of(engines[turn].policy, record))
        now_held = held(policy, event, after)
        if said != expected:
            wrong.append(f"{event} with {record}: {said}, not {expected}")
        elif held(policy, event, record_of(engines[turn].policy, usage)) != now_held:
            wrong.append(f"{event} with {record}: remembered otherwise")
    return Agreement(many, counted, wrong, words)


def compare_lives(random: Random, text: str, lives: int, steps: int) -> Agreement:
    """Lead lives under both, step by step, to their ends or to the first step that differs."""
    table = read(text)
    engine = Engine.of(table)
    compared = counted = 0
    wrong = []
    words: Counter[str] = Counter()
    for _ in range(lives):
        life = history(random, table, steps)
        for number, step, same, expected in _led(table, engine, life):
            compared += 1
            counted += expected.counted
            words.update(campaign_words(table, expected, Record()))
            if not same:
                wrong.append(f"step {number} of {life[: number + 1]}: {step}")
                break
    return Agreement(compared, counted, wrong, words)


def _led(
    table: Table, engine: Engine, steps: list[Table]
) -> Iterator[tuple[int, str, bool, Decided]]:
    """Yield the number of each page view, what differs, whether it is alike, and what is right."""
    life = Life(table)
    usages = {who: Usage() for who in life.records}
    for number, step in enumerate(steps):
        expected = life.take(step)
        said = None
        if step["do"] == "join":
            source, target = usages[step["source"]], usages[step["target"]]
            usages[step["target"]] = engine.join(source, target, step["at"])
        elif step["do"] == "start":
            usages[step["who"]] = usages[step["who"]].starting(step["offer"])
        elif step["do"] == "close":
            usages[step["who"]] = engine.close(usages[step["who"]], step["prompt"], step["at"])
        elif expected is not None:
            said, usages[step["who"]] = engine.decide(step["event"], usages[step["who"]])
            both = (life.records[step["who"]], record_of(engine.policy, usages[step["who"]]))
            kept = [held(table, step["event"], record) for record in both]
            yield (
                number,
                f"{said}, not {expected}; {kept[1]}, not {kept[0]}",
                said == expected and kept[0] == kept[1],
                expected,
            )


def held(policy: Table, event: Table, record: Record) -> tuple[frozenset[Count], frozenset[str]]:
    """Return what of a record is in a window that runs, and what was started."""
    zone = policy["publication"].get("timezone", "UTC")
    at: datetime = Visit(policy, event, record).clock
    running = (inside(policy, zone, record, meter, at) for meter in policy.get("meters", {}))
    return frozenset(count for counts in running for count in counts), record.started
