"""Writes the tables of `which-paywall.md`: run it when a model of a paywall comes or changes.

Which models answer a question is read from their policies. `MAIN_LINES` says which lines of a
policy make it what it is; a line that is not in the policy is an error. A test checks that the page
is up to date.

python docs/how-to/paywall_tables.py
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from meter.resources import MODEL_POLICY, PaywallModel, paywall_models

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGE = Path(__file__).with_name("which-paywall.md")
_QUESTIONS = re.compile(r"(<!-- questions -->\n).*?(<!-- end -->)", re.DOTALL)
_MODELS = re.compile(r"(<!-- models -->\n).*?(<!-- end -->)", re.DOTALL)

MAIN_LINES = {
    "an-address-when-it-is-used-up": (
        'when = { access = ["metered"], account = false, exhausted = ["monthly"] }',
        'show = "registration-wall"',
        "limit = { anonymous = 3, registered = 8 }",
    ),
    "ask-after-five": (
        'limit = "none"',
        "counts = { entitled = false }",
        "when = { used = { heard = { at_least = 5 } } }",
    ),
    "newsletter-clicks-stay-open": (
        'when = { channel = ["newsletter"] }',
        'spend = "newsletter"',
        'limit = "none"',
    ),
    "no-limit-for-the-large-pass": (
        '{ when = { product = ["flat"] }, limit = "none" }',
        '{ when = { product = ["twenty"] }, limit = 20 }',
    ),
    "one-premium-a-month": ('access = ["premium"]', "limit = { registered = 1 }"),
    "one-total-of-texts-and-videos": ('spend = ["videos", "total"]', 'spend = "total"'),
    "social-links-stay-open": ('spend = "social"', 'limit = "none"', "limit = 10"),
    "three-a-day-ten-a-month": ('spend = ["daily", "monthly"]', "limit = 3", "limit = 10"),
    "a-day-or-a-month": ('offers = ["day", "month", "student"]',),
    "a-taste-then-five": (
        "limit = { anonymous = 1, registered = 5 }",
        'when = { access = ["metered"], kind = ["podcast"] }',
        'when = { age = { below = "365 days" } }',
    ),
    "a-week-to-look-around": (
        'when = { access = ["metered"], since = { registration = { below = "7 days" } } }',
        "limit = { registered = 3 }",
    ),
    "abroad-reads-more": (
        'limits = [{ when = { country = ["CH", "LI"] }, limit = 2 }, { limit = 10 }]',
    ),
    "archive-for-subscribers": (
        'when = { access = ["metered"], age = { below = "30 days" } }',
        (
            'when = { access = ["metered"], segments = ["library"],'
            " published = { until = 1979-12-31 } }"
        ),
    ),
    "articles-and-television": (
        'when = { kind = ["television"] }',
        'count = "views"',
        'noun = "video"',
    ),
    "by-propensity": (
        "{ when = { score = { at_least = 0.8 } }, limit = 1 }",
        "{ when = { score = { at_least = 0.4 } }, limit = 3 }",
        "{ limit = 6 }",
    ),
    "campus-and-library": ('when = { segments = ["campus", "library"] }', "limit = 5"),
    "cooking-and-games": (
        'opens = { section = ["cooking"] }',
        'noun = "recipe"',
        'offers = ["cooking", "games", "news", "all"]',
    ),
    "each-article-for-sale": ("when = { covered = true }", 'prompt = "buy"'),
    "first-click-free": (
        'when = { referrer = ["google.com", "bing.com", "yahoo.com"] }',
        'spend = "search"',
        "when = { crawler = true }",
    ),
    "first-hour-free": ('when = { access = ["metered"], age = { below = "1 hour" } }',),
    "five-and-five": (
        "limit = { anonymous = 5, registered = 10 }",
        'show = "registration-wall"',
    ),
    "freemium-with-gifts": (
        'when = { access = ["free", "metered"] }',
        "when = { gift = true }",
    ),
    "guest-pass": (
        "once = true",
        'offer = ["guest", "digital"]',
        'when = { access = ["metered"], switch = ["open-day"] }',
    ),
    "more-for-newsletter-readers": (
        '{ when = { account = true, segments = ["one-friend"] }, limit = 8 }',
        '{ when = { account = true, segments = ["newsletter"] }, limit = 6 }',
        "{ when = { account = true }, limit = 3 }",
    ),
    "newsletter-clicks-open": (
        'when = { channel = ["newsletter"], access = ["metered"] }',
        "limit = 3",
    ),
    "no-ad-blockers": (
        'when = { access = ["free", "metered"], segments = ["blocker"] }',
        'show = "gate"',
        'prompt = "blocker"',
    ),
    "one-locked-article-a-month": ("limit = { registered = 1 }", 'show = "last-free-article"'),
    "one-post-for-an-account": (
        "window = { lifetime = true }",
        "limit = { registered = 1 }",
        'when = { access = ["metered"], age = { at_least = "60 days" } }',
    ),
    "one-title-or-all": (
        'opens = { section = ["nordpost"] }',
        '{ section = ["nordpost"], country = ["NO-18"] }',
        'offers = ["nordpost", "sorpost", "all-titles"]',
    ),
    "open-for-an-election": (
        'window = { calendar = "week" }',
        "when = { dates = { from = 2026-09-13, until = 2026-09-14 } }",
    ),
    "open-on-weekends": ('when = { access = ["metered"], weekday = ["saturday", "sunday"] }',),
    "open-with-an-ask": (
        'when = { any = [{ entitled = true }, { segments = ["gave-lately"] }] }',
        'show = "article"',
        'prompt = "ask"',
    ),
    "pay-or-okay": (
        'when = { access = ["free", "metered"], segments = { none = ["agreed"] } }',
        'show = "gate"',
        'opens = { access = ["free", "metered"] }',
    ),
    "price-of-the-country": ('offer = ["spain", "mexico", "south", "world"]', "limit = 5"),
    "public-service-is-open": (
        'when = { access = ["metered"], tags = ["public-service"] }',
        'when = { segments = ["gov", "mil", "edu"] }',
        "limit = { anonymous = 2, registered = 4 }",
    ),
    "shared-for-a-day": ("when = { covered = true }",),
    "storm-and-election-night": (
        'when = { switch = ["storm"], country = ["SE-M", "SE-K"] }',
        "when = { dates = { from = 2026-09-13T18:00:00, until = 2026-09-14T06:00:00 } }",
    ),
    "subscribers-first": ('when = { access = ["metered"], age = { at_least = "2 days" } }',),
    "ten-a-month": (
        "limit = 10",
        (
            'when = { access = ["metered"], referrer = ["facebook.com", "twitter.com", "t.co",'
            ' "reddit.com"] }'
        ),
        'when = { referrer = ["google.com", "bing.com", "yahoo.com"] }',
    ),
    "the-right-moment": (
        '{ when = { score = { at_least = 0.6 }, device = ["desktop", "tablet"] }, limit = 2 }',
        'when = { access = ["metered"], device = ["mobile"], hour = { at_least = 6, below = 9 } }',
    ),
    "three-stories": ("limit = 3", "when = { gift = true }"),
    "three-videos-a-day": ('when = { kind = ["video"] }', 'count = "views"', "limit = 3"),
    "trial-then-subscription": ('show = "wall"', 'offer = "proba"', "limit = 5"),
    "twenty-from-the-kiosk": (
        '{ when = { product = ["twenty"] }, limit = 20 }',
        "{ when = { account = true }, limit = 1 }",
        'opens = "nothing"',
    ),
    "two-a-week-with-an-account": (
        'window = { calendar = "week" }',
        "limit = { registered = 2 }",
        'show = "registration-wall"',
    ),
    "two-days-from-the-first-read": ('window = { fixed = "2 days" }', "limit = 10"),
    "two-in-45-days": (
        'window = { rolling = "45 days" }',
        "limit = 2",
        'when = { reader = ["anonymous"], segments = ["private-window"] }',
    ),
    "two-subscriptions": (
        'opens = { section = { none = ["analysts"] } }',
        'offer = "upgrade"',
        'when = { access = ["metered"], section = ["blogs"], account = true }',
    ),
    "value-and-reader": (
        "when = { value = { at_least = 0.8 } }",
        "limits = [{ when = { score = { at_least = 0.6 } }, limit = 3 }, { limit = 8 }]",
    ),
    "win-back": (
        'when = { since = { expiry = { at_least = "30 days" } } }',
        'offer = ["first-month", "half", "full"]',
    ),
}
"""The lines of each policy that make it what it is."""

_Policy = dict[str, Any]


def _tables(policy: _Policy, name: str) -> list[_Policy]:
    held = policy.get(name, [])
    return list(held.values()) if isinstance(held, dict) else held


def _keys(when: _Policy) -> Iterator[str]:
    """Yield every key that a condition asks for, through `any` and `not`."""
    for key, value in when.items():
        yield key
        if key == "not":
            yield from _keys(value)
        if key == "any":
            for each in value:
                yield from _keys(each)


def _asks(tables: list[_Policy], *keys: str) -> bool:
    """Say whether the `when` of one of some tables asks for one of some keys."""
    return any(key in keys for table in tables for key in _keys(table.get("when", {})))


def _rules(policy: _Policy, *shows: str) -> list[_Policy]:
    return [rule for rule in policy["rules"] if rule["show"] in shows]


def _limits(policy: _Policy) -> list[_Policy]:
    return [limit for meter in _tables(policy, "meters") for limit in meter.get("limits", [])]


def _window(unit: str) -> Callable[[_Policy], bool]:
    """Return whether some meter of a policy counts over a unit of the calendar, or a kind."""
    return lambda policy: any(
        unit in meter["window"] or meter["window"].get("calendar") == unit
        for meter in _tables(policy, "meters")
    )


def _reads_more(*keys: str) -> Callable[[_Policy], bool]:
    return lambda policy: _asks(
        [*_limits(policy), *(rule for rule in policy["rules"] if "spend" in rule)], *keys
    )


def _opens_by(*keys: str) -> Callable[[_Policy], bool]:
    return lambda policy: _asks(_rules(policy, "article", "countdown", "last-free-article"), *keys)


def _opens_uncounted(*keys: str) -> Callable[[_Policy], bool]:
    return lambda policy: _asks(
        [rule for rule in _rules(policy, "article") if "spend" not in rule], *keys
    )


def _shows(*words: str) -> Callable[[_Policy], bool]:
    return lambda policy: bool(_rules(policy, *words))


def _sells_a_trial(policy: _Policy) -> bool:
    """Say whether a wall is a trial's, or the one that fits an offer which is a trial."""
    trials = {
        name
        for name, offer in policy.get("offers", {}).items()
        if offer.get("kind", "trial") == "trial"
    }
    fitting = [rule.get("offer", []) for rule in _rules(policy, "wall")]
    offered = {name for one in fitting for name in ([one] if isinstance(one, str) else one)}
    return bool(_rules(policy, "trial-offer") or trials & offered)


def _by_status(policy: _Policy) -> bool:
    by_name = any(isinstance(meter.get("limit"), dict) for meter in _tables(policy, "meters"))
    return by_name or _asks(_limits(policy), "account", "reader")


QUESTIONS: dict[str, dict[str, Callable[[_Policy], bool]]] = {
    "What is counted?": {
        "nothing": lambda policy: "meters" not in policy,
        "articles, each once": lambda policy: any(
            meter.get("count") != "views" for meter in _tables(policy, "meters")
        ),
        "every view, such as the start of a video": lambda policy: any(
            meter.get("count") == "views" for meter in _tables(policy, "meters")
        ),
        "several things, each by itself": lambda policy: len(_tables(policy, "meters")) > 1,
        "two things at once": lambda policy: any(
            isinstance(rule.get("spend"), list) for rule in policy["rules"]
        ),
        "what is read, without a limit": lambda policy: any(
            meter.get("limit") == "none" for meter in _tables(policy, "meters")
        ),
        "premium too": lambda policy: any(
            "premium" in meter.get("access", ()) for meter in _tables(policy, "meters")
        ),
    },
    "Over how long?": {
        "a day": _window("day"),
        "a week": _window("week"),
        "a month": _window("month"),
        "the last so many days": _window("rolling"),
        "so many days from the first read": _window("fixed"),
        "for good": _window("lifetime"),
    },
    "Who reads more than others?": {
        "whoever has an account": _by_status,
        "whoever is less likely to subscribe": _reads_more("score"),
        "readers in some segments": _reads_more("segments"),
        "readers in some places": _reads_more("country"),
        "holders of a product": _reads_more("product"),
    },
    "What opens besides?": {
        "what comes by a gift, a newsletter, a search or a link": _opens_by(
            "gift", "channel", "referrer"
        ),
        "what is new, or what is old": _opens_by("age", "published"),
        "everything, on some days or at some hours": _opens_by("dates", "weekday", "hour"),
        "everything, while the desk says so": _opens_by("switch"),
        "some sections, kinds or tags": _opens_uncounted("section", "kind", "tags"),
        "everything, for some readers": _opens_uncounted("segments", "since"),
        "what a product covers": lambda policy: "products" in policy,
        "pages for crawlers": _opens_by("crawler"),
    },
    "What follows?": {
        "registration": _shows("registration-wall"),
        "a trial": _sells_a_trial,
        "several offers side by side": lambda policy: any(
            "offers" in rule for rule in policy["rules"]
        ),
        "the price that is for this reader": lambda policy: any(
            isinstance(rule.get("offer"), list) for rule in policy["rules"]
        ),
        "a question: an advertisement blocker, a consent": _shows("gate"),
        "an ask beside an open article": lambda policy: any(
            "prompt" in rule for rule in _rules(policy, "article")
        ),
    },
}
"""The questions of the page, with their answers and which policies give them."""


def questions(models: dict[str, PaywallModel]) -> str:
    """Return a table for each question: the answers, and the models that give each."""
    policies = {name: tomllib.loads(model.text(MODEL_POLICY)) for name, model in models.items()}
    lines: list[str] = []
    for question, answers in QUESTIONS.items():
        lines += [f"### {question}", "", "| Answer | Models |", "|---|---|"]
        for answer, holds in answers.items():
            names = [f"`{name}`" for name, policy in policies.items() if holds(policy)]
            lines.append(f"| {answer} | {', '.join(names)} |")
        lines.append("")
    return "\n".join(lines)


def rows(models: dict[str, PaywallModel]) -> str:
    """Return a row for each model: its sentence, its main lines, and the command to start."""
    lines = ["| Paywall | Its main lines | Start from it |", "|---|---|---|"]
    for name, model in models.items():
        main = "<br>".join(f"`{line}`" for line in _main_lines(model))
        lines.append(f"| {model.says} | {main} | `meter init paywall --like {name}` |")
    return "\n".join(lines) + "\n"


def _main_lines(model: PaywallModel) -> tuple[str, ...]:
    """Return the main lines of a model, each as it stands in the policy.

    Raises:
        ValueError: a line does not stand there.
    """
    there = {line.strip().removesuffix(",") for line in model.text(MODEL_POLICY).splitlines()}
    for line in MAIN_LINES[model.name]:
        if line not in there:
            message = f"`{line}` is no line of the model `{model.name}`"
            raise ValueError(message)
    return MAIN_LINES[model.name]


def filled(page: str) -> str:
    """Return the text of the page with its tables brought up to date."""
    models = paywall_models()
    page = _QUESTIONS.sub(lambda match: match[1] + questions(models) + match[2], page)
    return _MODELS.sub(lambda match: match[1] + rows(models) + match[2], page)


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text("utf-8")), encoding="utf-8")
