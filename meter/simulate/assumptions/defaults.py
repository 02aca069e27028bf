"""The default assumptions, each with its range and its source."""

from __future__ import annotations

from meter.simulate.assumptions.assumption import Assumption

__all__ = ["PUBLISHED"]

_LENFEST = (
    "Lenfest/Shorenstein 2019: of 15 metro papers' readers 68 % read one article in 30 days, 23 %"
    " two to five, 9 % more"
)
_MATHER = "Mather Economics, audience segments of one metro paper (8.0 million user-months)"
_EBNERD = "EB-NeRD sample (Ekstra Bladet, MIT): 8,303 clicks of 44 active readers in 21 days"
_PIANO = "Piano Subscription Performance Benchmarks 2022"
_MILLER = (
    "Miller, Sahni and Strulov-Shlain 2023 (SSRN 4065098), a randomised trial with 2 million"
    " readers"
)
_OURS = "our assumption, not measured: sweep it, or measure yours"
_INMA = "INMA/Piano, more than 400 sites: alive after 12, 24, 36 months"

# A table of data: one entry a number, in the order of a report.
# fmt: off
PUBLISHED: tuple[Assumption, ...] = (
    # When it begins.
    Assumption(name="horizon.start", value=None, basis="assumed",
        words=(
            "first day simulated, in the policy's zone; where it is not said, the first day that"
            " the policies name, else the first of next month"
        ),
        source="so that the offers and the dates of the policies are met"),
    # Who reads, and how much.
    Assumption(name="population.bounce", value=0.4303, low=0.38, high=0.48, basis="derived",
        words="readers of a month who read one article and no more",
        source=f"fitted to {_LENFEST}"),
    Assumption(name="population.fans", value=0.0209, low=0.015, high=0.03, most=0.5,
        basis="derived",
        words="readers of a month who are fans",
        source=f"{_MATHER}: 2.1 % fanatics"),
    Assumption(name="population.casual_q", value=0.84462, low=0.81, high=0.87,
        least=0.01, most=0.99, basis="derived",
        words="articles a month of the others: log-series with this q",
        source=f"fitted to {_LENFEST}"),
    Assumption(name="population.fans_mean", value=27.2, low=20, high=35, least=1, most=300,
        basis="published",
        words="articles a month of a fan: 1 + geometric with this mean",
        source=f"{_MATHER}: 27.2 article views"),
    Assumption(name="population.persistence", value=0.7, low=0.4, high=0.9, basis="assumed",
        words="months in which a reader wants as many articles as the month before",
        source=_OURS),
    Assumption(name="population.turnover_bounce", value=0.9, basis="assumed",
        words="bouncing readers replaced by new ones each month",
        source=_OURS),
    Assumption(name="population.turnover_casual", value=0.3, low=0.1, high=0.5, basis="assumed",
        words="casual readers replaced by new ones each month",
        source=_OURS),
    Assumption(name="population.turnover_fans", value=0.05, low=0.02, high=0.15, basis="assumed",
        words="fans replaced by new ones each month",
        source=_OURS),
    # How reading is spread over sessions and hours.
    Assumption(name="sessions.articles", value=4.1, low=2, high=6, least=1, most=100,
        basis="derived",
        words="articles in a session (geometric)",
        source=f"{_EBNERD}: 4.1"),
    Assumption(name="sessions.pause_minutes", value=3, least=0.1, most=30, basis="derived",
        words="minutes between two articles of a session (exponential)",
        source=f"{_EBNERD}: 76 % of gaps are under 30 minutes"),
    Assumption(name="sessions.tail", value=1.5, least=1.05, most=10, basis="assumed",
        words="gaps between sessions are Pareto with this exponent",
        source="heavy-tailed gaps: Dezső et al. 2006 (PRE 73, 066132); the exponent is ours"),
    Assumption(name="sessions.hours", value={
        "0": 0.01, "1": 0.005, "2": 0.01, "3": 0.01, "4": 0.022, "5": 0.031, "6": 0.035,
        "7": 0.056, "8": 0.069, "9": 0.049, "10": 0.047, "11": 0.047, "12": 0.057, "13": 0.048,
        "14": 0.05, "15": 0.049, "16": 0.05, "17": 0.07, "18": 0.058, "19": 0.056, "20": 0.056,
        "21": 0.056, "22": 0.031, "23": 0.028,
    }, basis="derived",
        words="share of reading in each hour of the day, in the policy's zone",
        source=_EBNERD),
    Assumption(name="sessions.rereads", value=0.14, low=0.05, high=0.2, most=0.9, basis="derived",
        words="page views that go to an article read before",
        source=f"{_EBNERD}: 14 %"),
    # What is published.
    Assumption(name="articles.per_day", value=40, least=4, most=4000, basis="assumed",
        words="articles published a day",
        source=_OURS),
    Assumption(name="articles.zipf", value=1.0, most=4, basis="assumed",
        words="popularity among articles of the same hours: rank to minus this power",
        source=_OURS),
    Assumption(name="articles.half_life_hours", value=36, least=1, most=2000, basis="published",
        words="age by which half of an article's readers have come",
        source="Dezső et al. 2006 (PRE 73, 066132): 36 hours, then a power law"),
    Assumption(name="articles.free", value=0.04, basis="assumed",
        words="articles whose access is `free`",
        source=_OURS),
    Assumption(name="articles.premium", value=0.0, basis="assumed",
        words="articles whose access is `premium`",
        source=_OURS),
    Assumption(name="articles.tags", value={"sponsored": 0.02}, most=2, basis="assumed",
        words="share of articles with each tag",
        source=_OURS),
    Assumption(name="articles.sections", value={}, basis="assumed",
        words="share of reading in each section (they add up to 1)",
        source=_OURS),
    Assumption(name="articles.kinds", value={}, basis="assumed",
        words="share of reading of each kind of article (they add up to 1)",
        source=_OURS),
    # How a page is come to.
    Assumption(name="views.referrers", value={
        "": 0.4, "google.com": 0.3, "facebook.com": 0.1, "t.co": 0.05, "example.org": 0.15,
    }, basis="assumed",
        words="where page views come from; the empty name is a direct visit",
        source=_OURS),
    Assumption(name="views.devices", value={
        "mobile": 0.62, "desktop": 0.33, "tablet": 0.05,
    }, basis="assumed",
        words="kind of each device a person uses",
        source=_OURS),
    # What the publisher knows of a reader.
    Assumption(name="readers.segments", value={}, most=2, basis="assumed",
        words="share of readers in each segment the publisher knows",
        source=_OURS),
    Assumption(name="readers.countries", value={}, basis="assumed",
        words="share of readers in each country (they add up to 1); none: not known",
        source=_OURS),
    Assumption(name="readers.score_signal", value=0.5, basis="assumed",
        words=(
            "how much of the propensity `score` is true inclination and reading, the rest being"
            " noise"
        ),
        source=_OURS),
    # How many devices, and how long they are known.
    Assumption(name="identity.devices", value={"1": 0.6, "2": 0.3, "3": 0.1}, basis="assumed",
        words="devices a person reads on; an unknown reader is metered by device",
        source=_OURS),
    Assumption(name="identity.main_device", value=0.7, basis="assumed",
        words="sessions of a person with several devices that are on the first one",
        source=_OURS),
    Assumption(name="identity.cookie_reset", value=0.30, low=0.2, high=0.45, basis="published",
        words="devices that lose their cookie in a month",
        source=(
            "comScore 30–40 % a month (secondary); GWI 2014: about 40 % deleted cookies in the"
            " last month"
        )),
    Assumption(name="identity.bypass", value=0.02, low=0.0, high=0.10, basis="assumed",
        words="people who open a private window when they meet a wall",
        source=(
            "Brave 2019 (arXiv 1903.01406): every paywall tested could be got round; the share"
            " is ours"
        )),
    Assumption(name="identity.bypass_willing", value=0.5, low=0.0, high=1.0, basis="assumed",
        words=(
            "whoever opens a private window at a wall is as ready to subscribe as others, times"
            " this"
        ),
        source="direction: who gets round a wall needs it less; the size is ours"),
    # What people do at a wall.
    Assumption(name="walls.conversion", value=0.00137, low=0.00076, high=0.0020, most=0.1,
        basis="derived",
        words=(
            "subscribes when stopped: this times the root of the articles wanted that month;"
            " none at one article"
        ),
        source=(
            f"{_MATHER}; agrees with the LMA/GNI goal of 0.5 % of stopped readers; low end:"
            f" {_PIANO}, 0.26 %"
        )),
    Assumption(name="walls.frailty", value=0.8, low=0.0, high=1.2, most=3, basis="assumed",
        words=(
            "spread between readers of the inclination to subscribe (sigma of a log-normal with"
            " mean 1)"
        ),
        source=_OURS),
    Assumption(name="walls.wear", value=0.9, low=0.7, high=1.0, basis="assumed",
        words="each earlier month with a wall multiplies the inclination by this",
        source=_OURS),
    Assumption(name="walls.register", value=0.0169, low=0.010, high=0.035, basis="published",
        words="registers when shown a registration wall, once a month",
        source=f"{_PIANO}: median 1.69 %; Mather 3.14 %"),
    Assumption(name="walls.registration_sells", value=0.5, low=0.0, high=1.0, basis="assumed",
        words=(
            "who would subscribe at a paid wall does so where a registration wall stands, which"
            " shows that way too"
        ),
        source=_OURS),
    Assumption(name="walls.leave", value=0.10, low=0.0, high=0.5, basis="assumed",
        words="leaves the site for a month or more when stopped, once a month",
        source=(
            "range up to Chiou and Tucker 2013 (visits −51 % behind a hard wall); the default"
            " is ours"
        )),
    Assumption(name="walls.come_back", value=0.15, low=0.05, high=0.4, basis="assumed",
        words="those who left come back, each month",
        source=_OURS),
    Assumption(name="walls.end_session", value=0.7, low=0.4, high=1.0, basis="assumed",
        words="a wall ends the session, so that what was wanted next is not even asked for",
        source=_OURS),
    Assumption(name="walls.leave_factor", value={}, most=2, basis="assumed",
        words="readers of a segment leave this much less or more (times `walls.leave`)",
        source=_OURS),
    # What registering is worth.
    Assumption(name="registered.conversion", value=1.0, low=1.0, high=3.0, most=20, basis="assumed",
        words="whoever has registered is this much more ready to subscribe for having done so",
        source=(
            f"{_PIANO}: the registered convert many times as often, mostly because of who"
            " registers; how much registering does is not known"
        )),
    Assumption(name="registered.advertising", value=1.0, low=1.0, high=2.0, most=10,
        basis="assumed",
        words="advertising earned by an article read by a known reader, times that by a stranger",
        source="direction: known readers are sold for more; the size is ours"),
    # What a price changes.
    Assumption(name="offers.price_elasticity", value=0.0, low=0.0, high=1.0, most=5,
        basis="assumed",
        words=(
            "an offer at half the list price sells 2 to this power as well; 0: the price"
            " changes nothing"
        ),
        source=_OURS),
    Assumption(name="offers.free_sells_like", value=0.05, low=0.01, high=0.25, least=0.001,
        basis="assumed",
        words=(
            "an offer below this share of the list price, a free one too, sells like one at it:"
            " signing up is an effort of its own"
        ),
        source=_OURS),
    # What becomes of trials.
    Assumption(name="trials.auto_renew", value=1.0, basis="assumed",
        words="trials that renew by themselves (the rest end by themselves)",
        source=_OURS),
    Assumption(name="trials.continue_auto_renew", value=0.50, low=0.4, high=0.6, basis="published",
        words="auto-renewing trials that become paid",
        source=f"{_MILLER}: half; Adapty 48.8 %"),
    Assumption(name="trials.continue_auto_cancel", value=0.07, low=0.04, high=0.18, basis="derived",
        words="auto-cancelling trials that become paid",
        source=f"{_MILLER}: a seventh of the half; opt-in apps 18 % (Adapty)"),
    Assumption(name="trials.length_elasticity", value=0.037, low=0.0, high=0.1, most=2,
        basis="derived",
        words=(
            "a trial of two months is continued 2 to this power less often than one of a month,"
            " one of half a month so much more often"
        ),
        source=(
            "Yoganarasimhan et al. 2022: 7 instead of 30 days brought 5.6 % more subscriptions"
        )),
    Assumption(name="trials.takeup_auto_cancel", value=1.43, low=1.32, high=1.56, most=10,
        basis="derived",
        words="an auto-cancelling trial is taken this much more often",
        source=f"{_MILLER}: auto-renewal cuts take-up by 24–36 %"),
    Assumption(name="trials.return", value=0.01, low=0.0, high=0.05, basis="assumed",
        words="whose trial is over subscribes when stopped, each month, on top of the rest",
        source=(
            f"ours; for auto-cancelling trials 0.157 makes {_MILLER} come out even after a year"
        )),
    # How long a subscription lasts.
    Assumption(name="churn.monthly_alpha", value=0.905, least=0.01, most=100, basis="derived",
        words="monthly plans: alpha of the shifted-beta-geometric",
        source=f"fitted to {_INMA} 34/22/15 %"),
    Assumption(name="churn.monthly_beta", value=5.33, low=3.5, high=8.0, least=0.01, most=1000,
        basis="derived",
        words="monthly plans: beta of the shifted-beta-geometric",
        source=f"fitted to {_INMA} 34/22/15 %; range: FTI monthly churn 3–5 %"),
    Assumption(name="churn.annual_alpha", value=1.925, least=0.01, most=100, basis="derived",
        words="annual plans: alpha of the shifted-beta-geometric",
        source=f"fitted to {_INMA} 70/52/40 %"),
    Assumption(name="churn.annual_beta", value=4.505, low=3.2, high=6.5, least=0.01, most=1000,
        basis="derived",
        words="annual plans: beta of the shifted-beta-geometric",
        source=f"fitted to {_INMA} 70/52/40 %"),
    Assumption(name="churn.return", value=0.02, low=0.0, high=0.05, basis="assumed",
        words=(
            "whose subscription is over subscribes again when stopped, each month, on top of"
            " the rest"
        ),
        source=_OURS),
    # What reading and walls do to the wish to read.
    Assumption(name="habit.growth", value=0.02, low=0.0, high=0.05, basis="assumed",
        words="a month of reading unhindered raises the wish to read by this",
        source="direction: Medill/Spiegel 2019 (frequency keeps readers); the size is ours"),
    Assumption(name="habit.wear", value=0.05, low=0.0, high=0.15, basis="assumed",
        words=(
            "a month in which half of what was wanted was refused lowers the wish to read by"
            " half of this"
        ),
        source=_OURS),
    Assumption(name="habit.most", value=2.0, least=1, most=20, basis="assumed",
        words="the wish to read grows at most to this many times the first",
        source=_OURS),
    # When news peaks.
    Assumption(name="news.peak_month", value=0, most=120, basis="assumed",
        words="month (1 is the first) whose second week has a news peak; 0: none",
        source=_OURS),
    Assumption(name="news.peak_factor", value=2.0, least=1, most=20, basis="assumed",
        words="traffic in the week of the peak, times usual",
        source=_OURS),
    # Who subscribes already.
    Assumption(name="subscribers.share", value=0.0, basis="assumed",
        words="readers of the first month who pay the list price by the month already",
        source="none, so that what is shown is what a policy adds; say how many you have"),
    Assumption(name="subscribers.switch", value=0.1, low=0.0, high=0.5, basis="assumed",
        words=(
            "subscribers by the month who change to the cheapest offer of the policy for good,"
            " if one costs less"
        ),
        source=_OURS),
    # What is earned and paid.
    Assumption(name="money.currency", value="USD", basis="published",
        words="what the money below is in; another one asks for prices in it",
        source="the sources below are of the United States"),
    Assumption(name="money.ads_per_1000_articles", value=23, low=10, high=60, most=10_000_000,
        basis="derived",
        words="advertising earned by 1,000 articles read",
        source=f"{_MATHER}: $23 (that is $9 per 1,000 pages)"),
    Assumption(name="money.price_month", value=10, low=6, high=16, most=10_000_000,
        basis="published",
        words="price of a month where a wall names no offer",
        source=(
            "American Press Institute 2017: median of US local papers $10; RISJ 2019: $15.75 in"
            " seven countries"
        )),
    Assumption(name="money.price_year", value=99, most=100_000_000, basis="published",
        words="price of a year where a wall names no offer",
        source="Brave 2019 (arXiv 1903.01406): median annual $108"),
    Assumption(name="money.annual_share", value=0.3, low=0.1, high=0.5, basis="assumed",
        words="subscribers without an offer who choose the year",
        source=_OURS),
    Assumption(name="money.lifetime_months", value=36, least=1, most=120, basis="assumed",
        words="months of payments that count as the lifetime of a subscription",
        source=f"as {_INMA}: three years"),
    Assumption(name="money.discount_year", value=0.10, basis="assumed",
        words="discount of next year's money in the lifetime value",
        source=_OURS),
)
# fmt: on
