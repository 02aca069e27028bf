"""The place Policy over HTTP: drafts, the form, who changes, saving, undoing, and both texts."""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path
from subprocess import run
from typing import TYPE_CHECKING

import pytest

from meter.loading import check_text
from meter.verify.lints import lints
from tests.studio.policy_forms import ANONYMOUS, FIVE, THREE, draft_of, sent, words

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from meter.studio.desk import Desk


def test_the_file_is_shown_with_its_form_and_its_rules(client: TestClient, desk: Desk) -> None:
    """Each number stands in the form, each rule in words, and nobody changes."""
    page = client.get("/policy")
    assert page.status_code == 200
    assert html.escape(desk.file().text.splitlines()[0], quote=False) in page.text
    assert f'name="{ANONYMOUS}" aria-describedby' in page.text
    said = words(page)
    assert "Nothing wrong." in said
    assert "within the monthly allowance" in said
    assert "the reader's status is trial-expired or subscription-expired" in said
    assert "Nobody: this is the file itself" in said


def test_a_number_in_the_form_changes_its_token_and_nothing_else(
    client: TestClient, desk: Desk
) -> None:
    """The file on disk has one other token after saving, and undo gives its bytes back."""
    before = desk.path.read_bytes()
    address = draft_of(client, desk, **{ANONYMOUS: "5"})
    assert desk.path.read_bytes() == before
    assert address.startswith("/policy?v=")
    key = address.partition("=")[2]
    form = sent(desk, v=key, text=desk.version(key).text)
    assert client.post("/policy/save", data=form).headers["location"] == "/policy?told=saved"
    assert desk.path.read_bytes() == before.replace(THREE.encode(), FIVE.encode())
    undone = client.post("/policy/undo", data=sent(desk))
    assert undone.headers["location"] == "/policy?told=undone"
    assert desk.path.read_bytes() == before


def test_who_changes_is_what_meter_diff_prints(
    client: TestClient, desk: Desk, folder: Path
) -> None:
    """The same rows in the same words, and the same number of page views of a log."""
    desk.log = folder / "events.jsonl"
    address = draft_of(client, desk, **{ANONYMOUS: "1", "offers/summer/price": "12.50"})
    draft = desk.version(address.partition("=")[2])
    (folder / "new.toml").write_text(draft.text, encoding="utf-8")
    meter = str(Path(sys.executable).parent / "meter")
    command = [meter, "diff", "policy.toml", "new.toml", "--log", "events.jsonl", "--format"]
    printed = json.loads(
        run([*command, "json"], cwd=folder, capture_output=True, check=False).stdout
    )
    page = words(client.get(address))
    assert len(printed["changes"]) == 2
    for row in printed["changes"]:
        who, before, after = (row[key].replace("`", "") for key in ("who", "before", "after"))
        assert f"{who} before {before} after {after}" in page.replace(" )", ")").replace("( ", "(")
    counted = words(client.get(address.replace("/policy", "/policy/audience")))
    logged = printed["log"]
    share = f"{logged['changed'] / logged['decisions']:.1%}"
    assert (
        f"Of {logged['decisions']} decisions in events.jsonl , {logged['changed']} ({share}) would"
        f" have changed, for {logged['readers']} reader"
    ) in counted
    assert "cookie-81 reading the-oldest-ferry" in counted


def test_a_file_with_a_mark_and_its_own_line_ends_keeps_them(
    client: TestClient, desk: Desk
) -> None:
    """What browsers make of line ends and marks never reaches the file."""
    before = b"\xef\xbb\xbf" + desk.path.read_bytes().replace(b"\n", b"\r\n")
    desk.path.write_bytes(before)
    assert "\ufeff" not in client.get("/policy").text
    form = sent(desk, text=desk.file().text.removeprefix("\ufeff"), **{ANONYMOUS: "5"})
    assert client.post("/policy/save", data=form).status_code == 303
    assert desk.path.read_bytes() == before.replace(THREE.encode(), FIVE.encode())


def test_what_is_wrong_in_the_form_is_told_at_its_field(client: TestClient, desk: Desk) -> None:
    """In words of the form, not of the file; what was typed stands there still."""
    typed = {ANONYMOUS: "five", "offers/summer/ends": "2027-02-30", "offers/summer/term": "a year"}
    answer = client.post("/policy/check", data=sent(desk, **typed))
    assert answer.status_code == 422
    for value in typed.values():
        assert f'value="{value}"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    said = words(answer)
    assert "write a whole number from 0, such as 5, or none for no limit" in said
    assert "write a day such as 2027-06-30" in said
    assert "quotes" not in said
    assert "Something that you typed cannot be used yet." in said
    for untrue in ("This is the file as it is", "nothing to save", "Nothing wrong", "Nobody:"):
        assert untrue not in said
    assert THREE in html.unescape(answer.text)


def test_a_broken_text_is_kept_and_not_saved(client: TestClient, desk: Desk) -> None:
    """Its problems say line, column and what was meant; the last good policy stays in force."""
    before = desk.path.read_bytes()
    text = desk.file().text.replace('spend = "monthly"', 'spend = "montly"')
    page = client.get(draft_of(client, desk, text=text))
    said = words(page)
    line = text[: text.index('"montly"')].count("\n") + 1
    assert f"Line {line}, column 9" in said
    assert "did you mean monthly ?" in said
    assert "The last good policy stays in force" in said
    refused = client.post("/policy/save", data=sent(desk, text=text))
    assert refused.status_code == 422
    assert "Not saved, because the text has errors" in words(refused)
    assert "montly" in refused.text
    assert desk.path.read_bytes() == before
    answer = client.post("/policy/check", data=sent(desk, text="[", **{ANONYMOUS: "5"}))
    assert answer.status_code == 422
    assert "mend the text first" in words(answer)


def test_a_file_changed_outside_is_never_written_over(client: TestClient, desk: Desk) -> None:
    """Both texts are on the page, and each way on works without a script."""
    mine = sent(desk, **{ANONYMOUS: "5"})
    theirs = desk.file().text.replace("price = 9", "price = 19")
    desk.path.write_text(theirs, encoding="utf-8")
    answer = client.post("/policy/save", data=mine)
    assert answer.status_code == 409
    page = html.unescape(answer.text)
    assert FIVE in page
    assert "price = 19" in page
    assert desk.path.read_text(encoding="utf-8") == theirs
    fields = r'name="v" value="(\w+)".*?name="expected" value="(\w+)"'
    *_, (key, expected) = re.findall(fields, page, re.DOTALL)
    form = {"v": key, "expected": expected, "text": desk.version(key).text}
    beside = client.post("/policy/check", data=form)
    assert "-price = 19" in words(client.get(beside.headers["location"]))
    assert client.post("/policy/save", data=form).headers["location"] == "/policy?told=saved"
    assert "price = 9\n" in desk.path.read_text(encoding="utf-8")


def test_a_second_tab_loses_nobodys_words(client: TestClient, desk: Desk) -> None:
    """Whoever saves second, or undoes what was saved before, is shown both texts."""
    first = sent(desk, **{ANONYMOUS: "5"})
    second = sent(desk, **{"offers/summer/price": "12"})
    assert client.post("/policy/save", data=first).status_code == 303
    for path in ("/policy/save", "/policy/undo"):
        answer = client.post(path, data=second)
        assert answer.status_code == 409
        assert FIVE in html.unescape(answer.text)
    assert "price = 12" in client.post("/policy/save", data=second).text
    assert FIVE in desk.path.read_text(encoding="utf-8")


def test_a_draft_knows_the_file_that_it_was_made_from(client: TestClient, desk: Desk) -> None:
    """Opened again by its address, it does not take the file for what it was made from."""
    address = draft_of(client, desk, **{ANONYMOUS: "5"})
    began = desk.file().digest
    desk.path.write_text(desk.file().text + "# theirs\n", encoding="utf-8")
    later = draft_of(client, desk, expected=began, **{ANONYMOUS: "6"})
    assert f'name="expected" value="{began}"' in client.get(later).text
    page = client.get(address)
    assert "The file was changed outside the studio since you began" in words(page)
    assert f'name="expected" value="{began}"' in page.text
    ask = "/policy/outside?expected="
    assert client.get(ask + began, headers={"HX-Request": "true"}).status_code == 200
    assert client.get(ask + desk.file().digest).status_code == 204


def test_rules_that_never_match_are_marked_in_the_words_of_check(
    client: TestClient, desk: Desk
) -> None:
    """The table has the badge and the message, the list of problems the same."""
    name = 'name = "registering brings two more"'
    text = desk.file().text.replace(
        f"[[rules]]\n{name}",
        '[[rules]]\nname = "all"\nwhen = { access = ["metered"] }\nshow = "wall"\n\n'
        f"[[rules]]\n{name}",
    )
    page = words(client.get(draft_of(client, desk, text=text)))
    _, problems = check_text(text, exact=lints)
    never = [one for one in problems if one.code == "rule-never-fires"]
    assert [one.path[1] for one in never] == [6]
    assert page.count("never matches") == 1
    for one in never:
        message = one.message.replace("`", "")
        assert page.replace(" :", ":").count(message) == 2


def test_nothing_is_written_without_write(client: TestClient, desk: Desk) -> None:
    """The page says so and offers the text; a save all the same is refused."""
    desk.may_write = False
    page = client.get("/policy")
    assert "The studio was started without --write" in words(page)
    assert ">Save<" not in page.text
    before = desk.path.read_bytes()
    assert client.post("/policy/save", data=sent(desk, **{ANONYMOUS: "5"})).status_code == 400
    assert desk.path.read_bytes() == before
    key = draft_of(client, desk, **{ANONYMOUS: "5"}).partition("=")[2]
    given = client.get(f"/policy/download?v={key}")
    assert given.content == before.replace(THREE.encode(), FIVE.encode())
    assert given.headers["content-disposition"].startswith("attachment")


@pytest.mark.parametrize("text", ["", "\x00", "[" * 3000, "a = " + "9" * 5000, "<script>alert(1)"])
def test_a_hostile_text_is_a_draft_like_any_other(
    client: TestClient, desk: Desk, text: str
) -> None:
    """It is shown as text, with what is wrong in it."""
    page = client.get(draft_of(client, desk, text=text))
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "The last good policy stays in force" in words(page)


def test_a_log_that_is_none_is_told(client: TestClient, desk: Desk, folder: Path) -> None:
    """The audience says why there is none, and the rest of the page stands."""
    address = draft_of(client, desk, **{ANONYMOUS: "1"}).replace("/policy", "/policy/audience")
    for name, text in (("empty.jsonl", ""), ("odd.jsonl", "nothing\n"), ("gone.jsonl", None)):
        desk.log = folder / name
        if text is not None:
            desk.log.write_text(text, encoding="utf-8")
        assert "Not counted:" in words(client.get(address))


def test_a_prompt_that_is_added_is_no_longer_missed(client: TestClient, desk: Desk) -> None:
    """What is said of a text depends on the publisher's own prompts too."""
    text = desk.file().text
    named = text.replace("[publication]\n", '[publication]\ntemplates = "own"\n', 1)
    asks = named.replace('show = "countdown"', 'show = "countdown"\nprompt = "vip"', 1)
    own = desk.folder / "own"
    own.mkdir()
    missed = "names the prompt"
    assert missed in client.get(f"/policy?v={desk.keep(asks).key}").text
    for ending in ("html.j2", "txt.j2"):
        (own / f"vip.{ending}").write_text("{{ heading }}", encoding="utf-8")
    assert missed not in client.get(f"/policy?v={desk.keep(asks).key}").text
