"""Decide by a second policy beside the one in force, and say where they differ.

A shadow sees what the policy in force saw: the same reader, view and instant, and the same record
of what was counted. Nothing of its own is ever kept, so it asks the store for nothing and writes
nothing. Whatever goes wrong in it, the decision that is served stands.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.clock import system_clock
from meter.decision import Decision
from meter.memo import Observed, observe
from meter.paywall.outages import LOG
from meter.paywall.telemetry import StoreDecision, ViewKind
from meter.policy import Policy
from meter.usage import Usage
from meter.view import Article, PageView, Reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from meter.paywall.settings import PolicySource

__all__ = ["COMPARED", "Shadow", "ShadowDecision", "record_word"]

COMPARED = ("show", "access", "prompt", "offers", "meter", "machines")
"""What a reader meets, in which two decisions may differ.

Not the rule's name, the policy's digest or the reasons.
"""

_NOBODY = Reader(id=None)
_NOTHING = PageView(article=Article(id="-"))

_SLOW = 0.25
"""Seconds; a shadow that takes longer is told, once."""


@frozen
class ShadowDecision:
    """A view that the shadow decides otherwise: in which of `COMPARED`, and its decision."""

    fields: tuple[str, ...]
    shadow: Decision


class _Failures:
    """Whatever goes wrong within: it must not cost a reader the page, and the first is told."""

    def __init__(self) -> None:
        self._told = False

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        if not self._told:
            self._told = True
            LOG.error(
                "the shadow policy failed; what was decided stands. This is told once",
                exc_info=error,
                extra={"meter": {"shadow": "failed"}},
            )
        return True


class Shadow:
    """A policy that is tried; `seconds` returns seconds that only grow."""

    def __init__(
        self, source: Policy | PolicySource, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._seconds = seconds
        self._failures = _Failures()
        self._told_slow = False

    def warm_up(self) -> None:
        """Compile the policy, if that can be done; what goes wrong is told at the first view."""
        with self._failures:
            observe(self._policy(), _NOBODY, _NOTHING, system_clock())

    def compare(self, decided: StoreDecision) -> ShadowDecision | None:
        """Return in what the shadow differs, or `None`. Raises nothing, and counts nothing."""
        if decided.decision.degraded and decided.usage is None:
            return None  # decided without any record: there is nothing to compare on
        began = self._seconds()
        found = None
        with self._failures:
            found = self._difference(decided)
        self._tell_slow(self._seconds() - began)
        return found

    def _policy(self) -> Policy:
        source = self._source
        return source if isinstance(source, Policy) else source.policy

    def _difference(self, decided: StoreDecision) -> ShadowDecision | None:
        served = decided.decision
        policy = self._policy()
        if policy.digest == served.policy:
            return None
        shadow = observe(policy, decided.reader, decided.view, served.at)
        if isinstance(shadow, Observed):
            shadow, _ = shadow.decide(Usage() if decided.usage is None else decided.usage)
        fields = tuple(name for name in COMPARED if getattr(shadow, name) != getattr(served, name))
        if not fields:
            return None
        counted = shadow.counted and decided.kind is ViewKind.READ
        return ShadowDecision(fields, evolve(shadow, counted=counted, degraded=served.degraded))

    def _tell_slow(self, seconds: float) -> None:
        if seconds > _SLOW and not self._told_slow:
            self._told_slow = True
            LOG.warning(
                "the shadow policy took %.2f seconds for one view; what was decided stands. This is"
                " told once",
                seconds,
                extra={"meter": {"shadow": "slow", "seconds": seconds}},
            )


def record_word(decided: StoreDecision) -> str:
    """Return on which record both policies decided.

    `read` from the store; `remembered` by this process, in an outage; `none` where the policy in
    force needed none, so that the shadow decided as for a reader of whom nothing is counted.
    """
    if decided.usage is None:
        return "none"
    return "remembered" if decided.decision.degraded else "read"
