"""The numbers that staff are asked for: what each is called, and what leaving it out means."""

from __future__ import annotations

from attrs import frozen

__all__ = ["ASSUMPTIONS_FILE", "FIELDS", "FIVE", "MONEY", "MORE", "NumberField"]

ASSUMPTIONS_FILE = "your-numbers.toml"
"""What the file for `--assumptions` is called."""


@frozen(kw_only=True)
class NumberField:
    """One number of a form: its key in an address, its label, and what leaving it out means."""

    name: str
    label: str
    left_out: str = ""
    example: str = ""
    assumption: str | None = None
    """The assumption it is, where it is no number of a usual month."""
    is_share: bool = False
    is_count: bool = False


FIVE = (
    NumberField(
        name="uniques",
        label="Readers a month",
        left_out="sums are for the simulated ones only",
        example="500,000",
        is_count=True,
    ),
    NumberField(
        name="starts",
        label="Starts a month",
        left_out="as many as at other publishers",
        example="210",
        is_count=True,
    ),
    NumberField(
        name="subscribers",
        label="Subscribers now",
        left_out="none; what is added is shown",
        example="12,000",
        is_count=True,
    ),
    NumberField(
        name="churn",
        label="Subscribers lost a month, %",
        left_out="as many as at other publishers",
        example="4",
        is_share=True,
    ),
    NumberField(
        name="stops",
        label="Readers who meet a wall, %",
        left_out="the fit is not checked by it",
        is_share=True,
    ),
)
"""The numbers asked for first."""
MORE = (
    NumberField(
        name="split",
        label="Readers of 1, of 2 to 5, and of more articles, %",
        left_out="68/23/9, as at 15 newspapers",
        example="68/23/9",
    ),
    NumberField(
        name="premium",
        label="Articles that are premium, %",
        left_out="none, so that nothing changes",
        example="20",
        assumption="articles.premium",
        is_share=True,
    ),
)
"""What says how much is read, and of what."""
MONEY = (
    NumberField(
        name="price_month",
        label="A month without an offer",
        assumption="money.price_month",
    ),
    NumberField(
        name="price_year",
        label="A year without an offer",
        assumption="money.price_year",
    ),
    NumberField(
        name="ads",
        label="Advertising earned by 1,000 articles read",
        assumption="money.ads_per_1000_articles",
    ),
)
"""What is paid and earned, in the currency of the policy's offers."""
FIELDS = {item.name: item for item in (*FIVE, *MORE, *MONEY)}
