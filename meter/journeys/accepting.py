"""Write the answers a journey got into its file: the values of `expect`, and nothing else."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import tomli_w
from attrs import frozen

from meter.errors import MeterError, Problem, closest
from meter.journeys.expectations import differences
from meter.journeys.steps import JourneyError
from meter.loading.positions import Path as KeyPath
from meter.loading.positions import Positions
from meter.prompts import render
from meter.resources import replace_file, toml_tables
from meter.windows import instant, local_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from meter.journeys.expectations import Difference
    from meter.journeys.journey import Journey
    from meter.journeys.steps import JourneyStep
    from meter.policy import Policy

__all__ = ["AcceptedAnswer", "accepted_answers", "replace_text", "rewritten"]

_LONGEST = 1000
"""No text that `says` asks for is longer."""
_ALIKE = 0.3
"""Of the lines of a prompt, one at least so like the old words stands for them."""


@frozen(kw_only=True)
class AcceptedAnswer:
    """A value of a file that is replaced: where it is, what it was and what it becomes.

    `step` is the number of the step from 1, `line` that of its first line in the file.
    """

    path: KeyPath
    step: int
    line: int | None
    old: object
    new: object

    @property
    def key(self) -> str:
        """The key of `expect` that is meant."""
        return next(str(part) for part in self.path[3:])

    @property
    def old_text(self) -> str:
        """The old value as a file has it."""
        return _toml(self.old)

    @property
    def new_text(self) -> str:
        """The new value as a file has it."""
        return _toml(self.new)


def accepted_answers(
    journey: Journey, steps: Iterable[JourneyStep], policy: Policy
) -> list[AcceptedAnswer]:
    """Return the values of `expect` that would have to be others for a journey to be kept.

    What `steps` brought under `policy` is the new answer. A step that cannot happen has none.
    """
    answers = []
    for planned, step in zip(journey.steps, steps, strict=True):
        if not step.happened:
            continue
        found = differences(planned.expect, step.decision, policy, journey.locale)
        for path, new, old in _values(list(found), step, policy, journey.locale):
            answer = AcceptedAnswer(
                path=("steps", step.number - 1, "expect", *path),
                step=step.number,
                line=step.line,
                old=old,
                new=new,
            )
            answers.append(answer)
    return answers


def rewritten(text: str, answers: Iterable[AcceptedAnswer], policy: Policy, name: str) -> str:
    """Return the text of a journey file with other values; every other character stays.

    Raises `JourneyError` where a value cannot be found in the text.
    """
    mark = text[: len(text) - len(text.removeprefix("\ufeff"))]
    raw = text.removeprefix(mark).encode()
    table = toml_tables(raw.decode(), name)
    spans = Positions(raw.decode()).spans
    changes = []
    for answer in answers:
        at = next((path for path in _written_at(answer.path) if path in spans), None)
        if at is None:
            raise _not_found(answer, name)
        changes.append((spans[at], at, _like(_value_at(table, at), answer.new, policy)))
    expected: object = table
    for (start, end), path, value in sorted(changes, reverse=True, key=lambda change: change[0]):
        raw = raw[:start] + _toml(value).encode() + raw[end:]
        expected = _with(expected, path, value)
    # The parser that found the places is another than the one that reads files.
    if toml_tables(raw.decode(), name) != expected:
        raise _not_found(None, name)
    return mark + raw.decode()


def replace_text(path: Path, old: str, new: str) -> None:
    """Put a new text in the place of a file's old one, whole or not at all.

    It is written beside the file and renamed. Raises `MeterError` if the file is not what was read
    any more, and `OSError`.
    """
    if path.read_bytes() != old.encode():
        raise MeterError(f"`{path}` was changed meanwhile, so nothing was written; run it again")
    replace_file(path, new.encode())


def _written_at(path: KeyPath) -> Iterator[KeyPath]:
    """Yield where a value may stand: one of several texts, or the only one."""
    yield path
    if isinstance(path[-1], int):
        yield path[:-1]


def _values(
    found: list[Difference], step: JourneyStep, policy: Policy, locale: str | None
) -> Iterator[tuple[KeyPath, object, object]]:
    """Yield each key that differs, below `expect`, with its new value and the old one."""
    for one in found:
        if one.key != "says":
            yield (one.key,), False if one.found is None else one.found, one.wanted
    unsaid = [one for one in found if one.key == "says"]
    text = render(step.decision, policy, locale=locale, format="text") if unsaid else ""
    lines = list(_lines(text))
    if unsaid and not lines:
        old = unsaid[0].wanted if len(unsaid) == 1 else tuple(one.wanted for one in unsaid)
        yield ("says",), False, old
        return
    for one in unsaid:
        if one.place is None:
            yield ("says",), True, one.wanted
        else:
            said = closest(str(one.wanted), lines, _ALIKE) or lines[0]
            yield ("says", one.place), said[:_LONGEST].rstrip(), one.wanted


def _lines(text: str) -> Iterator[str]:
    """Yield what a prompt says, line by line; of a button, its words."""
    for line in text.splitlines():
        words = " ".join(line.split())
        if words.startswith("[ ") and " ]" in words:
            words = words[2 : words.rindex(" ]")]
        if words:
            yield words


def _like(old: object, new: object, policy: Policy) -> object:
    """Return a new value in the form of the old one, as far as that says the same.

    A date stays a date, and a time without a zone one in the publication's.
    """
    if not isinstance(new, datetime):
        return str(new) if isinstance(new, str) else new
    local = new.astimezone(policy.zone).replace(tzinfo=None, fold=0)
    forms: list[date | datetime] = [local]
    if not isinstance(old, datetime):
        forms.insert(0, local.date())
    elif old.tzinfo is not None:
        forms = []
    for form in forms:
        if local_instant(form, policy.zone) == instant(new):
            return form
    offset = new.utcoffset() or timedelta()
    # An offset in a file is in minutes; old ones were not.
    whole = offset % timedelta(minutes=1) == timedelta()
    return new.astimezone(timezone(offset) if whole else UTC)


def _toml(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()  # as files here write it: with a `T`
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")


def _value_at(table: object, path: KeyPath) -> object:
    value: Any = table
    for part in path:
        value = value[part]
    return value


def _with(table: object, path: KeyPath, value: object) -> object:
    """Return tables with one value replaced."""
    changed = deepcopy(table)
    holder: Any = _value_at(changed, path[:-1])
    holder[path[-1]] = value
    return changed


def _not_found(answer: AcceptedAnswer | None, name: str) -> JourneyError:
    what = "an `expect`" if answer is None else f"`{answer.path[-1]}` of step {answer.step}"
    problem = Problem(
        code="not-rewritten",
        name=name,
        line=None if answer is None else answer.line,
        message=f"the place of {what} in the file is not certain, so nothing was written",
        help="write the new values by hand; `meter journey` shows them",
    )
    return JourneyError((problem,))
