"""The errors of the server: `{"problems": […]}` with a status, in an editor's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import evolve
from starlette.responses import JSONResponse

from meter.errors import Problem, StoreSetupError, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from meter.errors import StoreError

__all__ = ["PROBLEMS_SCHEMA", "RequestError", "one_problem", "problems_answer", "store_error"]

_BAD_REQUEST = 400
_KEYS = ("code", "message", "path", "line", "column", "help")
_PLACE: dict[str, Any] = {"type": ["integer", "null"]}
PROBLEMS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["problems"],
    "additionalProperties": False,
    "properties": {
        "problems": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": list(_KEYS),
                "additionalProperties": False,
                "properties": {
                    "code": {"type": "string", "description": "stays the same between releases"},
                    "message": {"type": "string", "description": "what is wrong"},
                    "path": {
                        "type": "array",
                        "items": {"type": ["string", "integer"]},
                        "description": "where in the body it is",
                    },
                    "line": _PLACE,
                    "column": _PLACE,
                    "help": {"type": ["string", "null"], "description": "the next step"},
                },
            },
        }
    },
}


class RequestError(Exception):
    """A request that is answered with an error: its status, problems and headers."""

    def __init__(
        self,
        problems: Iterable[Problem],
        status: int = _BAD_REQUEST,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.problems = tuple(problems)
        self.status = status
        self.headers = headers
        super().__init__("\n".join(map(str, self.problems)))


def one_problem(
    code: str,
    message: str,
    advice: str | None,
    *,
    status: int = _BAD_REQUEST,
    headers: Mapping[str, str] | None = None,
) -> RequestError:
    """Return the error of a single problem."""
    return RequestError([Problem(code=code, message=message, help=advice)], status, headers)


def problems_answer(error: RequestError) -> JSONResponse:
    """Return the answer that tells an error."""
    tables = [_table(problem) for problem in error.problems]
    headers = {"Cache-Control": "no-store", **(error.headers or {})}
    return JSONResponse({"problems": tables}, status_code=error.status, headers=headers)


def _table(problem: Problem) -> dict[str, object]:
    shown = evolve(problem, message=printable(problem.message))
    return {key: getattr(shown, key) for key in _KEYS}


def store_error(error: StoreError) -> RequestError:
    """Return the error of a store that did not do what was asked: 503, to be asked again."""
    if isinstance(error, StoreSetupError):
        code = "store-setup"
        advice = "correct how the store is set up, and start the server anew"
    else:
        code = "store-unavailable"
        advice = "nothing was changed for sure; ask again when `/health` answers 200"
    # The words of a driver may hold the store's address: they are logged, and not sent.
    words = f"the store did not do what was asked ({type(error).__name__.removesuffix('Error')})"
    return one_problem(code, words, advice, status=503, headers={"Retry-After": "1"})
