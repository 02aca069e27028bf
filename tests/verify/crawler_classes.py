"""Do all who judge say the same of classes of crawlers?

`python -m tests.verify.crawler_classes` draws policies that ask for classes, and page views of
verified crawlers, and prints which of four do not say what the engine says: the evaluator written
from the documentation, the columns over a log, the diagrams and z3. `--whole` draws ten times as
many. It ends with 1 where one of them disagrees.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from attrs import evolve

from meter import Usage, decide
from meter.loading import dumps_policy
from meter.loading.events import parse_event
from meter.replay import replay
from meter.verify.budget import is_installed
from meter.vocabulary import CrawlerClass
from tests.verify.agreement import Agreement, compare_one
from tests.verify.oracle.deciding import compare_views
from tests.verify.oracle.drawing import Drawer
from tests.verify.oracle.evaluator import read
from tests.verify.random_policies import random_policy
from tests.verify.words_of_meters import z3_agrees

if TYPE_CHECKING:
    from meter.policy import Policy

__all__ = ["asking", "disagreeing"]

_SAID = (False, True, *CrawlerClass)
_VIEWS = 60
_POLICIES = 12
_WHOLE = 120


def asking(seed: int) -> Policy:
    """Return a random policy of which one rule asks for classes, and another for crawlers too."""
    random = Random(f"crawlers {seed}")
    policy = random_policy(random, rules=3)
    rules = list(policy.rules)
    some = [random.sample(list(CrawlerClass), many) for many in (1, 2)]
    first, second = random.sample(range(3), 2)
    asked = {first: random.choice(some), second: random.choice([some[0], True, True, False])}
    for place, crawlers in asked.items():
        rules[place] = evolve(rules[place], when=evolve(rules[place].when, crawler=crawlers))
    return evolve(policy, rules=rules)


def _oracle_agrees(seed: int, policy: Policy) -> bool:
    return not compare_views(Random(seed), dumps_policy(policy), _VIEWS).wrong


def _columns_agree(seed: int, policy: Policy) -> bool:
    """Say whether a replayed log of new readers is decided as each of its page views is."""
    drawer = Drawer(Random(seed), [read(dumps_policy(policy))])
    events = []
    for number in range(_VIEWS):
        event = drawer.event(drawer.now(), f"a{number}")
        event["reader"]["id"] = f"r{number}"
        event["crawler"] = drawer.random.choice(_SAID)
        events.append(json.dumps(event))
    expected = []
    for line in events:
        at, reader, view = parse_event(json.loads(line), policy.zone)
        expected.append(decide(policy, reader, view, Usage(), at)[0].rule)
    with TemporaryDirectory() as folder:
        log = Path(folder) / "log.jsonl"
        log.write_text("\n".join(events), encoding="utf-8")
        tables = list(replay(policy, log, decisions=True, recorded_under="none").decisions)
    found = [rule for table in tables for rule in table["rule"].to_pylist()]
    return expected == found


def _diagram_agrees(seed: int, policy: Policy) -> bool:
    found = Agreement()
    compare_one(policy, seed, found, each=100)
    return not found.disagreements


def _z3_agrees(seed: int, policy: Policy) -> bool:
    return not is_installed() or z3_agrees([(seed, policy)])


WHO = {
    "oracle": _oracle_agrees,
    "columns": _columns_agree,
    "diagrams": _diagram_agrees,
    "z3": _z3_agrees,
}


def disagreeing(policies: int, *, who: tuple[str, ...] = tuple(WHO)) -> dict[str, list[int]]:
    """Return who does not say what the engine says, and of which of so many policies."""
    found: dict[str, list[int]] = {}
    for seed in range(policies):
        policy = asking(seed)
        for name in who:
            if not WHO[name](seed, policy):
                found.setdefault(name, []).append(seed)
    return found


def main() -> int:
    """Draw, compare and print; return the exit code."""
    many = _WHOLE if "--whole" in sys.argv[1:] else _POLICIES
    found = disagreeing(many)
    for name in WHO:
        wrong = found.get(name, [])
        sys.stdout.write(f"{name}: {many} policies, {len(wrong)} disagreements {wrong or ''}\n")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
