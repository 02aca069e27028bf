"""A story in an address: every step has one word, and the journey saved of it says the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meter import loads_policy
from meter.commands.init import sample_files
from meter.errors import MeterError
from meter.journeys import Journey
from meter.studio.reader.checking import StoryError
from meter.studio.reader.links import story_link
from meter.studio.reader.moves import parse_moves, write_moves
from meter.studio.reader.packing import pack, unpack
from meter.studio.reader.playing import play
from meter.studio.reader.saving import saved_text
from meter.studio.reader.screen import FRAMES, SIDES, Look, Screen
from meter.studio.reader.story import Story, parse_start, until
from meter.studio.reader.who import Who
from meter.windows import instant
from tests.studio.stories import stories

FILES = {file.name: file.text for file in sample_files()}
POLICY = loads_policy(FILES["policy.toml"])
OTHER = loads_policy(
    """
[publication]
name = "Other"
timezone = "America/Santiago"
[meters.daily]
window = { rolling = "3 days" }
limit = { anonymous = 1, registered = 2, trial = "none" }
count = "views"
access = ["metered", "premium"]
[offers.summer]
kind = "subscription"
price = 9
currency = "USD"
term = "1 month"
when = { segments = { none = ["student"] } }
[[rules]]
name = "few"
when = { device = ["laptop"] }
spend = "daily"
show = "countdown"
[[rules]]
name = "others"
show = "wall"
offer = "summer"
"""
)


def query_of(address):
    """Return the words of an address, as a server reads them."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def no_file(name):
    """No journey file is there."""
    raise MeterError(name)


@st.composite
def screens(draw):
    """Draw screens of one story or two."""
    story = draw(stories(6))
    length = len(story)
    screen = Screen(
        story=story,
        at=draw(st.integers(0, length)),
        v=draw(st.sampled_from(["file", "0123"])),
        w=draw(st.sampled_from([None, "file"])),
        b_who=draw(st.sampled_from([None, Who(id="second", status="trial")])),
        look=Look(locale=draw(st.sampled_from(["", "ja"])), frame=draw(st.sampled_from(FRAMES))),
    )
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            screen = screen.branching()
        screen = screen.doing(*draw(stories(3)).moves)
    if screen.fork is not None:
        screen = screen.looking("b", draw(st.integers(0, len(screen.other))))
    return screen


@given(screens())
@settings(max_examples=60)
def test_an_address_shows_the_same_again(screen):
    """Whatever stands on the screen is read from its address as it was written."""
    assert Screen.parse(query_of(screen.address()), no_file) == screen


@given(screens(), st.integers(0, 6), st.sampled_from(SIDES), stories(2))
@settings(max_examples=60)
def test_what_one_side_does_leaves_the_other_alone(screen, at, side, more):
    """It goes on from where it stands, and what came after that gives way on its side only."""
    screen = screen.branching() if screen.fork is None else screen
    at = min(at, len(screen.other if side == "b" else screen.story))
    before = screen.looking(side, at)
    after = before.doing(*more.moves)
    assert after.active == before.active.first(at).then(*more.moves)
    assert after.place(side) == len(after.active)
    if side == "a":
        assert after.other == before.other
    else:
        assert after.story == before.story


@given(stories(), st.sampled_from([POLICY, OTHER]))
@settings(max_examples=60)
def test_a_saved_story_is_decided_alike_by_a_journey(story, policy):
    """The file holds every step that could happen, passes, and brings the same decisions."""
    shown = [step for step in play(story, policy, 0, "").steps if step.happened]
    assume(shown)
    saved = Journey.loads(
        saved_text(story.journey(policy), policy, title="a story", name="policy.toml")
    )
    steps = saved.run(policy)
    assert [step.problem for step in steps] == [None] * len(shown)
    assert [(step.at, step.decision) for step in steps] == [
        (step.at, step.decision) for step in shown
    ]


@given(stories(), st.integers(0, 12), st.integers(0, 12))
@settings(max_examples=30)
def test_the_past_is_the_same_in_every_branch(story, fork, more):
    """The steps before a branch are decided as they were, whatever comes after."""
    fork = min(fork, len(story))
    branch = story.first(fork).then(*story.moves[:more])
    whole = play(story, POLICY, 0, "").steps[:fork]
    part = play(branch, POLICY, 0, "").steps[:fork]
    assert [step.decision for step in whole if step.is_read] == [
        step.decision for step in part if step.is_read
    ]


@given(
    st.integers(-2_000, 2_000),
    st.sampled_from(
        [
            ("America/Santiago", "2026-09-06T04:00:00"),  # midnight is jumped over
            ("Australia/Lord_Howe", "2026-04-04T15:00:00"),  # half an hour comes twice
            ("Pacific/Apia", "2011-12-30T10:00:00"),  # a day that never was
        ]
    ),
)
@settings(max_examples=60)
def test_the_clock_moves_to_the_very_minute(minutes, change):
    """Also where a local time comes twice or never, and also from the file that is saved."""
    zone = ZoneInfo(change[0])
    moved = datetime.fromisoformat(change[1]).replace(tzinfo=UTC) + timedelta(minutes=minutes)
    text = f"""
[publication]
name = "P"
timezone = "{change[0]}"
[[rules]]
name = "all"
show = "article"
"""
    policy = loads_policy(text)
    start = (moved - timedelta(days=3)).replace(tzinfo=None)
    story = Story(start=start, moves=(until(moved, zone),))
    assert parse_moves(write_moves(story.moves)) == story.moves
    assert instant(play(story, policy, 1, "").now) == instant(moved)
    saved = Journey.loads(saved_text(story.journey(policy), policy, title="t", name="p.toml"))
    assert [instant(step.at) for step in saved.run(policy)] == [instant(moved)]


def test_the_words_of_an_address_can_be_read():
    """Commas, colons and plus signs stand as they are; a typed plus is one as well."""
    moves = parse_moves("read,read:premium,+1d,sign-in")
    story = Story(start=parse_start("2026-06-12T09:00"), moves=moves)
    address = Screen(story=story, at=4).address()
    assert address == "/reader?start=2026-06-12T09%3A00&steps=read,read:premium,+1d,sign-in"
    assert Screen.parse(query_of(address), no_file).story == story


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("reed", "did you mean `read`"),
        ("read:premum", "did you mean `premium`"),
        ("sing-in", "did you mean `sign-in`"),
        ("+1x", r"write one such as `\+1h`"),
        ("@now", "write one such as `@2026-06-30T23:59`"),
        ("@0001-01-01", "check the year"),
        ("start-trial", "needs a name"),
        ("read:id= ", "`id` is empty"),
        (f"read:section={'x' * 300}", "shorten it"),
        (",".join(["read"] * 301), "300 steps at most"),
    ],
)
def test_what_is_no_step_is_told(steps, said):
    """In the words of journey files, with what was probably meant."""
    with pytest.raises(StoryError, match=said):
        parse_moves(steps)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"status": "anonymus"}, "did you mean `anonymous`"),
        ({"score": "high"}, "a number between 0 and 1"),
        ({"score": "2"}, "score"),
        ({"id": "x" * 600}, "shorten it"),
        ({"start": "tomorrow"}, "no time to start at"),
        ({"at": "many"}, "no number of steps"),
        ({"text": "x"}, "not whole"),
    ],
)
def test_what_nobody_is_is_told(given, said):
    """A word of the address that says nothing is an error with a next step."""
    with pytest.raises(StoryError, match=said):
        Screen.parse(given, no_file)


def test_a_journey_travels_in_an_address():
    """With its rights and what it expects, at one of its steps."""
    journey = Journey.loads(FILES["open-and-premium.journey.toml"])
    screen = Screen.parse(query_of(story_link(journey, step=2, v="0123")), no_file)
    assert (screen.at, screen.v, len(screen.story)) == (2, "0123", 4)
    steps = play(screen.story, POLICY, 2, "").steps
    assert [step.decision for step in steps] == [step.decision for step in journey.run(POLICY)]
    assert screen.story.journey(POLICY).steps[0].expect == journey.steps[0].expect


def test_a_story_goes_on_from_a_journey():
    """Its first steps, and others after them; what was cut off is gone."""
    text = pack(FILES["two-devices.journey.toml"])
    screen = Screen.parse({"text": text, "at": "3"}, no_file)
    moved = screen.doing(*parse_moves("read,read:again"))
    assert moved.write() == {"text": text, "upto": "3", "steps": "read,read:again"}
    articles = [step.view.article.id for step in play(moved.story, POLICY, 0, "").steps]
    assert articles == ["salt-and-steel", "the-oldest-ferry", "the-oldest-ferry", "a3", "a3"]
    assert screen.branching().doing(*parse_moves("sign-in")).write()["fork"] == "3"


def test_an_address_cannot_hold_a_bomb():
    """A text that unpacks to more than a file may hold is refused."""
    with pytest.raises(StoryError, match="not whole"):
        unpack(pack("x" * 2_000_000))


def test_a_step_that_no_word_says_is_refused():
    """Rather than said by a word that means something else."""
    journey = Journey.loads('[[steps]]\nsubscribe = { term = "1 year" }')
    with pytest.raises(StoryError, match="no word"):
        write_moves([journey.steps[0].action])
