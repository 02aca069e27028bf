"""How often prompts are shown, for every policy: laws, meters of the same windows, joins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import event, given
from hypothesis import strategies as st

from meter import Article, PageView, Reader, Usage, Window, decide
from meter.engine import close, count, expires_at, join
from meter.engine import decide as plain_decide
from meter.policy import Cap
from meter.testing.laws import check_journey
from meter.testing.strategies import campaigns, edge_times, journeys, usages
from meter.testing.strategies.meters import windows
from meter.windows import DAY, instant, moment
from tests.laws.capped import as_a_meter, journey_of, with_caps
from tests.laws.plain_showings import plain_after, plain_look

ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "America/Havana", "Pacific/Apia"])
TIMES = st.integers(1, 3)
READER = Reader(id="r")


def until(usage, at):
    """Return the showings of a usage up to an instant."""
    return Usage(shown={name: tally.up_to(at) for name, tally in usage.shown.items()})


@given(data=st.data())
def test_every_law_holds_where_prompts_are_not_always_shown(data):
    """Any journey under any policy with caps keeps every law, those of prompts among them."""
    policy = data.draw(campaigns())
    check_journey(policy, data.draw(journeys(policy)))


@given(data=st.data(), window=windows(), times=TIMES, zone=ZONES)
def test_a_cap_is_open_exactly_where_a_meter_of_views_is(data, window, times, zone):
    """A prompt with a cap shows where a meter of views with that limit and window opens."""
    policy = with_caps([Cap(times=times, window=window)], zone)
    metered = as_a_meter(times, window, zone)
    shown = counted = Usage()
    for view, now in data.draw(journey_of(policy)):
        decision, shown = decide(policy, READER, view, shown, now)
        other, counted = decide(metered, READER, view, counted, now)
        assert (decision.prompt == "give") is (other.access == "full")
        assert shown.showings("give") == counted.tally("views")


@given(data=st.data())
def test_what_was_judged_before_says_the_same(data):
    """The engine and its memory decide alike, and leave the same record."""
    policy = data.draw(campaigns())
    usage = data.draw(usages(policy))
    for reader, view, now in data.draw(journeys(policy, max_size=6)):
        assert plain_decide(policy, reader, view, usage, now) == decide(
            policy, reader, view, usage, now
        )
        _, usage = decide(policy, reader, view, usage, now)


@given(data=st.data())
def test_a_record_is_read_and_written_as_in_the_plainest_way(data):
    """What the engine looks at in passing is what looking at everything says, at any view."""
    policy = data.draw(campaigns())
    rulebook = policy.rulebook
    usage = data.draw(usages(policy))
    for reader, view, now in data.draw(journeys(policy, max_size=6)):
        at = instant(now)
        counts, (when, _, glance, _) = count(rulebook, reader, view, usage, at)
        decision, after = decide(policy, reader, view, usage, now)
        if glance is not None:
            codes, seen, then = plain_look(rulebook, reader, view, usage, at, when)
            told = counts[rulebook.first_prompt :]
            event(f"{sorted(set(told))}")
            assert [
                code if prompt.is_capped else None
                for prompt, code in zip(rulebook.frequencies.prompts, told, strict=False)
            ] + [*told[len(codes) :]] == codes + seen
            is_shown = not view.prefetch and decision.prompt in rulebook.frequencies.places
            writes = after.tallies != usage.tallies or after.offered != usage.offered
            expected = plain_after(
                rulebook,
                usage,
                decision.prompt if is_shown else None,
                view.view_key(at),
                then,
                writes=writes,
            )
            assert (after.shown, after.closed) == expected
        assert Usage.from_bytes(after.to_bytes()) == after
        usage = after
        if data.draw(st.booleans()):
            usage = close(policy, usage, "give", now)


@given(data=st.data())
def test_a_record_may_be_dropped_when_it_expires(data):
    """From then on a view is decided as if nothing were remembered."""
    policy = data.draw(campaigns())
    usage = Usage()
    for reader, view, now in data.draw(journeys(policy, max_size=6)):
        _, usage = decide(policy, reader, view, usage, now)
        ends = expires_at(policy, usage)
        if ends is not None and ends > now:
            kept = decide(policy, reader, view, usage, ends)[0]
            assert decide(policy, reader, view, Usage(), ends)[0] == kept


@given(data=st.data(), listed=st.lists(st.builds(Cap, times=TIMES, window=windows()), max_size=3))
def test_a_joined_record_keeps_back_what_either_keeps_back(data, listed):
    """After a sign-in no prompt is shown that the device or the account would not be shown."""
    policy = with_caps(listed or [Cap(times=1, window=data.draw(windows()))], data.draw(ZONES))
    source, target = data.draw(usages(policy)), data.draw(usages(policy))
    now = data.draw(edge_times(policy))
    source, target = (until(each, instant(now)) for each in (source, target))
    both = join(policy, source, target, now)
    later = moment(
        instant(now) + data.draw(st.sampled_from([0, 1, DAY, 2 * DAY, 7 * DAY])), policy.zone
    )
    view = PageView(article=Article(id="new"), id="new")
    asked = [decide(policy, READER, view, each, later)[0].prompt for each in (source, target)]
    if None in asked:
        assert decide(policy, READER, view, both, later)[0].prompt is None
    assert join(policy, source, both, now) is both


@given(
    data=st.data(),
    listed=st.lists(st.builds(Cap, times=TIMES, window=windows()), min_size=1, max_size=3),
)
def test_no_more_is_remembered_than_the_numbers_ask_for(data, listed):
    """A record holds no more showings of a prompt than all its caps together allow."""
    policy = with_caps(listed, "UTC")
    usage = data.draw(usages(policy))
    now = max(
        [
            instant(datetime(2026, 1, 1, tzinfo=UTC)),
            *(tally.ats[-1] for tally in (*usage.tallies.values(), *usage.shown.values())),
        ]
    )
    usage = close(policy, usage, "give", moment(now, policy.zone))
    view = PageView(article=Article(id="new"), id="new")
    _, after = decide(policy, READER, view, usage, moment(now, policy.zone))
    if after is not usage:
        assert len(after.showings("give").ids) <= sum(cap.times + 1 for cap in listed) + 1


def test_a_rolling_day_is_not_a_calendar_day():
    """Where the clocks go back a calendar day has 25 hours: a rolling one lets two into it."""
    rolling = with_caps([Cap(times=1, window=Window(rolling="1 day"))], "America/New_York")
    first = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)  # midnight in New York
    usage = Usage()
    shown = []
    for hours in (0, 24, 25):
        view = PageView(article=Article(id="a"), id=f"v{hours}")
        decision, usage = decide(rolling, READER, view, usage, first + timedelta(hours=hours))
        shown.append(decision.prompt)
    assert shown == ["give", "give", None]
