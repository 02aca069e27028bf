"""What is kept of prompts says what all of it would say, whatever windows a group looks at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import Article, Meter, PageView, Policy, Reader, Rule, Usage, Window, decide
from meter.engine import expires_at, join
from meter.engine.showings import look
from meter.policy import Cap, Prompt, Publication, When
from meter.rulebook import NOT_NOW
from meter.usage import Tally
from meter.windows import DAY, instant, moment

READER = Reader(id="r")
NOW = datetime(2026, 6, 1, tzinfo=UTC)
WINDOWS = st.sampled_from(
    [Window(fixed="2 days"), Window(rolling="5 days"), Window(calendar="week")]
    + [Window(fixed=length) for length in ("1 day", "3 days")]
)
CAPS = st.lists(st.builds(Cap, times=st.integers(1, 3), window=WINDOWS), min_size=1, max_size=2)
WAITS = (DAY // 2, DAY, 3 * DAY // 2, 1, 2 * DAY, 3 * DAY)


CAPPED = [Cap(times=1, window=Window(calendar="day"))]


def in_a_group(first, second, zone="UTC"):
    """Return a policy that opens everything and asks by the first of two prompts, or the second."""
    return Policy(
        publication=Publication(name="The Harbour Review", timezone=zone),
        prompts=[
            Prompt(name="give", heading="Give", at_most=first, instead="bar", group="asks"),
            Prompt(name="bar", heading="Give too", at_most=second, group="asks"),
        ],
        rules=[Rule(name="all", show="article", prompt="give")],
    )


def view(name):
    """Return a view with an id of its own."""
    return PageView(article=Article(id="a"), id=str(name))


@given(first=CAPS, second=CAPS, waits=st.lists(st.sampled_from(WAITS), max_size=16))
def test_what_is_pruned_would_have_said_nothing(first, second, waits):
    """A record from which nothing was ever removed shows the same prompts."""
    policy = in_a_group(first, second)
    at = instant(NOW)
    kept = whole = Usage()
    for number, wait in enumerate(waits):
        at += wait
        now = moment(at, policy.zone)
        decision, kept = decide(policy, READER, view(number), kept, now)
        other, after = decide(policy, READER, view(number), whole, now)
        assert decision.prompt == other.prompt
        whole = whole.union(after)


def test_a_view_that_only_counts_drops_what_no_window_holds():
    """`give` was shown on the first of June; in July an article is counted, and nothing shown."""
    policy = Policy(
        publication=Publication(name="The Harbour Review", timezone="UTC"),
        meters=[Meter(name="articles", limit=9, window=Window(calendar="month"))],
        prompts=[Prompt(name="give", heading="Give", at_most=CAPPED)],
        rules=[
            Rule(name="asked", when=When(section=["front"]), show="article", prompt="give"),
            Rule(name="metered", spend="articles", show="article"),
            Rule(name="closed", show="subscription-wall"),
        ],
    )
    front = PageView(article=Article(id="f", access="free", section="front"), id="one")
    _, usage = decide(policy, READER, front, Usage(), NOW)
    assert len(usage.showings("give").ids) == 1
    later = NOW + timedelta(days=30)
    counted, usage = decide(policy, READER, view("two"), usage, later)
    assert (counted.counted, counted.prompt) == (True, None)
    assert usage.showings("give").ids == ()


def test_what_another_window_keeps_begins_no_window():
    """`bar` was shown in two days that are over, and is kept for five: they do not begin again."""
    policy = in_a_group(
        [Cap(times=1, window=Window(fixed="2 days"))],
        [Cap(times=2, window=Window(rolling="5 days"))],
    )
    usage = Usage()
    shown = []
    for days in (0, 1.5, 2.5, 4, 4.5):
        now = NOW + timedelta(days=days)
        decision, usage = decide(policy, READER, view(days), usage, now)
        shown.append(decision.prompt)
    assert shown == ["give", "bar", "give", None, "give"]


def test_a_view_that_is_sent_again_shows_its_own_prompt_whatever_its_group_showed_since():
    """The first answer was lost; `bar` was shown in another tab before the view came again."""
    policy = in_a_group(
        [Cap(times=1, window=Window(calendar="day"))],
        [Cap(times=3, window=Window(rolling="12 hours"))],
    )
    usage = Usage()
    shown = []
    for hours, name in ((0, "one"), (1, "two"), (2, "one")):
        decision, usage = decide(policy, READER, view(name), usage, NOW + timedelta(hours=hours))
        shown.append(decision.prompt)
    assert shown == ["give", "bar", "give"]


@st.composite
def lives(draw, policy, name):
    """Draw what is remembered of a reader of a policy until `NOW`."""
    usage = Usage()
    at = instant(NOW) - draw(st.integers(3, 12)) * DAY // 2
    for number, wait in enumerate(draw(st.lists(st.sampled_from(WAITS), max_size=8))):
        at += wait
        if at > instant(NOW):
            break
        now = moment(at, policy.zone)
        _, usage = decide(policy, READER, view(f"{name}{number}"), usage, now)
    return usage


@given(data=st.data(), first=CAPS, second=CAPS)
def test_a_sign_in_keeps_back_what_either_keeps_back_whatever_the_windows(data, first, second):
    """Now and later, for each prompt of a group; in any order of two devices, and twice is once."""
    policy = in_a_group(first, second)
    device, other, account = (data.draw(lives(policy, name)) for name in ("d", "o", "a"))
    both = join(policy, device, account, NOW)
    later = instant(NOW) + data.draw(st.sampled_from([0, 1, *WAITS]))
    new = view("new")
    asked = [
        look(policy.rulebook, READER, new, usage, later, later)[0]
        for usage in (device, account, both)
    ]
    for codes in zip(*asked, strict=True):
        assert codes[2] == NOT_NOW or NOT_NOW not in codes
    assert join(policy, device, both, NOW) is both
    assert join(policy, other, both, NOW) == join(
        policy, device, join(policy, other, account, NOW), NOW
    )


AT_THE_ENDS = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]


@pytest.mark.parametrize("at", AT_THE_ENDS, ids=["year 1", "year 9999"])
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Apia", "America/New_York"])
def test_what_another_policy_left_at_the_ends_of_time_breaks_no_view(at, zone):
    """Its meters, prompts and offers are not declared any more, and no calendar reaches there."""
    asked = in_a_group([Cap(times=1, window=Window(calendar="year"))], CAPPED, zone=zone)
    once = Tally(("x",), (instant(at),))
    when = {"gone": instant(at)}
    for left in (
        Usage({"gone": once}),
        Usage(shown={"gone": once}),
        Usage(closed=when),
        Usage(offered=when),
    ):
        decision, after = decide(asked, READER, view("one"), left, NOW)
        assert decision.prompt == "give"
        assert after.showings("give").ids
        expires_at(asked, left, NOW)
        join(asked, left, after, NOW)
