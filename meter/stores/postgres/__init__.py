"""A store in PostgreSQL: its two classes, and the table they keep."""

from __future__ import annotations

from meter.stores.postgres.statements import TABLE
from meter.stores.postgres.store import AsyncPostgresStore, PostgresStore

__all__ = ["TABLE", "AsyncPostgresStore", "PostgresStore"]
