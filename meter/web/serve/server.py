"""Run the application: one process or several workers on one socket, until told to stop.

The socket is opened before any worker starts, so a port that is taken is told at once. On `SIGTERM`
no new request is taken, and those that run are finished.
"""

from __future__ import annotations

import logging
import signal
import socket
import sys
from typing import TYPE_CHECKING, NoReturn

import uvicorn
from attrs import frozen
from uvicorn.supervisors import Multiprocess

from meter.errors import MeterError, quoted
from meter.web.serve.app import application
from meter.web.serve.metrics import Counters, SharedCounts, cells
from meter.web.serve.operations import OPERATIONS
from meter.web.serve.service import Service, Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["listen", "serve"]

_ROUTES = tuple(dict.fromkeys(operation.path for operation in OPERATIONS))
_BACKLOG = 2048
_GRACE = 30  # seconds for what runs when the server is told to stop


@frozen
class _Factory:
    """Makes the application of a worker, in the worker."""

    settings: Settings
    shared: SharedCounts

    def __call__(self) -> ASGIApp:
        _log_to_stderr()
        counters = Counters(self.shared, _ROUTES)
        return application(Service.open(self.settings, counters))


class _WorkerProcesses(Multiprocess):
    """Workers that stop together: from then on nobody listens, so nobody waits for an answer."""

    def terminate_all(self) -> None:
        super().terminate_all()
        for listening in self.sockets:
            listening.close()


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises `MeterError` where it cannot."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError, OverflowError) as error:
        reason = str(getattr(error, "strerror", None) or error).lower()
        raise MeterError(
            f"cannot listen on port {port} of {quoted(host)}: {reason}; choose another `--port` or"
            " `--host`"
        ) from None


def serve(settings: Settings, listening: socket.socket, workers: int) -> None:
    """Serve until told to stop. Returns when the last request was answered."""
    _log_to_stderr()
    shared = SharedCounts(workers, len(list(cells(_ROUTES))))
    config = uvicorn.Config(
        _Factory(settings, shared),
        factory=True,
        workers=workers,
        http="h11",  # the other parser that uvicorn may find installed bounds no headers
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    if workers > 1:
        _WorkerProcesses(config, sockets=[listening]).run()
        return
    # uvicorn raises the signal that ended it once more, when everything is answered
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    uvicorn.Server(config).run(sockets=[listening])


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)


def _log_to_stderr() -> None:
    """Log warnings of everything, and requests, to stderr."""
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING
    )
    logging.getLogger("meter.serve").setLevel(logging.INFO)
    logging.getLogger("meter.reloading").setLevel(logging.INFO)
    logging.getLogger("meter.web.institutions").setLevel(logging.INFO)
