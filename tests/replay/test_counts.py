"""What another system has counted goes on counting, as if it had been counted here."""

from __future__ import annotations

import csv
import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, Meter, PageView, Paywall, Policy, Reader, Rule, Window, open_store
from meter.engine import decide, join
from meter.policy import Publication
from meter.replay.counts import bringing
from meter.replay.counts.bringing import StoppedImportError, import_counts, rejected_path
from meter.replay.counts.rows import CountsFile
from meter.replay.logs.failures import LogError
from meter.testing.strategies import windows
from meter.usage import Usage
from meter.windows import instant
from tests.paywall.weather import Cut, contents

START = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
HEAD = "reader,article,time"


def policy_of(window, *, limit=3, count="articles", zone="Asia/Tokyo"):
    """Return a policy of one meter."""
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        meters=[Meter(name="monthly", window=window, limit=limit, count=count)],
        rules=[
            Rule(name="within", spend="monthly", show="countdown"),
            Rule(name="else", show="subscription-wall"),
        ],
    )


MONTHLY = policy_of(Window(calendar="month"))


def view(article, name=None):
    return PageView(article=Article(id=article), id=name)


def brought(policy, text, store=None, *, now=NOW, folder=None, dry=False):
    """Import the text of a file into a store, and return the paywall and what was done."""
    if folder is None:
        with tempfile.TemporaryDirectory() as fresh:
            return brought(policy, text, store, now=now, folder=Path(fresh), dry=dry)
    path = folder / "counts.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    kept = open_store("memory://") if store is None else store
    paywall = Paywall(policy, kept, clock=lambda: now, deadline=60.0)
    file = CountsFile(path, policy, policy.meters[0], instant(now))
    return paywall, import_counts(file, paywall, dry=dry)


def listed(rows, extra=()):
    """Return rows of reader, article and time as CSV."""
    file = io.StringIO()
    csv.writer(file).writerows([(*HEAD.split(","), *extra), *rows])
    return file.getvalue()


SHORT = [
    Window(rolling="2 days"),
    Window(rolling="2 days"),
    Window(fixed="2 days"),
    Window(calendar="day"),
    Window(calendar="week"),
]


@st.composite
def histories(draw):
    """Return a policy, dated reads in order, and those that come afterwards."""
    window = draw(st.sampled_from(SHORT) | windows())
    limits = [1, 2, 3] if window.lifetime else [1, 2, 3, "none"]
    policy = policy_of(
        window,
        limit=draw(st.sampled_from(limits)),
        count=draw(st.sampled_from(["articles", "articles", "views"])),
        zone=draw(st.sampled_from(["Asia/Tokyo", "America/New_York", "UTC"])),
    )
    steps = st.sampled_from([0, 1, 3_600, 43_200, 86_400 - 1, 86_400, 2 * 86_400, 30 * 86_400])
    at = START
    reads = []
    for number in range(draw(st.integers(0, 12))):
        at += timedelta(seconds=draw(steps))
        reads.append((draw(st.sampled_from("abc")), f"v{number}", at))
    return policy, reads, [draw(steps) for _ in range(draw(st.integers(1, 5)))]


@given(histories(), st.randoms(use_true_random=False))
def test_importing_then_deciding_is_having_lived_through_it(story, order):
    """Whatever the window, the order of the rows, and whether what is read again is listed."""
    policy, reads, later = story
    reader = Reader(id="anna")
    lived = Usage()
    rows = []
    for article, name, at in reads:
        decision, lived = decide(policy, reader, view(article, name), lived, at)
        if decision.access == "full" and (decision.counted or order.random() < 0.5):
            rows += [("anna", article, at.isoformat(), name)] * order.choice([1, 1, 2])
    order.shuffle(rows)
    at = (reads[-1][2] if reads else START) + timedelta(seconds=later[0])
    paywall, done = brought(policy, listed(rows, ["id"]), now=at)
    assert done.rows == len(rows) == done.counted + done.repeated + done.over
    for number, step in enumerate(later[1:]):
        at += timedelta(seconds=step)
        for article in "abcxy":
            seen = view(article, f"w{number}")
            peeked, _ = decide(policy, reader, seen, lived, at)
            assert evolve(peeked, counted=False) == paywall.peek(reader, seen, now=at)
        seen = view("abcdexyz"[number], f"w{number}")
        decision, lived = decide(policy, reader, seen, lived, at)
        assert decision == paywall.check(reader, seen, now=at)


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["anna", "ben", "müller"]),
        st.sampled_from("abcde"),
        st.integers(0, 40).map(lambda days: (NOW - timedelta(days=days)).isoformat()),
    ),
    max_size=12,
)


@given(ROWS, st.integers(0, 6), windows())
def test_twice_is_once_also_after_an_interruption(rows, calls, window):
    """Cut off anywhere and run again, or run twice, the store holds the same bytes."""
    policy = policy_of(window)
    text = listed(rows)
    once, twice, cut = (open_store("memory://") for _ in range(3))
    brought(policy, text, once)
    for _ in range(2):
        brought(policy, text, twice)
    way = Cut(cut)
    way.left = calls
    with suppress(StoppedImportError):
        brought(policy, text, way)
    brought(policy, text, cut)
    assert contents(once) == contents(twice) == contents(cut)


@given(ROWS, ROWS, windows())
def test_what_the_site_has_counted_meanwhile_is_joined(rows, own, window):
    """The record after the import is that of a sign-in with what was brought."""
    policy = policy_of(window)
    parts = []
    for part in (own, rows):
        store = open_store("memory://")
        brought(policy, listed(part), store)
        parts.append(contents(store))
    both = open_store("memory://")
    brought(policy, listed(own), both)
    brought(policy, listed(rows), both)
    for key, raw in contents(both).items():
        target, source = (Usage.from_bytes(part[key]) if key in part else Usage() for part in parts)
        assert Usage.from_bytes(raw) == join(policy, source, target, NOW)


def test_a_live_site_loses_nothing_and_counts_nothing_twice(store, newsroom):
    """Eight threads read while two imports of the same file run, on every store."""
    policy = newsroom.policy("10")
    now = newsroom.now
    rows = [(f"r{n % 9}", f"old{n}", (now - timedelta(minutes=n)).isoformat()) for n in range(27)]
    live = [Paywall(policy, store, clock=lambda: now, deadline=60.0, on_outage="raise")] * 8

    def read(number):
        for turn in range(4):
            for reader in range(9):
                seen = newsroom.view(f"new{reader}-{turn}-{number % 2}")
                live[number].check(newsroom.reader(f"r{reader}"), seen, now=now)

    with ThreadPoolExecutor(10) as pool:
        imports = [pool.submit(brought, policy, listed(rows), store, now=now) for _ in range(2)]
        reads = [pool.submit(read, number) for number in range(8)]
        done = [one.result()[1] for one in imports]
        for one in reads:
            one.result()
    assert [(one.counted, one.readers) for one in done] == [(27, 9)] * 2
    for reader in range(9):
        counted = {one.id for one in live[0].ledger(f"r{reader}", now=now)["monthly"].reads}
        old = {f"old{n}" for n in range(27) if n % 9 == reader}
        assert old <= counted
        assert len(counted) >= 10


BAD = {
    "": "no reader",
    "anna,,2026-06-02T10:00:00Z": "no article",
    "anna,a,": "no time",
    "anna,a,yesterday": "`yesterday` is no time such as `2026-06-01T08:30:00+09:00`",
    "anna,a,1887-06-02": "the year of `1887-06-02` is not between 1970 and 2200",
    "anna,a,2026-07-02": "`2026-07-02` is more than a day ahead of now",
    "anna,a": "2 cells where the first line names 3",
    "anna,a,2026-06-02,b": "4 cells where the first line names 3",
    'anna,"a,2026-06-02': "a quote in it is never closed, or not where a cell ends",
    'anna,"a"b,2026-06-02': "a quote in it is never closed, or not where a cell ends",
    "anna,\udcff,2026-06-02": "the article is not UTF-8",
}


@pytest.mark.parametrize(("row", "reason"), [(row or ",a,2026-06-02", BAD[row]) for row in BAD])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_row_that_cannot_be_taken_is_told_and_written_beside(row, reason, ends, tmp_path):
    """With its line and the reason; the rows around it are taken."""
    lines = [HEAD, "ben,b,2026-06-02", row, "carl,c,2026-06-03", ""]
    text = ends.join(lines).encode("utf-8", "surrogateescape")
    _, done = brought(MONTHLY, b"\xef\xbb\xbf" + text, folder=tmp_path)
    assert (done.counted, done.refused) == (2, 1)
    assert [(one.line, one.reason) for one in done.first] == [(3, reason)]
    beside = rejected_path(tmp_path / "counts.csv")
    assert beside.name == "counts.rejected.csv"
    with beside.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        head, written = csv.reader(file)
    assert head == [*HEAD.split(","), "line", "reason"]
    assert written[-2:] == ["3", reason]


@given(st.lists(st.sampled_from(['a,"b', '"', "x,y,2026-06-02", 'z,"q\nr",2026-06-02', ",,", ""])))
def test_every_line_is_taken_or_told(lines):
    """Whatever quotes are open, no line is swallowed."""
    text = "\n".join([HEAD, *lines, ""])
    with tempfile.TemporaryDirectory() as folder:
        _, done = brought(MONTHLY, text, folder=Path(folder))
        beside = rejected_path(Path(folder) / "counts.csv")
        told = beside.read_text(encoding="utf-8") if done.refused else ""
    assert done.rows == done.counted + done.repeated + done.over + done.refused
    taken = done.counted + done.repeated
    assert taken + told.count("x,y,2026-06-02") == text.count("x,y,2026-06-02")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "names no columns; it should be `reader,article,time`"),
        (b"reader,article\n", "has no column `time`; it has `reader`, `article`"),
        (b"reader,artcle,time\n", "did you mean `artcle`?"),
        (b"reader,article,time,time\n", "has two columns `time`"),
        ("reader,article,time\n".encode("utf-16"), "is in UTF-16"),
        (b"PK\x03\x04 and so on", "is a spreadsheet or an archive; save it as CSV in UTF-8"),
        (b"reader,article,time\n" + b"x" * (1 << 21), "line 2 of `counts.csv` has more than"),
    ],
)
def test_a_file_that_is_no_table_of_counts(text, words):
    """It is said what is missing, and nothing is brought."""
    with pytest.raises(LogError, match=words):
        brought(MONTHLY, text)


def test_a_meter_of_views_needs_the_id_of_each_view():
    """Without it a view that is imported twice would count twice."""
    policy = policy_of(Window(calendar="month"), count="views")
    with pytest.raises(LogError, match="has no column `id`, and meter `monthly` counts views"):
        brought(policy, HEAD)
    rows = [("anna", "a", "2026-06-02", "v1"), ("anna", "a", "2026-06-02", "v2")]
    paywall, done = brought(policy, listed(rows * 2, ["id"]))
    assert (done.counted, done.repeated) == (2, 2)
    assert len(paywall.ledger("anna")["monthly"].reads) == 2


def test_times_without_a_zone_are_the_publications(tmp_path):
    """And they are counted, so that it can be told."""
    rows = [("anna", "a", "2026-06-01 08:59"), ("anna", "b", "2026-05-31T23:59:00Z")]
    path = tmp_path / "counts.csv"
    path.write_text(listed(rows), encoding="utf-8")
    file = CountsFile(path, MONTHLY, MONTHLY.meters[0], instant(NOW))
    times = [row.at for row in file.rows()]
    assert [START - timedelta(minutes=1)] * 2 == [
        datetime.fromtimestamp(at / 1e6, UTC) for at in times
    ]
    assert file.without_zone == 1


def test_a_dry_run_writes_nothing(tmp_path):
    """Neither a count nor a file; it says the same."""
    store = open_store("memory://")
    rows = [("anna", "a", "2026-06-02"), ("", "a", "2026-06-02")]
    _, said = brought(MONTHLY, listed(rows), store, folder=tmp_path, dry=True)
    assert contents(store) == {}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["counts.csv"]
    _, done = brought(MONTHLY, listed(rows), store, folder=tmp_path)
    assert said == done


def test_what_was_rejected_before_is_not_left_behind(tmp_path):
    """A file that could be mended leaves no list of an earlier run."""
    brought(MONTHLY, listed([("", "a", "2026-06-02")]), folder=tmp_path)
    assert rejected_path(tmp_path / "counts.csv").exists()
    brought(MONTHLY, listed([("anna", "a", "2026-06-02")]), folder=tmp_path)
    assert not rejected_path(tmp_path / "counts.csv").exists()


def test_a_reader_whose_record_is_broken_is_told_with_every_line(tmp_path):
    """The other readers are brought."""
    store = open_store("memory://")
    store.swap("ben", None, b"?", expires=None)
    rows = [(name, "a", "2026-06-02") for name in ("anna", "ben", "carl", "ben")]
    paywall, done = brought(MONTHLY, listed(rows), store, folder=tmp_path)
    assert [one.line for one in done.first] == [3, 5]
    assert (done.rows, done.counted, done.readers, done.refused) == (4, 2, 2, 2)
    assert len(paywall.ledger("carl")["monthly"].reads) == 1


def test_a_planted_bug_is_found(monkeypatch):
    """An import that keeps the last of several reads, where a meter counts the first."""
    policy = policy_of(Window(rolling="30 days"))
    rows = [("anna", "a", START.isoformat()), ("anna", "a", (START + 29 * DAY).isoformat())]

    def counted():
        paywall, _ = brought(policy, listed(rows), now=START + 31 * DAY)
        return len(paywall.ledger("anna")["monthly"].reads)

    assert counted() == 0
    plain = bringing.as_counted
    monkeypatch.setattr(
        bringing,
        "as_counted",
        lambda policy, meter, reads: plain(policy, meter, dict(reads).items()),
    )
    assert counted() == 1
