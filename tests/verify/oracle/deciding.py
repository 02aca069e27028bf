"""Does `meter` decide as the oracle does: single page views, and lives with offers and sign-ins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from meter import Usage
from tests.verify.oracle.bridge import Engine, record_of, usage_of
from tests.verify.oracle.evaluator import decide, read
from tests.verify.oracle.histories import Life, history
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


def compare_views(random: Random, text: str, many: int) -> Agreement:
    """Put page views by readers of whom anything may be remembered to both."""
    table = read(text)
    counted = 0
    wrong = []
    engines: dict[tuple[bool, ...], Engine] = {}
    for policy, event, record in encounters(random, [table], many):
        turn = tuple(policy.get("switches", {}).values())
        if turn not in engines:
            engines[turn] = Engine.of(policy)
        expected, after = decide(policy, event, record)
        counted += expected.counted
        said, usage = engines[turn].decide(event, usage_of(engines[turn].policy, record))
        now_held = held(policy, event, after)
        if said != expected:
            wrong.append(f"{event} with {record}: {said}, not {expected}")
        elif held(policy, event, record_of(engines[turn].policy, usage)) != now_held:
            wrong.append(f"{event} with {record}: remembered otherwise")
    return Agreement(many, counted, wrong)


def compare_lives(random: Random, text: str, lives: int, steps: int) -> Agreement:
    """Lead lives under both, step by step, to their ends or to the first step that differs."""
    table = read(text)
    engine = Engine.of(table)
    compared = counted = 0
    wrong = []
    for _ in range(lives):
        life = history(random, table, steps)
        for number, step, same, is_counted in _led(table, engine, life):
            compared += 1
            counted += is_counted
            if not same:
                wrong.append(f"step {number} of {life[: number + 1]}: {step}")
                break
    return Agreement(compared, counted, wrong)


def _led(table: Table, engine: Engine, steps: list[Table]) -> Iterator[tuple[int, str, bool, bool]]:
    """Yield the number of each page view, what was decided, whether alike, and whether counted."""
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
        else:
            said, usages[step["who"]] = engine.decide(step["event"], usages[step["who"]])
            both = (life.records[step["who"]], record_of(engine.policy, usages[step["who"]]))
            kept = [held(table, step["event"], record) for record in both]
            yield (
                number,
                f"{said}, not {expected}; {kept[1]}, not {kept[0]}",
                said == expected and kept[0] == kept[1],
                expected is not None and expected.counted,
            )


def held(policy: Table, event: Table, record: Record) -> tuple[frozenset[Count], frozenset[str]]:
    """Return what of a record is in a window that runs, and what was started."""
    zone = policy["publication"].get("timezone", "UTC")
    at: datetime = Visit(policy, event, record).clock
    running = (inside(policy, zone, record, meter, at) for meter in policy.get("meters", {}))
    return frozenset(count for counts in running for count in counts), record.started
