"""Log: the numbers of `meter replay`, whatever file somebody gives."""

from __future__ import annotations

import gzip
import io
import json
import re
import shlex
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from meter import load_policy
from meter.cli import main
from meter.loading.events import parse_event, read_events
from meter.replay.logs.columns import LogError
from meter.replay.run import replay
from meter.studio.log.sample import sample_log
from meter.studio.log.shelf import LogShelf

ODD = """\
member;when;teaser;seg
ana;01/06/2026 08:00:00;/a;x|y
ana;02/06/2026 08:00:00;/b;x
ana;03/06/2026 08:00:00;/c;
ana;04/06/2026 08:00:00;/d;
ben;04/06/2026 09:00:00;/a;<script>alert(1)</script>
ben;never;/b;=1+1
"""
MIXED = [
    {"at": "2026-06-02T08:00:00Z", "reader": {"id": "r1", "country": "JP"}, "article": "a1"},
    {"at": "2026-06-01T08:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a2", "tags": ["x"]}},
    {"at": "2026-06-03T08:00:00Z", "reader": {"id": "r1", "score": 0.5}, "article": "a3"},
    {"at": "2026-06-04T08:00:00Z", "reader": {"id": "r1"}, "article": "a4", "device": "phone"},
    {"at": "2026-06-05T08:00:00Z", "reader": {"id": "r1"}, "article": {"id": "a5", "access": 5}},
]
HOSTILE = {
    "empty.csv": b"",
    "binary.csv": bytes(range(256)) * 40,
    "utf16.csv": "reader,time,article\n".encode("utf-16"),
    "one-line.csv": b"reader,time,article," + b"x" * 300_000,
    "wide.csv": b",".join(b"c%d" % number for number in range(5_000)) + b"\n",
    "twice.csv": b"reader,reader,time,article\n1,2,3,4\n",
    "quote.csv": b'reader,time,article\n"r1,2026-06-01,a\n' * 50,
    "cell.csv": b"reader,time,article\n" + b"x" * 400_000 + b",2026-06-01,a\n",
    "deep.jsonl": b'{"a":' * 100_000,
    "null.jsonl": b"null\n[]\n1\n",
    "line.jsonl": b'{"reader": "' + b"r" * 600_000 + b'"}\n',
    "bomb.csv.gz": b"\x1f\x8b not so",
    "cut.csv.gz": gzip.compress(b"reader,time,article\n" * 1000)[:40],
    "../../etc/passwd": b"root",
    "page.html": b"<script>alert(1)</script>",
    "formula.csv": b"reader,time,article\n=cmd|' /C calc'!A0,2026-06-01,@SUM(1)\n",
    "<img src=x onerror=alert(1)>.csv": b"reader,time,article\nr,2026-06-01T08:00:00Z,a\n",
    "script.csv": b"<script>alert(1)</script>,time,article\n<b>r</b>,2026-06-01T08:00:00Z,a\n",
}


def given(client, name, content, **fields):
    """Send a file, and return the answer."""
    return client.post("/log/file", files={"file": (name, content)}, data=fields)


def answered(client, address, **said):
    """Ask for a replay at the address of a log, and return the page when it has ended."""
    query = "".join(f"&{name}={value}" for name, value in {"go": 1, **said}.items())
    page = client.get(address + query, follow_redirects=True)
    while "The log is being read" in page.text:
        page = client.get(address + query, follow_redirects=True)
    return page.text


def numbers(page):
    """Return the numbers on a page by what they are called."""
    table = page[page.index('id="answer"') :]
    rows = re.findall(r'row">([^<]+)</th><td class="number">([^<]+)</td><td>([^<]*)', table)
    return {words: (number, share) for words, number, share in rows}


def command_line(page, folder, log):
    """Run the command line that a page names, on this log; return its exit code and its JSON."""
    found = re.search(r'aria-label="The command line">([^<]+)<', page)[1]
    program, command, policy, name, *options = shlex.split(unescape(found))
    assert (program, command) == ("meter", "replay")
    (folder / name).write_bytes(log)
    words = [str(folder / policy), str(folder / name), *options, "--format", "json"]
    words = [str(folder / word) if word == "policy.toml" else word for word in words]
    ran = CliRunner().invoke(main, ["replay", *words])
    return ran.exit_code, json.loads(ran.stdout)


def shown(told):
    """Return the numbers of a replay as they stand on a page."""
    names = ("readers", "readers_stopped", "views", "views_blocked", "views_counted")
    return {
        name.replace("_", " "): "not known" if told[name] is None else f"{told[name]:,}"
        for name in names
    }


def test_the_sample_is_counted_as_meter_replay_counts_it(client, desk):
    """The command line on the page gives the same numbers; Policy gets the same views."""
    opened = client.post("/log/sample", data={"v": "file"})
    assert opened.status_code == 303
    address = opened.headers["location"]
    first = client.get(address).text
    assert "reader-506" in first
    assert "invented readers" in first
    page = answered(client, address, **{"c.at": "seen_at"})
    code, told = command_line(page, desk.folder, sample_log().read())
    assert code == 0
    assert {name: number for name, (number, _) in numbers(page).items()} == shown(told)
    for warning in told["warnings"]:
        assert warning["code"] in page
    policy = desk.file().policy
    again = replay(policy, desk.log, recorded_under="none")
    assert shown(again.to_dict()) == shown(told)
    with desk.log.open("rb") as lines:
        assert len(list(read_events(lines, "log", policy.zone))) == told["views"]


def test_a_looser_question_is_told_with_bounds(client, desk):
    """Where the log ends at today's walls, a higher limit is no number."""
    draft = desk.keep(desk.file().text.replace("anonymous = 3", "anonymous = 6"))
    sample = client.post("/log/sample", data={"v": draft.key}).headers["location"]
    address = sample.replace("recorded=none", "recorded=policy.toml")
    page = answered(client, address, **{"c.at": "seen_at", "walls": "kept"})
    (desk.folder / "draft.toml").write_text(draft.text, encoding="utf-8")
    code, told = command_line(page, desk.folder, sample_log().read())
    assert (code, told["readers_stopped"]) == (1, None)
    bounds = told["bounds"]["readers_stopped"]
    between = f"at least {bounds['at_least']:,}, at most {bounds['at_most']:,}"
    assert numbers(page)["readers stopped"] == ("not known", between)
    assert "The log cannot answer this in full" in page
    assert "this log cannot say it more exactly" in page


def test_unknown_columns_are_mapped(client, desk):
    """What is needed is suggested, and how times are written; what is wrong stands at its field."""
    address = given(client, "june.csv", ODD.encode()).headers["location"]
    page = client.get(address).text
    for column in ("member", "when", "teaser"):
        assert f"<option selected>{column}</option>" in page
    assert 'value="%d/%m/%Y %H:%M:%S"' in page
    assert "<script>alert" not in page
    wrong = answered(client, address, **{"zone": "Tokio", "c.reader.id": "member"})
    assert "did you mean <code>Asia/Tokyo</code>" in wrong
    assert "say which column is the time" in wrong
    said = {
        "c.reader.id": "member",
        "c.at": "when",
        "c.article.id": "teaser",
        "c.reader.segments": "seg",
        "time-format": "%25d/%25m/%25Y %25H:%25M:%25S",
    }
    page = answered(client, address, **said)
    assert "<script>alert" not in page
    code, told = command_line(page, desk.folder, ODD.encode())
    assert (code, told["rows_left_out"]["count"]) == (0, 1)
    assert {name: number for name, (number, _) in numbers(page).items()} == shown(told)
    mixed = "\n".join(map(json.dumps, MIXED)).encode()
    address = given(client, "june.jsonl.gz", gzip.compress(mixed)).headers["location"]
    page = answered(client, address)
    _, told = command_line(page, desk.folder, gzip.compress(mixed))
    assert {name: number for name, (number, _) in numbers(page).items()} == shown(told)
    policy = load_policy(desk.path)
    assert shown(replay(policy, desk.log).to_dict()) == shown(told)
    with desk.log.open("rb") as lines:
        kept = list(read_events(lines, "log", policy.zone))
    given_ = [parse_event(event, zone=policy.zone) for event in MIXED[:4]]
    assert [(one.at, one.reader, one.view) for one in kept] == [
        (one.at, one.reader, one.view) for one in sorted(given_, key=lambda one: one.at)
    ]


def test_a_log_in_another_language_is_read_by_its_values(client, desk):
    """Times and access are found by what stands in them; their form is filled in and used."""
    rows = "".join(
        f"b{day % 3};{day:02}.10.2026 01:49;/{day};{'premium' if day % 2 else 'free'}\n"
        for day in range(1, 25)
    )
    text = ("Besucher;Zeitpunkt;Artikel;Zugang\n" + rows).encode()
    address = given(client, "Oktober (1).csv", text).headers["location"]
    page = client.get(address).text
    assert "Oktober (1).csv" in page
    for column in ("Zeitpunkt", "Artikel", "Zugang"):
        assert f"<option selected>{column}</option>" in page
    assert 'value="%d.%m.%Y %H:%M"' in page
    assert "<details open>" in page
    said = {"c.reader.id": "Besucher", "c.article.id": "Artikel", "c.article.access": "Zugang"}
    page = answered(client, address, **said, **{"c.at": "Zeitpunkt"})
    assert "time-format=" not in address
    code, told = command_line(page, desk.folder, text)
    assert (code, told["views"]) == (0, 24)
    assert {name: number for name, (number, _) in numbers(page).items()} == shown(told)
    assert "How this log is read: its rows" in page
    wrong = answered(client, address, **said, **{"c.at": "Artikel"})
    assert "“How times are written, if not like 2026-06-30 18:05”" in unescape(wrong)
    assert "<code>--" not in wrong


def test_times_that_may_be_two_things_are_asked_about(client):
    """Day and month cannot be told apart: one form is filled in, and nothing is replayed."""
    text = b"reader,time,article\nr,01/02/2026 08:00,a\n"
    page = answered(client, given(client, "a.csv", text).headers["location"])
    assert 'value="%d/%m/%Y %H:%M"' in page
    assert "these times may be" in page
    assert 'id="answer"' not in page


def test_prose_is_no_log(client):
    """A file with one column alone is refused before anybody is asked what it is."""
    answer = given(client, "letter.csv", b"Dear reader\nhow are you\n")
    assert (answer.status_code, "is no log of page views" in answer.text) == (400, True)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_logs_are_refused_or_shown_harmlessly(client, name):
    """No markup of theirs gets into a page, and none ends in a fault."""
    opened = given(client, name, HOSTILE[name])
    assert opened.status_code in (303, 400)
    pages = [opened.text]
    if opened.status_code == 303:
        address = opened.headers["location"]
        columns = {"c.reader.id": "reader", "c.at": "time", "c.article.id": "article"}
        pages += [client.get(address).text, answered(client, address, **columns)]
        assert "mistake of the studio" not in pages[-1]
    for page in pages:
        assert "<script>alert" not in page
        assert "<b>r" not in page
        assert "onerror=alert(1)>" not in page


def test_a_log_is_bounded_and_goes_with_the_shelf():
    """Unpacked, too; only the last ones are kept, each in a folder that others cannot enter."""
    shelf = LogShelf(most=10_000)
    bomb = gzip.compress(b"reader,time,article\n" * 1_000_000)
    with pytest.raises(LogError, match="larger than"):
        shelf.put("bomb.csv.gz", io.BytesIO(bomb))
    kept = [shelf.put(f"{number}.csv", io.BytesIO(b"%d" % number)) for number in range(5)]
    folder = kept[0].path.parents[1]
    assert folder.stat().st_mode & 0o077 == 0
    assert [log.path.exists() for log in kept] == [False, False, True, True, True]
    assert len(list(folder.iterdir())) == 3
    del shelf
    assert not Path(folder).exists()


def test_what_is_no_file_is_told(client):
    """No file, no form, a form that is cut off, a length that is too large, a log that is gone."""
    assert "choose a file first" in client.post("/log/file", files={"file": ("", b"")}).text
    assert client.post("/log/file", data={"v": "file"}).status_code == 400
    head = {"content-type": "multipart/form-data; boundary=x"}
    for body in (b"", b"--x\r\nContent-Dis", b"--x\r\n\r\nx\r\n--x--"):
        assert client.post("/log/file", content=body, headers=head).status_code == 400
    assert (
        client.post("/log/file", headers={"content-type": "multipart/form-data"}).status_code == 400
    )
    large = head | {"content-length": str(1 << 40)}
    assert "larger than 1 GiB" in client.post("/log/file", content=b"", headers=large).text
    assert "does not keep this log" in client.get("/log?log=0123456789abcdef").text


def test_only_policies_of_the_folder_can_be_named(client, desk):
    """A path to elsewhere, and a file that is no policy, are problems of their field."""
    (desk.folder / "institutions.toml").write_text("institutions = []")
    address = client.post("/log/sample").headers["location"].replace("&recorded=none", "")
    assert "institutions.toml" not in client.get(address).text
    for name in ("../policy.toml", "/etc/passwd", "months.journey.toml"):
        page = answered(client, address, **{"c.at": "seen_at", "recorded": name})
        assert 'id="recorded-problem"' in page
        assert 'id="answer"' not in page
    cancelled = client.post("/log/cancel", data={"query": address.partition("?")[2] + "&go=1"})
    assert cancelled.headers["location"] == address
