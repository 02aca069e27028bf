"""What both paywalls are made of: a policy, a store, and the settings beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from attrs import define, field, fields

from meter.clock import system_clock
from meter.errors import quoted
from meter.loading.article_ids import ArticleIds, article_ids
from meter.paywall.at_once import DecisionsAtOnce
from meter.paywall.identity import ReaderKeys, reader_keys
from meter.paywall.recent import Recent
from meter.paywall.settings import (
    Hook,
    OnOutage,
    PolicySource,
    at_least,
    called,
    check_names,
    check_policy,
    check_shadow,
    named,
    outage_word,
    seconds_at_most,
    secrets,
)
from meter.paywall.shadow import Shadow
from meter.paywall.telemetry import (
    LOG,
    Telemetry,
)
from meter.policy import Policy
from meter.stores.awaited import Ordinary
from meter.stores.deadline import deadline
from meter.stores.keys import Secret, checked_secret
from meter.stores.memory import MemoryStore
from meter.stores.protocol import AsyncStore, LossAware, Store, describe, several_processes
from meter.stores.turns import QUEUE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


__all__ = ["ConfiguredPaywall", "S"]

S = TypeVar("S", Store, AsyncStore)


@define(slots=False, eq=False, repr=False)
class ConfiguredPaywall(Generic[S]):
    """A policy over a store; its fields are the arguments of both paywalls, see `Paywall`."""

    _source: Policy | PolicySource = field(alias="policy")
    _store: S
    _clock: Callable[[], datetime] = field(default=system_clock, converter=called, kw_only=True)
    _on_outage: OnOutage = field(default=OnOutage.FALLBACK, converter=outage_word, kw_only=True)
    _deadline: float | None = field(default=None, kw_only=True)
    _queue: float = field(default=QUEUE, kw_only=True)
    _attempts: int = field(default=64, kw_only=True)
    _secret: Secret = field(default=None, converter=checked_secret, kw_only=True)
    _old_secrets: tuple[Secret, ...] = field(default=(), converter=secrets, kw_only=True)
    _namespace: str = field(default="", converter=named, kw_only=True)
    _remember: int = field(default=10_000, kw_only=True)
    _article_ids: ArticleIds = field(default=ArticleIds.EXACT, converter=article_ids, kw_only=True)
    _on_decision: Hook | None = field(default=None, kw_only=True)
    _shadow: Policy | PolicySource | None = field(default=None, kw_only=True)
    _metrics: bool = field(default=True, kw_only=True)

    def __attrs_post_init__(self) -> None:
        check_policy(self._source)
        info = describe(self._store)
        if self._deadline is None:
            self._deadline = info.deadline
        else:
            seconds_at_most("deadline", self._deadline)
        if self._queue != 0 or isinstance(self._queue, bool):
            seconds_at_most("queue", self._queue)
        at_least("attempts", self._attempts, 1)
        at_least("remember", self._remember, 0)
        if self._on_decision is not None and not callable(self._on_decision):
            raise TypeError(
                f"`on_decision` is called with each decision; {quoted(self._on_decision)} cannot be"
            )
        check_shadow(self._shadow)
        self._tried = None if self._shadow is None else Shadow(self._shadow)
        self._loss_aware: LossAware | None = None
        self._losses = 0
        if isinstance(self._store, LossAware):
            self._loss_aware = self._store
            self._losses = self._store.losses
        # Where a store cannot be out, no other process has anything that it could bring in.
        self._marks = info.deadline is not None or bool(self._old_secrets)
        self._recent = Recent(self._remember, self._clock)
        self._telemetry = Telemetry(info.name)
        self._at_once: DecisionsAtOnce | None = None
        store = self._store.store if isinstance(self._store, Ordinary) else self._store
        if type(store) is MemoryStore and not self._old_secrets:
            self._at_once = DecisionsAtOnce(store, self._recent)
        if (problem := several_processes(self._store)) is not None:
            LOG.error("%s", problem, extra={"meter": {"processes": "several", "store": info.name}})

    @classmethod
    def _check_settings(cls, settings: Collection[str]) -> None:
        """Raise a `TypeError` for a setting that no paywall has, in the name of the class."""
        known = [each.alias or "" for each in fields(ConfiguredPaywall) if each.kw_only]
        check_names(cls.__name__, settings, known)

    @property
    def policy(self) -> Policy:
        """The policy that decides now."""
        source = self._source
        return source if isinstance(source, Policy) else source.policy

    @property
    def source(self) -> Policy | PolicySource:
        """What the policy is taken from: itself, or what reads it again."""
        return self._source

    @property
    def store(self) -> S:
        """The store; whoever opened it closes it."""
        return self._store

    @property
    def on_outage(self) -> OnOutage:
        """What a reader who would be counted gets while the store does not answer."""
        return self._on_outage

    @property
    def reports(self) -> bool:
        """Whether somebody is told of decisions by reader: a hook, or who looks at a shadow."""
        return self._on_decision is not None or self._shadow is not None

    def _keys(self, reader_id: str) -> ReaderKeys:
        return reader_keys(reader_id, self._namespace, self._secret, self._old_secrets)

    def _within(self, deadlines: float) -> AbstractContextManager[None]:
        """Return a context of so many deadlines, and of the wait for a turn."""
        if self._deadline is None:
            return deadline(None)
        return deadline(self._deadline * deadlines, self._queue)
