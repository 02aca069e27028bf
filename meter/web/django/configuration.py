"""The setting `METER` of a site, and the gate that it describes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import fields, frozen
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest

from meter.errors import MeterError, meant, quoted
from meter.view import Reader
from meter.web.gate import Gate
from meter.web.gate.edges import SlowCrawlers
from meter.web.opening import open_gate

if TYPE_CHECKING:
    from meter.web.django.requests import DjangoRequest

__all__ = [
    "NAMES",
    "REQUIRED",
    "DjangoPaywall",
    "configured",
    "forget_settings",
    "function_of",
    "given",
    "opened",
]

AskRequest: TypeAlias = Callable[[HttpRequest], Any]

REQUIRED = {
    "POLICY": 'the path of a policy file, such as `BASE_DIR / "policy.toml"`',
    "STORE": "the URL of a store, such as `sqlite:////var/lib/news/counts.db`",
    "SECRET": "a text that nobody can guess, or several, newest first: they sign readers' cookies",
}
"""What `METER` has to hold, and what each is."""
_FUNCTIONS = ("ACCOUNT", "CONSENT", "COUNTRY", "CRAWLER")
"""What is called with Django's request."""
_MAY_BE_OFF = ("CRAWLER", "GIFTS", "PREVIEWS")
"""Where `False` says as much as nothing."""
_NONE = ("INSTITUTIONS",)
"""Where `None` says something else than nothing: not even the file beside the policy."""
NAMES = frozenset(
    {each.name.upper() for each in fields(Gate) if each.init} | {"ACCOUNT", "RELOAD", *REQUIRED}
)


@frozen
class DjangoPaywall:
    """The gate of a site, and the function that says who is signed in."""

    gate: Gate
    account: AskRequest


def user_reader(request: HttpRequest) -> Reader | None:
    """Return the user of Django's own accounts as a registered reader, by the primary key."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return Reader(id=str(user.pk), registered=True)


def given() -> Mapping[str, Any] | None:
    """Return `METER`, or `None` for a site without.

    Raises `ImproperlyConfigured` for what is no dictionary.
    """
    found = getattr(settings, "METER", None)
    if not found and not isinstance(found, str):
        return None
    if not isinstance(found, Mapping):
        raise ImproperlyConfigured(
            f'`METER` is a dictionary, such as `{{"POLICY": …, "STORE": …}}`, not {quoted(found)}'
        )
    return found


def function_of(name: str, value: object) -> AskRequest:
    """Return a function that a setting gives: itself, or its dotted path.

    Raises `ImproperlyConfigured` for what cannot be imported or called.
    """
    if callable(value):
        return value
    module, _, attribute = str(value).rpartition(".")
    if not isinstance(value, str) or not module:
        raise ImproperlyConfigured(
            f"`METER['{name}']` is a function that takes the request, or its dotted path such as"
            f' `"news.readers.{name.lower()}"`, not {quoted(value)}'
        )
    try:
        found: AskRequest = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ImproperlyConfigured(
            f"`METER['{name}']`: {quoted(value)} cannot be imported: {error}"
        ) from error
    if not callable(found):
        raise ImproperlyConfigured(f"`METER['{name}']`: {quoted(value)} cannot be called")
    return found


def opened(found: Mapping[str, Any]) -> DjangoPaywall:
    """Return the paywall that a `METER` describes. Raises `ImproperlyConfigured`."""
    for name in found:
        if name not in NAMES:
            raise ImproperlyConfigured(f"`METER` has no setting {quoted(name)}; {hint(name)}")
    for name, what in REQUIRED.items():
        if not found.get(name):
            raise ImproperlyConfigured(f"`METER` needs `{name}`: {what}")
    values = {name: value for name, value in found.items() if not _is_off(name, value)}
    functions = {
        name: function_of(name, values.pop(name))
        for name in _FUNCTIONS
        if name in values and _is_function(name, values[name])
    }
    account = functions.pop("ACCOUNT", user_reader)
    rest = {name.lower(): value for name, value in values.items()}
    rest |= {name.lower(): _asked(function) for name, function in functions.items()}
    try:
        gate = open_gate(rest.pop("policy"), rest.pop("store"), **rest)
    except (MeterError, TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"`METER`: {error}") from error
    return DjangoPaywall(gate, account)


def hint(name: object) -> str:
    """Return the next step for a key that `METER` does not know."""
    return meant(str(name).upper(), NAMES)


def _is_off(name: str, value: object) -> bool:
    """Say whether a setting is as good as not there."""
    if value is None:
        return name not in _NONE
    return value is False and name in _MAY_BE_OFF


def _is_function(name: str, value: object) -> bool:
    """Say whether a setting is a function or its dotted path; of anything else a gate says more."""
    if name == "CRAWLER":  # their file, or what is read of it, is none
        return callable(value) or (isinstance(value, str) and not value.endswith(".toml"))
    # the header that a proxy sets: its name has no dot
    return not (name == "COUNTRY" and isinstance(value, str) and "." not in value)


def _asked(function: AskRequest) -> Callable[[Any], Any]:
    """Return a function as a gate asks it: what verifies crawlers knows no Django."""
    return function if isinstance(function, SlowCrawlers) else _with_request(function)


def _with_request(function: AskRequest) -> Callable[[Any], Any]:
    """Return a function that a gate calls with its request, for one that takes Django's."""

    def ask(request: DjangoRequest) -> object:
        return function(request.origin)

    return ask


_LOCK = RLock()
_OPENED: list[DjangoPaywall] = []


def configured() -> DjangoPaywall | None:
    """Return the paywall of this process, opened when it is first asked for; or `None`.

    Raises `ImproperlyConfigured`.
    """
    if _OPENED:
        return _OPENED[0]
    with _LOCK:
        found = given()
        if found is None:
            return None
        if not _OPENED:
            _OPENED.append(opened(found))
        return _OPENED[0]


def forget_settings(*, setting: str, **_: object) -> None:
    """Open the paywall anew where a test has changed `METER`."""
    if setting == "METER":
        with _LOCK:
            _OPENED.clear()
