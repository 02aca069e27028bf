"""Published findings, and what the simulator makes of them.

One row each, used by the tests and by the page that shows them.

`python -m tests.simulate.findings` prints the rows of `docs/explanation/findings.md`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
from attrs import evolve, frozen

from meter import Policy, loads_policy
from meter.simulate.assumptions import Assumptions, published_assumptions
from meter.simulate.horizon import Horizon
from meter.simulate.population import Population, simulate
from meter.simulate.reading import Reading
from meter.simulate.world import World
from tests.simulate.policies import HEAD, SUBSCRIBERS, WALL, free_for_all, hard_wall, metered

READERS = 60_000
COUNTED_BY_COOKIE = published_assumptions().replace(
    {
        "identity.devices": {"1": 1.0},
        "identity.cookie_reset": 0.0,
        "identity.bypass": 0.0,
        "articles.free": 0.0,
        "articles.tags": {},
    }
)
"""The published counts are by cookie and of metered articles: nothing leaks, nothing is exempt."""
OPEN_LOOP = COUNTED_BY_COOKIE.replace(
    {
        "walls.conversion": 0.0,
        "walls.register": 0.0,
        "walls.leave": 0.0,
        "walls.end_session": 0.0,
        "habit.growth": 0.0,
        "habit.wear": 0.0,
    }
)
"""Nobody reacts to anything."""
STATIC = COUNTED_BY_COOKIE.replace(
    {
        "walls.leave": 0.0,
        "walls.end_session": 0.0,
        "habit.growth": 0.0,
        "habit.wear": 0.0,
        "walls.frailty": 0.0,
        "money.annual_share": 0.0,
        "money.price_month": 7.72,
        "money.discount_year": 0.0,
    }
)
"""No habit, no leaving, a lifetime value of $96: the model of the theory papers."""
NYT = OPEN_LOOP.replace(
    {
        "population.bounce": 0.35,
        "population.casual_q": 0.90,
        "population.fans": 0.305,
        "views.referrers": {"": 0.5, "google.com": 0.5},
    }
)


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

    def told(self, value: float) -> str:
        """Return a value as the page writes it."""
        text = (
            f"{100 * value:.{1 if abs(value) >= 0.02 else 2}f} %"
            if self.unit == "%"
            else f"{value:.3g}"
        )
        return text.replace("-", "−")

    @property
    def tolerance(self) -> str:
        """Return the range in which ours has to lie, as the page writes it."""
        if self.low == self.high:
            return self.told(self.low)
        return f"{self.told(self.low).removesuffix(' %')} to {self.told(self.high)}"


def run(
    policy: Policy,
    assumptions: Assumptions = COUNTED_BY_COOKIE,
    *,
    readers: int = READERS,
    months: int = 1,
    seed: int = 5,
) -> Population:
    """Simulate, with the numbers all findings share."""
    return simulate(policy, readers=readers, months=months, seed=seed, assumptions=assumptions)


@cache
def audience() -> Population:
    """The default audience, on a site without walls."""
    return run(free_for_all(), OPEN_LOOP)


@cache
def at_limit(limit: int) -> Population:
    """The default audience at a monthly limit, with everything people do at walls."""
    return run(metered(limit))


def stop_rate(people: Population) -> float:
    """Return the share of a month's readers who met a wall."""
    return people.total("stopped") / people.total("months")


def share_of_readers(low: int, high: int) -> float:
    """Return the share of the default audience that wants so many articles."""
    wanted = audience().column("wanted")
    return float(((wanted >= low) & (wanted <= high)).mean())


def share_of_top(part: float) -> float:
    """Return the share of articles read by the busiest part of the readers."""
    read = np.sort(audience().column("wanted"))[::-1]
    return float(read[: int(part * len(read))].sum() / read.sum())


def limit_for(rate: float) -> float:
    """Return the limit at which the share stopped comes closest to a published one."""
    return float(min(range(5, 21), key=lambda limit: abs(stop_rate(at_limit(limit)) - rate)))


def starts_per_million(people: Population) -> float:
    """Return trials and subscriptions begun per million reader-months."""
    return 1e6 * people.total("starts") / people.total("months")


def exempt_links() -> float:
    """Return what a limit of 20 does to page views where half of them come through links that count
    but are never refused.
    """
    rule = '[[rules]]\nname = "links"\nwhen = { referrer = ["google.com"] }\nshow = "article"\n'
    text = (
        HEAD + '[meters.m]\nwindow = { calendar = "month" }\nlimit = 20\n[[rules]]\nname ='
        ' "twenty"\nspend = "m"\nshow = "countdown"\n'
    )
    policy = loads_policy(text + rule + WALL)
    return (
        run(policy, NYT, readers=20_000).total("read")
        / run(free_for_all(), NYT, readers=20_000).total("read")
        - 1
    )


def read_above(assumptions: Assumptions, number: int) -> float:
    """Return the share of readers who want more than so many articles."""
    return float(
        (run(free_for_all(), assumptions, readers=20_000).column("wanted") > number).mean()
    )


LOCAL = COUNTED_BY_COOKIE.replace(
    {
        "readers.segments": {"young": 0.25},
        "walls.leave_factor": {"young": 1.0},
        "walls.end_session": 0.0,
    }
)


def _visits(leave: float, *, young: bool | None = None) -> float:
    """Return what a hard wall does to the pages asked for over half a year (`young`: by the young,
    or by the others).
    """
    known = LOCAL.replace(
        {"walls.leave": leave / 2, "walls.leave_factor": {"young": 1.0}, "walls.come_back": 0.05}
    )
    share = {True: 1.0, False: 0.0, None: 0.25}[young]
    factor = 2.0 if young else 1.0
    closed = known.replace(
        {"readers.segments": {"young": share}, "walls.leave": min(leave * factor / 1.25, 1.0)}
    )
    asked = [
        run(policy, closed, readers=4000, months=6) for policy in (hard_wall(), free_for_all())
    ]
    return (asked[0].total("read") + asked[0].total("blocked")) / asked[1].total("read") - 1


@cache
def fitted_leave() -> float:
    """Return the chance to leave, fitted once to the published fall of visits."""
    low, high = 0.0, 1.0
    for _ in range(8):
        middle = (low + high) / 2
        low, high = (middle, high) if _visits(middle) > -0.51 else (low, middle)
    return (low + high) / 2


def survival(plan: int, payment: int) -> float:
    """Return the share of subscribers of a plan (0: month, 1: year) still there after so many
    renewals.
    """
    reading = _reading(published_assumptions())
    return float(np.prod(1 - reading.meaning.churn[plan, :payment]))


def _reading(assumptions: Assumptions) -> Reading:
    policy = hard_wall()
    return Reading(
        policy, World(assumptions), Horizon(assumptions["horizon.start"], 1, policy.zone)
    )


def lifetimes() -> float:
    """Return the three-year value of an annual subscriber over that of a monthly one, at the prices
    the published values imply.
    """
    meaning = _reading(STATIC.replace({"money.price_year": 69.4})).meaning
    return float((meaning.price[1] + meaning.rest[1, 0]) / (meaning.price[0] + meaning.rest[0, 0]))


PROMO = """
[offers.promo]
kind = "trial"
price = 1
currency = "USD"
term = "1 month"
ends = 2026-01-31
[[rules]]
name = "promo"
when = { dates = { until = 2026-01-31 } }
show = "trial-offer"
offer = "promo"
"""
EAGER = COUNTED_BY_COOKIE.replace(
    {
        "population.bounce": 0.0,
        "population.fans": 0.5,
        "population.casual_q": 0.9,
        "population.turnover_bounce": 0.0,
        "population.turnover_casual": 0.0,
        "population.turnover_fans": 0.0,
        "walls.leave": 0.0,
        "walls.conversion": 0.02,
        "walls.wear": 0.7,
        "habit.wear": 0.0,
        "money.annual_share": 0.0,
    }
)


@cache
def promo(*, renews: bool, returns: float | None = None) -> Population:
    """Return two years after a month of promotion, with trials that renew by themselves or that end
    by themselves.
    """
    back = 0.0 if renews else fitted_return() if returns is None else returns
    known = EAGER.replace({"trials.auto_renew": float(renews), "trials.return": back})
    return run(loads_policy(HEAD + SUBSCRIBERS + PROMO + WALL), known, readers=8000, months=24)


@cache
def fitted_return() -> float:
    """Return how many of those whose trial ended by itself come back each month, fitted to the
    published parity after a year.
    """
    low, high = 0.0, 0.5
    for _ in range(6):
        middle = (low + high) / 2
        ahead = _cash_until(promo(renews=True), 12) > _cash_until(
            promo(renews=False, returns=middle), 12
        )
        low, high = (middle, high) if ahead else (low, middle)
    return (low + high) / 2


def _starts_in(people: Population, month: int) -> float:
    return float(people.monthly[month, 3])


def _cash_until(people: Population, month: int) -> float:
    return float(people.monthly[:month, 9].sum())


APP = NYT.replace(
    {"views.referrers": {"": 1.0}, "walls.conversion": 0.00137, "population.persistence": 1.0}
)


@cache
def app(top: float) -> tuple[float, float]:
    """Return the change of reading and of starts from `the top news, unlimited` to `three a day
    from anywhere`.
    """
    known = APP.replace({"articles.sections": {"top": top, "rest": 1 - top}})
    narrow = '[[rules]]\nname = "top news"\nwhen = { section = ["top"] }\nshow = "article"\n'
    before = run(loads_policy(HEAD + SUBSCRIBERS + narrow + WALL), known, readers=8000, months=3)
    after = run(metered(3, '{ calendar = "day" }'), known, readers=8000, months=3)
    return (
        after.total("read") / before.total("read") - 1,
        starts_per_million(after) / starts_per_million(before) - 1,
    )


@cache
def taste() -> float:
    """Return the share of reading in the top news, fitted to the published fall of reading."""
    low, high = 0.3, 0.999
    for _ in range(7):
        middle = (low + high) / 2
        low, high = (middle, high) if app(middle)[0] > -0.099 else (low, middle)
    return (low + high) / 2


def ordered(values: list[float]) -> float:
    """Return 1 where values rise strictly, and 0 where they do not."""
    return float(all(a < b for a, b in pairwise(values)))


def over_the_front() -> float:
    """Return how many more starts limits by propensity bring than a fixed limit with as much
    reading (interpolated).
    """
    tight, loose = run(metered(3)), run(metered(7))
    table = (
        'window = { calendar = "month" }\nlimits = [ { when = { score = { at_least = 0.55 } },'
        " limit = 3 }, { limit = 7 } ]\n"
    )
    text = (
        HEAD
        + f"[meters.m]\n{table}"
        + SUBSCRIBERS
        + '[[rules]]\nname = "m"\nspend = "m"\nshow = "countdown"\n'
        + WALL
    )
    mixed = run(loads_policy(text), COUNTED_BY_COOKIE.replace({"readers.score_signal": 0.9}))
    share = (mixed.total("read") - tight.total("read")) / (
        loose.total("read") - tight.total("read")
    )
    fixed = tight.total("starts") + share * (loose.total("starts") - tight.total("starts"))
    return mixed.total("starts") / fixed - 1


@cache
def _static(limit: int | None) -> tuple[float, float]:
    policy = free_for_all() if limit is None else metered(limit)
    people = run(policy, STATIC, readers=20_000)
    return people.total("read"), people.total("lifetime")


def best_static(per_1000: float) -> float:
    """Return the best limit of the static model when 1,000 articles earn so much (99 stands for no
    limit at all).
    """
    choices = [*range(13), None]
    best = max(choices, key=lambda limit: _static(limit)[0] * per_1000 / 1000 + _static(limit)[1])
    return 99.0 if best is None else float(best)


@cache
def peak(*, is_open: bool) -> Population:
    """Return half a year with a news peak in the second month, with the wall up or down in that
    week.
    """
    known = COUNTED_BY_COOKIE.replace(
        {"news.peak_month": 2, "news.peak_factor": 3.0, "habit.growth": 0.05}
    )
    rule = (
        '[[rules]]\nname = "open"\nwhen = { dates = { from = 2026-02-08, until = 2026-02-14 }'
        ' }\nshow = "article"\n'
        if is_open
        else ""
    )
    text = HEAD + '[meters.m]\nwindow = { calendar = "month" }\nlimit = 3\n' + SUBSCRIBERS + rule
    return run(
        loads_policy(text + '[[rules]]\nname = "m"\nspend = "m"\nshow = "countdown"\n' + WALL),
        known,
        readers=20_000,
        months=8,
    )


def later_starts(people: Population) -> float:
    """Return the starts after the month of the peak."""
    return float(people.monthly[2:, 3].sum())


def trial_of(term: str) -> float:
    """Return the subscribers a year after trials of one length are offered."""
    offer = f'[offers.t]\nkind = "trial"\nprice = 1\ncurrency = "USD"\nterm = "{term}"\n'
    wall = '[[rules]]\nname = "try"\nshow = "trial-offer"\noffer = "t"\n'
    text = HEAD + offer + '[meters.m]\nwindow = { calendar = "month" }\nlimit = 3\n' + SUBSCRIBERS
    people = run(
        loads_policy(text + '[[rules]]\nname = "m"\nspend = "m"\nshow = "countdown"\n' + wall),
        readers=10_000,
        months=12,
    )
    return people.total("cash")


def overfitted() -> float:
    """Return what limits cost that were chosen for 16 small groups of 60 readers each by what was
    paid there, on other readers.

    The number is their value over that of the best uniform limit, minus 1: below 0 they lose.
    """
    limits = (0, 1, 2, 3, 5, 8)
    known = COUNTED_BY_COOKIE.replace({"walls.conversion": 0.01})
    small = np.array(
        [run(metered(limit), known, readers=960, months=6, seed=3).columns for limit in limits]
    )
    large = [run(metered(limit), known, readers=9600, months=6, seed=4) for limit in limits]
    paid = small[:, :, -1] + small[:, :, 4] * 0.023
    chosen = paid.reshape(len(limits), 16, 60).sum(axis=2).argmax(axis=0)
    worth = np.array([(people.column("net")).reshape(16, 600).sum(axis=1) for people in large])
    return float(worth[chosen, np.arange(16)].sum() / worth.sum(axis=1).max() - 1)


FINDINGS = (
    Finding(
        number=4,
        kind="calibrated",
        title="read one article in a month",
        published="68 % (Lenfest)",
        low=0.67,
        high=0.69,
        ours=lambda: share_of_readers(1, 1),
        unit="%",
    ),
    Finding(
        number=4,
        kind="calibrated",
        title="read two to five",
        published="23 % (Lenfest)",
        low=0.22,
        high=0.24,
        ours=lambda: share_of_readers(2, 5),
        unit="%",
    ),
    Finding(
        number=4,
        kind="calibrated",
        title="read more than five",
        published="9 % (Lenfest)",
        low=0.08,
        high=0.10,
        ours=lambda: share_of_readers(6, 10**6),
        unit="%",
    ),
    Finding(
        number=4,
        kind="calibrated",
        title="articles read by the busiest 12 % of readers",
        published="55 % (Piano)",
        low=0.50,
        high=0.58,
        ours=lambda: share_of_top(0.12),
        unit="%",
    ),
    Finding(
        number=5,
        kind="calibrated",
        title="limit that stops the median 1.8 % of readers",
        published="16 (our reading of Lenfest; Press+ sites averaged 13–14)",
        low=15,
        high=17,
        ours=lambda: limit_for(0.018),
    ),
    Finding(
        number=5,
        kind="calibrated",
        title="limit that stops a sustainable 4.2 %",
        published="9 (our reading of Lenfest)",
        low=8,
        high=10,
        ours=lambda: limit_for(0.042),
    ),
    Finding(
        number=5,
        kind="calibrated",
        title="limit that stops a thriving 6 %",
        published="7 (our reading of Lenfest)",
        low=6,
        high=8,
        ours=lambda: limit_for(0.06),
    ),
    Finding(
        number=6,
        kind="calibrated",
        title="stopped readers who start, limit 5",
        published="0.5 % (LMA goal)",
        low=0.004,
        high=0.006,
        ours=lambda: at_limit(5).total("starts") / at_limit(5).total("stopped"),
        unit="%",
    ),
    Finding(
        number=6,
        kind="calibrated",
        title="starts per million readers, limit 5",
        published="435 (Mather)",
        low=420,
        high=450,
        ours=lambda: starts_per_million(at_limit(5)),
    ),
    Finding(
        number=7,
        kind="calibrated",
        title="New York Times 2011: readers of more than 20 a month",
        published="15 % (GigaOm)",
        low=0.13,
        high=0.17,
        ours=lambda: read_above(NYT, 20),
        unit="%",
    ),
    Finding(
        number=7,
        kind="calibrated",
        title="limit 20, half of the traffic through exempt links: page views",
        published="−20 % (Hitwise: −11 to −30)",
        low=-0.30,
        high=-0.11,
        ours=exempt_links,
        unit="%",
    ),
    Finding(
        number=8,
        kind="calibrated",
        title="hard wall, local papers: pages asked for (the chance to leave is fitted to this)",
        published="visits −51 % (Chiou and Tucker)",
        low=-0.56,
        high=-0.46,
        ours=lambda: _visits(fitted_leave()),
        unit="%",
    ),
    Finding(
        number=8,
        kind="sign",
        title="how much more the young fall, if they leave twice as often",
        published="more (Chiou and Tucker)",
        low=0.01,
        high=0.6,
        ours=lambda: _visits(fitted_leave(), young=False) - _visits(fitted_leave(), young=True),
        unit="%",
    ),
    Finding(
        number=9,
        kind="calibrated",
        title="monthly plans alive after 12 months",
        published="34 % (INMA/Piano)",
        low=0.325,
        high=0.355,
        ours=lambda: survival(0, 12),
        unit="%",
    ),
    Finding(
        number=9,
        kind="calibrated",
        title="monthly plans alive after 24 months",
        published="22 %",
        low=0.205,
        high=0.235,
        ours=lambda: survival(0, 24),
        unit="%",
    ),
    Finding(
        number=9,
        kind="calibrated",
        title="monthly plans alive after 36 months",
        published="15 %",
        low=0.135,
        high=0.165,
        ours=lambda: survival(0, 36),
        unit="%",
    ),
    Finding(
        number=9,
        kind="calibrated",
        title="annual plans alive after three years",
        published="40 %",
        low=0.385,
        high=0.415,
        ours=lambda: survival(1, 3),
        unit="%",
    ),
    Finding(
        number=9,
        kind="calibrated",
        title="lifetime value, annual over monthly",
        published="1.60 ($154 over $96)",
        low=1.55,
        high=1.65,
        ours=lifetimes,
    ),
    Finding(
        number=10,
        kind="calibrated",
        title="trials that renew by themselves: starts in the promotion",
        published="−24 to −36 % (Miller et al.)",
        low=-0.36,
        high=-0.24,
        ours=lambda: _starts_in(promo(renews=True), 0) / _starts_in(promo(renews=False), 0) - 1,
        unit="%",
    ),
    Finding(
        number=10,
        kind="sign",
        title="money, renewing over ending trials, after 6 months",
        published="ahead before month 12",
        low=1.0,
        high=3.0,
        ours=lambda: _cash_until(promo(renews=True), 6) / _cash_until(promo(renews=False), 6),
    ),
    Finding(
        number=10,
        kind="sign",
        title="money, renewing over ending trials, after 24 months",
        published="behind after month 12",
        low=0.5,
        high=1.0,
        ours=lambda: _cash_until(promo(renews=True), 24) / _cash_until(promo(renews=False), 24),
    ),
    Finding(
        number=11,
        kind="calibrated",
        title="app, from unlimited top news to three a day: reading (taste is fitted to this)",
        published="−9.9 % (Aral and Dhillon)",
        low=-0.12,
        high=-0.08,
        ours=lambda: app(taste())[0],
        unit="%",
    ),
    Finding(
        number=11,
        kind="calibrated",
        title="app, from unlimited top news to three a day: starts",
        published="+31 % (Aral and Dhillon)",
        low=0.21,
        high=0.41,
        ours=lambda: app(taste())[1],
        unit="%",
        missed=True,
    ),
    Finding(
        number=12,
        kind="sign",
        title="looser limits 3, 5, 7, 10: stops and starts fall, reading rises",
        published="yes (New York Times 2022)",
        low=1,
        high=1,
        ours=lambda: (
            ordered([-stop_rate(at_limit(k)) for k in (3, 5, 7, 10)])
            * ordered([-starts_per_million(at_limit(k)) for k in (3, 5, 7, 10)])
            * ordered([at_limit(k).total("read") for k in (3, 5, 7, 10)])
        ),
    ),
    Finding(
        number=12,
        kind="sign",
        title="limits by propensity: starts above the fixed-limit front",
        published="on or above it",
        low=0.0,
        high=1.0,
        ours=over_the_front,
        unit="%",
    ),
    Finding(
        number=13,
        kind="sign",
        title="static model, $23 per 1,000 articles: best limit",
        published="0, a hard wall (Halbheer et al.: a corner)",
        low=0,
        high=1,
        ours=lambda: best_static(23),
    ),
    Finding(
        number=13,
        kind="sign",
        title="static model, $50 per 1,000 articles: best limit",
        published="1",
        low=0,
        high=2,
        ours=lambda: best_static(50),
    ),
    Finding(
        number=13,
        kind="sign",
        title="static model, $100 per 1,000 articles: best limit (99: none)",
        published="all free",
        low=99,
        high=99,
        ours=lambda: best_static(100),
    ),
    Finding(
        number=14,
        kind="sign",
        title="news peak with the wall down: reading over half a year",
        published="more (Chae et al.)",
        low=0.0,
        high=0.5,
        ours=lambda: peak(is_open=True).total("read") / peak(is_open=False).total("read") - 1,
        unit="%",
    ),
    Finding(
        number=14,
        kind="sign",
        title="news peak with the wall down: starts afterwards",
        published="not fewer (Chae et al.)",
        low=0.0,
        high=0.5,
        ours=lambda: later_starts(peak(is_open=True)) / later_starts(peak(is_open=False)) - 1,
        unit="%",
    ),
    Finding(
        number=15,
        kind="sign",
        title="7-day over 30-day trials: paid within a year",
        published="more (Yoganarasimhan et al.: +5.6 % subscriptions)",
        low=0.0,
        high=0.5,
        ours=lambda: trial_of("7 days") / trial_of("30 days") - 1,
        unit="%",
    ),
    Finding(
        number=15,
        kind="sign",
        title="limits chosen for small groups, on other readers, against the best uniform one",
        published="they lose (Yoganarasimhan et al.)",
        low=-0.9,
        high=-0.0001,
        ours=overfitted,
        unit="%",
    ),
)


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
    )


def main() -> None:
    """Print the table."""
    for finding in FINDINGS:
        print(f"| {' | '.join(row(finding))} |")


__all__: list[Any] = ["FINDINGS", "Finding", "evolve", "main", "row", "run"]

if __name__ == "__main__":
    main()
