"""Ask a query over a connection: by a prepared statement wherever one is sure to be found again.

A statement is prepared at a process of the server, so it may be used where each question goes to
the same process, or where whatever stands in between carries statements along:

- A server asked directly says the number of its process as it greets, and the same when it is
  asked for it. A pooler's greeting has a number of its own.
- A pooler that carries statements along gives them names of its own: a statement that looks for its
  own name at the server finds none. That is pgbouncer from 1.21 on with `max_prepared_statements`
  above 0. Where it finds its name, or is missing itself, nothing is carried.

A pooler may be set up anew at any time, and a table made anew. Then the server refuses the
statement before anything is done, and the query is asked without one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol, TypeAlias, TypeVar

import psycopg
from psycopg.errors import (
    DuplicatePreparedStatement,
    FeatureNotSupported,
    InvalidSqlStatementName,
    error_from_result,
)
from psycopg.generators import execute, fetch_many
from psycopg.pq import ExecStatus, Format

from meter.errors import CorruptUsageError
from meter.stores.postgres.errors import NO_BYTES
from meter.stores.postgres.statements import (
    BYTES,
    LOAD_ALL,
    ONCE_ASKED,
    Query,
    Result,
    SqlStatement,
    Transaction,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from psycopg.abc import PQGen
    from psycopg.pq.abc import PGconn, PGresult

__all__ = ["Askable", "Route", "Trips", "learn", "question"]

T = TypeVar("T")

Trips: TypeAlias = "Generator[PQGen[list[PGresult]], list[PGresult], T]"
"""What is sent to the server; its runner waits for the answer, blocking or awaiting."""

_REFUSED = (InvalidSqlStatementName, DuplicatePreparedStatement, FeatureNotSupported)
"""A prepared statement is missing, belongs to another client, or does not fit its table."""

_NOT_CARRIED = re.compile("26|42|0A")
"""The classes of errors that say so: a name that is not known, or is not new; access or syntax; and
what is not supported. Any other, such as of a server that is shut down, says nothing of names."""

_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

_FIRST = SqlStatement("SELECT pg_backend_pid(), to_regclass('meter_usage')")
"""What a new connection is asked before a view gets it: a server's first answer takes its time."""

_PROBE = SqlStatement(
    "SELECT 'carried'::bytea WHERE NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name ="
    " 'meter_probe')"
)
_PROBE.name = b"meter_probe"


class Route:
    """What stands between the connections of one pool and the server."""

    def __init__(self) -> None:
        self.loses = False
        """Whether it is a pooler that is known to carry no prepared statement along."""


class Askable(Protocol):
    """What is needed of a connection."""

    route: Route
    prepared: set[bytes] | None
    """The names of the statements that are prepared, or `None` where none may be."""

    @property
    def pgconn(self) -> PGconn: ...


def question(connection: Askable, query: Query | Transaction) -> Trips[Result]:
    """Ask a query, and return what it found or changed.

    A transaction is only asked where statements are prepared.
    """
    prepared = connection.prepared
    if isinstance(query, Transaction):
        if prepared is None:
            return Result(None, 0)
        try:
            return (yield from _in_one_trip(connection.pgconn, query.queries, prepared))
        except _REFUSED:
            connection.prepared = None
            return Result(None, 0)
    if prepared is not None and query.statement not in ONCE_ASKED:
        try:
            return _result(query, (yield from _by_name(connection.pgconn, query, prepared)))
        except _REFUSED:
            connection.prepared = None
    return _result(query, (yield from _in_full(connection.pgconn, query)))


def learn(connection: Askable) -> Trips[None]:
    """Find out whether statements may be prepared over a new connection."""
    pgconn = connection.pgconn
    first = yield from _in_full(pgconn, Query(_FIRST))
    process = int.from_bytes(first.get_value(0, 0) or b"", "big", signed=True)
    if process == pgconn.backend_pid:
        connection.prepared = set()
    elif not connection.route.loses:
        prepared: set[bytes] = set()
        try:
            carried = (yield from _by_name(pgconn, Query(_PROBE), prepared)).ntuples
        except psycopg.Error as error:
            if error.sqlstate is None:  # the connection is lost, not the statement
                raise
            if not _NOT_CARRIED.match(error.sqlstate):  # the next connection asks again
                return
            carried = 0
        if carried:
            connection.prepared = prepared
        else:
            connection.route.loses = True


def _by_name(pgconn: PGconn, query: Query, prepared: set[bytes]) -> Trips[PGresult]:
    if query.statement.name not in prepared:
        yield from _prepare(pgconn, query.statement, prepared)
    _send_by_name(pgconn, query)
    return _last((yield execute(pgconn)))


def _in_one_trip(pgconn: PGconn, queries: Sequence[Query], prepared: set[bytes]) -> Trips[Result]:
    """Ask queries in libpq's pipeline mode, as one transaction: it ends with the pipeline."""
    for query in queries:
        if query.statement.name not in prepared:
            yield from _prepare(pgconn, query.statement, prepared)
    pgconn.enter_pipeline_mode()
    for query in queries:
        _send_by_name(pgconn, query)
    pgconn.pipeline_sync()
    *results, _ = yield _all_results(pgconn)
    pgconn.exit_pipeline_mode()
    for result in results:
        _last([result])
    return Result(None, 0, each=tuple(map(_result, queries, results)))


def _all_results(pgconn: PGconn) -> PQGen[list[PGresult]]:
    """Return the results of a pipeline, the last of which is its end.

    An error may come after those of all queries: then it was the commit that failed.
    """
    results: list[PGresult] = []
    found: list[PGresult] = yield from execute(pgconn)
    while found:
        results += found
        if found[-1].status == ExecStatus.PIPELINE_SYNC:
            return results
        found = yield from fetch_many(pgconn)
    raise psycopg.OperationalError("the server left out the end of its answer")


def _prepare(pgconn: PGconn, statement: SqlStatement, prepared: set[bytes]) -> Trips[None]:
    pgconn.send_prepare(statement.name, statement.text, statement.types)
    _last((yield execute(pgconn)))
    prepared.add(statement.name)


def _send_by_name(pgconn: PGconn, query: Query) -> None:
    statement, values = query
    pgconn.send_query_prepared(
        statement.name, values, statement.formats, result_format=Format.BINARY
    )


def _in_full(pgconn: PGconn, query: Query) -> Trips[PGresult]:
    statement, values = query
    pgconn.send_query_params(
        statement.text, values, statement.types, statement.formats, result_format=Format.BINARY
    )
    return _last((yield execute(pgconn)))


def _last(results: list[PGresult]) -> PGresult:
    """Return the only result there is, or raise the error that it is."""
    result = results[-1]
    if result.status in _DONE:
        return result
    raise error_from_result(result)


def _result(query: Query, result: PGresult) -> Result:
    rows = result.ntuples
    if not rows:
        return Result(None, result.command_tuples or 0)
    last = result.nfields - 1
    if result.ftype(last) != BYTES:
        raise CorruptUsageError(NO_BYTES)
    if query.statement is not LOAD_ALL:
        return Result(result.get_value(0, 0), rows)
    value = result.get_value
    return Result(None, rows, {value(row, 0) or b"": value(row, last) for row in range(rows)})
