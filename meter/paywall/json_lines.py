"""Write every decision to a file, a line of JSON each, which `meter replay` reads as a log."""

from __future__ import annotations

import json
import logging
import os
import stat
import time
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from meter.errors import quoted
from meter.loading.events import MOST_CHARACTERS
from meter.paywall.telemetry import DECISION
from meter.stores.locks import ForkLock

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from types import TracebackType
    from typing import Self

__all__ = ["JsonLines"]

LOG = logging.getLogger("meter.paywall")

_EVERY = 10.0
"""Seconds between two records of lines that are being lost."""
_ONLY_MINE = 0o600
_BREAK = b"\n"


class JsonLines:
    """An `on_decision` that appends each decision to a file, as one line of JSON.

    A line is the page view as `meter decide` and `meter replay` read it (`at`, `reader`, `article`,
    …), with its `kind` (`read`, `peek` or `speculative`) and its `decision`. Where the paywall has
    a `secret`, the reader is the digest. `meter replay POLICY FILE` decides the reads again,
    and passes by what nobody read. Events of another type, such as `meter.difference`, are not
    written.

    - `path`: the file; it is made where there is none, for its owner alone. It has to be an
      ordinary file: anything else is a `ValueError`, and one that cannot be opened an `OSError`.
    - `seconds`: returns seconds that only grow. The default is this machine's clock.

    Each line is one write at the end of the file, so threads and processes may share it. It is with
    the operating system before the page is answered: it outlives the process, though not a loss of
    power. A file that was moved or removed (`logrotate`) is opened anew for the next line. What
    cannot be written (a full disk, a line of more than 64 KiB) is lost, counted in `lost`, told to
    the log `meter.paywall`, at most once in ten seconds, and costs no reader the page.

    Close it, or use it with `with`; what comes after that is lost.

    >>> import json, tempfile
    >>> from datetime import datetime, UTC
    >>> from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
    >>> policy = loads_policy('''
    ... [publication]
    ... name = "The Harbour Review"
    ... [[rules]]
    ... name = "everything is open"
    ... show = "article"
    ... ''')
    >>> file = tempfile.NamedTemporaryFile(suffix=".jsonl")
    >>> with JsonLines(file.name) as lines:
    ...     paywall = Paywall(policy, open_store("memory://"), on_decision=lines)
    ...     view = PageView(article=Article(id="a1"))
    ...     decision = paywall.check(Reader(id="anna"), view, now=datetime(2026, 6, 1, tzinfo=UTC))
    >>> line = json.loads(open(file.name).read())
    >>> line["kind"], line["reader"], line["article"], line["decision"]["show"]
    ('read', {'id': 'anna'}, {'id': 'a1'}, 'article')
    """

    def __init__(
        self, path: str | PathLike[str], *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = Path(path).absolute()  # the folder a process works in may change
        self.lost = 0
        """How many decisions this process could not write."""
        self._seconds = seconds
        self._lock = ForkLock()
        self._told_at: float | None = None
        self._end_is_due = False
        self._is_closed = False
        self._file: FileIO | None = None
        self._is_torn = False
        self._opened()

    def __call__(self, event: dict[str, object]) -> None:
        """Write the line of a decision; what goes wrong with the file raises nothing."""
        if event["type"] != DECISION:
            return
        line = _line(cast("dict[str, Any]", event["data"]))
        with self._lock:
            try:
                self._write(line)
            except (OSError, ValueError) as error:
                self._lose(error)
            else:
                self._tell_end()

    def close(self) -> None:
        """Close the file. What comes after that is lost, and told."""
        with self._lock:
            self._is_closed = True
            self._put_away()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _write(self, line: bytes) -> None:
        if self._is_closed:
            raise ValueError("it is closed")
        if len(line) > MOST_CHARACTERS:
            raise ValueError(f"a line is longer than {MOST_CHARACTERS // 1024} KiB")
        file = self._opened()
        whole = _BREAK + line if self._is_torn else line
        written = file.write(whole) or 0
        if written == len(whole):
            self._is_torn = False
            return
        # Part of a line is in the file, most likely on a full disk. The next one begins on a line
        # of its own.
        self._is_torn = self._is_torn or bool(written)
        raise OSError(f"only {written} of {len(whole)} bytes could be written; is the disk full?")

    def _opened(self) -> FileIO:
        """Return the file that is at the path now."""
        if self._file is not None:
            if self._is_in_place(self._file):
                return self._file
            self._put_away()
        file = FileIO(self.path, "a+", opener=_open_mine)
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            file.close()
            raise ValueError(f"{quoted(str(self.path))} is not an ordinary file")
        size = status.st_size
        self._is_torn = size > 0 and os.pread(file.fileno(), 1, size - 1) != _BREAK
        self._file = file
        return file

    def _is_in_place(self, file: FileIO) -> bool:
        """Say whether the file that is open is still the one at the path."""
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(file.fileno()))

    def _put_away(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _lose(self, error: Exception) -> None:
        self.lost += 1
        now = self._seconds()
        if self._told_at is None or now - self._told_at >= _EVERY:
            self._told_at = now
            self._end_is_due = True
            LOG.error(
                "a decision could not be written to %s: %s; %d lost so far",
                quoted(str(self.path)),
                error,
                self.lost,
                extra={"meter": {"lost": self.lost}},
            )

    def _tell_end(self) -> None:
        if self._end_is_due:
            self._end_is_due = False
            LOG.warning(
                "decisions are written to %s again; %d were lost",
                quoted(str(self.path)),
                self.lost,
                extra={"meter": {"lost": self.lost}},
            )


def _open_mine(path: str, flags: int) -> int:
    """Open a file for its owner alone, and wait for nobody: a pipe would stop the page."""
    return os.open(path, flags | os.O_NONBLOCK, _ONLY_MINE)


def _line(data: dict[str, Any]) -> bytes:
    """Return the line of a decision; everything but plain ASCII is escaped, line breaks too."""
    view = data["view"]
    table = {
        "at": view["at"],
        "kind": data["kind"],
        **view,
        "decision": data["decision"],
    }
    return json.dumps(table, separators=(",", ":")).encode() + _BREAK
