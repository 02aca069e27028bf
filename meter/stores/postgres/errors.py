"""What the errors of PostgreSQL's driver mean: another change, a mistake or an outage."""

from __future__ import annotations

import re

import psycopg
from psycopg.errors import (
    DeadlockDetected,
    DuplicateObject,
    DuplicateTable,
    LockNotAvailable,
    SerializationFailure,
    UndefinedFunction,
    UndefinedTable,
    UniqueViolation,
)

from meter.errors import (
    CorruptUsageError,
    MeterError,
    StoreContentionError,
    StoreSetupError,
    StoreUnavailableError,
)
from meter.stores.translating import Translated

__all__ = ["ALREADY_MADE", "CONFLICTS", "HARMLESS", "MISSES", "NO_BYTES", "TRANSLATED"]

ALREADY_MADE = (DuplicateTable, DuplicateObject, UniqueViolation)
"""Errors of creating the table while another process creates it."""

CONFLICTS = (SerializationFailure, DeadlockDetected)
"""Errors of a change that met another one; it can be tried again."""

HARMLESS = (UndefinedTable, LockNotAvailable, *ALREADY_MADE, *CONFLICTS)
"""Errors after which a connection can be used again."""


MISSES = (psycopg.OperationalError, OSError)
"""Errors that mean that a question had no answer."""

NO_BYTES = (
    "the column `bytes` of the table `meter_usage` does not hold bytes; create the table as the"
    " how-to page on PostgreSQL shows"
)

_MISTAKES = re.compile("28|3D|3F|42|0A")
"""The classes of errors (the first two signs of the SQLSTATE) that no waiting mends.

They are: invalid authorization, a database or a schema that is not there, access or syntax, and
what this server cannot do. See the appendix *PostgreSQL Error Codes* of its manual.
"""

_REFUSALS = re.compile(
    r"authentication failed|no password supplied|no pg_hba\.conf entry|is not permitted to log in"
    r"|(role|user|database) \"?.*\"? does not exist|permission denied for database"
)
"""What a server says when it refuses a connection for good; there is no SQLSTATE then."""


def _ours(error: Exception) -> MeterError:
    """Return what an error of the driver's means: another change, a mistake or an outage."""
    if isinstance(error, CONFLICTS):
        return StoreContentionError("another change was made at the same time")
    if isinstance(error, UndefinedFunction):
        return CorruptUsageError(NO_BYTES)
    said = _said(error)
    if _is_mistake(error):
        return StoreSetupError(
            f"the database refuses this store: {said}; check the URL of the store (server, user,"
            " password, database) and what the role may do with the table"
        )
    return StoreUnavailableError(f"the database did not answer: {said}")


TRANSLATED = Translated(_ours)


def _said(error: Exception) -> str:
    """Return what is wrong, without the statement that the server quotes: there is data in it."""
    if isinstance(error, psycopg.Error) and error.diag.message_primary is not None:
        return error.diag.message_primary
    return str(error) or type(error).__name__


def _is_mistake(error: Exception) -> bool:
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    if state is not None:
        return _MISTAKES.match(state) is not None
    return isinstance(error, psycopg.OperationalError) and bool(_REFUSALS.search(str(error)))
