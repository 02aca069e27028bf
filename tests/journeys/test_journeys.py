"""A reader's months go as an editor would expect, and every count is the engine's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Article, Entitlement, Journey, PageView, Reader, Usage, decide, loads_policy
from meter.journeys import Expect, JourneyError, PlannedStep
from meter.journeys.actions import ReadArticle, SignIn, SwitchDevice, Wait
from meter.journeys.person import parse_span, span_text


def run(policy, text):
    """Return the steps of a journey that starts on 1 June 2026 unless its text says otherwise."""
    dated = "start =" in text or text.partition("[[steps]]\n")[2].startswith("at =")
    return Journey.loads(text if dated else f"start = 2026-06-01\n{text}").run(policy)


def steps(*lines):
    """Return the text of steps, one a line."""
    return "".join(f"[[steps]]\n{line.replace('; ', chr(10))}\n" for line in lines)


def test_a_reader_runs_out_in_the_month_and_starts_again_with_the_next(policy):
    """The allowance is counted down, walled, and back at midnight in the publication's zone."""
    seen = run(
        policy,
        steps(
            'read = "a"', 'read = "b"', 'read = "c"', 'read = "d"', 'at = 2026-07-01; read = "d"'
        ),
    )
    assert [(str(step.decision.show), step.decision.meter.left) for step in seen] == [
        ("countdown", 2),
        ("countdown", 1),
        ("last-free-article", 0),
        ("trial-offer", 0),
        ("countdown", 2),
    ]
    assert [(datetime(2026, 6, 30, 15, tzinfo=UTC), "monthly", 3)] == [
        (item.at, item.meter, item.back) for item in seen[-1].renewals
    ]


def test_every_step_says_where_the_reader_stood_and_stands(policy):
    """The count before and after a step is the window's, in the reader's own limit."""
    read, again, signed = run(policy, steps('read = "a"', 'read = "a"', "sign_in = true"))
    assert [
        (step.before["monthly"].used, step.after["monthly"].used) for step in (read, again, signed)
    ] == [(0, 1), (1, 1), (1, 1)]
    assert (signed.before["monthly"].limit, signed.after["monthly"].limit) == (3, 5)
    assert date(2026, 7, 1) == read.after["monthly"].resets_at.date()


def test_signing_in_joins_what_the_device_counted_by_union(policy):
    """An article read on both sides counts once, and signing in again changes nothing."""
    seen = run(
        policy,
        steps(
            'read = "a"',
            'read = "b"',
            'switch_device = "phone"',
            'read = "b"',
            'read = "c"',
            "sign_in = true",
            'switch_device = "laptop"',
            "sign_in = true",
            "sign_in = true",
        ),
    )
    assert [step.after["monthly"].used for step in seen] == [1, 2, 0, 1, 2, 2, 2, 3, 3]


def test_a_device_that_is_signed_in_stays_so(policy):
    """Going back to a device finds the account it had."""
    seen = run(
        policy,
        steps(
            "sign_in = true", 'read = "a"', 'switch_device = "phone"', 'switch_device = "laptop"'
        ),
    )
    assert [step.after["monthly"].used for step in seen[1:]] == [1, 0, 1]
    assert [step.reader.registered for step in seen[1:]] == [True, False, True]


def test_signing_out_brings_the_devices_own_count_back(policy):
    """The account's reads stay with the account."""
    seen = run(policy, steps('read = "a"', "sign_in = true", 'read = "b"', "sign_out = true"))
    assert [step.after["monthly"].used for step in seen] == [1, 1, 2, 1]


def test_clearing_cookies_makes_a_new_reader(policy):
    """Nothing is known of the device afterwards, not even who was signed in."""
    seen = run(policy, steps('read = "a"', "sign_in = true", "clear_cookies = true", 'read = "b"'))
    assert [step.after["monthly"].used for step in seen] == [1, 1, 0, 1]
    assert seen[-1].decision.counted


def test_two_accounts_do_not_share_rights_or_counts(policy):
    """A subscription belongs to the account that bought it."""
    seen = run(
        policy,
        steps(
            'sign_in = "ana"',
            "subscribe = true",
            "sign_out = true",
            'sign_in = "ben"',
            'read = "a"',
            'sign_in = "ana"',
        ),
    )
    assert [step.reader.status(step.at) for step in seen] == [
        "registered",
        "subscriber",
        "anonymous",
        "registered",
        "registered",
        "subscriber",
    ]


@pytest.mark.parametrize(
    ("start", "term", "last", "ended"),
    [
        ("2026-01-31T18:30:00", "1 month", "2026-02-28T18:29:59", "2026-02-28T18:30:00"),
        ("2024-02-29T00:00:00", "1 year", "2025-02-27T23:59:59", "2025-02-28T00:00:00"),
        ("2026-06-01T12:00:00", "14 days", "2026-06-15T11:59:59", "2026-06-15T12:00:00"),
    ],
)
def test_a_trial_ends_to_the_instant(policy, start, term, last, ended):
    """A term is counted on the calendar of the publication's zone; its end is without it."""
    seen = run(
        policy,
        f"start = {start}\n"
        + steps(
            f'start_trial = {{ term = "{term}" }}',
            f'at = {last}; read = "a"',
            f'at = {ended}; read = "a"',
        ),
    )
    assert [str(step.decision.show) for step in seen] == ["article", "article", "trial-expired"]


def test_an_offer_gives_its_own_term_and_product(policy):
    """Taking an offer needs nothing but its name."""
    trial, paid = run(policy, steps('start_trial = "summer"', 'subscribe = "annual"'))
    assert ("trial", None, date(2026, 9, 1)) == (
        trial.reader.entitlements[0].kind,
        trial.reader.entitlements[0].product,
        trial.reader.entitlements[0].ends.date(),
    )
    assert ("digital", date(2027, 6, 1)) == (
        paid.reader.entitlements[1].product,
        paid.reader.entitlements[1].ends.date(),
    )


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (
            'at = 2026-07-01; start_trial = "summer"',
            "offer `summer` is over: it ran until 2026-07-01T00:00:00+09:00",
        ),
        (
            'at = 2026-05-31; start_trial = "summer"',
            "offer `summer` has not started: it runs from 2026-06-01T00:00:00+09:00",
        ),
        (
            'at = 2026-06-01; start_trial = "annual"',
            "offer `annual` is for a subscription, not a trial",
        ),
        (
            'at = 2026-06-01; subscribe = "winter"',
            "the policy has no offer `winter`; there are: `summer`, `annual`",
        ),
        ("at = 2026-06-01; cancel = true", "no subscription is running"),
        ("at = 2026-06-01; end_trial = true", "no trial is running"),
        ("at = 2026-06-01; sign_out = true", "nobody is signed in on this device"),
        (
            "at = 2026-06-01; subscribe = { ends = 2026-05-01 }",
            "the subscription would end at 2026-05-02T00:00:00+09:00, before it begins",
        ),
    ],
)
def test_what_cannot_happen_is_a_problem_of_its_step(policy, step, says):
    """The journey goes on, the step says why it did not happen, and nothing was changed."""
    (done,) = run(policy, steps(step))
    assert f"this step cannot happen: {says}" == done.problem
    assert done.reader.entitlements == ()


def test_a_cancelled_subscription_runs_on_to_its_end_without_grace(policy):
    """Cancelling takes nothing away that was paid for.

    The week for a failed payment is not part of it.
    """
    seen = run(
        policy,
        steps(
            'subscribe = { term = "1 month", grace = "7 days" }',
            "cancel = true",
            'at = 2026-06-30T23:59:59; read = "a"',
            'at = 2026-07-01; read = "a"',
        ),
    )
    assert [str(step.decision.show) for step in seen] == [
        "article",
        "article",
        "article",
        "subscription-expired",
    ]


def test_grace_keeps_a_subscription_open(policy):
    """A failed payment is sorted out while the reader goes on reading."""
    seen = run(
        policy,
        steps(
            'subscribe = { term = "1 month", grace = "7 days" }',
            "payment_fails = true",
            'at = 2026-07-07; read = "a"',
            'at = 2026-07-08; read = "a"',
        ),
    )
    assert [str(step.decision.show) for step in seen] == [
        "article",
        "article",
        "article",
        "subscription-expired",
    ]


@pytest.mark.parametrize("how", ["{ now = true }", "{ ends = 2026-06-01 }"])
def test_a_subscription_can_end_when_it_is_said(policy, how):
    """At once, or at the end of a day."""
    seen = run(policy, steps("subscribe = true", f"cancel = {how}", 'at = 2026-06-02; read = "a"'))
    assert seen[-1].decision.show == "subscription-expired"


def test_a_subscription_without_an_end_has_none_to_run_on_to(policy):
    """The step says what to write instead."""
    seen = run(policy, steps("subscribe = true", "cancel = true"))
    assert "no end to run on to" in seen[-1].problem


def test_a_reader_with_rights_starts_signed_in(policy):
    """Dates of entitlements are the publication's: an end holds to the end of that day there."""
    text = '[reader]\nid = "ana"\nentitlements = [{ kind = "subscription", ends = 2026-06-30 }]\n'
    seen = run(
        policy,
        text
        + steps('at = 2026-06-30T14:59:59Z; read = "a"', 'at = 2026-06-30T15:00:00Z; read = "a"'),
    )
    assert [str(step.decision.show) for step in seen] == ["article", "subscription-expired"]


def test_steps_that_open_nothing_say_what_the_article_on_screen_would_get(policy):
    """They carry a decision, and count nothing."""
    seen = run(
        policy, steps('switch_device = "phone"', 'read = "a"', "sign_in = true", 'wait = "1 month"')
    )
    assert [step.view.article.id for step in seen] == ["a"] * 4
    assert [str(step.decision.show) for step in seen] == ["countdown"] * 4
    assert [step.decision.counted for step in seen] == [False, True, False, False]
    assert [step.is_read for step in seen] == [False, True, False, False]


def test_time_only_moves_forward(policy):
    """A step before the one before it is an error that says both times, in one zone."""
    with pytest.raises(JourneyError) as caught:
        run(policy, steps('at = 2026-06-02; read = "a"', 'at = 2026-06-01T14:00:00Z; read = "b"'))
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("step-goes-back", 4)
    assert (
        problem.message
        == "step 2 is at 2026-06-01 23:00, before 2026-06-02 00:00 where the journey stands (times"
        " in Asia/Tokyo)"
    )


def test_days_are_the_calendars_and_hours_are_absolute():
    """Over a change of the clocks a day keeps the time on the wall, 24 hours do not."""
    policy = loads_policy(
        '[publication]\nname="P"\ntimezone="Europe/Berlin"\n[[rules]]\nname="all"\nshow="article"\n'
    )
    text = "start = 2026-03-28T12:00:00\n"
    (day,) = Journey.loads(text + steps('after = "1 day"; read = "a"')).run(policy)
    (hours,) = Journey.loads(text + steps('after = "24 hours"; read = "a"')).run(policy)
    assert (f"{day.at:%H:%M}", f"{hours.at:%H:%M}") == ("12:00", "13:00")


def test_a_meter_of_views_counts_every_read_of_a_journey():
    """Two steps at the same moment are two views."""
    policy = loads_policy(
        '[publication]\nname="P"\n[meters.views]\nwindow={ lifetime = true'
        ' }\nlimit=5\ncount="views"\n'
        '[[rules]]\nname="v"\nspend="views"\nshow="countdown"\n[[rules]]\nname="e"\nshow="subscription-wall"\n'
    )
    assert [
        step.decision.meter.used for step in run(policy, steps('read = "a"', 'read = "a"'))
    ] == [1, 2]


@pytest.mark.parametrize(
    ("window", "after", "at", "back"),
    [
        ('{ rolling = "2 days" }', "46 hours", None, None),
        ('{ rolling = "2 days" }', "47 hours", datetime(2026, 6, 3, tzinfo=UTC), 1),
        ('{ rolling = "2 days" }', "48 hours", datetime(2026, 6, 3, 1, tzinfo=UTC), 2),
        ('{ fixed = "2 days" }', "3 days", datetime(2026, 6, 3, tzinfo=UTC), 2),
        ('{ calendar = "day" }', "3 days", datetime(2026, 6, 2, tzinfo=UTC), 2),
        ("{ lifetime = true }", "9 years", None, None),
    ],
)
def test_a_window_that_ends_between_two_steps_is_told(window, after, at, back):
    """With the instant from which what was counted counts no more."""
    policy = loads_policy(
        f'[publication]\nname="P"\n[meters.m]\nwindow={window}\nlimit=5\n'
        '[[rules]]\nname="v"\nspend="m"\nshow="countdown"\n[[rules]]\nname="e"\nshow="subscription-wall"\n'
    )
    *_, last = run(
        policy,
        steps('read = "a"', 'after = "1 hour"; read = "b"', f'after = "{after}"; read = "c"'),
    )
    assert ([] if at is None else [(at, back)]) == [(item.at, item.back) for item in last.renewals]


@pytest.mark.parametrize(
    ("expect", "told"),
    [
        ('{ show = "trial-offer" }', "expected `show = trial-offer`, got `countdown`"),
        ('{ access = "preview" }', "expected `access = preview`, got `full`"),
        ("{ left = 3 }", "expected `left = 3`, got `2`"),
        ("{ used = 0 }", "expected `used = 0`, got `1`"),
        ('{ rule = "paid" }', "expected `rule = paid`, got `metered`"),
        ('{ offer = "annual" }', "expected `offer = annual`, got `summer`"),
        ("{ offer = false }", "expected `offer = false`, got `summer`"),
        ('{ prompt = "wall" }', "expected `prompt = wall`, got `countdown`"),
        ("{ prompt = false }", "expected `prompt = false`, got `countdown`"),
        ("{ counted = false }", "expected `counted = false`, got `true`"),
        (
            "{ resets_at = 2026-07-02 }",
            "expected `resets_at = 2026-07-02T00:00:00+09:00`, got `2026-07-01T00:00:00+09:00`",
        ),
        (
            '{ says = "3 free articles" }',
            (
                "expected it to say `3 free articles`, but it says `You have 2 free articles left"
                " this month"
            ),
        ),
    ],
)
def test_a_broken_expectation_is_told_with_its_reason(policy, expect, told):
    """What was expected, what came, and which rule decided."""
    (step,) = run(policy, steps(f'read = "a"; expect = {expect}'))
    assert told == step.problem[: len(told)]
    assert "shows `countdown` (the whole article) by rule `metered`" in step.problem


def test_an_expectation_that_holds_is_no_problem(policy):
    """Every key at once."""
    expect = (
        '{ show = "countdown", access = "full", left = 2, used = 1, rule = "metered", offer ='
        ' "summer", prompt = true, counted = true, resets_at = 2026-07-01, says = ["2 free articles'
        ' left", "Try 3 months for $9"] }'
    )
    (step,) = run(policy, steps(f'read = "a"; expect = {expect}'))
    assert step.problem is None


def test_words_are_expected_in_the_language_asked_for(policy):
    """A journey can be a test of a translation."""
    text = 'start = 2026-06-01\n[[steps]]\nread = "a"\nexpect = { says = "無料記事はあと2本" }\n'
    journey = Journey.loads(text)
    assert [step.problem for step in Journey.loads(f'locale = "ja"\n{text}').run(policy)] == [None]
    assert [step.problem for step in journey.run(policy, locale="ja")] == [None]
    assert journey.run(policy)[0].problem is not None


def test_a_journey_can_be_built_in_python(policy):
    """Without any file."""
    journey = Journey(
        start=datetime(2026, 6, 1, tzinfo=UTC),
        reader=Reader(
            id="ana",
            entitlements=[Entitlement(kind="trial", ends=datetime(2026, 6, 2, tzinfo=UTC))],
        ),
        steps=[
            PlannedStep(
                action=ReadArticle(view=PageView(article=Article(id="a"))),
                expect=Expect(show="article"),
            ),
            PlannedStep(action=Wait(span=timedelta(days=1))),
            PlannedStep(
                action=ReadArticle(view=PageView(article=Article(id="a"))),
                expect=Expect(show="trial-expired"),
            ),
        ],
    )
    assert [step.problem for step in journey.run(policy)] == [None] * 3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdefg"), st.integers(0, 900)), max_size=25))
def test_a_journey_of_reads_is_the_engine_called_in_turn(policy, reads):
    """Law: a journey adds no rule of its own."""
    now, usage, expected = datetime(2026, 6, 1, tzinfo=UTC), Usage(), []
    for article, hours in reads:
        now += timedelta(hours=hours)
        decision, usage = decide(
            policy, Reader(id="laptop"), PageView(article=Article(id=article)), usage, now
        )
        expected.append((decision.show, decision.rule, decision.meter, decision.counted))
    journey = Journey(
        start=datetime(2026, 6, 1, tzinfo=UTC),
        steps=[
            PlannedStep(
                action=ReadArticle(view=PageView(article=Article(id=article))),
                after=timedelta(hours=hours),
            )
            for article, hours in reads
        ],
    )
    decisions = [step.decision for step in journey.run(policy)]
    assert expected == [(made.show, made.rule, made.meter, made.counted) for made in decisions]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f", "phone", "laptop", "in"]), max_size=30)
)
def test_one_person_reads_no_more_than_the_limits_of_their_identities(policy, moves):
    """Law: two devices and an account open at most 3 + 3 + 5 distinct articles in a month."""
    actions = {
        "phone": SwitchDevice(device="phone"),
        "laptop": SwitchDevice(device="laptop"),
        "in": SignIn(),
    }
    journey = Journey(
        start=date(2026, 6, 1),
        steps=[
            PlannedStep(
                action=actions.get(move) or ReadArticle(view=PageView(article=Article(id=move)))
            )
            for move in moves
        ],
    )
    for step in journey.run(policy):
        assert step.after["monthly"].used <= step.after["monthly"].limit
        assert step.decision.counted <= step.is_read
    opened = {step.view.article.id for step in journey.run(policy) if step.decision.counted}
    assert len(opened) <= 11


@given(st.sampled_from(["minute", "hour", "day", "week", "month", "year"]), st.integers(1, 500))
@settings(max_examples=40, deadline=None)
def test_a_stretch_of_time_is_read_as_it_is_written(unit, count):
    """Writing and reading again gives the same."""
    span = parse_span(f"{count} {unit}{'' if count == 1 else 's'}")
    assert span == parse_span(span_text(span))


@pytest.mark.parametrize("step", ['wait = "9999 years"', 'after = "3000 months"; read = "a"'])
def test_a_step_that_leads_too_far_is_located(policy, step):
    """A slip such as `9999 years` is told, not run into."""
    with pytest.raises(JourneyError) as caught:
        run(policy, steps(step))
    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == ("step-too-far", 2)
    assert "past the year 2200" in problem.message


def test_a_term_that_leads_too_far_cannot_be_taken(policy):
    """It is a problem of its step."""
    (step,) = run(policy, steps('subscribe = { term = "9999 years" }'))
    assert (
        step.problem == "this step cannot happen: 9999 years after 2026-06-01 is past the year 2200"
    )
