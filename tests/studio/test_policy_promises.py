"""What else stands against saving a draft: its own promises, the tests beside it, others' edits."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from meter.reloading import ReloadingPolicy
from meter.studio.policy.draft import joined
from tests.studio.policy_forms import ANONYMOUS, FIVE, draft_of, sent, words

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from meter.studio.desk import Desk

SPONSORED = 'when = { tags = ["sponsored"] }\nshow = "article"'
NARROWED = 'when = { tags = ["sponsored"], access = ["free"] }\nshow = "article"'
PROMISE = "“sponsored content is open to everyone”"


def test_a_draft_that_breaks_a_promise_is_saved_only_when_asked_twice(
    client: TestClient, desk: Desk
) -> None:
    """It is named beside Save, nothing is called fine, and a running site does keep the old one."""
    with ReloadingPolicy(desk.path, every=None) as running:
        before = desk.path.read_bytes()
        text = desk.file().text.replace(SPONSORED, NARROWED)
        page = client.get(draft_of(client, desk, text=text))
        said = words(page)
        assert f"breaks a promise that the policy makes: {PROMISE}" in said
        assert "Nothing wrong" not in said
        key = re.search(r'name="v" value="(\w+)"', page.text)[1]
        assert f'href="/promises?v={key}"' in page.text
        form = sent(desk, v=key, text=text)
        asked = client.post("/policy/save", data=form)
        assert asked.headers["location"] == f"/policy?v={key}&told=asked"
        assert desk.path.read_bytes() == before
        second = client.get(asked.headers["location"])
        assert "Save although a promise is broken; a running site keeps" in words(second)
        assert f'name="although" value="{key}"' in second.text
        other = sent(desk, text=text + "# more\n", although=key)
        assert "told=asked" in client.post("/policy/save", data=other).headers["location"]
        saved = client.post("/policy/save", data=form | {"although": key})
        assert saved.headers["location"] == "/policy?told=although"
        assert desk.path.read_text(encoding="utf-8") == text
        said = words(client.get(saved.headers["location"]))
        assert "Saved, although a promise is broken" in said
        assert f"The file breaks a promise that the policy makes: {PROMISE}" in said
        old = running.policy
        assert not running.refresh(now=True)
        assert running.policy is old


def test_tests_that_a_draft_fails_are_counted(client: TestClient, desk: Desk) -> None:
    """Those that Promises shows red, with a link there; the file fails none."""
    assert "beside the policy" not in words(client.get("/policy"))
    address = draft_of(client, desk, **{ANONYMOUS: "5"})
    red = client.get(address.replace("/policy", "/promises")).text.count(">fails<")
    assert red > 0
    said = words(client.get(address))
    assert f"{red} of 6 tests beside the policy fail under this draft" in said
    assert "Nothing wrong." not in said


def test_a_key_typed_just_before_a_button_neither_saves_nor_undoes(
    client: TestClient, desk: Desk
) -> None:
    """A script's request looks at the text, whatever button was pressed before it."""
    before = desk.path.read_bytes()
    typed = sent(desk, **{ANONYMOUS: "5"})
    for path in ("/policy/save", "/policy/undo"):
        answer = client.post(path, data=typed, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "A draft." in words(answer)
    assert desk.path.read_bytes() == before


def test_a_colleagues_edit_is_named_as_theirs_until_it_is_saved(
    client: TestClient, desk: Desk
) -> None:
    """Who goes on with their own text is warned, also after more was typed."""
    mine = sent(desk, **{ANONYMOUS: "5"})
    desk.path.write_text(desk.file().text.replace("price = 9", "price = 11"), encoding="utf-8")
    conflict = html.unescape(client.post("/policy/save", data=mine).text)
    both = re.search(r"hidden>\n([^<]*)</textarea>\s*<p><button", conflict)[1]
    assert both == desk.version(None).text.replace("anonymous = 3", "anonymous = 5")
    form = sent(desk, text=both)
    page = client.get(client.post("/policy/check", data=form).headers["location"])
    assert "Somebody else" not in words(page)
    fields = r'name="v" value="(\w+)".*?name="expected" value="(\w+)"'
    *_, choice = re.findall(fields, conflict, re.DOTALL)
    form = {"v": choice[0], "expected": choice[1], "text": desk.version(choice[0]).text}
    beside = client.post("/policy/check", data=form).headers["location"]
    for more in ("", "# more\n"):
        said = words(client.get(beside))
        assert "Somebody else saved the file after you began." in said
        assert "What they changed: @@" in said
        assert "-price = 9 +price = 11" in said
        assert f"+{FIVE}" in said
        key = beside.partition("=")[2]
        again = {"v": key, "expected": choice[1], "text": desk.version(key).text + more}
        beside = client.post("/policy/check", data=again).headers["location"]
    assert "Somebody else" not in words(client.get("/policy"))


@pytest.mark.parametrize(
    ("mine", "theirs", "both"),
    [
        ("A\nb\nc\n", "a\nb\nC\n", "A\nb\nC\n"),
        ("a\nb\nc\nd\n", "b\nc\n", "b\nc\nd\n"),
        ("A\nb\nc\n", "a\nB\nc\n", None),
        ("x\na\nb\nc\n", "y\na\nb\nc\n", None),
        ("a\nb\nc\n", "a\nb\nC\n", "a\nb\nC\n"),
    ],
)
def test_two_changes_of_different_places_become_one_text(
    mine: str, theirs: str, both: str | None
) -> None:
    """Neither is lost; where both changed one place, nobody guesses."""
    assert joined("a\nb\nc\n", mine, theirs) == both
    assert joined("a\nb\nc\n", theirs, mine) == both


def test_a_log_is_called_as_whoever_gave_it_calls_it(
    client: TestClient, desk: Desk, folder: Path
) -> None:
    """And what a log cannot show is said beside the number."""
    desk.log = folder / "events.jsonl"
    desk.log_name = "my log.csv"
    address = draft_of(client, desk, **{ANONYMOUS: "1"})
    assert "Count it for my log.csv" in client.get(address).text
    said = words(client.get(address.replace("/policy", "/policy/audience")))
    assert "decisions in my log.csv" in said
    assert "events.jsonl" not in said
    assert "Log says between which bounds it lies" in said


def test_what_differs_from_the_file_is_marked_and_an_empty_limit_is_explained(
    client: TestClient, desk: Desk
) -> None:
    """A draft's valid number has the mark too; nobody takes an empty box for no limit."""
    page = client.get("/policy").text
    assert "field--changed" not in page
    assert "empty or 0: none, a wall at once" in page
    assert page.count('type="date"') == 6
    draft = client.get(draft_of(client, desk, **{ANONYMOUS: "5"})).text
    assert draft.count("field--changed") == 1
