"""Promises: the lamps are those of `meter prove`, and what is kept is a test that fails."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from click.testing import CliRunner

from meter.cli import main
from meter.studio.promises.lamps import light
from meter.studio.promises.tests import find_mistakes, look_at_tests
from meter.testing.rule_coverage import RuleCoverage
from tests.studio.small import JOURNEY, SMALL

OUTCOMES = {"holds": "proved", "broken": "fails", "broken (advice)": "fails"}


def asked(*words):
    """Ask the command line, and return its JSON."""
    ran = CliRunner().invoke(main, [*map(str, words), "--format", "json"])
    assert ran.exit_code in (0, 1), ran.output
    return json.loads(ran.stdout)


@pytest.fixture
def small(folder):
    """Return the folder with a small policy, which sends a subscriber to a wall, and one test."""
    for file in folder.iterdir():
        file.unlink()
    (folder / "policy.toml").write_text(SMALL, encoding="utf-8")
    (folder / "two.journey.toml").write_text(JOURNEY, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("small")
def test_lamps_say_what_prove_says(desk):
    """Each promise once, in the two sections, with the same outcome and the same story."""
    told = asked("prove", desk.path)
    lamps = light(desk.file().policy, "policy.toml", seconds=10)
    found = [
        (lamp.name, OUTCOMES[lamp.word], bool(lamp.story))
        for section in lamps.sections
        for lamp in section.lamps
    ]
    wanted = [(one["name"], one["outcome"], bool(one["story"])) for one in told["answers"]]
    assert sorted(found) == sorted(wanted)
    assert {"holds", "broken", "broken (advice)"} <= {
        lamp.word for section in lamps.sections for lamp in section.lamps
    }


@pytest.mark.usefixtures("small")
def test_a_broken_promise_is_told_and_kept_as_a_test(client, desk):
    """The story stands on the page; the file that is kept fails with `meter journey`."""
    page = client.get("/promises").text
    assert "A subscriber:" in page
    assert "Play the story in Reader" in page
    assert "<b>registers" not in page
    assert "<i>articles" not in page
    number = re.search(r'name="number" value="(\d+)"', page)[1]
    answer = client.post("/promises/keep", data={"v": "file", "number": number})
    assert answer.status_code == 303
    name = re.search(r"kept=([^#]+)", answer.headers["location"])[1]
    ran = CliRunner().invoke(main, ["journey", str(desk.folder / name)])
    assert (ran.exit_code, "expected" in ran.output) == (1, True)
    assert "1 of 2" not in page
    again = client.get(answer.headers["location"]).text
    assert f"Kept as <code>{name}</code>" in again
    assert "It fails under the file as it is on disk" in again
    assert "Mend the tests that fail first" in again
    assert "The only expectation fails." in again
    step = re.search(r'href="(/reader\?[^"]*)">See this step in Reader', again)[1]
    reader = client.get(unescape(step)).text
    assert "Accept the new answers" in reader
    assert "The only expectation fails." in reader


def test_a_story_of_a_draft_is_kept_and_passes_on_disk(client, desk):
    """What is said of the file that was kept is what `meter journey` says of it."""
    text = desk.file().text
    start = text.index("[[rules]]")
    draft = desk.keep(text[:start] + text[text.index("[[rules]]", start + 1) :])
    number = re.search(r'name="number" value="(\d+)"', client.get(f"/promises?v={draft.key}").text)[
        1
    ]
    kept = client.post("/promises/keep", data={"v": draft.key, "number": number})
    page = client.get(kept.headers["location"]).text
    assert "It fails under this draft and passes under the file as it is on disk." in page
    name = re.search(r"kept=([^#]+)", kept.headers["location"])[1]
    ran = CliRunner().invoke(main, ["journey", str(desk.folder / name)])
    assert (ran.exit_code, "the only expectation holds" in ran.output) == (0, True)


def test_one_lamp_is_red_without_a_rule_for_expiry(client, desk):
    """The right wall after a trial is one promise, and its story stands beside it."""
    text = desk.file().text
    start = text.index('[[rules]]\nname = "whoever has left may come back"')
    end = text.index("[[rules]]", start + 1)
    text = text[:start] + text[end:]
    draft = desk.keep(
        text.replace('everyone else"\nshow = "wall"', 'everyone else"\nshow = "subscription-wall"')
    )
    page = client.get(f"/promises?v={draft.key}").text.partition("What the words mean")[0]
    assert page.count('data-sign="✗"') == 1
    assert "after expiry comes the right wall" in page
    assert "A reader whose trial has expired" in page


@pytest.mark.usefixtures("small")
def test_without_write_a_test_is_a_download(client, desk):
    """Nothing is written, and the bytes are those that would be."""
    desk.may_write = False
    number = re.search(r"/promises/test\?number=(\d+)", client.get("/promises").text)[1]
    answer = client.get(f"/promises/test?number={number}")
    assert answer.headers["content-disposition"].endswith('.journey.toml"')
    assert 'policy = "policy.toml"' in answer.text
    files = sorted(desk.folder.iterdir())
    refused = client.post("/promises/keep", data={"v": "file", "number": number})
    assert (refused.status_code, "--write" in refused.text) == (400, True)
    assert client.get("/promises/test?number=99").status_code == 400
    assert sorted(desk.folder.iterdir()) == files


def test_the_sample_keeps_its_promises(client, desk):
    """Its tests pass and cover it, as a watched run counts it."""
    page = client.get("/promises").text
    assert "broken</span>" not in page.partition("What the words mean")[0]
    policy = desk.file().policy
    tests = look_at_tests(policy, desk.path)
    assert tests.all_pass
    watched = RuleCoverage({"policy": desk.path})
    watched.start()
    for test in tests.found.journeys[:2]:
        list(test.journey.answers_of(desk.file().policy))
    watched.stop()
    noted = RuleCoverage({"policy": policy})
    for test in tests.found.journeys[:2]:
        for decision, _ in test.journey.answers_of(policy):
            noted.note(decision)
    assert list(noted.results()) == list(watched.results())


@pytest.mark.usefixtures("small")
def test_mistakes_that_are_missed_are_those_of_mutate(client, desk):
    """As many, in the same lines; a test that is kept notices its own."""
    told = asked("mutate", desk.path)
    version = desk.file()
    tests = look_at_tests(version.policy, desk.path)
    found = find_mistakes(version.policy, desk.places_of(version), tests, lambda _: None)
    assert [(one.line, one.what) for one in found.missed] == [
        (one["line"], one["what"]) for one in told["survivors"]
    ]
    assert client.post("/promises/mistakes", data={"v": "file", "waits": "1"}).status_code == 303
    page = client.get("/promises").text
    assert f"{told['survived']} of {told['mutants']}</b> mistakes would go unnoticed" in page
    one = next(one for one in found.missed if one.test is not None)
    kept = client.post("/promises/keep", data={"of": "mistakes", "number": str(one.number)})
    assert kept.status_code == 303
    again = asked("mutate", desk.path)
    assert again["survived"] < told["survived"]


@pytest.mark.usefixtures("small")
def test_a_draft_has_lamps_of_its_own(client, desk):
    """One that is broken shows the last good policy, and says so; a broken test is told."""
    draft = desk.keep(SMALL.replace('"subscription-wall"\n\n', '"registration-wall"\n\n'))
    page = client.get(f"/promises?v={draft.key}").text
    assert "1 fails of 1" in page
    broken = desk.keep(SMALL.replace('spend = "monthly"', 'spend = "montly"'))
    assert "the last good one is shown" in client.get(f"/promises?v={broken.key}").text
    (desk.folder / "two.journey.toml").write_text("[[steps]]\nreads = 1\n", encoding="utf-8")
    assert "A journey file cannot be used" in client.get("/promises").text
    assert client.post("/promises/mistakes", data={"v": "file"}).status_code == 400
    desk.path.write_text("[", encoding="utf-8")
    assert client.get("/promises?v=0123456789abcdef").status_code == 404


@pytest.mark.usefixtures("small")
def test_progress_is_told_until_the_end(client):
    """Events of a run that has ended, or that nobody began, are its end."""
    client.get("/promises")
    for query in ("of=proof", "of=mistakes"):
        answer = client.get(f"/promises/progress?{query}")
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.text.endswith("event: end\ndata: {}\n\n")
    assert client.post("/promises/cancel", data={"v": "file"}).status_code == 303
