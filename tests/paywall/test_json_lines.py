"""The ready `on_decision`: a line of JSON for each decision, which a replay reads."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import resource
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meter import AsyncPaywall, Entitlement, PageView, Paywall, Reader
from meter.paywall import JsonLines
from meter.replay import replay
from meter.stores import MemoryStore
from meter.testing.strategies import edge_times, page_views, policies, readers
from tests.servers import policy_of

SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])


def lines_of(path):
    """Return what the lines of a file hold."""
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


class Seconds:
    """A clock in seconds that somebody moves."""

    now = 1000.0

    def __call__(self):
        return self.now


@st.composite
def visits(draw):
    """Draw a policy, and views that are read or peeked at, in the order of their times."""
    policy = draw(policies())
    times = sorted(draw(st.lists(edge_times(policy), min_size=1, max_size=12)))
    return policy, [
        (at, draw(readers(policy)), draw(page_views(policy)), draw(st.integers(0, 3)) > 0)
        for at in times
    ]


OF_A_DECISION = ("show", "access", "rule", "prompt", "offer", "counted", "speculative")
OF_A_METER = ("limit", "used", "left")


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(visits())
def test_a_replay_of_the_file_under_the_same_policy_changes_nothing(tmp_path_factory, drawn):
    """Each read is decided as it was; what nobody read is no view."""
    policy, asked = drawn
    path = tmp_path_factory.mktemp("log") / "decisions.jsonl"
    with JsonLines(path) as lines:
        paywall = Paywall(policy, MemoryStore(), on_decision=lines)
        for at, reader, view, reads in asked:
            ask = paywall.check if reads else paywall.peek
            ask(reader, view, now=at)
    written = lines_of(path)
    kinds = {(True, False): "read", (True, True): "speculative"}
    assert [kinds.get((reads, view.prefetch), "peek") for _, _, view, reads in asked] == [
        line["kind"] for line in written
    ]
    expected = [said(line["decision"]) for line in written if line["kind"] == "read"]
    if not expected:
        return
    answer = replay(policy, path, decisions=True)
    assert 0 == answer.rows_left_out.count
    assert len(expected) == answer.views
    rows = [row for table in answer.decisions for row in table.to_pylist()]
    assert expected == [
        ({name: row[name] for name in (*OF_A_DECISION, *OF_A_METER)}, row["meter"]) for row in rows
    ]


def said(decision):
    """Return what a decision says, as a replay has it."""
    meter = decision["meter"] or {}
    known = {name: decision[name] for name in OF_A_DECISION}
    return known | {name: meter.get(name) for name in OF_A_METER}, meter.get("name")


def test_peeks_and_speculative_views_are_no_reads(tmp_path, newsroom):
    """They are no views of a replay either, also at a wall, and a note says how many there were."""
    path = tmp_path / "decisions.jsonl"
    policy = newsroom.policy(2)
    ahead = PageView(article=newsroom.view("z").article, prefetch=True)
    with JsonLines(path) as lines:
        paywall = Paywall(policy, MemoryStore(), on_decision=lines)
        for number in range(5):
            paywall.peek(newsroom.reader("r"), newsroom.view(f"p{number}"), now=newsroom.now)
            paywall.check(newsroom.reader("r"), ahead, now=newsroom.now)
        for article in "ab":
            paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now)
        paywall.check(newsroom.reader("r"), ahead, now=newsroom.now)
    answer = replay(policy, path, recorded_under=policy, walls=True)
    assert (2, 0, 2, 0) == (
        answer.views,
        answer.views_speculative,
        answer.views_counted,
        answer.views_blocked,
    )
    assert "lines of peeks and prefetches, which nobody read, are passed by: 11" in answer.notes


def test_a_kind_of_a_table_is_the_publications_own(tmp_path, newsroom):
    """Only lines of JSON say that somebody peeked."""
    path = tmp_path / "log.csv"
    path.write_text("reader,time,article,kind\nr,2026-06-01T00:00:00Z,a,peek\n", "utf-8")
    assert 1 == replay(newsroom.policy(1), path).views


def test_a_line_says_who_read_what_and_what_was_decided(tmp_path, newsroom):
    """The whole of it, once."""
    path = tmp_path / "decisions.jsonl"
    with JsonLines(path) as lines:
        paywall = Paywall(newsroom.policy(1), MemoryStore(), on_decision=lines)
        paywall.check(SUBSCRIBER, newsroom.view("a"), now=newsroom.now)
        assert 1 == len(lines_of(path))
    assert [
        {
            "at": "2026-06-01T12:00:00+00:00",
            "kind": "read",
            "reader": {
                "id": "s",
                "registered": True,
                "entitlements": [{"kind": "subscription"}],
            },
            "article": {"id": "a"},
            "decision": {
                "at": "2026-06-01T12:00:00+00:00",
                "show": "article",
                "access": "full",
                "rule": "subscribers read everything",
                "offer": None,
                "offers": [],
                "prompt": None,
                "meter": None,
                "counted": False,
                "speculative": False,
                "degraded": False,
                "policy": newsroom.policy(1).digest,
            },
        }
    ] == lines_of(path)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_with_a_secret_no_line_names_a_reader(tmp_path, newsroom):
    """Not those either for whom the store was not asked; a replay still tells them apart."""
    path = tmp_path / "decisions.jsonl"
    policy = newsroom.policy(1)
    with JsonLines(path) as lines:
        paywall = Paywall(policy, MemoryStore(), on_decision=lines, secret="s3cret")
        for name in ("anna@example.org", "cookie-77"):
            reader = Reader(id=name, entitlements=[Entitlement(kind="subscription")])
            paywall.check(reader, newsroom.view("a"), now=newsroom.now)
            paywall.check(newsroom.reader(name), newsroom.view("a"), now=newsroom.now)
    text = path.read_text("ascii")
    assert ("anna" in text, "cookie-77" in text) == (False, False)
    assert [2, 2] == [len({line["reader"]["id"] for line in lines_of(path)}), replay_readers(path)]


def replay_readers(path):
    """Return how many readers a replay finds in a file."""
    return replay(policy_of(1), path).readers


def test_a_reader_without_an_id_stays_without(tmp_path, newsroom):
    """A replay leaves that row out, and says so."""
    path = tmp_path / "decisions.jsonl"
    with JsonLines(path) as lines:
        paywall = Paywall(newsroom.policy(1), MemoryStore(), on_decision=lines, secret="s3cret")
        paywall.check(newsroom.reader(None), newsroom.view("a"), now=newsroom.now)
        paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    assert [None, True] == [line["reader"]["id"] and True for line in lines_of(path)]
    assert {"no reader": 1} == replay(newsroom.policy(1), path).rows_left_out.reasons


@pytest.mark.parametrize("name", ['r"}\n{"at": 1}', "r\r\nx", "r\u2028x\u0085y", "r\x00\x1b[31m"])
def test_an_id_forges_no_line(tmp_path, newsroom, name):
    """Breaks and controls are escaped, and read back."""
    path = tmp_path / "decisions.jsonl"
    with JsonLines(path) as lines:
        paywall = Paywall(newsroom.policy(1), MemoryStore(), on_decision=lines)
        paywall.check(newsroom.reader(name), newsroom.view(name), now=newsroom.now)
    assert 1 == path.read_bytes().count(b"\n")
    (line,) = lines_of(path)
    assert (name, name) == (line["reader"]["id"], line["article"]["id"])


def test_threads_and_processes_share_a_file(tmp_path, newsroom, python):
    """No line is lost or torn, however many write at once."""
    path = tmp_path / "decisions.jsonl"
    program = """
import sys
from concurrent.futures import ThreadPoolExecutor
from meter import Paywall, open_store
from meter.paywall import JsonLines
from tests.servers import NOW, policy_of, reader_of, view_of
path, process = sys.argv[1:]
with JsonLines(path) as lines:
    paywall = Paywall(policy_of(3), open_store("memory://"), on_decision=lines)
    with ThreadPoolExecutor(4) as pool:
        for number in range(100):
            reader = reader_of(f"{process}-{number}-" + "x" * 500)
            pool.submit(paywall.check, reader, view_of("a" * 3000), now=NOW)
"""
    running = [python(program, path, number) for number in range(2)]
    assert [("", "")] * 2 == [process.communicate(timeout=60) for process in running]
    found = {line["reader"]["id"].rpartition("-")[0] for line in lines_of(path)}
    assert {f"{process}-{number}" for process in range(2) for number in range(100)} == found


def test_a_file_that_was_moved_is_opened_anew(tmp_path, newsroom):
    """As `logrotate` moves it, while threads are writing."""
    path = tmp_path / "decisions.jsonl"
    old = tmp_path / "decisions.jsonl.1"
    with JsonLines(path) as lines:
        paywall = Paywall(newsroom.policy(3), MemoryStore(), on_decision=lines)
        with ThreadPoolExecutor(4) as pool:
            for number in range(400):
                reader = newsroom.reader(f"r{number}")
                done = pool.submit(paywall.check, reader, newsroom.view("a"), now=newsroom.now)
                if number == 200:
                    done.result()
                    path.rename(old)
        assert 0 == lines.lost
    assert 400 == len(lines_of(old)) + len(lines_of(path))
    assert len(lines_of(path)) > 0


def test_a_half_line_that_was_left_spoils_no_other(tmp_path, newsroom):
    """What a process that died has left ends before the next line begins."""
    path = tmp_path / "decisions.jsonl"
    path.write_bytes(b'{"at": "2026-06-')
    with JsonLines(path) as lines:
        paywall = Paywall(newsroom.policy(3), MemoryStore(), on_decision=lines)
        for article in "ab":
            paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now)
    half, *whole = path.read_text("ascii").splitlines()
    assert '{"at": "2026-06-' == half
    assert ["a", "b"] == [json.loads(line)["article"]["id"] for line in whole]


@pytest.fixture
def full_disk():
    """Let files of this process grow to 1,000 bytes, as on a disk that is full, until it ends."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    class Disk:
        def fill(self):
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))

        def empty(self):
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    disk = Disk()
    yield disk
    disk.empty()
    signal.signal(signal.SIGXFSZ, handler)


def test_a_full_disk_costs_nobody_the_page(tmp_path, newsroom, full_disk, caplog):
    """It is told once, with what was lost; when there is room again, the next line is whole."""
    path = tmp_path / "decisions.jsonl"
    seconds = Seconds()
    with JsonLines(path, seconds=seconds) as lines:
        paywall = Paywall(newsroom.policy(3), MemoryStore(), on_decision=lines)

        def read(number):
            reader = newsroom.reader(f"r{number}")
            return str(paywall.check(reader, newsroom.view("a"), now=newsroom.now).show)

        full_disk.fill()
        shown = {read(number) for number in range(100)}
        full_disk.empty()
        lost = lines.lost
        read("-after")
        assert 0 < lost == lines.lost
    assert {"countdown"} == shown
    lines = path.read_text("ascii").splitlines()
    assert "r-after" == json.loads(lines[-1])["reader"]["id"]
    assert [2, 100 - lost] == [len(caplog.records), len(lines) - 2]
    assert caplog.records[-1].getMessage().endswith(f"again; {lost} were lost")


def test_what_goes_on_being_lost_is_told_now_and_then(tmp_path, newsroom, caplog):
    """A folder that is gone, lines that are too long, a file that was closed: a few records."""
    folder = tmp_path / "log"
    folder.mkdir()
    seconds = Seconds()
    lines = JsonLines(folder / "decisions.jsonl", seconds=seconds)
    paywall = Paywall(newsroom.policy(3), MemoryStore(), on_decision=lines)

    def read(article):
        paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now)

    with caplog.at_level(logging.WARNING, logger="meter"):
        for _ in range(50):
            read("x" * 70_000)
            read("a")
        assert (50, 2) == (lines.lost, len(caplog.records))
        seconds.now += 10
        lines.path.unlink()
        folder.rmdir()
        for _ in range(50):
            read("a")
        assert (100, 3) == (lines.lost, len(caplog.records))
        seconds.now += 10
        lines.close()
        lines.close()
        read("a")
        assert (101, 4) == (lines.lost, len(caplog.records))
    assert "it is closed" in caplog.text
    assert "Traceback" not in caplog.text


def test_what_is_no_file_is_refused_at_once(tmp_path):
    """A pipe that nobody reads would stop every page; a folder that is not there is a mistake."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ValueError, match="is not an ordinary file"):
        JsonLines(pipe)
    with pytest.raises(OSError, match="missing"):
        JsonLines(tmp_path / "missing" / "decisions.jsonl")
    with pytest.raises(OSError, match="Is a directory"):
        JsonLines(tmp_path)


def test_an_async_paywall_writes_the_same_lines(tmp_path, newsroom):
    """One after the other, or many at once."""
    path = tmp_path / "decisions.jsonl"

    async def ask():
        with JsonLines(path) as lines:
            paywall = AsyncPaywall(newsroom.policy(3), MemoryStore(), on_decision=lines)
            await asyncio.gather(
                *(
                    paywall.check(newsroom.reader(f"r{n}"), newsroom.view("a"), now=newsroom.now)
                    for n in range(50)
                )
            )

    asyncio.run(ask())
    assert {f"r{n}" for n in range(50)} == {line["reader"]["id"] for line in lines_of(path)}


def test_a_lower_limit_is_answered_from_the_file(tmp_path, newsroom):
    """The question that the file is for: whom would another policy stop?"""
    path = tmp_path / "decisions.jsonl"
    with JsonLines(path) as lines:
        paywall = Paywall(
            newsroom.policy(5),
            MemoryStore(),
            on_decision=lines,
            shadow=newsroom.policy(2),
        )
        for reader in range(10):
            for article in range(reader):
                at = newsroom.now + timedelta(minutes=article)
                paywall.check(newsroom.reader(f"r{reader}"), newsroom.view(f"a{article}"), now=at)
    assert {"read"} == {line["kind"] for line in lines_of(path)}
    answer = replay(newsroom.policy(2), path, recorded_under=newsroom.policy(5))
    assert 7 == answer.readers_stopped
