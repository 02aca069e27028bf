"""A state machine to subclass: a paywall decides as the engine does, in whatever order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from meter.engine import join
from meter.explanation import explain
from meter.memo import decide
from meter.paywall import Paywall
from meter.stores import open_store
from meter.testing.strategies import edge_times, page_views, readers
from meter.usage import Usage

if TYPE_CHECKING:
    from datetime import datetime

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.view import PageView, Reader

__all__ = ["AnyPaywall", "PaywallMachine"]

_IDS = st.sampled_from(["reader-1", "reader-2", "reader-3"])
_STEPS = st.sampled_from(
    [
        timedelta(),
        timedelta(microseconds=1),
        timedelta(hours=1),
        timedelta(days=1),
        timedelta(days=32),
    ]
)


class AnyPaywall(Protocol):
    """What a paywall of your own does, as `meter.Paywall` does it."""

    def check(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide, and count what is to be counted."""
        ...

    def peek(self, reader: Reader, view: PageView, *, now: datetime | None = None) -> Decision:
        """Decide, and count nothing."""
        ...

    def join(self, source_id: str, target_id: str, /, *, now: datetime | None = None) -> None:
        """Bring what one id has counted to another."""
        ...

    def forget(self, reader_id: str, /) -> None:
        """Leave nothing under an id."""
        ...


class PaywallMachine(RuleBasedStateMachine):
    """Three readers open articles, look ahead, sign in and are forgotten.

    Meanwhile time moves on and sometimes steps back.

    Set `policy` in a subclass, and override `make` to return your own paywall over your own store.
    Every answer is compared with what the engine decides for what should be remembered.

    A subclass's `TestCase` attribute is a test that pytest collects: ``TestOurs = Ours.TestCase``.
    """

    policy: Policy

    def __init__(self) -> None:
        super().__init__()
        self.paywall = self.make()
        self._remembered: dict[str, Usage] = {}

    def make(self) -> AnyPaywall:
        """Return an empty paywall for one run: in memory, unless you say otherwise."""
        return Paywall(self.policy, open_store("memory://"), deadline=60, on_outage="raise")

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """Start on some day, often at an edge of the policy."""
        self.now: datetime = data.draw(edge_times(self.policy), label="the time")

    @rule(data=st.data(), name=_IDS)
    def read(self, data: st.DataObject, name: str) -> None:
        """Open an article."""
        reader = data.draw(readers(self.policy, id=name))
        view = data.draw(page_views(self.policy))
        expected, after = decide(self.policy, reader, view, self._usage(name), self.now)
        _same_decision(expected, self.paywall.check(reader, view, now=self.now))
        self._remembered[name] = after

    @rule(data=st.data(), name=_IDS)
    def peek(self, data: st.DataObject, name: str) -> None:
        """Look at what an article would show, which counts nothing."""
        reader = data.draw(readers(self.policy, id=name))
        view = data.draw(page_views(self.policy))
        expected, _ = decide(self.policy, reader, view, self._usage(name), self.now)
        _same_decision(
            evolve(expected, counted=False), self.paywall.peek(reader, view, now=self.now)
        )

    @rule(step=_STEPS)
    def wait(self, step: timedelta) -> None:
        """Let time pass."""
        self.now += step

    @rule(step=_STEPS)
    def step_back(self, step: timedelta) -> None:
        """Ask a server whose clock is behind."""
        self.now -= step

    @rule(source=_IDS, into=_IDS)
    def sign_in(self, source: str, into: str) -> None:
        """Bring what one id has counted to another; the source stays what it was."""
        self.paywall.join(source, into, now=self.now)
        brought = self._usage(source)
        self._remembered[into] = join(self.policy, brought, self._usage(into), self.now)

    @rule(name=_IDS)
    def forget(self, name: str) -> None:
        """Leave nothing under an id."""
        self.paywall.forget(name)
        self._remembered.pop(name, None)

    def _usage(self, name: str) -> Usage:
        return self._remembered.get(name, Usage())


def _same_decision(expected: Decision, found: Decision) -> None:
    if expected != found:
        raise AssertionError(
            f"the engine decides\n{explain(expected)}\nand this paywall\n{explain(found)}"
        )
