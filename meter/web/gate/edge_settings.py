"""What may stand in the settings of a gate that let in others than readers with a cookie.

A wrong one is told when the site starts: it would be asked first when a visitor writes a parameter
into an address, or says to be a crawler.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from inspect import isclass, iscoroutinefunction, signature
from typing import TypeVar

from attrs import Attribute, frozen

from meter.errors import quoted
from meter.paywall import Paywall

__all__ = ["check_edge", "check_function"]

T = TypeVar("T")


@frozen
class _EdgeSetting:
    """What a setting is, and the line to write.

    `calls` are the methods that are called of it, each with so many arguments; it is called itself
    where that has no name.
    """

    noun: str
    line: str
    calls: Mapping[str, int]
    is_path: bool = False

    def takes(self, value: object) -> bool:
        """Say whether a value is one that can be asked."""
        if value is None or value is False:
            return True
        if self.is_path and isinstance(value, str | os.PathLike):
            return True
        return not isclass(value) and all(
            _can_be_called(getattr(value, name, None) if name else value, arguments)
            for name, arguments in self.calls.items()
        )


_EDGES = {
    "gifts": _EdgeSetting(
        "what opens gift links",
        "`Gifts(policy, store, secret)` of `meter.web.gifts`, or `True` where a framework's paywall"
        " or `open_gate` opens the store",
        {"claimed": 3, "open": 3, "forget": 2},
    ),
    "previews": _EdgeSetting(
        "what reads the links of editors",
        '`Previews(Path("preview-secret.txt").read_text())` of `meter.web.previews`',
        {"read": 2},
    ),
    "institutions": _EdgeSetting(
        "the path of a file such as `institutions.toml`, or an object with a method `rights`",
        '`"institutions.toml"`',
        {"rights": 1},
        is_path=True,
    ),
    "crawler": _EdgeSetting(
        "what is called with a request, and says whether it is a verified crawler's",
        '`Machines(load_crawlers("crawlers.toml"), hosts=["www.example.com"])` of'
        " `meter.web.machines`",
        {"": 1},
    ),
}

_AWAITED = (
    "`gifts` opens links for a `Paywall`, whose calls block, and these have to be awaited;"
    " write `Gifts(policy, store, secret)` of `meter.web.gifts`, or give the gate an `AsyncPaywall`"
)


def check_edge(gate: object, attribute: Attribute[T], value: T) -> None:
    """Raise a `TypeError` with the line to write for a setting that nobody could ask."""
    edge = _EDGES[attribute.name]
    if not edge.takes(value):
        raise TypeError(
            f"`{attribute.name}` is {edge.noun}, not {_told(value)}; write {edge.line}; `None` or"
            " `False` is none"
        )
    blocks = isinstance(getattr(gate, "paywall", None), Paywall)
    if attribute.name == "gifts" and blocks and iscoroutinefunction(getattr(value, "open", None)):
        raise TypeError(_AWAITED)


def check_function(_gate: object, attribute: Attribute[T], value: T) -> None:
    """Raise a `TypeError` for a setting that is to be called, and cannot be."""
    may_be_text = attribute.name == "country"
    is_left_out = value is None and attribute.default is None
    if is_left_out or callable(value) or (may_be_text and isinstance(value, str)):
        return
    what = "a function, or the name of a header" if may_be_text else "a function"
    raise TypeError(f"`{attribute.name}` is {what}, not {_told(value)}")


def _can_be_called(call: object, arguments: int) -> bool:
    if not callable(call):
        return False
    try:
        signature(call).bind(*[None] * arguments)
    except (TypeError, ValueError):
        return False
    return True


def _told(value: object) -> str:
    """Return what stands there: never a text, which may be a secret."""
    if isinstance(value, bool | int | float):
        return quoted(value)
    if isinstance(value, str | bytes | bytearray):
        return "a text"
    return "a list" if isinstance(value, list | tuple | set | frozenset) else "something else"
