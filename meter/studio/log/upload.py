"""Take a file out of a form that is sent: as a stream, and never more of it than a bound."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from meter.errors import MeterError
from meter.studio.log.shelf import MOST_BYTES
from meter.studio.numbers import whole_number

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.datastructures import FormData
    from starlette.requests import Request

__all__ = ["Upload", "uploaded"]

_ROOM = 1 << 16
"""How many bytes a form has beside its file."""
_FIELDS = 8


class Upload(NamedTuple):
    """A file that was sent, and the other fields of its form."""

    file: UploadFile
    fields: dict[str, str]
    form: FormData


async def uploaded(request: Request) -> Upload:
    """Return the file of a form, which `form.close()` lets go.

    Raises `MeterError` where none was chosen, where it is too large, and where this is no form.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise MeterError("no file came with this; choose one, and send it again")
    _check_length(request.headers.get("content-length"))
    parser = MultiPartParser(request.headers, _bounded(request), max_files=1, max_fields=_FIELDS)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise MeterError("what came is no form with one file; choose it again") from error
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        await form.close()
        raise MeterError("choose a file first: CSV or JSON Lines, with a row for each page view")
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    return Upload(file, fields, form)


async def _bounded(request: Request) -> AsyncGenerator[bytes, None]:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MOST_BYTES + _ROOM:
            raise _too_large()
        yield piece


def _check_length(given: str | None) -> None:
    if given is not None and whole_number(given, MOST_BYTES + _ROOM) is None:
        raise _too_large()


def _too_large() -> MeterError:
    return MeterError(
        f"this file is larger than {MOST_BYTES >> 30} GiB; `meter replay` on the command line reads"
        " logs of any size"
    )
