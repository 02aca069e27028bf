"""What the studio is given by an address, a folder or a terminal: nothing breaks, nothing stays."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from html import unescape
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from meter.resources import template_root
from meter.studio.app import application
from meter.studio.desk import Desk
from meter.studio.log.reading import LogReading
from meter.studio.log.shelf import LogShelf
from meter.studio.temporary import remove_left_behind, temporary_folder
from meter.studio.what_if.asked import TypedQuestion
from meter.studio.what_if.question import Question, command_line

if TYPE_CHECKING:
    from pathlib import Path

    from meter.studio.door import StudioKey

TURNED = "\u202e"
LOG = b"reader,time,article\nana,2026-06-01T08:00:00Z,a\nana,2026-06-02T08:00:00Z,b\n"
PLACES = ("gallery", "policy", "reader", "promises", "what-if", "log")


def opened(path: Path, key: StudioKey) -> TestClient:
    """Open a studio on a policy."""
    client = TestClient(
        application(Desk(path, may_write=True), key),
        base_url=f"http://127.0.0.1:{key.port}",
        follow_redirects=False,
    )
    client.cookies.set(key.cookie, key.token)
    return client


def replayed(client: TestClient, name: str, content: bytes) -> None:
    """Drop a log, and replay it to the end."""
    address = client.post("/log/file", files={"file": (name, content)}).headers["location"]
    query = f"{address}&go=1&recorded=none"
    while "The log is being read" in client.get(query).text:
        pass


@pytest.mark.parametrize("digits", ["9" * 5000, "٣", "-1", "1e3", " "])
@pytest.mark.parametrize(
    "address",
    [
        "/promises/test?number=",
        "/promises/test?of=mistakes&number=",
        "/reader?step=",
        "/what-if?readers=",
    ],
)
def test_a_number_in_an_address_is_bounded(client, address: str, digits: str) -> None:
    """What is no number there is told, and never a mistake of the studio."""
    assert client.get(address + digits).status_code in (200, 400, 404)


def test_a_log_that_comes_again_is_still_asked(client, desk: Desk) -> None:
    """The same log dropped twice, and others after it: the desk never cites what is gone."""
    text = desk.file().text
    draft = desk.keep(text.replace("anonymous = 3", "anonymous = 2"))
    replayed(client, "a.csv", LOG)
    replayed(client, "a.csv", LOG)
    assert desk.log.is_file()
    for number in range(4):
        client.post("/log/file", files={"file": ("o.csv", LOG + b"o,2026-06-03,c%d\n" % number)})
    assert desk.log.is_file()
    page = client.get(f"/policy/audience?v={draft.key}").text
    assert "Not counted" not in page
    assert "<code>a.csv</code>" in page
    replayed(client, "b.csv", LOG + b"o,2026-06-03,b\n")
    for number in range(4):
        client.post("/log/file", files={"file": ("o.csv", LOG + b"o,2026-06-03,d%d\n" % number)})
    replayed(client, "a.csv", LOG)
    assert desk.log.is_file()
    desk.log.unlink()
    assert "replay it once more" in client.get(f"/policy/audience?v={draft.key}").text


def test_a_log_is_read_as_its_name_says() -> None:
    """The same bytes under another ending are another log."""
    shelf = LogShelf()
    first = shelf.put("x.csv", BytesIO(LOG))
    assert first.key != shelf.put("x.jsonl", BytesIO(LOG)).key
    assert first.path == shelf.put("y.csv", BytesIO(LOG)).path


def test_only_files_of_the_folder_are_read(client, folder: Path, tmp_path_factory) -> None:
    """A pipe does not stop a page, and what a link leads to elsewhere is not shown."""
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_text("root:x:0:0 = [", encoding="utf-8")
    (folder / "link.journey.toml").symlink_to(secret)
    os.mkfifo(folder / "pipe.journey.toml")
    (folder / "rules.toml").symlink_to(secret)
    addresses = (
        "/promises",
        "/reader",
        "/reader?journey=link.journey.toml",
        "/reader?journey=pipe.journey.toml",
        "/log",
    )
    pages = {address: client.get(address) for address in addresses}
    assert not any("root:x" in page.text for page in pages.values())
    assert "link.journey.toml" in pages["/promises"].text
    assert "leads out of it" in pages["/promises"].text
    assert pages["/reader"].status_code == 200
    assert "pipe.journey.toml" not in pages["/reader"].text
    assert [pages[address].status_code for address in addresses[2:4]] == [400, 400]
    replaying = client.post("/log/file", files={"file": ("a.csv", LOG)}).headers["location"]
    assert "root:x" not in client.get(f"{replaying}&recorded=rules.toml&go=1").text


def test_a_link_within_the_folder_is_read(client, folder: Path) -> None:
    """Files may be mounted as links, as in a volume of Kubernetes."""
    (folder / "..data").mkdir()
    test = next(folder.glob("*.journey.toml"))
    test.rename(folder / "..data" / test.name)
    test.symlink_to(folder / "..data" / test.name)
    assert client.get(f"/reader?journey={test.name}").status_code == 200
    assert "leads out of it" not in client.get("/promises").text


def test_a_thousand_tests_leave_a_name_free(client, folder: Path) -> None:
    """A story is saved whatever is there already, a link that leads nowhere included."""
    (folder / "reader-anonymous.journey.toml").symlink_to(folder / "nowhere")
    for number in range(2, 1001):
        (folder / f"reader-anonymous-{number}.journey.toml").touch()
    page = client.get("/reader/save?steps=read")
    assert page.status_code == 200
    assert "reader-anonymous-1001.journey.toml" in page.text


@pytest.mark.parametrize("today", ["x", "draft", "X"])
def test_each_policy_of_a_comparison_has_its_name(folder: Path, today: str) -> None:
    """Whatever the file and the branches are called, no two policies share a name."""
    desk = Desk((folder / "policy.toml").rename(folder / f"{today}.toml"))
    text = desk.file().text
    keys = [desk.keep(text + f"# {number}\n").key for number in range(4)]
    asked = TypedQuestion(
        open_key=keys[3],
        branches=(("x", keys[0]), ("x-new", keys[1]), ("draft", keys[2])),
    )
    question = Question.of(asked, desk)
    names = [one.name.casefold() for one in question.versions]
    assert len(names) == len(set(names)) == 5
    assert [today, "draft"] != question.task.names[:2]
    removable = {name for name, _ in question.asked.branches}
    assert len(removable & set(question.task.names)) == 3


def test_a_file_is_never_taken_for_an_option(folder: Path, key: StudioKey) -> None:
    """A policy that begins with a hyphen is typed as a path, on every page that says a command."""
    path = (folder / "policy.toml").rename(folder / "-x.toml")
    client = opened(path, key)
    said = [
        unescape(code)
        for place in PLACES
        for code in re.findall(
            r"<code>((?:meter|pytest) [^<]*)</code>", client.get(f"/{place}").text
        )
    ]
    assert any("./-x.toml" in code for code in said)
    assert not any(re.search(r"(?<!\./)-x\.toml", code) for code in said)
    desk = Desk(path)
    draft = desk.keep(desk.file().text + "#\n")
    task = Question.of(TypedQuestion(branches=(("n", draft.key),)), desk).task
    assert command_line(task).startswith("meter compare ./-x.toml n.toml ")
    reading = LogReading(columns=(), mapping=(), recorded="-y.toml")
    assert reading.command("-x.toml", "a.csv") == (
        "meter replay ./-x.toml a.csv --recorded-under ./-y.toml"
    )


def test_a_name_does_not_turn_a_page_around(folder: Path, key: StudioKey) -> None:
    """Names of the policy's file and titles of journeys are isolated, and shown as codes."""
    path = (folder / "policy.toml").rename(folder / f"pol{TURNED}icy.toml")
    test = next(folder.glob("*.journey.toml"))
    text = re.sub(r"(?m)^(title|policy) *=.*\n", "", test.read_text(encoding="utf-8"))
    test.write_text(f'title = "good{TURNED}bad"\n{text}', encoding="utf-8")
    client = opened(path, key)
    addresses = [*(f"/{place}" for place in PLACES), f"/reader?journey={test.name}", "/reader?s=x"]
    for address in addresses:
        assert TURNED not in client.get(address, follow_redirects=True).text, address
    assert r"<bdi>good\u202Ebad</bdi>" in client.get("/promises").text
    assert r"<bdi>pol\u202Eicy.toml</bdi>" in client.get("/policy").text


def test_templates_isolate_every_name() -> None:
    """No template of the studio shows the name of the policy's file as it is."""
    for file in (template_root() / "studio").rglob("*.j2"):
        for shown in re.findall(r"\{\{[^}]*path\.name[^}]*\}\}", file.read_text(encoding="utf-8")):
            assert re.search(r"\| (shown|plain|typed) \}\}", shown), (file.name, shown)


def test_temporary_files_go_with_the_studio(tmp_path: Path, monkeypatch) -> None:
    """A studio that was killed leaves its folder; the next one removes it, and none that runs."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    other = tmp_path / "meter-studio-of-somebody"
    other.mkdir()
    killed = tmp_path / "meter-studio-killed"
    killed.mkdir()
    (killed / "running").touch()
    (killed / "readers.csv").touch()
    with temporary_folder() as folder:
        assert not killed.exists()
        remove_left_behind(tmp_path)
        assert folder.exists()
        stored = LogShelf().put("a.csv", BytesIO(LOG))
        assert stored.path.is_relative_to(folder)
    assert list(tmp_path.iterdir()) == [other]
    with pytest.raises(SystemExit), temporary_folder():
        raise SystemExit(0)
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a terminal of Windows sends no signal")
def test_a_terminal_that_is_closed_ends_the_studio(folder: Path, tmp_path_factory) -> None:
    """It ends in order on a hang-up, and leaves nothing behind."""
    place = tmp_path_factory.mktemp("tmp")
    command = "from meter.cli import main; main()"
    words = [sys.executable, "-c", command, "studio", str(folder / "policy.toml"), "--no-open"]
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, env={**os.environ, "TMPDIR": str(place)}, text=True
    ) as studio:
        assert "token=" in studio.stdout.readline()
        assert list(place.iterdir())
        studio.send_signal(signal.SIGHUP)
        assert studio.wait(30) == 0
    assert [] == list(place.iterdir())
