"""One currency, and one first day: for every command, and for what is told of them."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter import MeterError, Policy, loads_policy
from meter.loading.today import first_day
from meter.simulate.assumptions import loads_assumptions, published_assumptions
from meter.simulate.compare import compare
from meter.simulate.population import simulate
from meter.simulate.setting import settled

SMALL = {"readers": 40, "months": 1}
SELLS = """
[publication]
name = "{name}"
timezone = "{zone}"
{offers}
[[rules]]
name = "all"
when = {{ {when} }}
show = "article"
[[rules]]
name = "wall"
show = "wall"
"""
EUROS = """
[money]
currency = "EUR"
price_month = 9
price_year = 90
ads_per_1000_articles = 12
"""


def selling(
    *currencies: str, days: str = "", when: str = "covered = true", zone: str = "UTC"
) -> Policy:
    """Return a policy with an offer in each currency."""
    offers = "".join(
        f'[offers.o{number}]\nkind = "trial"\nprice = 9\ncurrency = "{currency}"\n'
        f'term = "1 month"\n{days}\n'
        for number, currency in enumerate(currencies)
    )
    return loads_policy(
        SELLS.format(name="The Harbour Review", zone=zone, offers=offers, when=when)
    )


@pytest.mark.parametrize("currency", ["JPY", "EUR", "KRW"])
def test_another_currency_asks_for_prices(currency: str) -> None:
    """The defaults are in US dollars; the next step is a file that can be pasted."""
    with pytest.raises(MeterError, match=f'currency = "{currency}"') as caught:
        simulate(selling(currency), **SMALL)
    assert "are in USD" in str(caught.value)
    assert "price_month = …" in str(caught.value)


def test_prices_in_the_currency_are_enough() -> None:
    """And then every amount is told in it."""
    found = compare([selling("EUR")], assumptions=loads_assumptions(EUROS), draws=0, **SMALL)
    table = found.to_dict()
    assert "EUR" == table["currency"] == table["units"]["net"]
    assert "money in EUR" in found._repr_html_()


def test_a_currency_without_its_prices_is_not_enough() -> None:
    """Each amount that is left at its default is named."""
    world = loads_assumptions('[money]\ncurrency = "EUR"\nprice_month = 9')
    with pytest.raises(MeterError, match="would still be the default") as caught:
        simulate(selling("EUR"), assumptions=world, **SMALL)
    assert "`money.price_year` and `money.ads_per_1000_articles`" in str(caught.value)
    with pytest.raises(MeterError, match="are in EUR"):
        simulate(selling("USD"), assumptions=loads_assumptions(EUROS), **SMALL)


@given(st.lists(st.sampled_from(["USD", "EUR", "JPY"]), max_size=3), st.data())
def test_money_of_two_currencies_is_never_one_number(
    currencies: list[str], data: st.DataObject
) -> None:
    """In one policy, or in several that are compared."""
    cut = data.draw(st.integers(0, len(currencies)))
    policies = [selling(*currencies[:cut]), selling(*currencies[cut:])]
    known = data.draw(st.sampled_from([published_assumptions(), loads_assumptions(EUROS)]))
    if set(currencies) <= {known.word("money.currency")}:
        settled(policies, known)
    else:
        with pytest.raises(MeterError):
            settled(policies, known)


BOUNDS = [None, date(2024, 2, 10), date(2027, 6, 1), date(2031, 12, 31)]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        (one, other)
        for one, other in itertools.product(BOUNDS, BOUNDS)
        if None in (one, other) or one <= other
    ],
)
@pytest.mark.parametrize("of", ["offer", "rule"])
def test_the_first_day_is_the_one_that_the_policy_names(
    starts: date | None, ends: date | None, of: str
) -> None:
    """Its start, or the first of the month in which it ends."""
    keys = ("starts", "ends") if of == "offer" else ("from", "until")
    pairs = zip(keys, (starts, ends), strict=True)
    bounds = [f"{key} = {day}" for key, day in pairs if day is not None]
    if of == "offer":
        policy = selling("USD", days="\n".join(bounds))
    elif bounds:
        policy = selling(when=f"dates = {{ {', '.join(bounds)} }}")
    else:
        policy = selling()
    found = first_day([policy])
    if starts is not None:
        assert found == starts
    elif ends is not None:
        assert found == ends.replace(day=1)
    else:
        assert 1 == found.day
        assert found > datetime.now(UTC).date()
    assert first_day([policy], date(2030, 5, 5)) == date(2030, 5, 5)


def test_all_policies_of_a_comparison_start_on_one_day() -> None:
    """The first that any of them names."""
    early = selling("USD", days="starts = 2026-02-01")
    late = selling("USD", days="starts = 2027-02-01")
    found = compare([late, early], draws=0, sweep=False, **SMALL)
    assert ["2026-02-01"] * 2 == [
        str(people.assumptions.day("horizon.start")) for people in found.populations
    ]
    assert "2026-02-01" == found.to_dict()["start"]


def test_what_the_assumptions_say_comes_first() -> None:
    """Then the day that was asked for, then what the policy names."""
    policy = selling("USD", days="starts = 2026-02-01")
    said = loads_assumptions("[horizon]\nstart = 2025-01-01")
    days = [
        simulate(policy, **SMALL, **given).assumptions.day("horizon.start").isoformat()
        for given in (
            {"assumptions": said, "today": date(2028, 1, 1)},
            {"today": date(2028, 1, 1)},
            {},
        )
    ]
    assert ["2025-01-01", "2028-01-01", "2026-02-01"] == days
