"""What is paid for goes on until somebody cancels, keeps its day, and is never lost."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from meter import Journey, Reader, loads_policy
from meter.journeys import PlannedStep
from meter.journeys.actions import Subscribe, Wait
from meter.journeys.rights import PaidTerms
from meter.windows import Term, instant
from tests.journeys.test_journeys import run, steps

ZONES = (
    "UTC",
    "Asia/Tokyo",
    "Europe/London",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Asia/Kathmandu",
)


def policy_in(zone):
    """Return a policy without meters in a zone."""
    return loads_policy(
        f'[publication]\nname="P"\ntimezone="{zone}"\n[[rules]]\nname="all"\nshow="article"\n'
    )


POLICIES = {zone: policy_in(zone) for zone in ZONES}


def tokyo(*parts):
    """Return a time in the zone of the journeys' policy."""
    return datetime(*parts, tzinfo=ZoneInfo("Asia/Tokyo"))


def ends(step):
    """Return the end of the one right a reader has."""
    (right,) = step.reader.entitlements
    return right.ends


def test_a_subscription_keeps_its_day_of_the_month(policy):
    """31 January, 28 February, 31 March, 30 April: never the 28th for good."""
    seen = run(
        policy,
        "start = 2026-01-31T18:30:00\n"
        + steps(
            'subscribe = { term = "1 month" }',
            'at = 2026-02-28T18:29:59; read = "a"',
            'after = "1 minute"; read = "a"',
            'at = 2026-04-01; read = "a"',
            'at = 2026-05-01; read = "a"',
        ),
    )
    assert [ends(step) for step in seen] == [
        tokyo(2026, 2, 28, 18, 30),
        tokyo(2026, 2, 28, 18, 30),
        tokyo(2026, 3, 31, 18, 30),
        tokyo(2026, 4, 30, 18, 30),
        tokyo(2026, 5, 31, 18, 30),
    ]
    assert {str(step.decision.show) for step in seen} == {"article"}
    assert [(paid.at.date(), paid.payments) for step in seen for paid in step.continued] == [
        (date(2026, 2, 28), 1),
        (date(2026, 3, 31), 1),
        (date(2026, 4, 30), 1),
    ]


@pytest.mark.parametrize(
    ("buys", "end"),
    [
        # Bought twice within a month: nine days were lost once.
        (['subscribe = { term = "1 month" }'] * 2, tokyo(2026, 8, 1)),
        (['subscribe = "annual"'] * 2, tokyo(2028, 6, 1)),
        (
            ['subscribe = { term = "1 month" }', 'subscribe = { term = "1 year" }'],
            tokyo(2027, 7, 1),
        ),
        (
            ['subscribe = { term = "1 month" }', 'subscribe = { term = "10 days" }'],
            tokyo(2026, 7, 11),
        ),
        (["subscribe = { ends = 2026-07-09 }"] * 2, tokyo(2026, 7, 10)),
        (
            ["subscribe = { ends = 2026-07-09 }", 'subscribe = { term = "1 month" }'],
            tokyo(2026, 8, 10),
        ),
        (['start_trial = { term = "1 month" }'] * 2, tokyo(2026, 8, 1)),
        # Cancelled, and taken again before it ended.
        (
            [
                'subscribe = { term = "1 month" }',
                "cancel = true",
                'subscribe = { term = "1 month" }',
            ],
            tokyo(2026, 8, 1),
        ),
        (['subscribe = { term = "1 month" }', "subscribe = true"], None),
    ],
)
def test_what_is_bought_while_one_runs_goes_on_from_its_end(policy, buys, end):
    """Nobody loses a day that was paid for."""
    first, *later = buys
    lines = [first, *(f"at = 2026-06-{22 + n}; {line}" for n, line in enumerate(later))]
    seen = run(policy, steps(*lines))
    assert [step.problem for step in seen] == [None] * len(seen)
    assert ends(seen[-1]) == end


def test_where_a_purchase_goes_on_is_said(policy):
    """With the day from which it counts, and that it will be paid for again."""
    *_, last = run(
        policy,
        steps(
            'subscribe = { term = "1 month" }', 'at = 2026-06-22; subscribe = { term = "1 month" }'
        ),
    )
    assert (
        last.what
        == "subscribes, on from 1 July 2026 00:00 until 1 August 2026 00:00, then every month"
    )


def test_another_product_begins_at_once(policy):
    """It is a right of its own."""
    seen = run(policy, steps('subscribe = { term = "1 month" }', 'subscribe = "annual"'))
    assert [right.ends.date() for right in seen[-1].reader.entitlements] == [
        date(2026, 7, 1),
        date(2027, 6, 1),
    ]


def test_an_end_that_takes_paid_days_away_cannot_be_bought(policy):
    """The step says until when is paid."""
    _, last = run(
        policy, steps('subscribe = { term = "1 year" }', "subscribe = { ends = 2026-12-31 }")
    )
    assert "before the one that is paid for until 2027-06-01T00:00:00+09:00" in last.problem


@pytest.mark.parametrize(
    ("stop", "until", "shows"),
    [
        ("cancel = true", "2026-08-01", "subscription-expired"),
        ("payment_fails = true", "2026-08-01", "article"),
        ("payment_fails = true", "2026-08-08", "subscription-expired"),
        ("cancel = { now = true }", "2026-07-10", "subscription-expired"),
        ('wait = "1 day"', "2031-01-01", "article"),
    ],
)
def test_a_subscription_goes_on_until_it_is_stopped(policy, stop, until, shows):
    """A cancelled one at the end that is paid for, one whose payment failed after its grace."""
    seen = run(
        policy,
        steps(
            'subscribe = { term = "1 month", grace = "7 days" }',
            f"at = 2026-07-10; {stop}",
            f'at = {until}; read = "a"',
        ),
    )
    assert [step.problem for step in seen] == [None] * 3
    assert seen[-1].decision.show == shows


def test_a_term_that_does_not_renew_is_paid_once(policy):
    """A pass for a month."""
    seen = run(
        policy,
        steps('subscribe = { term = "1 month", renews = false }', 'at = 2026-07-01; read = "a"'),
    )
    assert seen[-1].decision.show == "subscription-expired"


@pytest.mark.parametrize(
    ("stop", "status"),
    [
        (None, "subscriber"),
        ("cancel = true", "trial-expired"),
        ("cancel = { now = true }", "trial-expired"),
        ("end_trial = true", "trial-expired"),
        ("payment_fails = true", "trial-expired"),
    ],
)
def test_a_trial_becomes_what_it_was_agreed_to_unless_that_is_stopped(policy, stop, status):
    """With `then` it goes on as that subscription, from the instant it ends."""
    lines = ['start_trial = { offer = "summer", then = "annual" }']
    lines += [] if stop is None else [f'after = "1 day"; {stop}']
    seen = run(policy, steps(*lines, 'at = 2026-09-01; read = "a"', 'at = 2028-03-01; read = "a"'))
    assert [step.problem for step in seen] == [None] * len(seen)
    assert [step.reader.status(step.at) for step in seen[-2:]] == [status, status]
    if stop is None:
        trial, paid = seen[-1].reader.entitlements
        assert (trial.ends, paid.starts, paid.ends.date()) == (
            paid.starts,
            trial.ends,
            date(2028, 9, 1),
        )
        assert paid.product == "digital"


def test_a_trial_without_one_ends(policy):
    """Nobody pays who did not agree to."""
    seen = run(policy, steps('start_trial = "summer"', 'at = 2026-09-01; read = "a"'))
    assert seen[-1].decision.show == "trial-expired"
    assert seen[-1].continued == ()


def test_whoever_subscribes_in_the_trial_does_not_pay_twice(policy):
    """What the trial would have become is taken already."""
    seen = run(
        policy,
        steps(
            'start_trial = { offer = "summer", then = "annual" }',
            'after = "1 day"; subscribe = "annual"',
            'at = 2026-09-02; read = "a"',
        ),
    )
    assert [str(right.kind) for right in seen[-1].reader.entitlements] == ["trial", "subscription"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["payment_fails = true"], "nothing is running that would be paid for again"),
        (
            ["subscribe = { ends = 2026-07-01 }", "payment_fails = true"],
            "nothing is running that would be paid for again",
        ),
        (
            ['start_trial = { offer = "summer", then = "summer" }'],
            "offer `summer` is for a trial, not a subscription",
        ),
    ],
)
def test_what_cannot_happen_is_told(policy, lines, says):
    """As with every other step."""
    assert f"this step cannot happen: {says}" == run(policy, steps(*lines))[-1].problem


def test_a_renewal_is_printed_with_what_it_paid_for(policy):
    """How often, and until when."""
    seen = run(policy, steps('subscribe = { term = "1 month" }', 'at = 2027-06-15; read = "a"'))
    (paid,) = seen[-1].continued
    assert (paid.payments, paid.at.date(), paid.until.date()) == (
        12,
        date(2027, 6, 1),
        date(2027, 7, 1),
    )


def months_on(day, months):
    """Return the same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


INSTANTS = st.tuples(
    st.dates(date(2024, 1, 1), date(2031, 12, 31)),
    st.times(),
    st.sampled_from(ZONES),
)


@settings(max_examples=200, deadline=None)
@given(INSTANTS, st.integers(1, 13), st.sampled_from(["month", "year"]), st.integers(1, 14))
def test_every_renewal_is_counted_from_the_first_day(begin, count, unit, payments):
    """Law: the n-th end is on the day of the month of the first, or on the last of a shorter month.

    It is the first instant whose clock shows that time of day or later; recounted by hand.
    """
    day, clock, zone = begin
    start = datetime.combine(day, clock, ZoneInfo(zone))
    terms = PaidTerms.begin(start, Term.parse(f"{count} {unit}"), renews=True)
    length = count * (12 if unit == "year" else 1)
    for number in range(1, payments + 1):
        end = terms.ends(ZoneInfo(zone))
        wanted = datetime.combine(months_on(start.date(), number * length), start.time())
        shown = end.replace(tzinfo=None, fold=0)
        assert timedelta() <= shown - wanted.replace(fold=0) <= timedelta(hours=24)
        exists = wanted.replace(tzinfo=ZoneInfo(zone))
        gone = instant(exists) != instant(end) and shown != wanted.replace(fold=0)
        assert shown == wanted.replace(fold=0) or gone
        terms = terms.add(terms.term, end, renews=True)


@settings(max_examples=150, deadline=None)
@given(
    INSTANTS,
    st.sampled_from(["1 month", "3 months", "1 year", "1 week", "30 days"]),
    st.lists(st.integers(0, 80), min_size=1, max_size=8),
)
def test_looking_more_often_changes_nothing(begin, term, waits):
    """Law: what is paid for at an instant does not depend on the steps before it."""
    day, clock, zone = begin
    start = datetime.combine(day, clock, ZoneInfo(zone))
    buy = PlannedStep(action=Subscribe(term=Term.parse(term)))
    days = [PlannedStep(action=Wait(span=timedelta(days=wait))) for wait in waits]
    whole = PlannedStep(action=Wait(span=timedelta(days=sum(waits))))
    assume(sum(waits))
    often = Journey(start=start, steps=[buy, *days]).run(POLICIES[zone])
    once = Journey(start=start, steps=[buy, whole]).run(POLICIES[zone])
    assert often[-1].reader == once[-1].reader
    assert sum(paid.payments for step in often for paid in step.continued) == sum(
        paid.payments for step in once for paid in step.continued
    )
    for step in often:
        assert step.reader.status(step.at) == "subscriber"


TERMS = st.sampled_from(["1 month", "2 months", "1 year", "10 days", "1 week"])


@settings(max_examples=200, deadline=None)
@given(INSTANTS, st.lists(st.tuples(TERMS, st.integers(0, 40)), min_size=1, max_size=7))
def test_no_paid_day_is_lost(begin, purchases):
    """Law: each purchase moves the end on by its whole term, counted from the end before it.

    At least: where that stood on the last day of a short month, the day of the month comes back.
    """
    day, clock, zone = begin
    start = datetime.combine(day, clock, ZoneInfo(zone))
    planned = []
    for term, wait in purchases:
        planned.append(PlannedStep(action=Subscribe(term=Term.parse(term), renews=False)))
        planned.append(PlannedStep(action=Wait(span=timedelta(days=wait))))
    planned.pop()
    journey = Journey(start=start, reader=Reader(id="ana"), steps=planned)
    end = None
    for step in journey.run(POLICIES[zone]):
        if not isinstance(step.action, Subscribe):
            continue
        latest = max(right.ends for right in step.reader.entitlements)
        begins = step.at if end is None or end <= step.at else end
        least = step.action.term.after(begins, ZoneInfo(zone))
        assert latest >= least - timedelta(hours=2)
        assert latest.date() >= least.date()
        assert latest - least < timedelta(days=4, hours=2)
        end = latest


def test_a_time_of_day_is_kept_over_a_gap():
    """02:30 does not exist on 29 March in Berlin: that month begins at 03:00, the next at 02:30."""
    zone = ZoneInfo("Europe/Berlin")
    start = datetime.combine(date(2026, 2, 28), time(2, 30), zone)
    terms = PaidTerms.begin(start, Term.parse("1 month"), renews=True)
    seen = [terms.ends(zone)]
    terms = PaidTerms.begin(
        datetime.combine(date(2026, 1, 29), time(2, 30), zone), Term.parse("1 month"), renews=True
    )
    for _ in range(3):
        seen.append(terms.ends(zone))
        terms = terms.add(terms.term, seen[-1], renews=True)
    assert [f"{end:%d %b %H:%M}" for end in seen] == [
        "28 Mar 02:30",
        "28 Feb 02:30",
        "29 Mar 03:00",
        "29 Apr 02:30",
    ]


@pytest.mark.parametrize("term", ["1 day", "3 weeks", "1 month", "1500 weeks"])
def test_a_term_of_any_length_goes_on_for_decades(policy, term):
    """However many payments that are, and however long one is."""
    seen = run(
        policy,
        "start = 2027-01-31\n"
        + steps(f'subscribe = {{ term = "{term}" }}', 'at = 2065-01-01; read = "a"'),
    )
    assert ends(seen[-1]) > tokyo(2065, 1, 1)
