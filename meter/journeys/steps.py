"""The steps of a journey: as they are written, and as they happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Literal

from attrs import field, frozen

from meter.decision import Decision, MeterReading
from meter.errors import ProblemsError
from meter.journeys.actions import Action, ReadArticle
from meter.journeys.rights import Continuation
from meter.view import PageView, Reader
from meter.vocabulary import Access, Show
from meter.windows import Term

__all__ = ["Expect", "JourneyError", "JourneyStep", "PlannedStep", "Renewal"]


class JourneyError(ProblemsError):
    """A journey file cannot be used.

    `problems` holds every problem, located as those of a policy are.
    """


def _texts(value: str | Literal[True, False] | Iterable[str]) -> tuple[str, ...] | bool:
    if isinstance(value, bool):
        return value
    return (value,) if isinstance(value, str) else tuple(value)


@frozen(kw_only=True)
class Expect:
    """What a step must bring.

    What is `None` is not looked at. Of what may be absent (`offer prompt left used resets_at says`)
    `False` asks for none and `True` for any.

    `exposed` are the names of the experiments that this view exposes to, in the policy's order.

    `says` are texts that the prompt must contain, word for word; spaces and line breaks are alike.
    """

    show: Show | None = None
    access: Access | None = None
    rule: str | None = None
    offer: str | bool | None = None
    offers: tuple[str, ...] | None = None
    prompt: str | bool | None = None
    left: int | bool | None = None
    used: int | bool | None = None
    counted: bool | None = None
    resets_at: datetime | date | bool | None = None
    exposed: tuple[str, ...] | None = None
    says: tuple[str, ...] | bool = field(default=(), converter=_texts)


@frozen(kw_only=True)
class PlannedStep:
    """One thing that happens.

    `at` a time, or a stretch of time `after` the step before, or at the same time as that.
    """

    action: Action
    at: datetime | date | None = None
    after: Term | timedelta | None = None
    expect: Expect | None = None
    line: int | None = None


@frozen(kw_only=True)
class Renewal:
    """What was counted and counts no more since the step before.

    From when on, on which meter, and how many.
    """

    at: datetime
    meter: str
    back: int


@frozen(kw_only=True)
class JourneyStep:
    """A step that has happened.

    `at` is in the publication's zone. `decision` is what a read step got; for any other step it is
    what the article on screen (the one opened last, or the first to come) would get now, and counts
    nothing. `before` and `after` are the readings by meter, `renewals` says which windows
    ended since the step before, `continued` which rights were paid for again. `happened` is false
    for a step that cannot happen. `problem` says why, or is a broken expectation, or `None`.
    """

    number: int
    at: datetime
    action: Action
    what: str
    reader: Reader
    view: PageView
    decision: Decision
    before: Mapping[str, MeterReading]
    after: Mapping[str, MeterReading]
    renewals: tuple[Renewal, ...] = ()
    continued: tuple[Continuation, ...] = ()
    happened: bool = True
    problem: str | None = None
    line: int | None = None

    @property
    def is_read(self) -> bool:
        """Whether an article was opened."""
        return isinstance(self.action, ReadArticle)
