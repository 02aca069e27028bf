"""Answers as JSON that nobody keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NO_STORE", "json_answer"]

NO_STORE = {"Cache-Control": "no-store"}


def json_answer(table: Mapping[str, object]) -> JSONResponse:
    """Return the answer that holds a table."""
    return JSONResponse(dict(table), headers=NO_STORE)
