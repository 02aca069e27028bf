"""A campaign in the studio: how often prompts come, variants, and what a reader closes."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import pytest

from meter.explanation import explain
from meter.journeys import Expect, Journey
from meter.loading import load_policy, loads_policy
from meter.studio.gallery import gallery_page
from meter.studio.gallery.situations import situations, survey
from meter.studio.policy.fields import groups_of
from meter.studio.policy.form import filled
from meter.studio.reader.moves import parse_moves, write_moves
from meter.studio.reader.variants import visitors

if TYPE_CHECKING:
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from meter.policy import Policy

HOW_OFTEN = (
    "at most once each calendar day, 4 times in any 30 days; not for 14 days after it was closed"
)
ASKS = """
[publication]
name = "Harbour Radio"

[meters.heard]
window = { rolling = "28 days" }
limit = "none"
counts = { reader = ["anonymous"] }

[prompts.give]
heading = "Give"
at_most = { times = 2, window = { calendar = "week", starts = "monday" } }  # enough
every = { meter = "heard", views = 3 }
instead = "small-bar"

[prompts.small-bar]
heading = "You can give too"
at_most = [
    { times = 3, window = { calendar = "day" } },
    { times = 9, window = { rolling = "30 days" } },
]

[[rules]]
name = "everything is open, and we ask"
show = "article"
prompt = "give"
"""
START = "/reader?start=2027-05-11T08:00"


def words(answer: Response) -> str:
    """Return what a page says, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


@pytest.fixture
def sample(folder: Path) -> Policy:
    """Return the policy of the sample publication."""
    return load_policy(folder / "policy.toml")


def test_the_gallery_has_what_stands_in_for_a_prompt() -> None:
    """The one that comes at every third view, and the one before; each says how often it comes."""
    found = [
        (one.decision.prompt, one.who, one.frequency) for one in situations(loads_policy(ASKS))
    ]
    who = "an anonymous reader opens a metered article"
    assert [
        (
            "give",
            who,
            (
                "at most twice each calendar week (from Monday); only each time `heard` has"
                " counted another 3; instead: `small-bar`"
            ),
        ),
        (
            "small-bar",
            f"{who}, where `give` is kept back",
            "at most 3 times each calendar day, 9 times in any 30 days",
        ),
    ] == found


def test_the_gallery_says_how_often_and_for_which_variant(sample: Policy) -> None:
    """On the page that `meter gallery` writes; a variant once, where it says who gets it."""
    page = gallery_page(sample, locales=["en"]).html
    rows = re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page)
    assert {
        (
            "How often",
            HOW_OFTEN,
        ),
    } == set(rows)
    assert page.count('<dl class="often">') == len(rows)
    exposed = [one for one in situations(sample) if one.decision.exposures]
    assert len(exposed) == page.count("reader in variant <code>one-month</code> of")
    assert len(exposed) > 1


def test_a_large_policy_has_its_prompts_in_turn_too() -> None:
    """Where readers are tried one by one."""
    found = survey(loads_policy(ASKS), steps=1)
    assert not found.is_exact
    assert ["give", "small-bar"] == [one.decision.prompt for one in found.situations]


def test_a_reader_closes_a_prompt_and_is_told_why_it_stays_away(client: TestClient) -> None:
    """The button says which; the reason is that of `meter explain`."""
    shown = client.get(f"{START}&steps=read:free")
    assert 'value="dismiss:letter"' in shown.text
    pressed = client.get(f"{START}&steps=read:free&do=dismiss:letter")
    steps = dict(parse_qsl(urlsplit(pressed.headers["location"]).query))["steps"]
    assert "read:free,dismiss:letter" == steps
    after = words(client.get(f"{START}&steps={steps},%2B3d,read:free"))
    assert "closes the prompt letter" in after
    assert "article, prompt letter kept back" in after
    assert "Close the prompt" in after
    assert f"the prompt letter is kept back: {HOW_OFTEN}" in after
    back = words(client.get(f"{START}&steps={steps},%2B14d,read:free"))
    assert "kept back" not in back


def test_why_a_prompt_did_not_come_is_in_the_words_of_explain(sample: Policy) -> None:
    """Only where it was kept back, once for each that was."""
    journey = Journey.loads(
        "[[steps]]\nat = 2027-05-11T08:00:00\nread = { id = 'a', access = 'free' }\n"
        "[[steps]]\nread = { id = 'b', access = 'free' }\n"
    )
    first, second = (explain(step.decision) for step in journey.run(sample))
    assert "kept back" not in first
    assert second.count("the prompt `letter` is kept back: at most once each calendar day") == 1


def test_a_policy_without_campaigns_has_no_button_for_prompts(
    client: TestClient, folder: Path
) -> None:
    """Nor says it anything of variants."""
    plain = '[publication]\nname = "P"\n[[rules]]\nname = "all"\nshow = "article"\n'
    (folder / "policy.toml").write_text(plain, encoding="utf-8")
    answer = client.get(f"{START}&visitor=visitor-1&steps=read")
    assert "Close the prompt" not in answer.text
    assert "not signed in" in words(answer)
    assert "trial:" not in words(answer)


def test_a_visitor_is_chosen_by_variant(client: TestClient, sample: Policy) -> None:
    """Each way to be in variants has an id, and the reader who has it is in them."""
    there = dict(visitors(sample))
    assert {"trial: one-month", "trial: three-months"} == set(there.values())
    for visitor, variants in there.items():
        address = f"/reader?start=2027-06-11T08:00&visitor={visitor}&steps=read:premium"
        answer = client.get(address)
        assert f'<option value="{visitor}">{variants}</option>' in answer.text
        assert f"anonymous, not signed in, {variants}" in words(answer)
        variant = variants.removeprefix("trial: ")
        assert f"trial-offer, variant {variant} of trial" in words(answer)


def test_who_reads_is_folded_once_it_is_said(client: TestClient) -> None:
    """A phone then has Read on its first screen."""
    form = '<details class="card who-card" open>'
    assert form in client.get("/reader").text
    assert form not in client.get("/reader?visitor=visitor-1").text


def test_two_visitors_side_by_side_differ_in_the_offer(client: TestClient) -> None:
    """The variant is told of both."""
    there = (
        "/reader?start=2027-06-11T08:00&visitor=visitor-1&b-visitor=visitor-2&steps=read:premium"
    )
    said = words(client.get(there))
    assert "A: reader, anonymous, visitor-1" in said
    assert "≠ differs: the offers, the words" in said
    assert "Offer differs first-month summer" in said


def test_a_saved_story_expects_prompts_and_exposures(client: TestClient, sample: Policy) -> None:
    """What is kept back and who is exposed is held by the journey test."""
    steps = "read:free,dismiss:letter,read:free,@2027-06-11T08:00,read:premium"
    address = f"/reader/journey.toml?start=2027-05-11T08:00&visitor=visitor-1&steps={steps}"
    text = client.get(address).text
    assert 'visitor = "visitor-1"' in text
    assert 'dismiss = "letter"' in text
    expected = [step.expect for step in Journey.loads(text).steps if step.expect is not None]
    # Closed it stays away, at once and at the next article, for 14 days.
    assert ["letter", False, False, "letter"] == [
        one.prompt for one in expected if one.prompt is not None
    ]
    (closing,) = [step for step in Journey.loads(text).steps if hasattr(step.action, "prompt")]
    # Who closes a prompt reads nothing: no access, no offer and no count is of that step.
    assert Expect(prompt=False) == closing.expect
    assert ("trial",) == expected[-1].exposed
    assert all(step.problem is None for step in Journey.loads(text).run(sample))


@pytest.mark.parametrize("word", ["dismiss:letter", "dismiss:a%2Cb", "dismiss:%3A"])
def test_a_closing_is_a_word_of_an_address(word: str) -> None:
    """Read and written back the same."""
    assert word == write_moves(parse_moves(word))


CHANGES = [
    ("prompts/give/at_most/times", "1", "times = 2", "times = 1"),
    (
        "prompts/give/at_most/window/window",
        "calendar month",
        'calendar = "week", starts = "monday"',
        'calendar = "month"',
    ),
    ("prompts/give/every/views", "5", "views = 3", "views = 5"),
    ("prompts/small-bar/at_most/0/times", "2", "times = 3", "times = 2"),
    ("prompts/small-bar/at_most/1/window/length", "14 days", "30 days", "14 days"),
    ("prompts/small-bar/heading", "Give, too", "You can give too", "Give, too"),
]


@pytest.mark.parametrize(("field", "typed", "old", "new"), CHANGES)
def test_a_number_of_a_prompt_changes_its_token_alone(
    field: str, typed: str, old: str, new: str
) -> None:
    """Whether the caps are a list or one table."""
    text = ASKS
    done = filled(groups_of(loads_policy(text), text), text, {field: typed}, "policy.toml")
    assert (text.replace(old, new, 1), False) == (done.text, done.is_wrong)


def test_a_silence_is_added_and_taken_away() -> None:
    """Where the prompt had none."""
    groups = groups_of(loads_policy(ASKS), ASKS)
    typed = {"prompts/give/quiet_after/closed": "7 days"}
    done = filled(groups, ASKS, typed, "policy.toml")
    assert not done.is_wrong
    policy = loads_policy(done.text)
    quiet = policy.prompts[0].quiet_after
    assert quiet is not None
    assert quiet.closed is not None
    assert 7 == quiet.closed.days


def test_a_share_of_a_variant_is_typed(folder: Path, sample: Policy) -> None:
    """What is no share is told at its field."""
    text = (folder / "policy.toml").read_text(encoding="utf-8")
    groups = groups_of(sample, text)
    done = filled(groups, text, {"experiments/trial/variants/one-month": "0.25"}, "policy.toml")
    assert text.replace("one-month = 0.5", "one-month = 0.25") == done.text
    wrong = filled(groups, text, {"experiments/trial/variants/one-month": "half"}, "policy.toml")
    told = [one.message for group in wrong.groups for one in group.fields if one.message]
    assert ["write a share from 0 to 1, such as 0.5"] == [one[:38] for one in told]


def test_the_rules_say_how_often_their_prompt_comes(client: TestClient) -> None:
    """Below what they show."""
    said = words(client.get("/policy"))
    assert f"article, prompt letter {HOW_OFTEN}" in said
