"""What `manage.py check` says of a paywall before its first reader meets it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as Doubt
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from meter.errors import PolicyError, StoreError, printable, quoted
from meter.loading import load_policy
from meter.stores.memory import MemoryStore
from meter.web.django.configuration import NAMES, REQUIRED, configured, given, hint
from meter.web.django.middleware import MeterMiddleware

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["check_middleware", "check_settings", "check_store"]

_MIDDLEWARE = "meter.web.django.middleware.MeterMiddleware"
_BEFORE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
)
"""What sets cookies."""
_AFTER = ("django.middleware.cache.UpdateCacheMiddleware",)


def check_settings(**_: object) -> list[CheckMessage]:
    """Say what is wrong with `METER`, and every problem of its policy."""
    try:
        found = given()
    except ImproperlyConfigured as error:
        return [_error("E001", str(error))]
    if found is None:
        return []
    problems = [*_names(found), *_policy(found)]
    if problems:
        return problems
    try:
        configured()
    except ImproperlyConfigured as error:
        return [_error("E004", str(error))]
    return []


def _names(found: Mapping[str, Any]) -> list[CheckMessage]:
    unknown = [
        _error("E001", f"`METER` has no setting {quoted(name)}", hint(name))
        for name in found
        if name not in NAMES
    ]
    missing = [
        _error("E002", f"`METER` needs `{name}`", f"it is {what}")
        for name, what in REQUIRED.items()
        if not found.get(name)
    ]
    return unknown + missing


def _policy(found: Mapping[str, Any]) -> list[CheckMessage]:
    path = found.get("POLICY")
    if not path or not isinstance(path, str | os.PathLike):
        return []
    try:
        load_policy(path)
    except PolicyError as error:
        return [_error("E003", str(problem), problem.help) for problem in error.problems]
    return []


def check_middleware(**_: object) -> list[CheckMessage]:
    """Say whether the middleware is there, and stands where it sees every header last."""
    try:
        if given() is None:
            return []
    except ImproperlyConfigured:
        return []
    classes = [_imported(path) for path in settings.MIDDLEWARE]
    ours = [place for place, found in enumerate(classes) if _is_a(found, MeterMiddleware)]
    if not ours:
        return [
            _error(
                "E005",
                "`METER` is set, but its middleware is not in `MIDDLEWARE`",
                f'add `"{_MIDDLEWARE}"`, before `SessionMiddleware`',
            )
        ]
    problems = []
    for place, path in enumerate(settings.MIDDLEWARE):
        if place < ours[0] and _is_one_of(classes[place], _BEFORE):
            problems.append(
                _error(
                    "E006",
                    f"`{path}` stands before the paywall's middleware: it could put a cookie on a"
                    " page that caches keep",
                    f"move `{_MIDDLEWARE}` before it",
                )
            )
        if place > ours[0] and _is_one_of(classes[place], _AFTER):
            problems.append(
                _error(
                    "E007",
                    f"`{path}` stands after the paywall's middleware: it does not see the headers"
                    " that keep a reader's page out of the cache",
                    f"move it before `{_MIDDLEWARE}`",
                )
            )
    return problems


def check_store(**_: object) -> list[CheckMessage]:
    """Say whether the store answers; for `manage.py check --deploy`."""
    try:
        paywall = configured()
    except ImproperlyConfigured:
        return []  # `check_settings` says why
    if paywall is None:
        return []
    found: list[CheckMessage] = []
    if isinstance(paywall.gate.paywall.store, MemoryStore):
        found.append(
            Doubt(
                "the store is memory: every process counts by itself, and forgets when it ends",
                hint="name one that all processes share, such as `sqlite:///…` or `redis://…`",
                id="meter.W001",
            )
        )
    try:
        paywall.gate.paywall.ready()
    except StoreError as error:
        told = f"the store does not answer as it should: {printable(str(error))}"
        found.append(_error("E008", told, "readers are counted by each process alone until then"))
    return found


def _imported(path: str) -> object:
    try:
        return import_string(path)
    except ImportError:
        return None


def _is_a(found: object, parent: type) -> bool:
    return isinstance(found, type) and issubclass(found, parent)


def _is_one_of(found: object, parents: tuple[str, ...]) -> bool:
    return isinstance(found, type) and any(
        f"{each.__module__}.{each.__qualname__}" in parents for each in found.__mro__
    )


def _error(number: str, message: str, step: str | None = None) -> Error:
    return Error(message, hint=step, id=f"meter.{number}")
