"""Tell a page how far a run is, by server-sent events, until it has ended."""

from __future__ import annotations

import json
from asyncio import sleep
from typing import TYPE_CHECKING

from starlette.responses import Response, StreamingResponse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from meter.studio.runs import Run, Runs

__all__ = ["progress_of", "runs_of"]

_BETWEEN = 0.1  # seconds: an eye sees no more
_END = "event: end\ndata: {}\n\n"


def runs_of(request: Request) -> Runs:
    """Return the runs of this studio."""
    runs: Runs = request.app.state.runs
    return runs


def progress_of(run: Run[object] | None) -> Response:
    """Answer with the events of a run; one that is not there has ended."""
    return StreamingResponse(_events(run), media_type="text/event-stream")


async def _events(run: Run[object] | None) -> AsyncIterator[str]:
    told = None
    while run is not None and not run.has_ended:
        if run.progress != told:
            told = run.progress
            yield f"data: {json.dumps(told._asdict())}\n\n"
        await sleep(_BETWEEN)
    yield _END
