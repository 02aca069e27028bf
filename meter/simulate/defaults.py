"""The default assumptions: one line a number, with its range and its source."""

from __future__ import annotations

from datetime import date
from typing import Any

from meter.simulate.assumptions import Assumption

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

# fmt: off


def _a(
    name: str, value: Any, low: float | None, high: float | None, basis: str, words: str, source: str, most: float = 1, least: float = 0,
) -> Assumption:
    return Assumption(name=name, value=value, low=low, high=high, basis=basis, words=words, source=source, least=least, most=most)


PUBLISHED: tuple[Assumption, ...] = (
    _a("horizon.start", date(2026, 1, 1), None, None, "assumed", "first day simulated, in the policy's zone; offers and dates of the policy are met from here", _OURS),
    _a("population.bounce", 0.4303, 0.38, 0.48, "derived", "readers of a month who read one article and no more", f"fitted to {_LENFEST}"),
    _a("population.fans", 0.0209, 0.015, 0.03, "derived", "readers of a month who are fans", f"{_MATHER}: 2.1 % fanatics", most=0.5),
    _a("population.casual_q", 0.84462, 0.81, 0.87, "derived", "articles a month of the others: log-series with this q", f"fitted to {_LENFEST}", most=0.99, least=0.01),
    _a("population.fans_mean", 27.2, 20, 35, "published", "articles a month of a fan: 1 + geometric with this mean", f"{_MATHER}: 27.2 article views", most=300, least=1),
    _a("population.persistence", 0.7, 0.4, 0.9, "assumed", "months in which a reader wants as many articles as the month before", _OURS),
    _a("population.turnover_bounce", 0.9, None, None, "assumed", "bouncing readers replaced by new ones each month", _OURS),
    _a("population.turnover_casual", 0.3, 0.1, 0.5, "assumed", "casual readers replaced by new ones each month", _OURS),
    _a("population.turnover_fans", 0.05, 0.02, 0.15, "assumed", "fans replaced by new ones each month", _OURS),
    _a("sessions.articles", 4.1, 2, 6, "derived", "articles in a session (geometric)", f"{_EBNERD}: 4.1", most=100, least=1),
    _a("sessions.pause_minutes", 3, None, None, "derived", "minutes between two articles of a session (exponential)", f"{_EBNERD}: 76 % of gaps are under 30 minutes", most=30, least=0.1),
    _a("sessions.tail", 1.5, None, None, "assumed", "gaps between sessions are Pareto with this exponent", "heavy-tailed gaps: Dezső et al. 2006 (PRE 73, 066132); the exponent is ours", most=10, least=1.05),
    _a("sessions.hours", {"0": 0.01, "1": 0.005, "2": 0.01, "3": 0.01, "4": 0.022, "5": 0.031, "6": 0.035, "7": 0.056, "8": 0.069, "9": 0.049, "10": 0.047, "11": 0.047, "12": 0.057, "13": 0.048, "14": 0.05, "15": 0.049, "16": 0.05, "17": 0.07, "18": 0.058, "19": 0.056, "20": 0.056, "21": 0.056, "22": 0.031, "23": 0.028}, None, None, "derived", "share of reading in each hour of the day, in the policy's zone", _EBNERD),
    _a("sessions.rereads", 0.14, 0.05, 0.2, "derived", "page views that go to an article read before", f"{_EBNERD}: 14 %", most=0.9),
    _a("articles.per_day", 40, None, None, "assumed", "articles published a day", _OURS, most=4000, least=4),
    _a("articles.zipf", 1.0, None, None, "assumed", "popularity among articles of the same hours: rank to minus this power", _OURS, most=4),
    _a("articles.half_life_hours", 36, None, None, "published", "age by which half of an article's readers have come", "Dezső et al. 2006 (PRE 73, 066132): 36 hours, then a power law", most=2000, least=1),
    _a("articles.free", 0.04, None, None, "assumed", "articles whose access is `free`", _OURS),
    _a("articles.premium", 0.0, None, None, "assumed", "articles whose access is `premium`", _OURS),
    _a("articles.tags", {"sponsored": 0.02}, None, None, "assumed", "share of articles with each tag", _OURS, most=2),
    _a("articles.sections", {}, None, None, "assumed", "share of reading in each section (they add up to 1)", _OURS),
    _a("articles.kinds", {}, None, None, "assumed", "share of reading of each kind of article (they add up to 1)", _OURS),
    _a("views.referrers", {"": 0.4, "google.com": 0.3, "facebook.com": 0.1, "t.co": 0.05, "example.org": 0.15}, None, None, "assumed", "where page views come from; the empty name is a direct visit", _OURS),
    _a("views.devices", {"mobile": 0.62, "desktop": 0.33, "tablet": 0.05}, None, None, "assumed", "kind of each device a person uses", _OURS),
    _a("readers.segments", {}, None, None, "assumed", "share of readers in each segment the publisher knows", _OURS, most=2),
    _a("readers.countries", {}, None, None, "assumed", "share of readers in each country (they add up to 1); none: not known", _OURS),
    _a("readers.score_signal", 0.5, None, None, "assumed", "how much of the propensity `score` is true inclination and reading, the rest being noise", _OURS),
    _a("identity.devices", {"1": 0.6, "2": 0.3, "3": 0.1}, None, None, "assumed", "devices a person reads on; an unknown reader is metered by device", _OURS),
    _a("identity.main_device", 0.7, None, None, "assumed", "sessions of a person with several devices that are on the first one", _OURS),
    _a("identity.cookie_reset", 0.30, 0.2, 0.45, "published", "devices that lose their cookie in a month", "comScore 30–40 % a month (secondary); GWI 2014: about 40 % deleted cookies in the last month"),
    _a("identity.bypass", 0.02, 0.0, 0.10, "assumed", "people who open a private window when they meet a wall", "Brave 2019 (arXiv 1903.01406): every paywall tested could be got round; the share is ours"),
    _a("walls.conversion", 0.00137, 0.00076, 0.0020, "derived", "subscribes when stopped: this times the root of the articles wanted that month; none at one article", f"{_MATHER}; agrees with the LMA/GNI goal of 0.5 % of stopped readers; low end: {_PIANO}, 0.26 %", most=0.1),
    _a("walls.frailty", 0.8, 0.0, 1.2, "assumed", "spread between readers of the inclination to subscribe (sigma of a log-normal with mean 1)", _OURS, most=3),
    _a("walls.wear", 0.9, 0.7, 1.0, "assumed", "each earlier month with a wall multiplies the inclination by this", _OURS),
    _a("walls.register", 0.0169, 0.010, 0.035, "published", "registers when shown a registration wall, once a month", f"{_PIANO}: median 1.69 %; Mather 3.14 %"),
    _a("walls.registration_sells", 0.5, 0.0, 1.0, "assumed", "who would subscribe at a paid wall does so where a registration wall stands, which shows that way too", _OURS),
    _a("walls.leave", 0.10, 0.0, 0.5, "assumed", "leaves the site for a month or more when stopped, once a month", "range up to Chiou and Tucker 2013 (visits −51 % behind a hard wall); the default is ours"),
    _a("walls.come_back", 0.15, 0.05, 0.4, "assumed", "those who left come back, each month", _OURS),
    _a("walls.end_session", 0.7, 0.4, 1.0, "assumed", "a wall ends the session, so that what was wanted next is not even asked for", _OURS),
    _a("walls.leave_factor", {}, None, None, "assumed", "readers of a segment leave this much less or more (times `walls.leave`)", _OURS, most=2),
    _a("offers.price_elasticity", 0.0, 0.0, 1.0, "assumed", "an offer at half the list price sells 2 to this power as well; 0: the price changes nothing", _OURS, most=5),
    _a("trials.auto_renew", 1.0, None, None, "assumed", "trials that renew by themselves (the rest end by themselves)", _OURS),
    _a("trials.continue_auto_renew", 0.50, 0.4, 0.6, "published", "auto-renewing trials that become paid", f"{_MILLER}: half; Adapty 48.8 %"),
    _a("trials.continue_auto_cancel", 0.07, 0.04, 0.18, "derived", "auto-cancelling trials that become paid", f"{_MILLER}: a seventh of the half; opt-in apps 18 % (Adapty)"),
    _a("trials.takeup_auto_cancel", 1.43, 1.32, 1.56, "derived", "an auto-cancelling trial is taken this much more often", f"{_MILLER}: auto-renewal cuts take-up by 24–36 %", most=10),
    _a("trials.return", 0.01, 0.0, 0.05, "assumed", "whose trial is over subscribes when stopped, each month, on top of the rest", f"ours; for auto-cancelling trials 0.157 makes {_MILLER} come out even after a year"),
    _a("churn.monthly_alpha", 0.905, None, None, "derived", "monthly plans: alpha of the shifted-beta-geometric", f"fitted to {_INMA} 34/22/15 %", most=100, least=0.01),
    _a("churn.monthly_beta", 5.33, 3.5, 8.0, "derived", "monthly plans: beta of the shifted-beta-geometric", f"fitted to {_INMA} 34/22/15 %; range: FTI monthly churn 3–5 %", most=1000, least=0.01),
    _a("churn.annual_alpha", 1.925, None, None, "derived", "annual plans: alpha of the shifted-beta-geometric", f"fitted to {_INMA} 70/52/40 %", most=100, least=0.01),
    _a("churn.annual_beta", 4.505, 3.2, 6.5, "derived", "annual plans: beta of the shifted-beta-geometric", f"fitted to {_INMA} 70/52/40 %", most=1000, least=0.01),
    _a("churn.return", 0.02, 0.0, 0.05, "assumed", "whose subscription is over subscribes again when stopped, each month, on top of the rest", _OURS),
    _a("habit.growth", 0.02, 0.0, 0.05, "assumed", "a month of reading unhindered raises the wish to read by this", "direction: Medill/Spiegel 2019 (frequency keeps readers); the size is ours"),
    _a("habit.wear", 0.05, 0.0, 0.15, "assumed", "a month in which half of what was wanted was refused lowers the wish to read by half of this", _OURS),
    _a("habit.most", 2.0, None, None, "assumed", "the wish to read grows at most to this many times the first", _OURS, most=20, least=1),
    _a("news.peak_month", 0, None, None, "assumed", "month (1 is the first) whose second week has a news peak; 0: none", _OURS, most=120),
    _a("news.peak_factor", 2.0, None, None, "assumed", "traffic in the week of the peak, times usual", _OURS, most=20, least=1),
    _a("money.ads_per_1000_articles", 23, 10, 60, "derived", "advertising earned by 1,000 articles read, in the policy's currency", f"{_MATHER}: $23 (that is $9 per 1,000 pages)", most=1000),
    _a("money.price_month", 10, 6, 16, "published", "price of a month where a wall names no offer", "American Press Institute 2017: median of US local papers $10; RISJ 2019: $15.75 in seven countries", most=1000),
    _a("money.price_year", 99, None, None, "published", "price of a year where a wall names no offer", "Brave 2019 (arXiv 1903.01406): median annual $108", most=10000),
    _a("money.annual_share", 0.3, 0.1, 0.5, "assumed", "subscribers without an offer who choose the year", _OURS),
    _a("money.lifetime_months", 36, None, None, "assumed", "months of payments that count as the lifetime of a subscription", f"as {_INMA}: three years", most=120, least=1),
    _a("money.discount_year", 0.10, None, None, "assumed", "discount of next year's money in the lifetime value", _OURS),
)
