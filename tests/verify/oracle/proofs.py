"""Is what `prove` calls proved broken by no encounter, and broken by each story of what fails?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from meter.loading import dumps_policy
from meter.verify import guarantees
from tests.verify.oracle.bridge import record_of, table_of
from tests.verify.oracle.evaluator import Decided, decide, read
from tests.verify.oracle.questions import Encounter, breaches, encounters, first_days
from tests.verify.oracle.records import Record

if TYPE_CHECKING:
    from random import Random

    from meter.policy import Policy
    from meter.verify import ProofAnswer

__all__ = ["Held", "Told", "hold", "is_a_breach"]

Table = dict[str, Any]
Prove = Callable[[Any], Sequence[Any]]
_NEW = "no journey of a new reader"
"""How what is proved is proved that holds for readers who began with nothing remembered."""
LAST_FREE = "last-free-is-announced"


class Held(NamedTuple):
    """How many answers were held to encounters and stories, and which of them are not true."""

    proved: int
    failed: int
    open: int
    encounters: int
    wrong: list[str]


class Told(NamedTuple):
    """A step of a story as the oracle sees it."""

    encounter: Encounter
    decided: Decided


def prove(policy: Policy) -> Sequence[ProofAnswer]:
    """Answer every promise, without a clock: a busy machine gives the same answers."""
    return guarantees(policy, seconds=None)


def hold(random: Random, policy: Policy, many: int, answer: Prove = prove) -> Held:
    """Hold each answer about a policy to so many encounters, or to its own story."""
    table = read(dumps_policy(policy))
    answers = answer(policy)
    proved = [each for each in answers if str(each.outcome) == "proved"]
    anybody = {_name(each) for each in proved if not each.how.startswith(_NEW)}
    drawn = encounters(random, [table], many)
    wrong = list(_broken(drawn, anybody))
    wrong += _broken(first_days(random, table, many // 4), {_name(each) for each in proved})
    failed = [each for each in answers if str(each.outcome) == "fails"]
    wrong += [f"{_name(each)}: the story breaks nothing" for each in failed if not _is_told(each)]
    rest = len(answers) - len(proved) - len(failed)
    return Held(len(proved), len(failed), rest, many + many // 4, wrong)


def _broken(drawn: Iterable[Encounter], promises: set[str]) -> Iterator[str]:
    """Yield each promise that some encounter breaks, once."""
    left = set(promises)
    for encounter in drawn:
        found = breaches(encounter) & left
        if found:
            yield f"proved, but broken: {', '.join(sorted(found))} by {encounter[1:]}"
            left -= found


def _name(answer: ProofAnswer) -> str:
    return answer.name if answer.code == "guarantee" else answer.code


def _is_told(answer: ProofAnswer) -> bool:
    """Say whether the story of an answer breaks its promise, told by the oracle."""
    story = answer.counterexample
    return story is not None and is_a_breach(_name(answer), replayed(story))


def replayed(story: Any) -> list[Told]:
    """Return the steps of a story, each of them decided by the oracle."""
    table = read(dumps_policy(story.policy))
    first = story.steps[0].asked
    record = record_of(story.policy, first.usage) if story.before else Record()
    found = []
    for step in story.steps:
        event = table_of(step.asked.reader, step.asked.view, step.asked.now)
        encounter = Encounter(table, event, record)
        decided, record = decide(table, event, record)
        found.append(Told(encounter, decided))
    return found


def is_a_breach(name: str, steps: Sequence[Told]) -> bool:
    """Say whether a story breaks a promise at its end."""
    if name == LAST_FREE:
        return _misleads(steps)
    return name in breaches(steps[-1].encounter)


def _misleads(steps: Sequence[Told]) -> bool:
    """Say whether somebody was told of more than there was, or not of the last.

    The end of the story is a wall although some were left of the same kind, or the last one of a
    meter that was counted down, shown without a word.
    """
    *before, last = steps
    counting = [step for step in before if step.decided.show == "countdown" and step.decided.meter]
    if not counting:
        return False
    told = counting[-1].decided.meter
    assert told is not None
    if last.decided.access == "preview":
        return _kind(counting[-1]) == _kind(last) and bool(told.left)
    visit = last.encounter.visit()
    if not last.decided.counted or last.decided.show == "last-free-article":
        return False
    names = {step.decided.meter.name for step in counting if step.decided.meter}
    return any(visit.stand(name).after == 0 for name in names)


def _kind(step: Told) -> Table:
    """Return a page view, but for which article it is and when."""
    event = dict(step.encounter.event)
    about = {key: value for key, value in event["article"].items() if key != "id"}
    return {**event, "id": None, "at": None, "article": about}
