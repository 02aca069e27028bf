"""What is asked of PostgreSQL: the statements, the form of their values, and their order.

There is one table. A load or a change is one statement; where a change comes too late, a second one
loads what is there instead. A change compares as it writes: exact at READ COMMITTED and above. The
changes of several tasks may be one transaction, of the same statements.
Values travel beside the statement and never in its text, which the server writes into its log
whenever something goes wrong.

A statement's name at the server is made of its text. So wherever a pooler takes a question to a
process of the server that another client has prepared, the name is missing there, or it is the same
statement: never another one.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from struct import pack
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

import psycopg
from psycopg.errors import UndefinedTable

from meter.errors import StoreContentionError, StoreSetupError
from meter.stores.postgres.errors import ALREADY_MADE, CONFLICTS

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

T = TypeVar("T")

__all__ = [
    "BYTES",
    "LOAD_ALL",
    "ONCE_ASKED",
    "TABLE",
    "KeptBytes",
    "KeyChange",
    "Queries",
    "Query",
    "Result",
    "SqlStatement",
    "Transaction",
    "can_be_asked",
    "forget",
    "key_change",
    "load",
    "load_all",
    "make_table",
    "purge",
    "swap",
    "swap_all",
]

TABLE = """CREATE TABLE IF NOT EXISTS meter_usage (
    key     text COLLATE "C" PRIMARY KEY,
    bytes   bytea NOT NULL,
    expires timestamptz
)"""
"""The table; a role that may not create it needs `SELECT, INSERT, UPDATE, DELETE` on it."""

_TYPES = psycopg.adapters.types
_TEXT = _TYPES["text"].oid
_TEXTS = _TYPES["text"].array_oid
_TIME = _TYPES["timestamptz"].oid
BYTES = _TYPES["bytea"].oid
"""The type of what is kept."""

_BINARY = 1
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class SqlStatement:
    """A statement, the types of its values, and its name where it is prepared."""

    __slots__ = ("formats", "name", "text", "types")

    def __init__(self, text: str, *types: int) -> None:
        self.text = text.encode()
        self.types = types
        self.formats = (_BINARY,) * len(types)
        self.name = b"meter_" + sha256(self.text).hexdigest()[:16].encode()


class Query(NamedTuple):
    """A statement, and the values that go to the server beside it, in the server's binary form."""

    statement: SqlStatement
    values: tuple[bytes | None, ...] = ()


class Transaction(NamedTuple):
    """Queries that are sent in one trip, and are made all or none."""

    queries: Sequence[Query]


class Result(NamedTuple):
    """The bytes that a statement found, and how many rows it found or changed.

    `by_key` is what `LOAD_ALL` found. `each` are the results of a transaction, in the order of its
    queries; there are none where it could not be asked.
    """

    found: bytes | None
    rows: int
    by_key: Mapping[bytes, bytes | None] = MappingProxyType({})
    each: Sequence[Result] = ()


class KeyChange(NamedTuple):
    """What a swap is asked to do, and the query that does it."""

    key: str
    old: bytes | None
    new: bytes | None
    query: Query


class KeptBytes(NamedTuple):
    """What is kept under a key, which answers a change of it."""

    found: bytes | None


Queries: TypeAlias = "Generator[Query | Transaction, Result, T]"

_ROUNDS = 16
_MAKE = SqlStatement(TABLE)
_LOOK = SqlStatement("SELECT 'there'::bytea WHERE to_regclass('meter_usage') IS NOT NULL")
ONCE_ASKED = frozenset((_MAKE, _LOOK))
"""Statements that are asked once a process: they are not worth a name."""

_LOAD = SqlStatement("SELECT bytes FROM meter_usage WHERE key = $1", _TEXT)
LOAD_ALL = SqlStatement("SELECT key, bytes FROM meter_usage WHERE key = ANY($1)", _TEXTS)
"""A load of many keys; it returns those that are there."""

_LOCKED_FOR = SqlStatement(
    "SELECT set_config('lock_timeout', greatest(1, $1 - 1000 * extract(epoch FROM clock_timestamp()"
    " - now())::float8)::int::text, true)::bytea",
    _TYPES["float8"].oid,
)
"""Until so many milliseconds after its transaction began, a statement may wait for a row. Until it
is said again, the server grants what was left then to each statement anew."""
_SAID_FOR = 4  # changes at a time: to say it for each costs a fourth of them all

_FORGET = SqlStatement("DELETE FROM meter_usage WHERE key = $1", _TEXT)
_PURGE = SqlStatement("DELETE FROM meter_usage WHERE expires <= $1", _TIME)
_REPLACE = SqlStatement(
    "UPDATE meter_usage SET bytes = $1, expires = $2 WHERE key = $3 AND bytes = $4",
    BYTES,
    _TIME,
    _TEXT,
    BYTES,
)
# Where a guess may well be wrong (nothing is there, or something is removed), the change and a load
# are one statement: it returns what was there before, or what it has put there.
_ADD = SqlStatement(
    "WITH added AS (INSERT INTO meter_usage VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING"
    " bytes) SELECT bytes FROM added UNION ALL SELECT bytes FROM meter_usage WHERE key = $1 AND NOT"
    " EXISTS (SELECT FROM added)",
    _TEXT,
    BYTES,
    _TIME,
)
_REMOVE = SqlStatement(
    "WITH removed AS (DELETE FROM meter_usage WHERE key = $1 AND bytes = $2 RETURNING key) SELECT"
    " bytes FROM meter_usage WHERE key = $1 AND NOT EXISTS (SELECT FROM removed)",
    _TEXT,
    BYTES,
)
_NO_TABLE = (
    "there is no table `meter_usage` and it could not be created; create it as the how-to page on"
    " PostgreSQL shows"
)


def _time(when: datetime | None) -> bytes | None:
    """Return a time as the server has it: microseconds since 2000, in UTC."""
    if when is None:
        return None
    return pack(">q", (when.astimezone(UTC) - _EPOCH) // _MICROSECOND)


def make_table() -> Queries[None]:
    """Create the table where there is none yet."""
    if (yield Query(_LOOK)).found is None:
        with suppress(*ALREADY_MADE):
            yield Query(_MAKE)


def _ask(query: Query | Transaction) -> Queries[Result]:
    """Run a statement; where the table has been dropped, create it and run the statement again."""
    for _ in range(2):
        try:
            return (yield query)
        except UndefinedTable:
            yield from make_table()
    raise StoreSetupError(_NO_TABLE)


def can_be_asked(key: str) -> bool:
    """Say whether the server can read a key: one with a NUL or half a character is an error."""
    try:
        return b"\0" not in key.encode()
    except UnicodeEncodeError:
        return False


def load(key: str) -> Queries[bytes | None]:
    """Return the bytes kept under a key, or `None`."""
    answer = yield from _ask(Query(_LOAD, (key.encode(),)))
    return answer.found


def load_all(keys: Sequence[str]) -> Queries[list[bytes | None]]:
    """Return the bytes kept under each of some keys."""
    names = [key.encode() for key in keys]
    answer = yield from _ask(Query(LOAD_ALL, (_texts(names),)))
    return [answer.by_key.get(name) for name in names]


def _texts(words: Sequence[bytes]) -> bytes:
    """Return words as the server has an array: one dimension, no nulls, the first index is 1."""
    parts = [pack(">iiIii", 1, 0, _TEXT, len(words), 1)]
    for word in words:
        parts += (pack(">i", len(word)), word)
    return b"".join(parts)


def swap(
    key: str, old: bytes | None, new: bytes | None, expires: datetime | None
) -> Queries[bytes | None]:
    """Change and load until the two agree.

    A change meets what is there now, while the load beside it in one statement sees what was there
    as the statement began; and another change may come between `_REPLACE` and the load after it.
    Where `old` is found though the change was not made, the change may be possible again, and is
    tried once more.
    """
    return (yield from _swap(key, old, new, _change(key.encode(), old, new, expires)))


def _swap(key: str, old: bytes | None, new: bytes | None, query: Query) -> Queries[bytes | None]:
    for _ in range(_ROUNDS):
        try:
            answer = yield from _ask(query)
            found = answer.found
            if query.statement is _REPLACE:
                if answer.rows:
                    return new
                found = yield from load(key)
        except CONFLICTS:
            continue
        if _is_settled(found, old, new):
            return found
    raise StoreContentionError(
        f"a reader's usage changed {_ROUNDS} times while one change was being written"
    )


def _is_settled(found: bytes | None, old: bytes | None, new: bytes | None) -> bool:
    """Say whether what is kept answers a change: it was made, or it cannot be made any more."""
    return found == new or found != old


def key_change(
    key: str, old: bytes | None, new: bytes | None, expires: datetime | None
) -> KeyChange | None:
    """Return a change to make with others, or `None` for one that removes or cannot be read."""
    if new is None or not can_be_asked(key):
        return None
    try:
        return KeyChange(key, old, new, _change(key.encode(), old, new, expires))
    except OverflowError:  # a time whose year has five digits in UTC
        return None


def swap_all(changes: Sequence[KeyChange], seconds: float) -> Queries[list[KeptBytes | None]]:
    """Make changes in one transaction, and return what is kept under the key of each.

    Of several changes of one key the first is made, and what is kept then answers the others. Rows
    are changed in the order of their keys, so that two transactions never wait for each other.

    `None` stands for a change that was not answered, and has to be asked for alone: rows were held
    by other transactions, the server refused some change and so made none, or what is kept says
    that this one is possible. All waits for rows end within so many `seconds`.
    """
    first: dict[str, KeyChange] = {}
    for change in changes:
        first.setdefault(change.key, change)
    try:
        kept = yield from _made(sorted(first.values()), seconds)
    except psycopg.Error as error:
        if error.sqlstate is None:  # there was no answer: they may have been made
            raise
        kept = {}
    return [
        KeptBytes(kept[key]) if key in kept and _is_settled(kept[key], old, new) else None
        for key, old, new, _ in changes
    ]


def _made(changes: Sequence[KeyChange], seconds: float) -> Queries[dict[str, bytes | None]]:
    """Make changes of several keys, and return what is kept under each whose change was asked."""
    if len(changes) == 1:
        return {changes[0].key: (yield from _swap(*changes[0]))}
    wait = Query(_LOCKED_FOR, (pack(">d", seconds * 1000 / _SAID_FOR),))
    queries: list[Query] = []
    for number, change in enumerate(changes):
        queries += [change.query] if number % _SAID_FOR else [wait, change.query]
    results = zip(queries, (yield from _ask(Transaction(queries))).each, strict=False)
    made = [result for query, result in results if query is not wait]
    kept: dict[str, bytes | None] = {}
    late: list[str] = []
    for change, result in zip(changes, made, strict=False):
        if change.old is None:
            kept[change.key] = result.found
        elif result.rows:
            kept[change.key] = change.new
        else:
            late.append(change.key)
    if late:
        kept |= zip(late, (yield from load_all(late)), strict=True)
    return kept


def _change(key: bytes, old: bytes | None, new: bytes | None, expires: datetime | None) -> Query:
    if new is None:
        return Query(_LOAD, (key,)) if old is None else Query(_REMOVE, (key, old))
    until = _time(expires)
    return (
        Query(_ADD, (key, new, until)) if old is None else Query(_REPLACE, (new, until, key, old))
    )


def forget(key: str) -> Queries[None]:
    """Remove whatever is kept under a key."""
    yield from _ask(Query(_FORGET, (key.encode(),)))


def purge(now: datetime) -> Queries[int]:
    """Remove what has expired by `now`, and return how many readers that was."""
    answer = yield from _ask(Query(_PURGE, (_time(now),)))
    return answer.rows
