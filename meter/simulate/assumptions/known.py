"""Read the five numbers of a usual month that staff know."""

from __future__ import annotations

import re
from math import inf

from attrs import frozen

from meter.errors import MeterError, meant

__all__ = ["SPLIT_WORDS", "Known", "read_number"]

SPLIT_WORDS = ("read one article", "read two to five", "read more than five")
"""What the three parts of a split are the shares of."""

_NAMES = ("uniques", "split", "stops", "starts", "churn")
_PAIR = re.compile(r"\s*([a-z_]+)\s*=\s*([^,]+?)\s*(?:,|$)")
_WHOLE = 1.0
_HUNDRED = 100.0
_ROUNDED = 0.011
"""By how much shares that were rounded may miss the whole."""
_MARKS = {"%": 0.01, "k": 1e3, "m": 1e6}


@frozen(kw_only=True)
class Known:
    """What staff know of a usual month under the present policy.

    `uniques` readers of the month; `split` the shares of them that read one, two to five, and more
    articles; `stops` the share who met a wall; `starts` trials and subscriptions begun; `churn` the
    share of subscribers who leave in a month.
    """

    uniques: float | None = None
    split: tuple[float, float, float] | None = None
    stops: float | None = None
    starts: float | None = None
    churn: float | None = None

    @classmethod
    def parse(cls, text: str) -> Known:
        """Read `uniques=500000, split=68/23/9, stops=4.2%, starts=210, churn=4%`.

        Any of them may be left out.

        >>> Known.parse("split=68/23/9, churn=4%").churn
        0.04
        """
        numbers: dict[str, float] = {}
        split = None
        read = 0
        for match in _PAIR.finditer(text):
            name, value = match.groups()
            if name not in _NAMES or match.start() != read:
                raise MeterError(f"`{name}` is not one of the five numbers; {meant(name, _NAMES)}")
            read = match.end()
            if name == "split":
                split = _split(value)
            else:
                numbers[name] = read_number(name, value)
        if read != len(text) or not (numbers or split):
            raise MeterError(
                f"`{text}` cannot be read; write `uniques=500000, split=68/23/9, stops=4.2%,"
                " starts=210, churn=4%`"
            )
        if "starts" in numbers and "uniques" not in numbers:
            raise MeterError(
                "`starts` needs `uniques`: a number of starts says something only of a number of"
                " readers"
            )
        for name in ("stops", "churn"):
            if numbers.get(name, 0) >= _WHOLE:
                raise MeterError(f"`{name}` is a share below 1; write `{name}={numbers[name]:g}%`")
        return cls(split=split, **numbers)


def read_number(name: str, text: str) -> float:
    """Read a number above 0, such as `210`, `500k` or `4%`; `name` is what messages call it."""
    written = text.replace("_", "")
    scale = next((times for mark, times in _MARKS.items() if written.lower().endswith(mark)), 1)
    try:
        number = float(written[:-1] if scale != 1 else written) * scale
    except ValueError:
        raise MeterError(
            f"`{name}={text}` is not a number; write it like `starts=210`, `uniques=500k` or"
            " `churn=4%`"
        ) from None
    if not 0 < number < inf:
        raise MeterError(f"`{name}={text}` is not a number above 0")
    return number


def _split(text: str) -> tuple[float, float, float]:
    parts = [read_number("split", part.strip()) for part in text.split("/")]
    if len(parts) != len(SPLIT_WORDS):
        raise MeterError(
            f"`split={text}` has not three parts; write the readers of 1, of 2 to 5, and of more"
            " articles, such as `68/23/9`"
        )
    whole = sum(parts)
    if not any(abs(whole / total - 1) <= _ROUNDED for total in (_WHOLE, _HUNDRED)):
        raise MeterError(
            f"the parts of `split={text}` add up to {whole:g}; they are shares of all readers, so"
            " let them add up to 100"
        )
    one, few, more = (part / whole for part in parts)
    return one, few, more
