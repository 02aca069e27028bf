"""Reader over HTTP: the buttons, the page in the frame, why, branches, and journey tests."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest
import tomli_w
from click.testing import CliRunner
from starlette.testclient import TestClient

from meter.cli import main
from meter.explanation import explain
from meter.journeys import Journey
from meter.prompts import render
from meter.studio.app import application
from meter.studio.desk import Desk, digest
from meter.studio.reader.files import load_journey
from meter.studio.reader.links import story_link
from meter.studio.reader.naming import with_plain_times
from meter.studio.reader.playing import play
from meter.studio.reader.screen import Screen
from meter.studio.reader.showing import play_sides
from meter.verify import guarantees
from meter.verify.export import journey_of

if TYPE_CHECKING:
    from meter.studio.door import StudioKey

START = "/reader?start=2026-09-12T09:00"
FAR = ",".join(["%2B9000d"] * 9)
WALL = f"{START}&steps=read,read,read,read"
BRANCHED = f"{WALL}&fork=4&b=sign-in,read:again&side=b"


def words_of(html):
    """Return what a page says, without marks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def letters(html):
    """Return what is said without marks, blanks and backticks."""
    return re.sub(r"[\s`]", "", unescape(re.sub(r"<[^>]+>", "", html)))


def query_of(address):
    """Return the words of an address."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def press(client, address, *buttons, **fields):
    """Press buttons as a form does, and return the address that this leads to."""
    for does in buttons:
        answer = client.get(address, params={**query_of(address), **fields, "do": does})
        assert answer.status_code == 303, words_of(answer.text)
        address = answer.headers["location"]
    return address


def steps_of(desk, address):
    """Return the steps of the story of an address."""
    screen = Screen.parse(query_of(address), lambda name: load_journey(desk.folder, name))
    return play(screen.active, desk.file().policy, 0, "").steps


def test_the_months_of_a_reader(client, desk):
    """Three articles, a wall, a month, and a branch that signs in while the other stands."""
    address = press(client, START, "read", "read", "read", "next-month", "read")
    text = words_of(client.get(address).text)
    assert "opens a4 countdown 0 → 1 of 3" in text
    assert "monthly starts again (3 were counted)" in text
    address = press(client, WALL, "branch", "sign-in")
    address = press(client, address, "read", article="again")
    assert address.endswith("fork=4&side=b&steps=read,read,read,read&b=sign-in,read:again")
    text = words_of(client.get(address).text)
    assert "Shown differs registration-wall countdown" in text
    assert "Meter differs monthly: 3 of 3 monthly: 4 of 5" in text
    assert [str(step.decision.show) for step in steps_of(desk, address)][3:] == [
        "registration-wall",
        "countdown",
        "countdown",
    ]


def test_a_promise_that_fails_is_played(client, desk):
    """Its counterexample stands in the address, at the step that breaks it, and says what was due.

    From there the story goes on with the buttons.
    """
    first, rule, rest = desk.file().text.partition("[[rules]]")
    _, _, others = rest.partition("[[rules]]")
    draft = desk.keep(first + rule + others)
    (story,) = (one.counterexample for one in guarantees(draft.policy) if one.counterexample)
    journey = Journey.loads(tomli_w.dumps(journey_of(story)))
    address = story_link(journey, step=len(journey.steps), v=draft.key)
    text = words_of(client.get(address).text)
    assert "The only expectation fails." in text
    assert "✗ expected access = full , got preview" in text
    later = press(client, address, "+1d", "sign-in")
    assert later.endswith("steps=+1d,sign-in")
    assert "signs in as reader" in words_of(client.get(later).text)


def test_a_file_that_changed_is_told_with_a_link(client, desk):
    """Nothing is said while the file is as it was; then the same story is linked to."""
    digest_of_page = re.search(r'data-file="(\w+)"', client.get(START).text)[1]
    asking = f"/reader/outside?steps=read,read&start=2026-09-12T09:00&expected={digest_of_page}"
    assert client.get(asking).status_code == 204
    desk.path.write_text(desk.file().text + "\n", encoding="utf-8")
    told = client.get(asking)
    assert (told.status_code, "The file was changed" in told.text) == (200, True)
    address = unescape(re.search(r'href="([^"]+)"', told.text)[1])
    assert query_of(address) == {"steps": "read,read", "start": "2026-09-12T09:00"}
    draft = desk.keep(desk.file().text + "# more\n")
    assert "data-file" not in client.get(f"{START}&v={draft.key}").text


def test_a_draft_is_called_by_what_it_changes(client, desk):
    """Values that fit in a title are told as they are written, other lines are counted."""
    text = desk.file().text
    one = desk.keep(text.replace("anonymous = 3", "anonymous = 5"))
    two = desk.keep(one.text.replace("registered = 5", "registered = 7"))
    three = desk.keep(text.replace("[[rules]]", "# one\n# two\n[[rules]]", 1))
    said = ("anonymous = 5", "anonymous = 5, registered = 7", "2 changed lines")
    for draft, words in zip((one, two, three), said, strict=True):
        page = words_of(client.get(f"{START}&v={draft.key}&w=file&steps=read").text)
        assert f"A: under the draft with {words}" in page


def test_a_frame_without_a_page_says_so(client):
    """What went wrong is said inside the frame, which shows nothing else."""
    answer = client.get("/reader/frame?start=2026-09-12T09:00")
    said = "nothing has been read yet, so there is no page: press Read"
    assert words_of(answer.text) == f"No page {said}"
    assert "sandbox" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("side", ["a", "b"])
@pytest.mark.parametrize("look", ["", "&locale=ja&layout=wide&scheme=dark"])
def test_the_frame_is_what_the_reader_gets(client, desk, side, look):
    """Byte for byte what `render` gives for the very decision, on each side of a branch."""
    screen = Screen.parse(query_of(BRANCHED + look), None)
    policy = desk.file().policy
    step = play_sides(screen, {"a": policy, "b": policy}, "en")[side].current
    answer = client.get(f"{BRANCHED}{look}&which={side}".replace("/reader?", "/reader/frame?"))
    prompt = render(
        step.decision, locale="ja" if look else "en", layout="wide" if look else "narrow"
    )
    assert prompt
    assert prompt in answer.text
    assert "sandbox" in answer.headers["content-security-policy"]


def test_why_is_said_as_explain_says_it(client, desk):
    """Each earlier rule once, in the same words; the later ones are not reached."""
    address = f"{START}&steps=read,read:free,read:tag=sponsored,read:premium,+1d,sign-in,read"
    policy = desk.file().policy
    for number, step in enumerate(steps_of(desk, address), 1):
        page = client.get(f"{address}&at={number}").text
        why = page[page.index('class="why"') :]
        said = letters(why[: why.index("</section>")])
        told = with_plain_times(explain(step.decision), policy.zone, step.at)
        assert f"{step.at:%Y-%m-}" not in said
        places = [said.index(letters(line)) for line in told.splitlines()]
        assert places == sorted(places)
        decided = policy.rules.index(policy.rule(step.decision.rule)) + 1
        assert said.count("notrule") == decided - 1
        assert said.count("notreached") == len(policy.rules) - decided


def test_a_story_is_saved_as_a_test_that_passes(client, desk):
    """The text is shown, downloaded, and added beside the policy; `meter journey` runs it."""
    address = BRANCHED.replace("/reader?", "/reader/save?")
    page = client.get(address)
    file = client.get(BRANCHED.replace("/reader?", "/reader/journey.toml?"))
    assert unescape(page.text).count(file.text) == 1
    form = {**query_of(BRANCHED), "name": "wall.journey.toml"}
    answer = client.post("/reader/save", data=form)
    assert answer.headers["location"] == "/reader?journey=wall.journey.toml"
    path = desk.folder / "wall.journey.toml"
    assert path.read_text(encoding="utf-8") == file.text
    ran = CliRunner().invoke(main, ["journey", str(path)])
    assert (ran.exit_code, "all 6 expectations hold" in ran.output) == (
        0,
        True,
    )
    text = words_of(client.get(answer.headers["location"]).text)
    assert "All 6 expectations hold." in text
    assert client.post("/reader/save", data=form).status_code == 400


def test_new_answers_are_accepted_onto_what_was_read(client, desk):
    """What a test expected of the old limit becomes what the new one brings; never blindly."""
    saved = client.get(WALL.replace("/reader?", "/reader/journey.toml?")).text
    path = desk.add_file("wall.journey.toml", saved)
    text = desk.path.read_text(encoding="utf-8")
    desk.path.write_text(text.replace("anonymous = 3", "anonymous = 4"), encoding="utf-8")
    page = client.get("/reader?journey=wall.journey.toml").text
    assert "4 of 4 expectations fail." in words_of(page)
    assert "Step 1: left = 2 becomes 3" in words_of(page)
    form = dict(re.findall(r'name="(journey|expected)" value="([^"]*)"', page))
    path.write_text(saved + "# theirs\n", encoding="utf-8")
    refused = client.post("/reader/accept", data=form)
    assert (refused.status_code, path.read_text()) == (409, saved + "# theirs\n")
    path.write_text(saved, encoding="utf-8")
    assert client.post("/reader/accept", data=form).status_code == 303
    assert "All 4 expectations hold." in words_of(
        client.get("/reader?journey=wall.journey.toml").text
    )
    assert all(step.problem is None for step in Journey.load(path).run())


def test_a_test_of_another_policy_keeps_its_answers(client, desk):
    """It is played under the open policy, and not rewritten by it; nor by a draft."""
    saved = client.get(WALL.replace("/reader?", "/reader/journey.toml?")).text
    other = saved.replace('"policy.toml"', '"other.toml"').replace("left = 2", "left = 9")
    path = desk.add_file("other.journey.toml", other)
    page = client.get("/reader?journey=other.journey.toml").text
    assert "It is a test of other.toml , and is played under policy.toml here." in words_of(page)
    form = {"journey": path.name, "expected": digest(path.read_bytes())}
    assert client.post("/reader/accept", data=form).status_code == 400
    draft = desk.keep(desk.file().text + "# more\n")
    named = {"journey": "months.journey.toml", "v": draft.key}
    assert client.post("/reader/accept", data=named).status_code == 400
    assert path.read_text() == other


def test_the_clock_stops_a_minute_before_the_reset(client):
    """And the next minutes bring the allowance back."""
    page = client.get(WALL).text
    does = re.search(r'value="([^"]*)">Before the reset<', page)[1]
    assert does == "@2026-09-30T23:59"
    address = press(client, WALL, does, "read", "+1h", "read")
    text = words_of(client.get(address).text)
    assert "6. Wed 30 September 23:59 opens a5 registration-wall 3 of 3" in text
    assert "8. Thu 1 October 00:59 opens a6 countdown 0 → 1 of 3" in text


def test_a_file_that_changes_outside_leaves_the_story(client, desk):
    """The same address tells the same steps under what the file says now."""
    client.get(WALL)
    text = desk.path.read_text(encoding="utf-8").replace("anonymous = 3", "anonymous = 6")
    desk.path.write_text(text, encoding="utf-8")
    assert "opens a4 countdown 3 → 4 of 6" in words_of(client.get(WALL).text)


def test_each_of_several_offers_has_a_button(folder, key: StudioKey):
    """The first is taken by the plain name, the others by theirs too."""
    model = Path(__file__).parents[2] / "templates" / "models" / "a-day-or-a-month"
    (folder / "policy.toml").write_text((model / "policy.toml").read_text(), encoding="utf-8")
    app = application(Desk(folder / "policy.toml"), key)
    with TestClient(app, base_url=f"http://127.0.0.1:{key.port}") as client:
        client.cookies.set(key.cookie, key.token)
        page = client.get(f"{START}&steps=read").text
        buttons = re.findall(r'value="([^"]*)">(Take the offer[^<]*)<', page)
        assert buttons == [
            ("subscribe:day", "Take the offer"),
            ("subscribe:month", "Take the offer month"),
        ]
        taken = client.get(f"{START}&steps=read,subscribe:month,read,cancel").text
        assert "cancels, and reads on until 12 October 2026 09:00" in words_of(taken)


def test_two_policies_stand_side_by_side(client, desk):
    """A draft and the file: the same steps, and where they part is marked."""
    draft = desk.keep(desk.file().text.replace("anonymous = 3", "anonymous = 5"))
    text = words_of(client.get(f"{WALL}&v={draft.key}&w=file").text)
    assert "A: under the draft with " in text
    assert "B: under policy.toml" in text
    assert "Shown differs countdown registration-wall" in text
    assert "≠ differs: what is shown" in text


def test_two_readers_stand_side_by_side(client):
    """The same steps by somebody who is registered."""
    text = words_of(client.get(f"{WALL}&b-status=registered&b-id=bob").text)
    assert "A: reader, anonymous" in text
    assert "Shown differs registration-wall countdown" in text


def test_a_draft_with_problems_leaves_the_last_good_policy_in_force(client, desk):
    """The story goes on, and the page says so."""
    client.get(WALL)
    broken = desk.keep(desk.file().text.replace('spend = "monthly"', 'spend = "montly"'))
    text = words_of(client.get(f"{WALL}&v={broken.key}").text)
    assert "the last good policy is in force here" in text
    assert "registration-wall 3 of 3" in text


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/reader?steps=reed", "did you mean read"),
        ("/reader?journey=../policy.toml", "there is no journey test"),
        ("/reader?journey=policy.toml", "there is no journey test"),
        ("/reader?journey=month.journey.toml", "did you mean months.journey.toml"),
        ("/reader?v=0123", "keeps no draft"),
        ("/reader?text=AAAA", "not whole"),
        (f"/reader?steps={FAR}", "leads too far"),
        ("/reader/save?start=2026-09-12T09:00", "nothing has happened yet"),
    ],
)
def test_an_address_that_holds_no_story_is_told(client, address, said):
    """With what to do next, and no page that fails."""
    answer = client.get(address)
    assert answer.status_code in (400, 404)
    assert said in words_of(answer.text)


def test_names_of_readers_are_no_marks(client):
    """Whatever a name holds is text on the page, in the frame and in the file."""
    hostile = "</script><script>alert(1)</script>"
    address = f"{WALL}&id={hostile}&locale={hostile}&segments={hostile}"
    for path in ("/reader?", "/reader/frame?", "/reader/save?"):
        answer = client.get(address.replace("/reader?", path))
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_nothing_is_written_unless_asked_for(folder, key: StudioKey):
    """Without `--write` a story is downloaded, and the forms that write are not there."""
    desk = Desk(folder / "policy.toml")
    with TestClient(application(desk, key), base_url=f"http://127.0.0.1:{key.port}") as client:
        client.cookies.set(key.cookie, key.token)
        text = client.get(WALL.replace("/reader?", "/reader/save?")).text
        assert "--write" in text
        assert "Add beside the policy" not in text
        form = {**query_of(WALL), "name": "wall.journey.toml"}
        assert client.post("/reader/save", data=form).status_code == 400
        accepted = client.post("/reader/accept", data={"journey": "months.journey.toml"})
        assert accepted.status_code in (400, 409)
    assert not (folder / "wall.journey.toml").exists()
