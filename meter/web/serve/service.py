"""What one worker serves from: the policy in force, the paywall, the keys and the counts."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, evolve, field, frozen

from meter.clock import system_clock
from meter.loading.article_ids import ArticleIds
from meter.paywall import AsyncPaywall
from meter.prompts import render
from meter.reloading import ReloadingPolicy
from meter.resources import templates_folder
from meter.stores import open_async_store
from meter.stores.awaited import close_awaited
from meter.stores.protocol import AsyncStore
from meter.web.gifts import AsyncGifts
from meter.web.institutions.files import InstitutionsFile, beside
from meter.web.serve.keys import KeyFile, NoKeys
from meter.web.serve.metrics import Counters

if TYPE_CHECKING:
    from meter.decision import Decision
    from meter.loading.events import Event
    from meter.prompts.rendering import FormatWord, LayoutWord
    from meter.web.serve.bodies import Viewing

__all__ = ["Service", "Settings"]

_PATIENCE = 2.0


@frozen(kw_only=True)
class Settings:
    """What the command line asks for; handed to each worker.

    Without a `key_file` no key is asked for, and only this machine is answered. Without `secrets`,
    the keys that sign links, newest first, no gifts are given.
    """

    policy: Path
    store: str
    key_file: Path | None = None
    article_ids: ArticleIds = ArticleIds.EXACT
    secrets: tuple[str, ...] = field(default=(), repr=False)


@define(eq=False)
class Service:
    """One worker: made by `open`, inside its event loop, and closed there."""

    paywall: AsyncPaywall
    policies: ReloadingPolicy
    institutions: InstitutionsFile
    keys: KeyFile | NoKeys
    counters: Counters
    store: AsyncStore
    gifts: AsyncGifts | None = None
    clock: Callable[[], datetime] = system_clock
    patience: float = _PATIENCE
    """The seconds in which the store has to answer `/health`."""
    log: logging.Logger = field(factory=lambda: logging.getLogger("meter.serve"))

    @classmethod
    def open(cls, settings: Settings, counters: Counters) -> Service:
        """Open what a worker serves from. Raises what `ReloadingPolicy` and the store raise."""
        keys = NoKeys() if settings.key_file is None else KeyFile(settings.key_file)
        store = open_async_store(settings.store)
        policies = ReloadingPolicy(settings.policy)
        paywall = AsyncPaywall(policies, store, article_ids=settings.article_ids)
        gifts = None
        if settings.secrets:
            ids = settings.article_ids
            gifts = AsyncGifts(policies, store, settings.secrets, article_ids=ids)
        return cls(
            paywall=paywall,
            policies=policies,
            institutions=beside(settings.policy, policies),
            keys=keys,
            counters=counters,
            store=store,
            gifts=gifts,
        )

    def admitted(self, viewing: Viewing) -> Event:
        """Return a page view whose reader has the rights of the address that it comes from."""
        event = viewing.event
        rights = self.institutions.rights(viewing.address)
        if not rights:
            return event
        reader = evolve(event.reader, entitlements=(*event.reader.entitlements, *rights))
        return event._replace(reader=reader)

    def render(
        self,
        decision: Decision,
        *,
        format: FormatWord,  # noqa: A002 - as `render` calls it
        locale: str | tuple[str, ...] | None,
        layout: LayoutWord,
    ) -> str:
        """Return the words of a decision, by the templates that the policy in force names."""
        folder = self.paywall.policy.publication.templates
        return render(
            decision,
            locale=locale,
            layout=layout,
            format=format,
            folder=None if folder is None else templates_folder(folder, self.policies.path.parent),
        )

    async def close(self) -> None:
        """Close the store, and look at the policy file no more."""
        self.policies.close()
        await close_awaited(self.store)
