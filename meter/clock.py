"""Where the time comes from: a clock is a value somebody passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from meter.windows import instant

__all__ = ["ManualClock", "system_clock"]


def system_clock() -> datetime:
    """Return the time of this machine, in UTC. The only place in the project that asks."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved, and only moves forward.

    >>> clock = ManualClock(datetime(2026, 6, 1, tzinfo=UTC))
    >>> clock.advance(days=2).isoformat()
    '2026-06-03T00:00:00+00:00'
    """

    def __init__(self, start: datetime) -> None:
        instant(start)  # refuses a time without a zone
        self._now = start

    def __call__(self) -> datetime:
        """Return the time this clock shows."""
        return self._now

    def advance(self, delta: timedelta | None = None, /, **length: float) -> datetime:
        """Move forward by a length (a `timedelta`, or `days=2`, `hours=1`) and return the new time.

        A length is absolute: a day is 24 hours, also where the clocks on the wall change.
        """
        ahead = (delta or timedelta()) + timedelta(**length)
        return self.move_to((self._now.astimezone(UTC) + ahead).astimezone(self._now.tzinfo))

    def move_to(self, when: datetime) -> datetime:
        """Move forward to a time. Raises `ValueError` for one that has passed."""
        # As instants: two times of one zone are compared by what the clock on the wall shows, which
        # goes back once a year.
        if instant(when) < instant(self._now):
            raise ValueError(
                f"a clock only moves forward: `{when.isoformat()}` is before"
                f" `{self._now.isoformat()}`"
            )
        self._now = when
        return when
