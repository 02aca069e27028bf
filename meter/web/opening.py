"""From the settings of a site to its gate."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from attrs import fields

from meter.errors import StoreUnavailableError, meant
from meter.loading import load_policy
from meter.paywall import AsyncPaywall, Paywall
from meter.reloading import ReloadingPolicy
from meter.stores import open_async_store, open_store
from meter.web.gate import Gate
from meter.web.gate.kinds import prepare
from meter.web.gifts import AsyncGifts, Gifts
from meter.web.gifts.steps import GiftSettings
from meter.web.institutions.files import beside
from meter.web.machines.declared import FILE_NAME as CRAWLERS_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from os import PathLike
    from typing import Literal

    from meter.paywall import PaywallSettings
    from meter.paywall.settings import PolicySource
    from meter.policy import Policy
    from meter.prompts.rendering import LayoutWord
    from meter.web.gate.configured import Consent, CrawlerOf
    from meter.web.gate.edges import GiftDesk, InstitutionRights, PreviewDesk
    from meter.web.gate.request import WebRequest
    from meter.web.secrets import Secrets

__all__ = ["GateSettings", "open_async_gate", "open_gate", "prove", "prove_async"]

LOG = logging.getLogger("meter.web")


class GateSettings(TypedDict, total=False):
    """The settings of a gate besides its paywall, and those of the paywall; see `Gate`."""

    secret: str | bytes | Iterable[str | bytes]
    cookie: str
    consent: Consent | None
    without_consent: Literal["teaser", "whole"]
    country: Callable[[WebRequest], str | None] | str | None
    visitor: Callable[[WebRequest], str | None] | None
    crawler: CrawlerOf | None
    institutions: InstitutionRights | str | PathLike[str] | None
    gifts: GiftDesk | bool | None
    previews: PreviewDesk | None
    trusted_proxies: Iterable[str]
    allowed_origins: Iterable[str]
    max_age: int
    folder: str | None
    layout: LayoutWord
    clock: Callable[[], datetime]
    paywall: PaywallSettings


def open_gate(
    policy: Policy | PolicySource | str | PathLike[str],
    store: str,
    *,
    reload: bool = False,
    **settings: Unpack[GateSettings],
) -> Gate:
    """Return the gate of a site whose views block, with a `Paywall` over the store of a URL.

    `policy` is a policy or the path of its file; with `reload` a file is read again while the site
    runs. A file `institutions.toml` beside it is taken by itself, read again as it changes; with
    `institutions=None` none is. A file `crawlers.toml` there is used only as `crawler` says: where
    that is not set, it is logged. `settings` are those of `Gate`; under `paywall` those of the
    paywall. With `gifts=True` the gate has `Gifts` over the same policy and store, with the same
    secret. Raises `PolicyError` for the policy, `InstitutionsError` for the institutions,
    `StoreSetupError` for the URL, and `TypeError` for a setting that there is none of.
    """
    gate, of_paywall = _split(settings)
    prepare()
    source = _source(policy, reload=reload)
    _meet_neighbours(gate, policy, source)
    paywall = Paywall(source, open_store(store), **of_paywall)
    if gate.get("gifts") is True:
        secret, kept = _gifts(gate, of_paywall)
        gate["gifts"] = Gifts(paywall.source, paywall.store, secret, **kept)
    return Gate(paywall=paywall, **gate)


def open_async_gate(
    policy: Policy | PolicySource | str | PathLike[str],
    store: str,
    *,
    reload: bool = False,
    **settings: Unpack[GateSettings],
) -> Gate:
    """Return the gate of a site whose views await; open it inside the running event loop.

    Takes and raises what `open_gate` does.
    """
    gate, of_paywall = _split(settings)
    prepare()
    source = _source(policy, reload=reload)
    _meet_neighbours(gate, policy, source)
    paywall = AsyncPaywall(source, open_async_store(store), **of_paywall)
    if gate.get("gifts") is True:
        secret, kept = _gifts(gate, of_paywall)
        gate["gifts"] = AsyncGifts(paywall.source, paywall.store, secret, **kept)
    return Gate(paywall=paywall, **gate)


def prove(gate: Gate) -> None:
    """Ask the store once: a mistake raises, an outage is logged, and the site starts."""
    paywall = gate.paywall
    if isinstance(paywall, AsyncPaywall):
        raise TypeError("an `AsyncPaywall` is awaited: `await prove_async(gate)`")
    try:
        paywall.ready()
    except StoreUnavailableError as error:
        LOG.warning(_STARTS_WITHOUT, error)


async def prove_async(gate: Gate) -> None:
    """Do as `prove` does, awaited."""
    paywall = gate.paywall
    if not isinstance(paywall, AsyncPaywall):
        prove(gate)
        return
    try:
        await paywall.ready()
    except StoreUnavailableError as error:
        LOG.warning(_STARTS_WITHOUT, error)


_UNUSED_CRAWLERS = (
    "%s is not used: no crawler is verified without the setting `crawler`, such as"
    ' `Machines(load_crawlers("crawlers.toml"), hosts=["www.example.com"])`'
)
_STARTS_WITHOUT = "the store does not answer; the site starts, and counts by itself: %s"


def _source(
    policy: Policy | PolicySource | str | PathLike[str], *, reload: bool
) -> Policy | PolicySource:
    if not isinstance(policy, str | os.PathLike):
        return policy
    return ReloadingPolicy(policy) if reload else load_policy(policy)


def _meet_neighbours(
    gate: dict[str, Any],
    policy: Policy | PolicySource | str | PathLike[str],
    source: Policy | PolicySource,
) -> None:
    """Let a gate know the institutions beside the policy's file, unless it is told of others.

    Crawlers are known only by a setting: hosts and a name server may be needed, and another extra.
    """
    path = policy.path if isinstance(policy, ReloadingPolicy) else policy
    if not isinstance(path, str | os.PathLike):
        return
    if "institutions" not in gate:
        gate["institutions"] = beside(Path(path), source)
    crawlers = Path(path).absolute().with_name(CRAWLERS_FILE)
    if "crawler" not in gate and crawlers.exists():
        LOG.warning(_UNUSED_CRAWLERS, crawlers)


def _split(settings: GateSettings) -> tuple[dict[str, Any], PaywallSettings]:
    """Return the settings of a gate, and those of its paywall; one clock serves both."""
    known = [each.name for each in fields(Gate) if each.init]
    for name in settings:
        if name not in known:
            raise TypeError(f"a gate has no setting `{name}`; {meant(name, known)}")
    gate: dict[str, Any] = dict(settings)
    of_paywall: PaywallSettings = gate.pop("paywall", {})
    if "clock" in gate and "clock" not in of_paywall:
        of_paywall = {**of_paywall, "clock": gate["clock"]}
    return gate, of_paywall


def _gifts(gate: dict[str, Any], of_paywall: PaywallSettings) -> tuple[Secrets, GiftSettings]:
    """Return the secret and the settings of gifts that stand beside a paywall."""
    known = GiftSettings.__annotations__
    kept = {name: value for name, value in of_paywall.items() if name in known}
    return gate.get("secret", ()), cast("GiftSettings", kept)
