"""Policies for the tests of populations.

Small ones that between them use everything a policy can tell apart.
"""

from __future__ import annotations

from meter import Policy, loads_policy

HEAD = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"
"""
SUBSCRIBERS = """
[[rules]]
name = "subscribers"
when = { reader = ["subscriber", "trial", "staff"] }
show = "article"
"""
WALL = """
[[rules]]
name = "everyone else"
show = "subscription-wall"
"""


def metered(
    limit: int = 5,
    window: str = '{ calendar = "month" }',
    *,
    count: str = "articles",
    zone: str = "Asia/Tokyo",
    wall: str = WALL,
) -> Policy:
    """Return a policy with one meter for everybody who has not paid."""
    return loads_policy(
        HEAD.replace("Asia/Tokyo", zone)
        + f"""
[meters.monthly]
window = {window}
limit = {limit}
count = "{count}"
{SUBSCRIBERS}
[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"
{wall}"""
    )


def hard_wall() -> Policy:
    """Return a policy under which only subscribers read."""
    return loads_policy(HEAD + SUBSCRIBERS + WALL)


def free_for_all() -> Policy:
    """Return a policy without any wall."""
    return loads_policy(HEAD + '[[rules]]\nname = "all free"\nshow = "article"\n')


TRIALS = """
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 2, registered = 4 }
[offers.spring]
kind = "trial"
price = 3
currency = "USD"
term = "6 weeks"
ends = 2026-02-20
product = "digital"
when = { reader = ["anonymous", "registered"] }
[offers.back]
kind = "subscription"
price = 60
currency = "USD"
term = "1 year"
product = "digital"
[[rules]]
name = "digital"
when = { product = ["digital"] }
show = "article"
[[rules]]
name = "sponsored and free"
when = { any = [ { access = ["free"] }, { tags = ["sponsored"] } ] }
show = "article"
[[rules]]
name = "lately expired"
when = { since = { expiry = { below = "21 days" } } }
show = "trial-expired"
offer = "back"
[[rules]]
name = "from the search"
when = { referrer = ["google.com"], age = { at_least = "4 days" } }
show = "article"
[[rules]]
name = "allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "register first"
when = { reader = ["anonymous"] }
show = "registration-wall"
[[rules]]
name = "long expired"
when = { reader = ["subscription-expired"] }
show = "subscription-expired"
[[rules]]
name = "all others"
show = "trial-offer"
offer = "spring"
"""

ONCE = """
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 2, registered = 3 }
[products.politics]
opens = { section = ["politics"] }
[products.all]
[offers.taste]
price = 1
currency = "USD"
term = "2 weeks"
product = "politics"
then = { price = 9, per = "month" }
once = true
[offers.guest]
price = 0
currency = "USD"
term = "1 week"
product = "all"
once = true
[offers.back]
kind = "subscription"
price = 60
currency = "USD"
term = "1 year"
product = "all"
[[rules]]
name = "what a right covers"
when = { covered = true }
show = "article"
[[rules]]
name = "not covered, though they pay"
when = { reader = ["trial", "subscriber"] }
show = "subscription-wall"
offer = "back"
[[rules]]
name = "allowance"
spend = "monthly"
show = "countdown"
[[rules]]
name = "come back"
when = { reader = ["trial-expired"] }
show = "trial-offer"
offer = ["taste", "guest", "back"]
[[rules]]
name = "all others"
show = "trial-offer"
offers = ["guest", "taste"]
"""

DYNAMIC = """
[meters.loose]
window = { rolling = "10 days" }
limits = [
  { when = { score = { below = 0.4 } }, limit = 6 },
  { when = { segments = ["young"] }, limit = 4 },
  { limit = 2 },
]
[meters.politics]
window = { fixed = "3 days" }
limit = 1
[meters.taste]
window = { lifetime = true }
limit = 3
count = "views"
[[rules]]
name = "payers"
when = { reader = ["subscriber"] }
show = "article"
[[rules]]
name = "a taste of premium"
when = { access = ["premium"] }
show = "subscription-wall"
[[rules]]
name = "politics"
when = { section = ["politics"] }
spend = "politics"
show = "article"
[[rules]]
name = "still much left"
when = { left = { loose = { at_least = 2 } } }
spend = "loose"
show = "article"
[[rules]]
name = "the peak is open"
when = { dates = { from = 2026-01-20, until = 2026-01-22 } }
show = "article"
[[rules]]
name = "the rest"
when = { device = ["mobile"] }
spend = "loose"
show = "countdown"
[[rules]]
name = "a taste"
spend = "taste"
show = "countdown"
[[rules]]
name = "no more"
show = "subscription-wall"
"""


SEVERAL = """
[meters.daily]
window = { calendar = "day" }
limit = 2
[meters.monthly]
window = { calendar = "month" }
limit = { anonymous = 4, registered = "none" }
access = ["metered", "premium"]
[meters.rolling]
window = { rolling = "10 days" }
limit = 3
count = "views"
[meters.all]
window = { rolling = "14 days" }
limit = "none"
counts = { section = ["politics"] }
[meters.taste]
window = { lifetime = true }
limit = 2
access = ["premium"]
counts = { tags = ["sponsored"] }
[offers.back]
kind = "trial"
price = 3
currency = "USD"
term = "6 weeks"
when = { left = { monthly = { at_most = 2 } } }
[[rules]]
name = "payers"
when = { entitled = true }
show = "article"
[[rules]]
name = "who has read much about politics"
when = { used = { all = { at_least = 4 } }, account = false }
show = "registration-wall"
[[rules]]
name = "two a day and some a month"
spend = ["daily", "monthly"]
show = "countdown"
[[rules]]
name = "three views"
when = { device = ["mobile"], used = { all = { below = 9 } } }
spend = ["rolling", "monthly"]
show = "article"
[[rules]]
name = "a taste of premium"
spend = "taste"
show = "countdown"
[[rules]]
name = "nothing left of two"
when = { exhausted = ["daily", "rolling"], access = ["metered"] }
show = "wall"
offer = "back"
[[rules]]
name = "everyone else"
show = "wall"
"""


def with_trials(zone: str = "Europe/Oslo") -> Policy:
    """Return a policy with offers that end and a registration wall.

    Its rules ask about expiry, referrers and age.
    """
    return loads_policy(HEAD.replace("Asia/Tokyo", zone) + TRIALS)


def with_trials_once() -> Policy:
    """Return a policy with trials that are started once, and products that open some articles."""
    return loads_policy(HEAD + ONCE)


def dynamic() -> Policy:
    """Return a policy with meters of three kinds of window, and limits by score and segment."""
    return loads_policy(HEAD + DYNAMIC)


def several() -> Policy:
    """Return a policy that spends several meters at once, with histories and walls that fit."""
    return loads_policy(HEAD + SEVERAL)


CAMPAIGNS = """
[experiments.price]
seed = "price-test"
variants = { control = 0.4, nine = 0.4 }
when = { account = false }
[experiments.more]
seed = "more"
unit = "reader"
variants = { control = 0.5, more = 0.5 }
[meters.monthly]
window = { calendar = "month" }
limits = [ { when = { experiment = { more = ["more"] } }, limit = 4 }, { limit = 2 } ]
[offers.nine]
price = 9
currency = "USD"
term = "1 month"
when = { experiment = { price = ["nine"] } }
[offers.twelve]
price = 12
currency = "USD"
term = "1 month"
[prompts.give]
heading = "Give"
at_most = [ { times = 1, window = { calendar = "day" } } ]
[[rules]]
name = "subscribers"
when = { reader = ["subscriber", "trial", "staff"] }
show = "article"
prompt = "give"
[[rules]]
name = "within the allowance"
spend = "monthly"
show = "countdown"
prompt = "give"
[[rules]]
name = "an account, in one variant"
when = { account = false, experiment = { price = ["control"] } }
show = "registration-wall"
[[rules]]
name = "everyone else"
show = "subscription-wall"
offer = ["nine", "twelve"]
"""


def with_campaigns() -> Policy:
    """Return a policy with experiments by both ids, and a prompt that is not shown every time."""
    return loads_policy(HEAD + CAMPAIGNS)
