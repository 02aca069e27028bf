"""The logs that were given to the studio: copies in a private folder that goes with it."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Lock
from typing import IO, TYPE_CHECKING, cast
from weakref import finalize

from attrs import evolve, frozen

from meter.errors import MeterError
from meter.replay.logs.columns import LogError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ENDINGS", "MOST_BYTES", "LogShelf", "StoredLog", "check_ending"]

MOST_BYTES = 1 << 30
"""How large a log may be in the studio, and how large once it is unpacked."""
ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")
"""What the name of a log ends with, `.gz` behind it or not."""
_PACKED = ".gz"
_MOST_KEPT = 3
_PIECE = 1 << 20
_KEY = 16
_LONGEST_NAME = 100
_ODD = re.compile(r"[^\w.()+-]+")


@frozen(kw_only=True)
class StoredLog:
    """A log on the shelf.

    `key` is of its content, `name` what whoever gave it calls it, `path` the copy, unpacked. `what`
    says what it is where nobody gave it.
    """

    key: str
    name: str
    path: Path
    size: int
    what: str | None = None


class LogShelf:
    """The logs given last, in a folder that only this user may read and that is removed at the end.

    None is larger than `most` bytes. Safe for threads.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._lock = Lock()
        self._folder: str | None = None
        self._held: str | None = None
        self._logs: OrderedDict[str, StoredLog] = OrderedDict()

    def find(self, key: str) -> StoredLog:
        """Return a log by its key. Raises `MeterError` for one that is not kept."""
        with self._lock:
            log = self._logs.get(key)
        if log is None:
            raise MeterError(
                "the studio does not keep this log: it is of an earlier start, or others came"
                " since; choose the file again"
            )
        return log

    def put(self, name: str, content: IO[bytes], *, what: str | None = None) -> StoredLog:
        """Keep a copy of a log; what is packed with gzip is unpacked.

        Raises `LogError` for a name that does not say what it is, for one that is too large, and
        for what is not packed as its name says.
        """
        shown = _shown(name)
        check_ending(shown)
        beside = Path(mkdtemp(dir=self._place()))
        path = beside / _plain(shown).removesuffix(_PACKED)
        try:
            key, size = _copied(_opened(content, shown), path, shown, self._most)
        except LogError:
            rmtree(beside, ignore_errors=True)
            raise
        return self._keep(StoredLog(key=key, name=shown, path=path, size=size, what=what))

    def hold(self, log: StoredLog) -> None:
        """Keep a log, however many come after it, until another one is held."""
        with self._lock:
            self._held = log.key

    def drop(self, log: StoredLog) -> None:
        """Remove a log, unless it is held."""
        with self._lock:
            if log.key == self._held:
                return
            self._logs.pop(log.key, None)
        rmtree(log.path.parent, ignore_errors=True)

    def place_for_events(self, log: StoredLog, how: str) -> Path:
        """Return the file for a log that is written again as events, as it is read."""
        return log.path.parent / f"{sha256(how.encode()).hexdigest()[:_KEY]}.events.jsonl"

    def _place(self) -> str:
        with self._lock:
            if self._folder is None:
                self._folder = mkdtemp(prefix="meter-studio-logs-")
                finalize(self, rmtree, self._folder, ignore_errors=True)
            return self._folder

    def _keep(self, log: StoredLog) -> StoredLog:
        """Put a log on the shelf; of one that is there the copy stays, with what lies beside it."""
        gone = []
        with self._lock:
            before = self._logs.pop(log.key, None)
            if before is not None:
                gone.append(log.path.parent)
                log = evolve(log, path=before.path)
            self._logs[log.key] = log
            others = [key for key in self._logs if key != self._held]
            gone += [self._logs.pop(key).path.parent for key in others[:-_MOST_KEPT]]
        for place in gone:
            rmtree(place, ignore_errors=True)
        return log


def check_ending(name: str) -> None:
    """Raise `LogError` for a name that does not say what kind of log it is."""
    if not name.lower().removesuffix(_PACKED).endswith(ENDINGS):
        known = ", ".join(f"`{ending}`" for ending in ENDINGS)
        raise LogError(
            f"`{name}` has no ending that says what it is; here it is one of {known}, each also"
            f" with `{_PACKED}`; `meter replay` reads Parquet and Arrow files, too"
        )


def _shown(name: str) -> str:
    """Return what a file is called: its name without folders, and nothing that cannot be seen."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(sign for sign in last if sign.isprintable()).replace("`", "'").strip()
    return kept if len(kept) <= _LONGEST_NAME else "…" + kept[-_LONGEST_NAME // 2 :]


def _plain(name: str) -> str:
    """Return the name of a file that does no harm as one: no odd letters."""
    kept = _ODD.sub("-", name).lstrip(".-")
    return kept if len(kept) <= _LONGEST_NAME else "log" + kept[-_LONGEST_NAME // 2 :]


def _opened(content: IO[bytes], name: str) -> IO[bytes]:
    if name.lower().endswith(_PACKED):
        return cast("IO[bytes]", gzip.open(content))
    return content


def _copied(content: IO[bytes], path: Path, name: str, most: int) -> tuple[str, int]:
    """Copy a log, and return the key of what is in it and its size."""
    size = 0
    seen = sha256(path.suffix.lower().encode())  # which says how it is read
    try:
        with path.open("xb") as file:
            for piece in _pieces(content):
                size += len(piece)
                if size > most:
                    raise _too_large(name)
                seen.update(piece)
                file.write(piece)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise LogError(
            f"`{name}` is not packed with gzip as its name says, or is damaged; choose another"
        ) from error
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise LogError(f"`{name}` could not be copied: {reason}") from error
    return seen.hexdigest()[:_KEY], size


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(_PIECE):
        yield piece


def _too_large(name: str) -> LogError:
    return LogError(
        f"`{name}` is larger than {MOST_BYTES >> 30} GiB once it is unpacked; `meter replay` on the"
        " command line reads logs of any size"
    )
