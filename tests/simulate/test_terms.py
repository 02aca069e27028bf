"""Simulated lives renew on the days on which a subscription renews anywhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from meter.journeys.rights import PaidTerms
from meter.simulate.assumptions import published_assumptions
from meter.simulate.export.events import simulated_views
from meter.simulate.horizon import Horizon
from meter.simulate.kernel.money import term_end
from meter.simulate.population import simulate
from meter.windows import Term, instant, moment
from tests.simulate.policies import hard_wall
from tests.simulate.test_engine_agreement import BUSY

TERMS = tuple(Term.parse(text) for text in ("1 month", "1 year", "2 weeks", "3 months", "1 day"))
ZONES = ("UTC", "Europe/Oslo", "America/Havana", "Asia/Tokyo", "Pacific/Apia")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from([date(2026, 1, 31), date(2026, 1, 1), date(2011, 11, 30)]),
    st.integers(0, len(TERMS) - 1),
    st.integers(0, 89),
    st.integers(0, 86_399),
)
def test_the_ends_of_terms_are_those_of_a_journey(zone, first, number, days, seconds):
    """Law: term for term, to the second; to the hour where the clocks change on one of the days."""
    place = ZoneInfo(zone)
    horizon = Horizon(first, 4, place)
    time = horizon.time(TERMS, published_assumptions())
    anchor = int(time.days[days]) + seconds * 1_000_000
    anchor = min(anchor, int(time.days[days + 1]) - 1)
    terms = PaidTerms.begin(moment(anchor, place), TERMS[number], renews=True)
    for times in range(1, 8):
        end = terms.ends(place)
        found = term_end(time, number, anchor, times)
        if instant(end) >= horizon.closes + 2 * 86_400_000_000:
            assert found >= horizon.closes
            break
        shift = timedelta(microseconds=found - instant(end))
        assert abs(shift) <= timedelta(hours=1)
        if _whole(anchor, place) and _whole(instant(end), place):
            assert not shift
        terms = terms.add(terms.term, end, renews=True)


def _whole(at, zone):
    """Say whether the clocks run evenly around an instant."""
    day = timedelta(days=1)
    local = moment(at, zone)
    return (local - day).utcoffset() == local.utcoffset() == (local + day).utcoffset()


def test_a_subscription_from_the_end_of_january_keeps_its_day():
    """Every term in the log of a population ends on the day of the month on which it was bought."""
    policy = hard_wall()
    population = simulate(
        policy,
        readers=1500,
        months=5,
        seed=3,
        assumptions=BUSY.replace(
            {
                "walls.conversion": 0.6,
                "churn.monthly_alpha": 0.5,
                "horizon.start": date(2026, 1, 27),
            }
        ),
        log=True,
    )
    lives: dict[str, set[tuple[datetime, datetime]]] = {}
    for seen in simulated_views(population):
        for right in seen.reader.entitlements:
            if str(right.kind) == "subscription" and right.starts <= seen.at < right.ends:
                owner = seen.reader.id.partition("-")[0]
                lives.setdefault(owner, set()).add((right.starts, right.ends))
    kept = 0
    for terms in lives.values():
        (anchor, first_end), *later = sorted(terms)
        if first_end - anchor > timedelta(days=40):  # by the year
            continue
        end = first_end
        for starts, ends in later:
            if starts != end:
                break
            end = ends
            months = (ends.year - anchor.year) * 12 + ends.month - anchor.month
            wanted = Term(months, TERMS[0].unit).after(anchor, policy.zone)
            assert abs(ends - wanted) <= timedelta(hours=1)
            kept += anchor.day > 28 and ends.day > 28
    assert kept > 3
