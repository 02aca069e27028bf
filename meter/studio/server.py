"""Run the studio on this machine until it is told to stop."""

from __future__ import annotations

import logging
import signal
import sys
import webbrowser
from threading import Thread
from typing import TYPE_CHECKING, NoReturn

import uvicorn

from meter.studio.app import application
from meter.studio.door import StudioKey
from meter.web.serve.server import listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.studio.desk import Desk

__all__ = ["serve"]

_HOST = "127.0.0.1"
_GRACE = 2  # seconds: nobody waits for a simulation that nobody looks at


def serve(desk: Desk, port: int, *, opens: bool, tell: Callable[[str], None]) -> None:
    """Serve the studio on a loopback port (0 takes one that is free) until told to stop.

    `tell` gets the address to open, with its token; with `opens` the browser is sent there.
    Raises `MeterError` where the port cannot be listened on.
    """
    # uvicorn raises the signal that ended it once more, when everything is answered
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    _end_with_the_terminal()
    logging.basicConfig(
        stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING
    )
    listening = listen(_HOST, port)
    key = StudioKey.new(listening.getsockname()[1])
    tell(key.address)
    if opens:
        Thread(target=webbrowser.open, args=(key.address,), daemon=True).start()
    config = uvicorn.Config(
        application(desk, key),
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
    )
    uvicorn.Server(config).run(sockets=[listening])


def _end_with_the_terminal() -> None:
    """Let a terminal that is closed end the studio in order, unless it was told to outlive that."""
    hang_up = getattr(signal, "SIGHUP", None)  # not on Windows
    if hang_up is not None and signal.getsignal(hang_up) is signal.SIG_DFL:
        signal.signal(hang_up, lambda *_: signal.raise_signal(signal.SIGTERM))


def _end(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(0)
