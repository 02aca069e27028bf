"""Published findings, and what the simulator makes of them.

One row each, used by the tests and by the page that shows them.

`python -m tests.simulate.findings` prints the rows of `docs/explanation/findings.md`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from attrs import frozen

from tests.simulate.audiences import (
    NYT,
    at_limit,
    exempt_links,
    limit_for,
    read_above,
    share_of_readers,
    share_of_top,
    starts_per_million,
    stop_rate,
)
from tests.simulate.experiments import (
    app,
    best_static,
    cash_until,
    fitted_leave,
    later_starts,
    lifetimes,
    ordered,
    over_the_front,
    overfitted,
    peak,
    promo,
    starts_in,
    survival,
    taste,
    trial_of,
    visits,
)

__all__ = ["FINDINGS", "Finding", "main", "row"]


@frozen(kw_only=True)
class Finding:
    """A published number and the range in which ours has to lie.

    `kind` is `exact`, `calibrated` (something was fitted once, and the rest follows) or `sign`
    (only the direction is claimed). `missed` says that ours is known to lie elsewhere: that is
    told, not hidden, and noticed when it changes.
    """

    number: int
    kind: str
    title: str
    published: str
    low: float
    high: float
    ours: Callable[[], float]
    unit: str = ""
    missed: bool = False
    settings: str = ""
    """The assumptions that differ from those of the whole page, which are above its table."""

    def told(self, value: float) -> str:
        """Return a value as the page writes it."""
        text = f"{value:.3g}"
        if self.unit == "%":
            digits = 1 if abs(value) >= 0.02 else 2
            text = f"{100 * value:.{digits}f} %"
        return text.replace("-", "−")

    @property
    def tolerance(self) -> str:
        """Return the range in which ours has to lie, as the page writes it."""
        if self.low == self.high:
            return self.told(self.low)
        return f"{self.told(self.low).removesuffix(' %')} to {self.told(self.high)}"


STATIC_WORDS = (
    "`walls.leave`, `walls.end_session`, `habit.growth`, `habit.wear`, `walls.frailty`,"
    " `money.annual_share`, `money.discount_year` 0, `money.price_month` 7.72"
)
NOBODY_REACTS = (
    "`walls.conversion`, `walls.register`, `walls.leave`, `walls.end_session`, `habit.growth`,"
    " `habit.wear` 0"
)
LOCAL = "`walls.end_session` 0, `walls.come_back` 0.05, a quarter are young"
APP_WORDS = (
    "as row 7, but `walls.conversion` 0.00137, `population.persistence` 1, and all come by"
    " themselves"
)
NYT_WORDS = f"a heavier audience than the default; {NOBODY_REACTS}"
PROMOTED = (
    "no bounces, half are fans, nobody is replaced or leaves, `walls.conversion` 0.02,"
    " `walls.wear` 0.7, `habit.wear` 0, `money.annual_share` 0"
)
# A table of data: one entry a finding, in the order of the page.
# fmt: off
FINDINGS = (
    Finding(number=4, kind="calibrated", low=0.67, high=0.69, unit="%",
        title="read one article in a month",
        published="68 % (Lenfest)",
        settings=NOBODY_REACTS,
        ours=lambda: share_of_readers(1, 1)),
    Finding(number=4, kind="calibrated", low=0.22, high=0.24, unit="%",
        title="read two to five",
        published="23 % (Lenfest)",
        settings=NOBODY_REACTS,
        ours=lambda: share_of_readers(2, 5)),
    Finding(number=4, kind="calibrated", low=0.08, high=0.10, unit="%",
        title="read more than five",
        published="9 % (Lenfest)",
        settings=NOBODY_REACTS,
        ours=lambda: share_of_readers(6, 10**6)),
    Finding(number=4, kind="calibrated", low=0.50, high=0.58, unit="%",
        title="articles read by the busiest 12 % of readers",
        published="55 % (Piano)",
        settings=NOBODY_REACTS,
        ours=lambda: share_of_top(0.12)),
    Finding(number=5, kind="calibrated", low=15, high=17,
        title="limit that stops the median 1.8 % of readers",
        published="16 (our reading of Lenfest; Press+ sites averaged 13–14)",
        ours=lambda: limit_for(0.018)),
    Finding(number=5, kind="calibrated", low=8, high=10,
        title="limit that stops a sustainable 4.2 %",
        published="9 (our reading of Lenfest)",
        ours=lambda: limit_for(0.042)),
    Finding(number=5, kind="calibrated", low=6, high=8,
        title="limit that stops a thriving 6 %",
        published="7 (our reading of Lenfest)",
        ours=lambda: limit_for(0.06)),
    Finding(number=6, kind="calibrated", low=0.004, high=0.006, unit="%",
        title="stopped readers who start, limit 5",
        published="0.5 % (LMA goal)",
        ours=lambda: at_limit(5).total("starts") / at_limit(5).total("stopped")),
    Finding(number=6, kind="calibrated", low=420, high=450,
        title="starts per million readers, limit 5",
        published="435 (Mather)",
        ours=lambda: starts_per_million(at_limit(5))),
    Finding(number=7, kind="calibrated", low=0.13, high=0.17, unit="%",
        title="New York Times 2011: readers of more than 20 a month",
        published="15 % (GigaOm)",
        settings=NYT_WORDS,
        ours=lambda: read_above(NYT, 20)),
    Finding(number=7, kind="calibrated", low=-0.30, high=-0.11, unit="%",
        title="limit 20, half of the traffic through exempt links: page views",
        published="−20 % (Hitwise: −11 to −30)",
        settings=NYT_WORDS,
        ours=exempt_links),
    Finding(number=8, kind="calibrated", low=-0.56, high=-0.46, unit="%",
        title="hard wall, local papers: pages asked for (the chance to leave is fitted to this)",
        published="visits −51 % (Chiou and Tucker)",
        settings=LOCAL,
        ours=lambda: visits(fitted_leave())),
    Finding(number=8, kind="sign", low=0.01, high=0.6, unit="%",
        title="how much more the young fall, if they leave twice as often",
        published="more (Chiou and Tucker)",
        settings=LOCAL,
        ours=lambda: visits(fitted_leave(), young=False) - visits(fitted_leave(), young=True)),
    Finding(number=9, kind="calibrated", low=0.325, high=0.355, unit="%",
        title="monthly plans alive after 12 months",
        published="34 % (INMA/Piano)",
        ours=lambda: survival(0, 12)),
    Finding(number=9, kind="calibrated", low=0.205, high=0.235, unit="%",
        title="monthly plans alive after 24 months",
        published="22 %",
        ours=lambda: survival(0, 24)),
    Finding(number=9, kind="calibrated", low=0.135, high=0.165, unit="%",
        title="monthly plans alive after 36 months",
        published="15 %",
        ours=lambda: survival(0, 36)),
    Finding(number=9, kind="calibrated", low=0.385, high=0.415, unit="%",
        title="annual plans alive after three years",
        published="40 %",
        ours=lambda: survival(1, 3)),
    Finding(number=9, kind="calibrated", low=1.55, high=1.65,
        title="lifetime value, annual over monthly",
        published="1.60 ($154 over $96)",
        settings=f"{STATIC_WORDS}, `money.price_year` 69.4",
        ours=lifetimes),
    Finding(number=10, kind="calibrated", low=-0.36, high=-0.24, unit="%",
        title="trials that renew by themselves: starts in the promotion",
        published="−24 to −36 % (Miller et al.)",
        settings=PROMOTED,
        ours=lambda: starts_in(promo(renews=True), 0) / starts_in(promo(renews=False), 0) - 1),
    Finding(number=10, kind="sign", low=1.0, high=3.0,
        title="money, renewing over ending trials, after 6 months",
        published="ahead before month 12",
        settings=PROMOTED,
        ours=lambda: cash_until(promo(renews=True), 6) / cash_until(promo(renews=False), 6)),
    Finding(number=10, kind="sign", low=0.5, high=1.0,
        title="money, renewing over ending trials, after 24 months",
        published="behind after month 12",
        settings=PROMOTED,
        ours=lambda: cash_until(promo(renews=True), 24) / cash_until(promo(renews=False), 24)),
    Finding(number=11, kind="calibrated", low=-0.12, high=-0.08, unit="%",
        title="app, from unlimited top news to three a day: reading (taste is fitted to this)",
        published="−9.9 % (Aral and Dhillon)",
        settings=APP_WORDS,
        ours=lambda: app(taste())[0]),
    Finding(number=11, kind="calibrated", low=0.21, high=0.41, unit="%", missed=True,
        title="app, from unlimited top news to three a day: starts",
        published="+31 % (Aral and Dhillon)",
        settings=APP_WORDS,
        ours=lambda: app(taste())[1]),
    Finding(number=12, kind="sign", low=1, high=1,
        title="looser limits 3, 5, 7, 10: stops and starts fall, reading rises",
        published="yes (New York Times 2022)",
        ours=lambda: (
            ordered([-stop_rate(at_limit(k)) for k in (3, 5, 7, 10)])
            * ordered([-starts_per_million(at_limit(k)) for k in (3, 5, 7, 10)])
            * ordered([at_limit(k).total("read") for k in (3, 5, 7, 10)])
        )),
    Finding(number=12, kind="sign", low=0.0, high=1.0, unit="%",
        title="limits by propensity: starts above the fixed-limit front",
        published="on or above it",
        settings="`readers.score_signal` 0.9",
        ours=over_the_front),
    Finding(number=13, kind="sign", low=0, high=1, settings=STATIC_WORDS,
        title="static model, $23 per 1,000 articles: best limit",
        published="0, a hard wall (Halbheer et al.: a corner)",
        ours=lambda: best_static(23)),
    Finding(number=13, kind="sign", low=0, high=2, settings=STATIC_WORDS,
        title="static model, $50 per 1,000 articles: best limit",
        published="1",
        ours=lambda: best_static(50)),
    Finding(number=13, kind="sign", low=99, high=99, settings=STATIC_WORDS,
        title="static model, $100 per 1,000 articles: best limit (99: none)",
        published="all free",
        ours=lambda: best_static(100)),
    Finding(number=14, kind="sign", low=0.0, high=0.5, unit="%",
        title="news peak with the wall down: reading over half a year",
        settings="`habit.growth` 0.05, `news.peak_factor` 3, in month 2",
        published="more (Chae et al.)",
        ours=lambda: peak(is_open=True).total("read") / peak(is_open=False).total("read") - 1),
    Finding(number=14, kind="sign", low=0.0, high=0.5, unit="%",
        title="news peak with the wall down: starts in the months after it",
        settings="`habit.growth` 0.05, `news.peak_factor` 3, in month 2",
        published="not fewer (Chae et al.)",
        ours=lambda: later_starts(peak(is_open=True)) / later_starts(peak(is_open=False)) - 1),
    Finding(number=14, kind="sign", low=0.0, high=0.5, unit="%", missed=True,
        title="news peak with the wall down: starts, the month of the peak included",
        published="not fewer (Chae et al.)",
        settings="`habit.growth` 0.05, `news.peak_factor` 3, in month 2",
        ours=lambda: (
            later_starts(peak(is_open=True), 1) / later_starts(peak(is_open=False), 1) - 1
        )),
    Finding(number=15, kind="calibrated", low=0.04, high=0.08, unit="%", missed=True,
        title="7-day over 30-day trials: subscribers after a year (an elasticity is taken from it)",
        published="+5.6 % (Yoganarasimhan et al.)",
        ours=lambda: trial_of("7 days") / trial_of("30 days") - 1),
    Finding(number=15, kind="sign", low=-0.9, high=-0.0001, unit="%",
        title="limits chosen for small groups, on other readers, against the best uniform one",
        published="they lose (Yoganarasimhan et al.)",
        settings="`walls.conversion` 0.01",
        ours=overfitted),
)
# fmt: on


def row(finding: Finding) -> tuple[str, ...]:
    """Return a row of the page."""
    value = finding.ours()
    verdict = "**missed**" if finding.missed else "met"
    return (
        str(finding.number),
        finding.kind,
        finding.title,
        finding.published,
        finding.tolerance,
        finding.told(value),
        verdict,
        finding.settings,
    )


def main() -> None:
    """Print the table."""
    for finding in FINDINGS:
        sys.stdout.write(f"| {' | '.join(row(finding))} |\n")


if __name__ == "__main__":
    main()
