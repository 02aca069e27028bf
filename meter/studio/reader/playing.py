"""Run a story through a policy, and what may be done where it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from attrs import frozen

from meter.journeys import Journey, JourneyStep
from meter.journeys.actions import Cancel, StartTrial, Subscribe
from meter.journeys.against import differing, prompt_text
from meter.policy import Policy
from meter.studio.reader.story import Story, until
from meter.vocabulary import EntitlementKind
from meter.windows import instant, moment

if TYPE_CHECKING:
    from meter.studio.reader.moves import Move, Until

__all__ = ["Played", "play", "step_differences"]

_MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)
"""In the microseconds of instants: a local time has no minute before where the clock jumps."""


@frozen(kw_only=True)
class Played:
    """A story as it went under a policy, and the step that is looked at (0: none yet)."""

    story: Story
    journey: Journey
    policy: Policy
    steps: Sequence[JourneyStep]
    at: int
    locale: str

    @property
    def now(self) -> datetime:
        """The time on the clock."""
        return self.steps[self.at - 1].at if self.at else self.journey.starts_at(self.policy)

    @property
    def current(self) -> JourneyStep | None:
        """The step that is looked at."""
        return self.steps[self.at - 1] if self.at else None

    @property
    def on_screen(self) -> JourneyStep | None:
        """The step that is looked at, where an article has been opened by then."""
        opened = any(step.is_read for step in self.steps[: self.at])
        return self.current if opened else None

    @property
    def is_signed_in(self) -> bool:
        """Whether somebody is signed in on the device."""
        if self.current is None:
            return self.journey.begin(self.policy).account is not None
        return self.current.reader.registered

    def says(self, step: JourneyStep) -> str:
        """Return what the page says at a step, as plain text."""
        return prompt_text(step, self.policy, self.locale)

    def before_the_reset(self) -> Until | None:
        """Return the move to the minute before allowance comes back, if there is one to come."""
        step = self.on_screen
        meter = None if step is None else step.decision.meter
        if meter is None or meter.resets_at is None:
            return None
        at = instant(meter.resets_at) - _MINUTE
        # The journey waits for the last minute, so that minute has to lie ahead.
        is_ahead = at - _MINUTE >= instant(self.now)
        return until(moment(at, self.policy.zone), self.policy.zone) if is_ahead else None

    def offers(self) -> tuple[tuple[str, Move], ...]:
        """Return the offers on the page with the move that takes each, as far as it can be."""
        step = self.on_screen
        if step is None:
            return ()
        moves = ((name, self._taking(name)) for name in step.decision.offers)
        return tuple((name, move) for name, move in moves if self.can(move))

    def _taking(self, name: str) -> Move:
        is_trial = str(self.policy.offer(name).kind) == str(EntitlementKind.TRIAL)
        return StartTrial(offer=name) if is_trial else Subscribe(offer=name)

    def can_cancel(self) -> bool:
        """Say whether something runs on that can be cancelled."""
        return self.can(Cancel())

    def can(self, move: Move) -> bool:
        """Say whether something can happen where the story stands: the journey itself is asked."""
        journey = self.story.first(self.at).then(move).journey(self.policy)
        *_, (_, why_not) = journey.answers_of(self.policy)
        return why_not is None


def play(story: Story, policy: Policy, at: int, locale: str) -> Played:
    """Run a story through a policy. Raises `JourneyError` where its time leads too far."""
    journey = story.journey(policy)
    steps = journey.run(policy)
    return Played(story=story, journey=journey, policy=policy, steps=steps, at=at, locale=locale)


def step_differences(one: Played, other: Played, number: int) -> list[str]:
    """Return in what the same step of two stories differs for a reader."""
    old = one.steps[number - 1]
    new = other.steps[number - 1]
    keys = list(differing(old, new))
    if old.is_read and new.is_read and one.says(old) != other.says(new):
        keys.append("says")
    return keys
