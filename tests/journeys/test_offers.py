"""An offer can be taken by whom it could be shown to, and by nobody else."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import Journey, PageView, loads_policy
from meter.engine import decide
from meter.usage import Usage
from meter.view import Article

ZONE = ZoneInfo("Asia/Tokyo")
POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
[meters.monthly]
window = {{ calendar = "month" }}
limit = {{ anonymous = 2, registered = 3 }}
[offers.trial]
price = 1
currency = "USD"
term = "1 month"
when = {when}
[[rules]]
name = "all"
show = "trial-offer"
offer = "trial"
"""
NEW = '{ reader = ["anonymous", "registered"] }'


def run(when, *lines, head=""):
    """Return the steps of a journey under a policy whose trial is for `when`."""
    text = "".join(f"[[steps]]\n{line.replace('; ', chr(10))}\n" for line in lines)
    policy = loads_policy(POLICY.format(when=when))
    return Journey.loads(f"start = 2026-06-01\n{head}{text}").run(policy)


def why(step):
    """Return why a step could not happen, without the frame around it."""
    return (step.problem or "").partition("offer `trial` is not for this reader: ")[2]


@pytest.mark.parametrize(
    ("when", "lines", "reasons"),
    [
        (
            NEW,
            ['start_trial = "trial"', 'start_trial = "trial"'],
            ["", "the reader's status is `trial`, not `anonymous` or `registered`"],
        ),
        (
            NEW,
            ['start_trial = "trial"', 'at = 2026-08-01; start_trial = "trial"'],
            ["", "the reader's status is `trial-expired`, not `anonymous` or `registered`"],
        ),
        # Signing out, or another device, makes no new account of the one that takes it.
        (
            NEW,
            ['start_trial = "trial"', "sign_out = true", 'at = 2026-08-01; start_trial = "trial"'],
            ["", "", "the reader's status is `trial-expired`, not `anonymous` or `registered`"],
        ),
        (
            NEW,
            ['start_trial = "trial"', "clear_cookies = true", 'start_trial = "trial"'],
            ["", "", "the reader's status is `trial`, not `anonymous` or `registered`"],
        ),
        (
            NEW,
            ['start_trial = "trial"', 'switch_device = "tv"', 'start_trial = "trial"'],
            ["", "", "the reader's status is `trial`, not `anonymous` or `registered`"],
        ),
        # A second account is a second customer, as far as anybody can tell.
        (
            NEW,
            ['start_trial = "trial"', "sign_out = true", 'sign_in = "x"', 'start_trial = "trial"'],
            ["", "", "", ""],
        ),
        # Who is anonymous until they take it may take it, and then has an account.
        ('{ reader = ["anonymous"] }', ['start_trial = "trial"'], [""]),
        (
            '{ reader = ["anonymous"] }',
            ["sign_in = true", "sign_out = true", 'start_trial = "trial"'],
            ["", "", "the reader's status is `registered`, not `anonymous`"],
        ),
        (
            '{ reader = ["registered"] }',
            ['start_trial = "trial"'],
            ["the reader's status is `anonymous`, not `registered`"],
        ),
        (
            '{ segments = ["student"] }',
            ['start_trial = "trial"'],
            ["the segments do not include `student`"],
        ),
        # What is on screen decides where the offer asks for it.
        (
            '{ section = ["sport"] }',
            ['read = { id = "a", section = "sport" }', 'start_trial = "trial"'],
            ["", ""],
        ),
        (
            '{ section = ["sport"] }',
            ['read = { id = "a", section = "news" }', 'start_trial = "trial"'],
            ["", "the section is none of those named in the policy, not `sport`"],
        ),
        ('{ device = ["phone"] }', ['switch_device = "phone"', 'start_trial = "trial"'], ["", ""]),
        # A table with a term of its own is still the offer it names.
        (
            '{ segments = ["student"] }',
            ['start_trial = { offer = "trial", term = "2 months" }'],
            ["the segments do not include `student`"],
        ),
        ('{ segments = ["student"] }', ['start_trial = { term = "2 months" }'], [""]),
    ],
)
def test_an_offer_is_taken_only_by_whom_it_is_for(when, lines, reasons):
    """What the offer asks for is said, and what is so instead."""
    seen = run(when, *lines)
    assert [why(step) for step in seen] == reasons
    assert [bool(step.problem) for step in seen] == [bool(reason) for reason in reasons]


def test_a_trial_that_is_refused_changes_nothing():
    """Nobody is signed in by it, and nothing is held."""
    (step,) = run('{ segments = ["student"] }', 'start_trial = "trial"')
    assert (step.reader.registered, step.reader.entitlements) == (False, ())


WHENS = (
    NEW,
    '{ reader = ["trial-expired", "subscription-expired"] }',
    '{ segments = ["student"] }',
    '{ not = { segments = ["student"] } }',
    '{ section = ["sport"] }',
    '{ since = { expiry = { at_least = "3 days" } } }',
    "{ dates = { from = 2026-06-10, until = 2026-06-20 } }",
    '{ any = [{ device = ["phone"] }, { country = ["GB"] }] }',
    "{ score = { at_least = 0.5 } }",
)
HEADS = (
    "",
    '[reader]\nsegments = ["student"]\n',
    '[reader]\nregistered = true\ncountry = "GB"\n',
    '[reader]\nscore = 0.7\nentitlements = [{ kind = "trial", ends = 2026-06-05 }]\n',
    '[reader]\nentitlements = [{ kind = "subscription", ends = 2026-06-08 }]\n',
)
MOVES = (
    'read = { id = "a", section = "sport" }',
    'read = { id = "b", section = "news" }',
    'switch_device = "phone"',
    "sign_in = true",
    'wait = "4 days"',
    "subscribe = { ends = 2026-06-12 }",
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(WHENS),
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(MOVES), max_size=6),
)
def test_an_offer_can_be_taken_exactly_where_it_would_be_shown(when, head, moves):
    """Law: a step that takes an offer is broken exactly where the page would not show it.

    For whoever is signed in, or is new.
    """
    seen = run(when, *moves, 'start_trial = "trial"', head=head)
    taken = seen[-1]
    before = seen[-2].decision.offer if len(seen) > 1 else _first_offer(when, head)
    signed_in_before = seen[-2].reader.registered if len(seen) > 1 else "registered" in head
    known = any(step.reader.registered for step in seen[:-1]) or "entitlements" in head
    if known and not signed_in_before:
        return  # what the account had counts as well: see the table above
    assert (taken.problem is None) == (before == "trial")


def _first_offer(when, head):
    """Return what the first page offers to the reader of a journey that has no steps yet."""
    policy = loads_policy(POLICY.format(when=when))
    step = Journey.loads(f"start = 2026-06-01\n{head}[[steps]]\nwait = '1 minute'\n").run(policy)[0]
    view = PageView(article=Article(id="any"), device="laptop")
    now = datetime(2026, 6, 1, tzinfo=ZONE)
    return decide(policy, step.reader, view, Usage(), now)[0].offer


ONCE = """
[publication]
name = "The Harbour Review"
[offers.guest]
price = 1
currency = "USD"
term = "1 day"
then = { price = 19, per = "month" }
once = true
[[rules]]
name = "payers"
when = { covered = true }
show = "article"
[[rules]]
name = "wall"
show = "trial-offer"
offer = "guest"
"""


def test_what_is_started_once_cannot_be_started_again():
    """The second start is impossible, and the wall does not offer it any more."""
    steps = """
start = 2026-06-01
[[steps]]
read = "a1"
expect = { show = "trial-offer", offers = ["guest"] }
[[steps]]
start_trial = "guest"
[[steps]]
cancel = true
[[steps]]
after = "3 days"
read = "a1"
expect = { show = "subscription-wall", offer = false }
[[steps]]
start_trial = "guest"
"""
    *before, again = Journey.loads(steps).run(loads_policy(ONCE))
    assert [None] * 4 == [step.problem for step in before]
    assert "the offers started before include `guest`" in again.problem


def test_a_trial_goes_on_as_its_offer_says():
    """Not cancelled, it is a subscription from its end on, a month at a time."""
    steps = """
start = 2026-06-01
[[steps]]
start_trial = "guest"
[[steps]]
after = "20 days"
read = "a1"
expect = { show = "article" }
"""
    _, later = Journey.loads(steps).run(loads_policy(ONCE))
    assert later.problem is None
    assert "subscriber" == later.reader.status(later.at)
