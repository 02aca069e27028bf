"""The parts of a store's URL, and which of them may be shown.

A sign in a password that is not written with `%` ends the password for whoever reads the URL: what
follows is taken for a port, a database or an option. So none of these may be shown there.
"""

from __future__ import annotations

import re

__all__ = ["PASSWORDS", "may_show_a_password", "split_place"]

PASSWORDS = (
    "in a password `/`, `?`, `#`, `@`, `,`, `&` and `%` are written with `%`, as in `%2F` for `/`"
)
"""What to look at in a URL that cannot be read."""


_IN_BRACKETS = re.compile(r"\[[0-9A-Fa-f:.]*\]")  # an address such as `[::1]`
_NO_PORT = re.compile(r":(?![0-9]+(,|$))")


def split_place(url: str) -> tuple[str, str]:
    """Return the user, password and servers of a URL, and what stands behind them.

    >>> split_place("redis://u:p@one:6379/0?db=1")
    ('u:p@one:6379', '/0?db=1')
    """
    rest = url.partition("://")[2]
    place = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return place, rest[len(place) :]


def may_show_a_password(url: str) -> bool:
    """Say whether what stands behind the servers may be, or hold, part of a password."""
    place, behind = split_place(url)
    if "@" in behind or "password=" in behind:
        return True
    return "@" not in place and _NO_PORT.search(_IN_BRACKETS.sub("", place)) is not None
