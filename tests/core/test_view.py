"""What is a reader at an instant, and how is an article remembered?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from meter import Article, Entitlement, PageView, Reader
from meter.facts.attributes import since
from meter.windows import DAY, instant

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(days=1), NOON + timedelta(days=1)


@pytest.mark.parametrize("kind", ["group", "gift", "staff"])
def test_an_ended_right_of_others_leaves_no_status(kind):
    """Nobody is told that a subscription expired who never had one."""
    ended = Entitlement(kind=kind, ends=datetime(2026, 1, 1, tzinfo=UTC))
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert Reader(id="r", entitlements=[ended]).status(now) == "anonymous"
    assert Reader(id="r", registered=True, entitlements=[ended]).status(now) == "registered"


def right(kind: str, **keys) -> Entitlement:
    return Entitlement(kind=kind, **keys)


@pytest.mark.parametrize(
    ("rights", "registered", "expected"),
    [
        ([], False, "anonymous"),
        ([], True, "registered"),
        ([right("subscription")], False, "subscriber"),
        ([right("group")], False, "subscriber"),
        ([right("gift")], False, "subscriber"),
        ([right("staff")], False, "staff"),
        ([right("trial")], True, "trial"),
        ([right("trial"), right("subscription")], True, "subscriber"),
        ([right("subscription"), right("trial")], True, "subscriber"),
        ([right("subscription"), right("staff")], True, "staff"),
        ([right("trial", ends=BEFORE)], True, "trial-expired"),
        ([right("subscription", ends=BEFORE)], True, "subscription-expired"),
        ([right("gift", ends=BEFORE)], False, "anonymous"),
        ([right("staff", ends=BEFORE)], True, "registered"),
        ([right("subscription", starts=AFTER)], True, "registered"),
        (
            [right("trial", ends=BEFORE), right("subscription", ends=BEFORE - timedelta(1))],
            True,
            "trial-expired",
        ),
        (
            [right("trial", ends=BEFORE), right("subscription", ends=BEFORE)],
            True,
            "subscription-expired",
        ),
        ([right("subscription", ends=BEFORE), right("trial", ends=AFTER)], True, "trial"),
        ([right("subscription", ends=BEFORE, grace=2)], True, "subscriber"),
    ],
)
def test_a_status_follows_from_the_entitlements(rights, registered, expected):
    """A running right beats an expired one; the last to end names an expired reader."""
    assert expected == Reader(id="r", registered=registered, entitlements=rights).status(NOON)


@pytest.mark.parametrize(("off", "expected"), [(-1, "subscriber"), (0, "subscription-expired")])
def test_a_subscription_ends_to_the_microsecond(off, expected):
    """The end itself is already after it."""
    reader = Reader(id="r", entitlements=[right("subscription", ends=NOON)])
    assert expected == reader.status(NOON + timedelta(microseconds=off))


@pytest.mark.parametrize(("off", "expected"), [(-1, "registered"), (0, "trial")])
def test_a_trial_starts_to_the_microsecond(off, expected):
    """The start is inside."""
    reader = Reader(id="r", registered=True, entitlements=[right("trial", starts=NOON)])
    assert expected == reader.status(NOON + timedelta(microseconds=off))


def test_grace_is_absolute_time():
    """24 hours of grace are 24 hours over a night on which the clocks go forward, not 23."""
    ends = datetime(2026, 3, 7, 12, tzinfo=ZoneInfo("America/New_York"))
    reader = Reader(id="r", entitlements=[right("subscription", ends=ends, grace="24 hours")])
    assert instant(ends) + DAY == reader.entitlements[0].until_instant
    assert [timedelta(days=7), timedelta(hours=1)] == [
        right("gift", grace=grace).grace for grace in (7, timedelta(hours=1))
    ]


def expired_for(*rights):
    """Return how long ago the last right of a reader with some rights ended, at noon."""
    reader = Reader(id="r", entitlements=rights)
    view = PageView(article=Article(id="a"))
    return since("expiry", None)(reader, view, instant(NOON))


def test_the_time_since_expiry_counts_from_the_end_of_grace():
    """A reader whose right still runs, or never ran, is not expired."""
    assert DAY == expired_for(right("trial", ends=NOON - timedelta(days=3), grace=2))
    assert expired_for() is None
    assert expired_for(right("trial")) is None
    assert expired_for(right("staff", ends=BEFORE)) is None


def test_only_running_rights_bring_products():
    """An expired product is no product; a right may name none."""
    rights = [
        right("subscription", product="digital"),
        right("gift"),
        right("group", product="print", ends=BEFORE),
    ]
    assert {"digital"} == Reader(id="r", entitlements=rights).products_at(instant(NOON))


@pytest.mark.parametrize("score", [-0.1, 1.1])
def test_a_score_is_between_0_and_1(score):
    """Anything else is refused in words."""
    with pytest.raises(ValueError, match=f"`Reader`: `score` is between 0 and 1, not `{score}`"):
        Reader(id="r", score=score)


def test_a_bare_word_is_no_collection():
    """`tags="sponsored"` would be ten letters."""
    with pytest.raises(
        ValueError, match=r'`Article`: .* put it in brackets: `tags = \["sponsored"\]`'
    ):
        Article(id="a", tags="sponsored")


def test_a_right_needs_a_zone():
    """An end without a zone is refused."""
    with pytest.raises(ValueError, match="has no zone"):
        right("trial", ends=datetime(2026, 6, 1))  # noqa: DTZ001


def test_long_ids_are_remembered_by_their_digest():
    """A key is bounded, two long ids stay two, and none can pass for another's digest."""
    long, other = Article(id="x" * 500), Article(id="x" * 499)
    assert len(long.key) == 33
    assert long.key != other.key
    assert long.key != Article(id=long.key).key
    assert Article(id="harbour").key == "harbour"


def test_a_view_is_known_by_its_article_and_its_id_or_time():
    """A retry of the same view is the same view."""
    article = Article(id="a", published=BEFORE)
    assert [PageView(article=article, id=name).view_key(7) for name in ("v1", None)] == [
        "~1~a~v1",
        "~1~a@7",
    ]
    assert (article.age(instant(NOON)), Article(id="b").age(0)) == (DAY, None)
