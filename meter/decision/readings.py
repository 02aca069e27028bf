"""What a decision tells of a meter, of an offer with a deadline of one's own, of an experiment."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

__all__ = ["Deadline", "Exposure", "MeterReading"]


@frozen(kw_only=True, slots=False)
class MeterReading:
    """Where a reader stands on a meter.

    `used` and `left` count distinct articles (or views) in the running window, this view included,
    and always add up to `limit`; without a limit `limit` and `left` are `None`. `resets_at` is the
    exact instant, in the publication's zone, at which allowance comes back, or `None` if it never
    does or nothing is running yet.
    """

    name: str
    limit: int | None
    used: int
    left: int | None
    resets_at: datetime | None = None


@frozen(slots=False)
class Deadline:
    """When an offer that lasts a while is over for the reader of a decision.

    `ends` is an instant in the publication's zone; from then on the offer is not for that reader.
    """

    offer: str
    ends: datetime


@frozen
class Exposure:
    """A reader in a variant of an experiment met what another variant would have decided otherwise.

    It is so for the control as for any other variant.
    """

    experiment: str
    variant: str
