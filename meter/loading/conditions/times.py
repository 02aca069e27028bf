"""The keys of conditions on times: dates, hours, and how long ago something happened."""

from __future__ import annotations

from collections.abc import Mapping as Mapped
from math import ceil, floor, isfinite

from meter.loading.fields import NOT_EMPTY, Date, Integer, Key, Length, List, Table, Text
from meter.policy import Dates, Hours, Lengths, Since, Tenure

__all__ = ["AGE", "HOURS", "SINCE", "dates_of", "old_days"]

_PRODUCTS = List(item=Text(form='a word in quotes such as `"digital"`'), example='["digital"]')


def dates_of(noun: str, years: range) -> Table:
    """Return the shape of dates or times from one to another, in some years."""
    return Table(
        noun=noun,
        make=Dates,
        example="{ from = 2026-06-01, until = 2026-06-30 }",
        also=NOT_EMPTY,
        keys={
            "from": Key(
                shape=Date(times=True, years=years),
                says="the first day, from its start in the publication's zone, or a time",
            ),
            "until": Key(
                shape=Date(times=True, years=years),
                says="the last day, to its end in the publication's zone, or a time that is not"
                " included",
            ),
        },
    )


HOURS = Table(
    noun="an hour condition",
    make=Hours,
    example="{ at_least = 18, below = 6 }",
    also=NOT_EMPTY,
    keys={
        "at_least": Key(
            shape=Integer(least=0, most=24, example="18"), says="from this hour on, 0 to 24"
        ),
        "below": Key(
            shape=Integer(least=0, most=24, example="6"),
            says="before this hour; over midnight, where it is the smaller of the two",
        ),
    },
)


def old_days(value: object) -> str:
    """Return lengths that mean what a number of completed days has meant."""
    bounds: dict[str, int] = {}
    for key, number in value.items() if isinstance(value, Mapped) else ():
        if not isinstance(number, int | float) or not isfinite(number):
            continue
        if key in ("at_least", "equals"):
            bounds["at_least"] = ceil(number)
        if key == "above":
            bounds["at_least"] = floor(number) + 1
        if key == "below":
            bounds["below"] = ceil(number)
        if key in ("at_most", "equals"):
            bounds["below"] = floor(number) + 1
    known = bounds or {"at_least": 7}
    return ", ".join(
        f'{key} = "{days} day{"" if days == 1 else "s"}"' for key, days in known.items()
    )


def _lengths(noun: str, example: str) -> dict[str, Key]:
    length = Length(example=example)
    return {
        "at_least": Key(shape=length, says=f"{noun} is this or longer"),
        "at_most": Key(shape=length, says=f"{noun} is this or shorter"),
        "above": Key(shape=length, says=f"{noun} is longer than this"),
        "below": Key(shape=length, says=f"{noun} is shorter than this"),
    }


AGE = Table(
    noun="an age",
    make=Lengths,
    example='{ below = "1 hour" }',
    also=NOT_EMPTY,
    keys=_lengths("the time since publication", "1 hour"),
)


def _tenure(says: str, example: str) -> Table:
    return Table(
        noun=f"the time since {says}",
        make=Tenure,
        example=f'{{ at_least = "{example}" }}',
        also=NOT_EMPTY,
        keys={
            **_lengths(f"the time since {says}", example),
            "product": Key(shape=_PRODUCTS, says="of rights to one of these products"),
        },
    )


SINCE = Table(
    noun="a table of times",
    make=Since,
    example='{ expiry = { at_least = "30 days" } }',
    also=NOT_EMPTY,
    keys={
        "expiry": Key(
            shape=_tenure("expiry", "30 days"),
            says="how long ago the right ended (grace included) that ended last, while none runs",
        ),
        "purchase": Key(
            shape=_tenure("purchase", "365 days"),
            says="how long ago the running right began that began last",
        ),
        "registration": Key(
            shape=Table(
                noun="the time since registration",
                make=Lengths,
                example='{ below = "7 days" }',
                also=NOT_EMPTY,
                keys=_lengths("the time since registration", "7 days"),
            ),
            says="how long ago the reader registered (`registered_at`)",
        ),
    },
)
