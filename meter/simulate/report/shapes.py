"""The shape of a report as JSON: what its tables are called and what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NotRequired, TypedDict

if TYPE_CHECKING:
    from meter.simulate.assumptions.assumption import AssumptionRow
    from meter.simulate.codes import CautionRow
    from meter.simulate.limits import LimitChoiceTable
    from meter.simulate.measures import EstimateRow
    from meter.simulate.results import SensitivityRow

__all__ = ["Holdout", "PolicyTable", "ReportTable", "StopShare"]


class StopShare(TypedDict):
    """The share of the first month's readers who wanted more than so many articles."""

    articles: int
    share: float


class Holdout(TypedDict):
    """A randomised experiment: `readers` in each of two groups, for `months` months.

    `readers` is `None` where nothing can be planned. `change` is the relative difference in starts
    it shows, `assumed` where the simulation gives none; `share` is the share who start today.
    """

    readers: int | None
    months: int
    change: float
    assumed: bool
    share: float
    power: float
    error: float


class PolicyTable(TypedDict):
    """What a report says of one policy.

    `first_in` is the share of other samples (`sampling`) and of the `draws` in which it has the
    most of the measure asked `by`. Rates are of `reader_months`, in which something was read;
    `totals` are the sums for `my_readers`, where they were said, and `total_difference` those minus
    the sums of the first policy. `break_even_month` is the month
    from which it has earned at least as much as the first policy, and stays so.
    """

    name: str
    digest: str
    summary: dict[str, EstimateRow]
    reader_months: float
    totals: dict[str, EstimateRow]
    difference: dict[str, EstimateRow]
    total_difference: dict[str, EstimateRow]
    first_in: dict[str, float]
    regret: float | None
    on_front: bool
    page_views: dict[str, int]
    walled_views: float
    rules: dict[str, int]
    monthly: list[dict[str, float]]
    break_even_month: int | None
    stop_curve: list[StopShare]


class ReportTable(TypedDict):
    """Everything a report says; `optimise` is there after a search for a limit.

    `verdict` is the leading sentence and `headline` the paragraph it leads, whose sums are those of
    `my_readers`, where they were said, and else of `readers`; `best` is the policy that the `draws`
    agree on, or `None`, and `shares` in which share of the draws each policy comes first.
    `start` is the first day, money is in `currency`.
    """

    readers: int
    months: int
    seed: int
    versions: dict[str, str]
    start: str
    currency: str
    policies: list[PolicyTable]
    by: str
    verdict: str
    headline: str
    best: str | None
    shares: dict[str, float]
    draws: int
    front: list[str]
    tornado: list[SensitivityRow]
    my_readers: int | None
    measures: dict[str, str]
    units: dict[str, str]
    assumptions: list[AssumptionRow]
    warnings: list[CautionRow]
    cannot_know: list[str]
    holdout: Holdout
    closing: str
    optimise: NotRequired[LimitChoiceTable]
