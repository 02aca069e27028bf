"""What was acknowledged survives: a process that is killed, and a power cut.

`METER_KILL_CYCLES=1000 python -m pytest tests/stores/test_durability.py -k killed` runs as many
cycles as you have time for.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meter import Paywall, open_store
from meter.errors import StoreError
from tests.figures import figure

CYCLES = int(os.environ.get("METER_KILL_CYCLES", "12"))

WRITER = """
import os, sys
from datetime import datetime
from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
url, name, most, now, text, kind = sys.argv[1:]
store = open_store(url)
if kind == "acknowledges-first":
    class Eager(type(store)):
        late = []
        def swap(self, key, old, new, *, expires):
            self.late.append((key, old, new))
            if len(self.late) == 10:
                while self.late:
                    super().swap(*self.late.pop(0), expires=expires)
            return new
        def load(self, key):
            late = [new for name, _, new in self.late if name == key]
            return late[-1] if late else super().load(key)
    store.__class__ = Eager
elif kind.startswith("synchronous"):
    store._writer.execute("PRAGMA " + kind)
paywall = Paywall(loads_policy(text), store, deadline=60.0, queue=60, on_outage="raise")
for number in range(int(most)):
    view = PageView(article=Article(id=f"{name}-{number}"))
    paywall.check(Reader(id=name), view, now=datetime.fromisoformat(now))
    os.write(1, f"{name}-{number}\\n".encode())
    if number % 5 == 4:
        paywall.join(name, f"{name}-account", now=datetime.fromisoformat(now))
        os.write(1, f"{name}-{number}+joined\\n".encode())
"""


def counted(url, newsroom, names):
    """Return what is counted for some readers and the accounts they are joined to.

    It is seen by a process that was not there.
    """
    store = open_store(url)
    paywall = Paywall(newsroom.policy(10_000), store, deadline=60.0, queue=60)
    ids = {
        f"{read.id}{joined}"
        for name in names
        for key, joined in ((name, ""), (f"{name}-account", "+joined"))
        for read in paywall.ledger(key, now=newsroom.now)["monthly"].reads
    }
    store.close()
    return ids


def kill_writers(url, newsroom, cycles, kind="ours"):
    """Let a process count, kill it at some moment, look what is there; again and again.

    Return acknowledged and lost.
    """
    chance = random.Random(7)
    acknowledged = set()
    for cycle in range(cycles):
        writer = subprocess.Popen(
            [
                sys.executable,
                "-c",
                WRITER,
                url,
                f"c{cycle}",
                "100000",
                newsroom.now.isoformat(),
                newsroom.text(10_000),
                kind,
            ],
            stdout=subprocess.PIPE,
        )
        for _ in range(chance.randint(1, 40)):
            acknowledged.add(writer.stdout.readline().decode().strip())
        writer.kill()
        acknowledged.update(line.decode().strip() for line in writer.stdout if line.endswith(b"\n"))
        writer.wait()
        writer.stdout.close()
    there = counted(url, newsroom, [f"c{cycle}" for cycle in range(cycles)])
    return acknowledged, acknowledged - there


def test_nothing_acknowledged_is_lost_when_the_writer_is_killed(tmp_path, newsroom):
    """`kill -9` in the middle of writing, a dozen times in one SQLite file.

    Every acknowledged count is there, and so is every one that was joined to an account.
    """
    acknowledged, lost = kill_writers(f"sqlite:///{tmp_path}/counts.db", newsroom, CYCLES)
    assert len(acknowledged) >= CYCLES
    if "METER_KILL_CYCLES" not in os.environ:
        figure("processes killed in the middle of writing", CYCLES)
    assert set() == lost


@pytest.mark.parametrize("server", ["valkey", "postgres"])
def test_nothing_acknowledged_is_lost_when_a_servers_client_is_killed(request, server, newsroom):
    """The same for the processes that write to Redis and PostgreSQL, a few times."""
    url = request.getfixturevalue(server).url
    acknowledged, lost = kill_writers(url, newsroom, max(3, CYCLES // 8))
    assert len(acknowledged) >= 3
    assert set() == lost


def test_a_store_that_acknowledges_first_is_caught_when_killed(tmp_path, newsroom):
    """The negative control.

    A store that says yes and writes later loses counts, and this test sees it.
    """
    _, lost = kill_writers(
        f"sqlite:///{tmp_path}/counts.db", newsroom, 3, kind="acknowledges-first"
    )
    assert lost


CALL = re.compile(
    r"(?:\d+ +)?(pwrite64|write|fsync|fdatasync|ftruncate|unlink)\((?:\d+<([^>]*)>)?(.*)\) +="
    r" (-?\d+)$"
)


class Disk:
    """The files of a traced process: what is written, and what is forced to the disk."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.acknowledged = set()
        self.safe = {}
        self.pending = {}

    def take(self, line):
        """Take in one system call."""
        match = CALL.match(line)
        if match is None:
            return
        call, path, rest, result = match.groups()
        path = _text(rest) if call == "unlink" else _text(path)
        if call == "write" and path.startswith("pipe:"):
            self.acknowledged.update(_bytes(rest).decode().split())
        if not path.startswith(self.folder) or path.endswith("-shm"):
            return
        if call == "unlink":
            # Names are on the disk in the order in which they were changed, as on ext4 and XFS.
            self.safe.pop(path, None)
            self.pending.pop(path, None)
        elif call == "pwrite64":
            offset = int(rest.rsplit(", ", 1)[1])
            self.pending.setdefault(path, []).append((offset, _bytes(rest)[: int(result)]))
        elif call == "ftruncate":
            self.pending.setdefault(path, []).append((int(rest.removeprefix(", ")), None))
        elif call in ("fsync", "fdatasync"):
            self.safe[path] = _written(self.safe.get(path, b""), self.pending.pop(path, []))

    def cut(self, chance, folder):
        """Write what may be on the disk after a power cut.

        What was forced there, and any part of the rest.
        """
        for path in {*self.safe, *self.pending}:
            pending = [change for change in self.pending.get(path, []) if chance.random() < 0.5]
            (folder / Path(path).name).write_bytes(_written(self.safe.get(path, b""), pending))


def _bytes(text):
    """Return the bytes that `strace -xx` wrote as a string."""
    return bytes.fromhex("".join(re.findall(r"\\x([0-9a-f]{2})", text)))


def _text(text):
    return _bytes(text).decode()


def _written(content, changes):
    image = bytearray(content)
    for offset, data in changes:
        if data is None:
            del image[offset:]
            image.extend(bytes(offset - len(image)))
            continue
        image.extend(bytes(max(0, offset + len(data) - len(image))))
        image[offset : offset + len(data)] = data
    return bytes(image)


def cut_power(tmp_path, newsroom, kind):
    """Trace a writing process, and cut the power after any of its system calls.

    Return how many views were acknowledged at most, and how many images lost or broke something.
    """
    folder = tmp_path / "traced"
    trace = tmp_path / "trace"
    folder.mkdir()
    url = f"sqlite:///{folder}/counts.db"
    writer = [
        sys.executable,
        "-c",
        WRITER,
        url,
        "p",
        "60",
        newsroom.now.isoformat(),
        newsroom.text(10_000),
        kind,
    ]
    calls = "trace=pwrite64,write,fsync,fdatasync,ftruncate,unlink"
    subprocess.run(
        ["strace", "-f", "-y", "-xx", "-s", "1000000", "-e", calls, "-o", trace, *writer],
        check=True,
        capture_output=True,
    )
    lines = trace.read_text().splitlines()
    chance = random.Random(11)
    failures = 0
    most = 0
    points = set(chance.sample(range(len(lines)), 80))
    disk = Disk(folder)
    for number, line in enumerate(lines):
        disk.take(line)
        if number in points:
            most = max(most, len(disk.acknowledged))
            image = tmp_path / f"image{number}"
            image.mkdir()
            disk.cut(chance, image)
            if not (image / "counts.db").exists():
                failures += bool(disk.acknowledged)
                continue
            try:
                there = counted(f"sqlite:///{image}/counts.db", newsroom, ["p"])
            except StoreError:
                failures += 1
            else:
                failures += not disk.acknowledged <= there
    return most, failures


needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None,
    reason="a power cut is simulated from a trace of system calls: needs `strace`",
)


@needs_strace
def test_nothing_acknowledged_is_lost_in_a_power_cut(tmp_path, newsroom):
    """80 images of what a disk may hold after the power failed.

    Every count acknowledged before is there, and none is corrupt.
    """
    acknowledged, failures = cut_power(tmp_path, newsroom, "ours")
    assert acknowledged > 30
    figure("images of a disk after a power cut", len(list(tmp_path.glob("image*"))))
    assert 0 == failures


@needs_strace
@pytest.mark.parametrize("setting", ["synchronous = NORMAL", "synchronous = OFF"])
def test_a_laxer_setting_is_caught_in_a_power_cut(tmp_path, newsroom, setting):
    """The negative control: with less than `synchronous = FULL` the same images lose counts."""
    assert cut_power(tmp_path, newsroom, setting)[1] > 0
