"""What both paywalls are given: their settings, and what is refused before the first view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from inspect import isclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypedDict

from meter.errors import meant, quoted
from meter.policy import Policy
from meter.stores.keys import Secret, checked_secret

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from meter.loading.article_ids import ArticleIds, ArticleIdsWord

__all__ = [
    "MOST_SECONDS",
    "Hook",
    "OnOutage",
    "OnOutageWord",
    "PaywallSettings",
    "PolicySource",
    "at_least",
    "called",
    "check_names",
    "check_policy",
    "check_shadow",
    "named",
    "outage_word",
    "positive",
    "seconds_at_most",
    "secrets",
]


MOST_SECONDS = 86_400


class OnOutage(StrEnum):
    """What a reader who would be counted gets while the store is out."""

    FALLBACK = "fallback"
    OPEN = "open"
    CLOSED = "closed"
    RAISE = "raise"


OnOutageWord = Literal["fallback", "open", "closed", "raise"]

Hook: TypeAlias = Callable[[dict[str, object]], object]
"""What is called with every decision; what it returns is awaited by an `AsyncPaywall`."""


class PolicySource(Protocol):
    """An object whose policy may change, such as a policy file that is read again."""

    @property
    def policy(self) -> Policy: ...


class PaywallSettings(TypedDict, total=False):
    """The arguments of both paywalls that are given by name; see `Paywall`."""

    clock: Callable[[], datetime]
    on_outage: OnOutage | OnOutageWord
    deadline: float | None
    queue: float
    attempts: int
    secret: Secret
    old_secrets: Iterable[Secret]
    namespace: str
    remember: int
    article_ids: ArticleIds | ArticleIdsWord
    on_decision: Hook | None
    shadow: Policy | PolicySource | None
    metrics: bool


def outage_word(on_outage: OnOutage | OnOutageWord) -> OnOutage:
    """Return the word for what is done in an outage; any other is a `ValueError`."""
    try:
        return OnOutage(on_outage)
    except ValueError:
        raise ValueError(
            f"`{on_outage}` is not a word for `on_outage`; it is `fallback`, `open`, `closed` or"
            " `raise`"
        ) from None


def positive(name: str, seconds: float) -> float:
    """Return a number of seconds that is more than 0; any other is a `ValueError`."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"`{name}` is a number of seconds, not {quoted(seconds)}")
    if not seconds > 0:
        raise ValueError(f"`{name}` is more than 0 seconds, not `{seconds}`")
    return seconds


def seconds_at_most(name: str, seconds: float) -> float:
    """Return a number of seconds above 0 that a clock can add up; any other is a `ValueError`."""
    if not positive(name, seconds) <= MOST_SECONDS:
        raise ValueError(f"`{name}` is at most {MOST_SECONDS:,} seconds, a day, not `{seconds}`")
    return seconds


def at_least(name: str, value: int, least: int) -> int:
    """Return a whole number from a least one on; any other is told."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"`{name}` is a whole number, not {quoted(value)}")
    if value < least:
        raise ValueError(f"`{name}` is {least} or more, not `{value}`")
    return value


def named(namespace: str) -> str:
    """Return the text that keeps a publication's readers apart."""
    if not isinstance(namespace, str):
        raise TypeError(f'`namespace` is a text such as `"harbour"`, not {quoted(namespace)}')
    return namespace


def secrets(old_secrets: Iterable[Secret]) -> tuple[Secret, ...]:
    """Return the secrets that were in force before."""
    if isinstance(old_secrets, bytes | str):
        raise TypeError("`old_secrets` is a tuple of secrets; write a comma behind a single one")
    if isinstance(old_secrets, Mapping) or not isinstance(old_secrets, Iterable):
        raise TypeError(f"`old_secrets` is a tuple of secrets, not {quoted(old_secrets)}")
    return tuple(checked_secret(secret) for secret in old_secrets)


def called(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return what is called for the time."""
    if not callable(clock):
        raise TypeError(f"`clock` is called for the time; {quoted(clock)} cannot be")
    return clock


def check_names(kind: str, given: Collection[str], known: Collection[str]) -> None:
    """Raise a `TypeError` for a setting that no paywall has."""
    for name in given:
        if name not in known:
            raise TypeError(f"`{kind}` has no setting `{name}`; {meant(name, known)}")


def _has_policy(source: object) -> bool:
    """Say whether something is a policy, or has one."""
    if isinstance(source, Policy):
        return True
    return not isclass(source) and isinstance(getattr(source, "policy", None), Policy)


def check_shadow(source: object) -> None:
    """Raise a `TypeError` for a shadow that is not a policy and has none."""
    if source is None or _has_policy(source):
        return
    raise TypeError(
        "`shadow` is a second policy, from `load_policy(path)`, or a `ReloadingPolicy`, not"
        f" {quoted(source)}"
    )


def check_policy(source: object) -> None:
    """Raise a `TypeError` for what is not a policy and has none."""
    if _has_policy(source):
        return
    if isinstance(source, str):
        raise TypeError(
            f"{quoted(source)} is a text, not a policy; read the file: `load_policy(path)`"
        )
    raise TypeError(
        f"a paywall needs a policy first, from `load_policy(path)`, not {quoted(source)}"
    )
