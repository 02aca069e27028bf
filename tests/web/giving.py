"""A publication whose readers give articles away, for the tests of gift links."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

from meter import Entitlement, Reader, loads_policy
from meter.web.gifts import Gifts
from tests.web.site import START

__all__ = ["NOW", "SECRET", "anna", "desk", "policy_of"]

NOW = START
SECRET = "the newest of the keys"
LASTS = timedelta(days=14)

POLICY = """
[publication]
name = "The Harbour Review"
timezone = "Asia/Tokyo"

[gifts]
per_month = {per_month}
readers = {readers}
lasts = "14 days"
givers = ["subscriber"]

[meters.monthly]
window = {{ calendar = "month" }}
limit = 1

[[rules]]
name = "by right, or given"
when = {{ any = [ {{ covered = true }}, {{ gift = true }} ] }}
show = "article"

[[rules]]
name = "open"
when = {{ access = ["free"] }}
show = "article"

[[rules]]
name = "on the meter"
when = {{ access = ["metered"] }}
spend = "monthly"
show = "countdown"

[[rules]]
name = "else"
show = "wall"
"""


@cache
def policy_of(per_month=3, readers=2):
    """Return a policy of so many gifts a month, each for so many readers."""
    return loads_policy(POLICY.format(per_month=per_month, readers=readers))


def anna(name="anna"):
    """Return a subscriber, who may give."""
    right = Entitlement(kind="subscription")
    return Reader(id=name, registered=True, entitlements=[right])


def desk(store, kind=Gifts, secret=SECRET, **terms):
    """Return what hands out gift links over a store."""
    return kind(policy_of(**terms), store, secret)
