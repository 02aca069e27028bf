"""One reader's decisions, state by state, as the prompts get them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from attrs import frozen

from meter import (
    Article,
    Decision,
    Entitlement,
    Meter,
    Offer,
    PageView,
    Policy,
    Reader,
    Rule,
    Usage,
    Window,
    decide,
)
from meter.policy import Copy, Publication, When

LANGUAGES = [
    "ar",
    "cy",
    "de",
    "en",
    "es",
    "fr",
    "it",
    "ja",
    "nb",
    "nl",
    "pl",
    "pt",
    "ru",
    "sv",
    "zh-Hant",
]
"""Those that the documentation says words ship in."""
NOW = datetime(2026, 6, 10, 9, tzinfo=UTC)
METERED, PREMIUM = (
    PageView(article=Article(id="a")),
    PageView(article=Article(id="p", access="premium")),
)
SPONSORED = PageView(article=Article(id="s", tags=["sponsored"]))
HEADLINE, PITCH = (
    "Exclusive coverage of the harbour cities",
    "Trusted insight from experts who live there",
)


def make_policy(
    *,
    offer: Offer | None = None,
    limit: int = 5,
    window: Window | None = None,
    copy: Copy | None = None,
    locale: str = "en",
) -> Policy:
    """A policy that knows every state; with an offer it makes it wherever it can."""
    name = None if offer is None else offer.name
    return Policy(
        publication=Publication(name="The Harbour Review", timezone="Asia/Tokyo", locale=locale),
        meters=[Meter(name="monthly", window=window or Window(calendar="month"), limit=limit)],
        offers=[] if offer is None else [offer],
        copy={"en": copy or Copy(headline=HEADLINE, pitch=PITCH)},
        rules=[
            Rule(
                name="sponsored", when=When(tags=["sponsored"]), show="article", prompt="sponsored"
            ),
            Rule(name="trial over", when=When(reader=["trial-expired"]), show="trial-expired"),
            Rule(
                name="subscription over",
                when=When(reader=["subscription-expired"]),
                show="subscription-expired",
            ),
            Rule(name="free", when=When(access=["free"]), show="article"),
            Rule(
                name="within",
                when=When(access=["metered"]),
                spend="monthly",
                show="countdown",
                offer=name,
            ),
            Rule(name="strangers", when=When(reader=["anonymous"]), show="registration-wall"),
            Rule(name="metered", when=When(access=["metered"]), show="trial-offer", offer=name),
            Rule(name="everyone else", show="subscription-wall"),
        ],
    )


@frozen
class Stage:
    """Makes decisions of a policy for readers in every state."""

    policy: Policy

    def read(self, count: int, *, registered: bool = True) -> Decision:
        """What the reader gets for the article number `count` of this window."""
        usage, reader = Usage(), Reader(id="r", registered=registered)
        for number in range(count):
            view = PageView(article=Article(id=f"a{number}"))
            decision, usage = decide(
                self.policy, reader, view, usage, NOW + timedelta(minutes=number)
            )
        return decision

    def view(
        self, view: PageView, *, expired: str | None = None, registered: bool = True
    ) -> Decision:
        rights = (
            []
            if expired is None
            else [Entitlement(kind=expired, ends=datetime(2026, 5, 1, tzinfo=UTC))]
        )
        reader = Reader(id="r", registered=registered, entitlements=rights)
        return decide(self.policy, reader, view, Usage(), NOW)[0]


def make_offer(**changes: object) -> Offer:
    values = {
        "name": "summer",
        "price": 9,
        "currency": "USD",
        "term": "3 months",
        "ends": date(2026, 6, 30),
        **changes,
    }
    return Offer(**values)


def every_state(policy: Policy) -> dict[str, Decision]:
    """A decision for every prompt that ships."""
    stage = Stage(policy)
    return {
        "countdown": stage.read(1),
        "last-free-article": stage.read(5),
        "trial-offer": stage.read(6),
        "registration-wall": stage.read(6, registered=False),
        "subscription-wall": stage.view(PREMIUM),
        "trial-expired": stage.view(METERED, expired="trial"),
        "subscription-expired": stage.view(METERED, expired="subscription"),
        "sponsored": stage.view(SPONSORED),
    }
