"""What a simulated person is to the publisher: known or not, with a right or with none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from meter.view import Entitlement
from meter.vocabulary import EntitlementKind

if TYPE_CHECKING:
    from datetime import datetime

    from meter.policy import Policy
    from meter.simulate.prices import Option
    from meter.view import Reader

__all__ = ["AccountState", "account_states"]


@frozen
class AccountState:
    """What a simulated person is to the publisher.

    A right to read or none, and the product it is for.
    """

    kind: EntitlementKind | None
    registered: bool
    over: bool = False
    product: str | None = None

    def given_to(self, reader: Reader, starts: datetime | None, ends: datetime | None) -> Reader:
        """Return a reader of this state whose right runs, or ran, from `starts` to `ends`."""
        rights: tuple[Entitlement, ...] = ()
        if self.kind is not None:
            rights = (Entitlement(kind=self.kind, product=self.product, starts=starts, ends=ends),)
        return evolve(reader, registered=self.registered, entitlements=rights)


def account_states(policy: Policy, options: list[Option]) -> list[AccountState]:
    """Return every state, in the order the loop numbers them.

    Four without a right, then a trial each, then an option each.
    """
    trial = EntitlementKind.TRIAL
    paid = EntitlementKind.SUBSCRIPTION
    return [
        AccountState(None, registered=False),
        AccountState(None, registered=True),
        AccountState(trial, registered=True, over=True),
        AccountState(paid, registered=True, over=True),
        *(AccountState(trial, registered=True, product=offer.product) for offer in policy.offers),
        *(AccountState(paid, registered=True, product=option.product) for option in options),
    ]
