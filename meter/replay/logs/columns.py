"""Find out which column of a log is what: usual names are known, others are given."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from meter.columns.attributes import LOG_ATTRIBUTES
from meter.errors import closest, did_you_mean
from meter.replay.logs.failures import LogError
from meter.replay.logs.rows import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "NAMES",
    "REQUIRED",
    "LogError",
    "column_names",
    "known_columns",
    "suggested_columns",
]

# fmt: off
REQUIRED = {
    "reader.id": (
        "reader", "reader_id", "user_id", "user", "visitor_id", "visitor", "client_id", "cookie",
    ),
    "at": ("time", "timestamp", "event_time", "datetime", "ts"),
    "article.id": ("article", "article_id", "page", "page_id", "url", "path", "content_id"),
}
# fmt: on
NAMES = {
    **REQUIRED,
    "id": ("view_id", "event_id", "pageview_id"),
    "started": (),
    "dismissed": (),
    "kind": (),
    **{name: attribute.names for name, attribute in LOG_ATTRIBUTES.items()},
}
"""Our name of every column a log can have, and the usual ones."""

# fmt: off
_LIKE = {
    "reader.id": {
        "member", "user", "reader", "visitor", "client", "customer", "subscriber", "account",
        "cookie", "device", "session", "person", "uid", "userid", "memberid", "profile",
    },
    "at": {
        "time", "date", "timestamp", "datetime", "at", "when", "ts", "day", "seen", "viewed",
    },
    "article.id": {
        "article", "page", "story", "post", "url", "uri", "path", "content", "item", "news",
        "teaser", "document", "headline", "slug",
    },
}
# fmt: on
"""Words in the names of columns, by what such a column is."""
_WORD = re.compile(r"[a-z]+")
_MOST = 24
"""How many of a log's columns a message lists."""
_LONGEST = 60


def known_columns(
    mapping: Mapping[str, str], there: Sequence[str], *, clock: bool = True
) -> dict[str, str]:
    """Return which column of a log stands for what.

    `mapping` first, then columns that go by a usual name.

    Raises `LogError` if a mapping leads nowhere, or two columns have one name.
    """
    found = {_our_name(given): column for given, column in _checked(mapping, there)}
    lower = {column.lower(): column for column in reversed(there)}
    taken = set(mapping.values())
    for name, others in NAMES.items():
        usual = [lower[word] for word in (name, *others) if word in lower]
        free = [column for column in usual if column not in {*taken, *found.values()}]
        if name not in found and free:
            found[name] = free[0]
    if not clock:
        found.pop("at", None)
    return found


def _checked(mapping: Mapping[str, str], there: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs of a mapping, all of which lead from a name to a column that is there."""
    for given, column in mapping.items():
        if not _our_name(given):
            known = ", ".join(
                f"`{others[0] if name in REQUIRED else name}`" for name, others in NAMES.items()
            )
            raise LogError(f"`--column {given}=…` names nothing that a log has; there are: {known}")
        if column not in there:
            close = closest(column, there)
            hint = "" if close is None else f"; {did_you_mean(close)}"
            raise LogError(
                f"the log has no column `{column}` for `{given}`; it has {_listed(there)}{hint}"
            )
    return list(mapping.items())


def _our_name(given: str) -> str:
    """Return our name of what somebody calls by it or by a usual one; none is the empty text."""
    return next((name for name, others in NAMES.items() if given in (name, *others)), "")


def column_names(
    mapping: Mapping[str, str], there: Sequence[str], *, clock: bool = True
) -> dict[str, str]:
    """Return which column of a log stands for what (see `known_columns`).

    Raises `LogError` also if one that is needed is not there, or stands there twice.
    """
    found = known_columns(mapping, there, clock=clock)
    for name in REQUIRED:
        if name not in found and (clock or name != "at"):
            raise _missing(name, found, there)
    twice = next((column for column in found.values() if list(there).count(column) > 1), None)
    if twice is not None:
        raise LogError(f"the log has two columns named `{twice}`; rename one of them")
    return found


def suggested_columns(there: Sequence[str]) -> dict[str, str]:
    """Return which column of a log stands for what, most likely, where nobody has said.

    Those that go by a usual name, and for what is needed besides, the column most like it.
    """
    found = known_columns({}, there)
    for name in REQUIRED:
        likely = _likely(name, [column for column in there if column not in found.values()])
        if name not in found and likely is not None:
            found[name] = likely
    return found


def _missing(name: str, found: Mapping[str, str], there: Sequence[str]) -> LogError:
    """Return what to say of a log without a column that is needed."""
    usual = REQUIRED[name]
    free = [column for column in there if column not in found.values()]
    example = f"`--column {usual[0]}={_likely(name, free) or 'NAME'}`"
    rest = ", or `--no-clock` if it has none but is in order" if name == "at" else ""
    return LogError(
        f"the log has no column for the {usual[0]}; it has {_listed(there)}: say which"
        f" with {example}{rest}"
    )


def _likely(name: str, free: Sequence[str]) -> str | None:
    """Return the column that is most likely the one with our name; `None` if none is like it.

    A column is like a name if it is spelled alike, or has one of the words that people use for it.
    One that is more like another name that is needed is not offered.
    """
    words = {column: set(_WORD.findall(column.lower())) for column in free}
    for column in free:
        if _LIKE[name] & words[column]:
            return column
    others = set().union(*(like for other, like in _LIKE.items() if other != name))
    spelled = (column for column in free if _closest_name(column) == name)
    return next((column for column in spelled if not others & words[column]), None)


def _closest_name(column: str) -> str | None:
    """Return the name that is needed whose usual words a column is spelled most alike."""
    words = {word: name for name, others in REQUIRED.items() for word in (name, *others)}
    close = closest(column.lower(), words)
    return None if close is None else words[close]


def _listed(there: Sequence[str]) -> str:
    if not there:
        return "none"
    shown = ", ".join(f"`{shortened(name, _LONGEST)}`" for name in there[:_MOST])
    return f"{shown} and {len(there) - _MOST:,} more" if len(there) > _MOST else shown
