"""A cap that is told idle never changes what a reader sees, and one that is not told does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, decide, loads_policy
from meter.policy import Cap, Guarantee, Quiet
from meter.verify import guarantees
from meter.verify.frequency.idle import binding_caps, idle_caps, is_no_looser, never_stands_in
from meter.verify.lints import lints
from meter.vocabulary.bounds import Range
from meter.windows import Window

TEXT = """
[publication]
name = "X"
timezone = "Europe/Berlin"
[prompts.give]
heading = "Give"
[prompts.bar]
heading = "Give, please"
[[rules]]
name = "asks less"
when = { section = ["bar"] }
show = "article"
prompt = "bar"
[[rules]]
name = "asks"
show = "article"
prompt = "give"
"""
POLICY = loads_policy(TEXT)
GIVE, BAR = POLICY.prompts
WINDOWS = {
    "day": Window(calendar="day"),
    "week": Window(calendar="week"),
    "week from Sunday": Window(calendar="week", starts="sunday"),
    "month": Window(calendar="month"),
    "24 hours": Window(rolling="1 day"),
    "25 hours": Window(rolling="25 hours"),
    "7 days": Window(rolling="7 days"),
    "begun 1 day": Window(fixed="1 day"),
    "begun 2 days": Window(fixed="2 days"),
    "ever": Window(lifetime=True),
}
ZONES = ("UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana")


def cap(times, window):
    return Cap(times=times, window=WINDOWS[window])


def with_prompts(*prompts, zone="Europe/Berlin"):
    """Return a policy with two other prompts, in a zone."""
    publication = evolve(POLICY.publication, timezone=zone)
    return evolve(POLICY, prompts=prompts, publication=publication)


def caps_told(*caps, zone="Europe/Berlin", **more):
    """Return the places of the caps that are told, of a prompt that counts by itself."""
    prompt = evolve(GIVE, at_most=caps, **more)
    found = lints(with_prompts(prompt, BAR, zone=zone))
    return [problem.path[2:] for problem in found if problem.code == "idle-cap"]


# What is told never matters.


@st.composite
def prompts(draw):
    """Draw two prompts with caps, of one group or not, each with the same without its idle caps."""
    zone = draw(st.sampled_from(ZONES))
    group = draw(st.sampled_from([None, None, "asks"]))
    some = st.lists(st.builds(cap, st.integers(1, 4), st.sampled_from([*WINDOWS])), max_size=3)
    silences = st.sampled_from([None, None, Quiet(shown="1 day"), Quiet(shown="10 hours")])
    both = [
        evolve(
            prompt,
            at_most=draw(some),
            once=draw(st.integers(0, 9)) == 0,
            quiet_after=draw(silences),
            group=group,
        )
        for prompt in (GIVE, BAR)
    ]
    given = with_prompts(*both, zone=zone)
    return given, with_prompts(*(_without_idle(each, given.zone) for each in both), zone=zone)


def _without_idle(prompt, zone):
    """Return a prompt with those of its caps that can bind, and no others."""
    binding = binding_caps(prompt, zone, alone=prompt.group is None)
    return evolve(prompt, at_most=binding, once=False, quiet_after=None)


BEGINNINGS = (
    datetime(2026, 3, 28, 22, tzinfo=UTC),
    datetime(2026, 10, 24, 13, tzinfo=UTC),
    datetime(2026, 10, 31, 3, 59, tzinfo=UTC),
    datetime(2026, 2, 27, 23, tzinfo=UTC),
)
GAPS = [timedelta(minutes=1), *(timedelta(hours=hours) for hours in (1, 9, 23, 24, 25, 143))]
"""Times between views: around a day, and the rest of a week after one of 25 hours."""
visits = st.lists(
    st.tuples(st.sampled_from(GAPS), st.sampled_from(["", "", "bar"])), min_size=4, max_size=30
)


def seen(policy, beginning, views):
    """Return the prompts that a reader is shown at some views."""
    usage, now, shown = Usage(), beginning, []
    for number, (gap, section) in enumerate(views):
        now += gap
        view = PageView(article=Article(id=f"a{number}", section=section), id=f"v{number}")
        decision, usage = decide(policy, Reader(id="r"), view, usage, now)
        shown.append(decision.prompt)
    return shown


@given(both=prompts(), beginning=st.sampled_from(BEGINNINGS), views=visits)
def test_without_the_caps_that_are_idle_a_reader_sees_the_same(both, beginning, views):
    """Whatever is opened, around the days of 23 and 25 hours and the ends of months."""
    policy, without = both
    assert seen(policy, beginning, views) == seen(without, beginning, views)


def test_the_caps_drawn_are_often_idle():
    """So that the law before is about something: a third of two caps of the pool."""
    pairs = [(cap(2, one), cap(1, other)) for one in WINDOWS for other in WINDOWS]
    idle = [pair for pair in pairs if caps_told(*pair, zone="UTC")]
    assert len(pairs) / 3 < len(idle) < len(pairs)


# What is not told matters.

PAIRS = [
    (cap(times, one), cap(1, other), zone)
    for zone in ("UTC", "Europe/Berlin")
    for times in (1, 2, 7)
    for one in WINDOWS
    for other in ("day", "week", "24 hours", "25 hours", "begun 2 days")
    if one != other
]


@pytest.mark.parametrize(("one", "other", "zone"), PAIRS[::7])
def test_a_cap_is_told_or_a_journey_needs_it(one, other, zone):
    """Beside one other: it is proved that it keeps nothing back, or the engine plays where it does.

    The journey is that of a guarantee which the other cap alone does not keep.
    """
    promise = Guarantee(name="kept", prompt="give", at_most=[one])
    alone = with_prompts(evolve(GIVE, at_most=[other]), BAR, zone=zone)
    story = guarantees(evolve(alone, guarantees=[promise]))[-1].counterexample
    both = with_prompts(evolve(GIVE, at_most=[other, one]), BAR, zone=zone)
    is_idle = ("at_most", 1) in caps_told(other, one, zone=zone)
    assert is_idle == (story is None)
    if story is not None:
        assert _shown(alone, story)[-1] == "give"
        assert _shown(both, story)[-1] is None


def _shown(policy, story):
    """Return the prompts that a story shows under a policy."""
    usage, shown = Usage(), []
    for step in story.steps:
        asked = step.asked
        decision, usage = decide(policy, asked.reader, asked.view, usage, asked.now)
        shown.append(decision.prompt)
    return shown


# Cases.

LATER, FIRST = [("at_most", 1)], [("at_most", 0)]
CASES = {
    "the same twice": ([cap(2, "day"), cap(2, "day")], "UTC", LATER),
    "a looser one of the same window": ([cap(3, "day"), cap(2, "day")], "UTC", FIRST),
    "a week of days": ([cap(1, "day"), cap(7, "week")], "UTC", LATER),
    "less than a week of days": ([cap(1, "day"), cap(6, "week")], "UTC", []),
    "seven days may touch eight": ([cap(1, "day"), cap(7, "7 days")], "UTC", []),
    "and no nine": ([cap(1, "day"), cap(8, "7 days")], "UTC", LATER),
    "nine of which one has 23 hours": (
        [cap(1, "day"), cap(8, "7 days")], "Europe/Berlin", []),
    "a day of 24 hours": ([cap(1, "24 hours"), cap(1, "day")], "UTC", LATER),
    "a day of 25 hours": ([cap(1, "24 hours"), cap(1, "day")], "Europe/Berlin", []),
    "25 hours": ([cap(1, "25 hours"), cap(1, "day")], "Europe/Berlin", LATER),
    "a day of 24 and a half": ([cap(1, "24 hours"), cap(1, "day")], "Australia/Lord_Howe", []),
    "six weeks touch a month": ([cap(1, "week"), cap(6, "month")], "UTC", LATER),
    "and some month six": ([cap(1, "week"), cap(5, "month")], "UTC", []),
    "weeks that begin on two days": ([cap(1, "week"), cap(1, "week from Sunday")], "UTC", []),
    "a showing begins both": ([cap(1, "24 hours"), cap(1, "begun 1 day")], "UTC", LATER),
    "begun by a showing": ([cap(1, "begun 1 day"), cap(1, "24 hours")], "UTC", LATER),
    "two begun by a showing": ([cap(2, "begun 1 day"), cap(2, "24 hours")], "UTC", FIRST),
    "ever": ([cap(2, "day"), cap(3, "ever")], "UTC", []),
    "no more in a day than ever": ([cap(3, "day"), cap(2, "ever")], "UTC", FIRST),
    "no more than ever": ([cap(2, "ever"), cap(2, "day")], "UTC", LATER),
    "two together": (
        [cap(3, "week"), cap(1, "day"), cap(15, "month")], "UTC", [("at_most", 2)]),
    "two together, one less": ([cap(3, "week"), cap(1, "day"), cap(14, "month")], "UTC", []),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_which_caps_are_told(case):
    """By hand: each, and no other."""
    caps, zone, places = CASES[case]
    assert places == caps_told(*caps, zone=zone)


def test_caps_are_idle_beside_those_that_are_needed():
    """Two of three keep a third idle, and no one of them does; `once` keeps all."""
    policy = with_prompts(
        evolve(GIVE, at_most=[cap(3, "week"), cap(1, "day"), cap(9, "7 days"), cap(15, "month")]),
        BAR,
        zone="UTC",
    )
    said = [str(problem.message) for problem in lints(policy) if problem.code == "idle-cap"]
    assert said == [
        (
            "at most 9 times in any 7 days never keeps prompt `give` back, since at most 3 times"
            " each calendar week always does before"
        ),
        (
            "at most 15 times each calendar month never keeps prompt `give` back, since at most 3"
            " times each calendar week and at most once each calendar day always do before"
        ),
    ]
    assert [("at_most", 0), ("quiet_after", "shown")] == caps_told(
        cap(3, "day"), once=True, quiet_after=Quiet(shown="1 day")
    )


GROUPED = {
    "a day lies in its week": ([cap(1, "week"), cap(1, "day")], LATER),
    "the other one comes any number of times a day": ([cap(1, "day"), cap(9, "week")], []),
    "a day of 25 hours": ([cap(1, "24 hours"), cap(1, "day")], []),
    "25 hours": ([cap(1, "25 hours"), cap(1, "day")], LATER),
    "a shorter one": ([cap(1, "24 hours"), cap(1, "25 hours")], FIRST),
    "begun within 7 days": ([cap(1, "7 days"), cap(1, "begun 1 day")], LATER),
    "begun by the other one just before": ([cap(1, "begun 2 days"), cap(1, "24 hours")], []),
    "begun in one that another began": ([cap(1, "begun 2 days"), cap(1, "begun 1 day")], []),
    "the same begun": ([cap(1, "begun 2 days"), cap(2, "begun 2 days")], LATER),
    "ever": ([cap(1, "ever"), cap(1, "begun 1 day")], LATER),
}


@pytest.mark.parametrize("case", GROUPED)
def test_in_a_group_a_window_has_to_reach_as_far(case):
    """What the caps of a prompt leave room for says nothing of what is shown of the others."""
    caps, places = GROUPED[case]
    both = [evolve(GIVE, at_most=caps, group="asks"), evolve(BAR, group="asks")]
    found = lints(with_prompts(*both))
    assert places == [problem.path[2:] for problem in found if problem.code == "idle-cap"]


def test_a_showing_of_the_group_begins_a_window_for_all():
    """So that the prompt may be just shown when the window that a bar began is over."""
    hour = timedelta(hours=1)
    views = [(hour, "bar"), (47 * hour, "bar"), (2 * hour, ""), (hour, "")]
    looser = [
        evolve(GIVE, at_most=[cap(1, "begun 2 days")], group="asks"),
        evolve(BAR, group="asks"),
    ]
    tighter = [evolve(looser[0], at_most=[cap(1, "begun 2 days"), cap(1, "24 hours")]), looser[1]]
    assert [
        ["bar", "bar", "give", None],
        ["bar", "bar", None, None],
    ] == [seen(with_prompts(*each), BEGINNINGS[3], views) for each in (looser, tighter)]


def test_what_a_condition_looks_at_is_needed():
    """`seen` counts in the longest window: it is not told, and another one like it is."""
    when = evolve(POLICY.rules[0].when, section=None, seen={"give": Range(at_least=2)})
    asking = evolve(POLICY.rules[0], when=when)
    prompt = evolve(GIVE, at_most=[cap(1, "day"), cap(9, "week"), cap(8, "week")])
    policy = evolve(with_prompts(prompt, BAR), rules=[asking, POLICY.rules[1]])
    told = [problem.path[3] for problem in lints(policy) if problem.code == "idle-cap"]
    assert [2] == told
    (idle,) = idle_caps(prompt, policy.zone, alone=True, kept=prompt.longest_cap)
    assert cap(1, "day") == idle.beside[0].cap


# Two prompts.


@given(both=prompts(), beginning=st.sampled_from(BEGINNINGS), views=visits)
def test_caps_that_are_no_looser_show_nothing_more(both, beginning, views):
    """Each prompt by the caps of the other one: told no looser, it comes nowhere in its place."""
    policy, _ = both
    one, other = policy.prompts
    if not (one.is_capped and never_stands_in(one, other, policy.zone)):
        return
    first = evolve(one, instead="bar")
    alone = [(gap, "") for gap, _ in views]
    assert "bar" not in seen(with_prompts(first, other, zone=policy.zone.key), beginning, alone)


def test_the_same_caps_in_other_words_are_as_tight():
    """A week from Monday is a week, and one a day that a showing begins is one in 24 hours."""
    zone = POLICY.zone
    monday = Cap(times=2, window=Window(calendar="week", starts="monday"))
    for one, other in (
        ([cap(2, "week")], [monday]),
        ([cap(1, "24 hours")], [cap(1, "begun 1 day")]),
        ([cap(1, "day")], [cap(9, "week"), cap(1, "day")]),
    ):
        first, second = evolve(GIVE, at_most=one), evolve(GIVE, at_most=other)
        assert is_no_looser(first, second, zone, alone=True)
        assert is_no_looser(second, first, zone, alone=True)
    assert not is_no_looser(evolve(GIVE, at_most=[cap(2, "day")]), GIVE_ONCE, zone, alone=True)


GIVE_ONCE = evolve(GIVE, once=True)
