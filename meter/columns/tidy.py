"""Rows of an answer as one frame, for analysts."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypedDict

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TidyRow", "tidy"]


class TidyRow(TypedDict):
    """One number of one policy, and one interval of it.

    `kind` says what `low` to `high` leaves open, `unit` what `value`, `low` and `high` count; an
    end that is not known is `None`.
    """

    policy: str
    measure: str
    value: float | None
    low: float | None
    high: float | None
    kind: str
    unit: str


def tidy(rows: Sequence[TidyRow]) -> object:
    """Return rows as a pandas frame where pandas is installed, else as an Arrow table.

    The columns are `policy measure value low high kind unit`.
    """
    cells = [dict(row) for row in rows]
    table = pa.table({name: [row[name] for row in cells] for name in TidyRow.__annotations__})
    if find_spec("pandas") is None:
        return table
    return import_module("pandas").DataFrame(table.to_pydict())
