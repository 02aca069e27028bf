"""What is remembered of a reader: per meter, what was counted and when, and what was started.

A meter is a set of ids, so a retry, a duplicate event or a repeated sign-in changes nothing; so are
the names of the offers that an account starts once. Of prompts with a frequency it is remembered at
which views they were shown, and when they were closed last; of offers with a deadline of one's
own, when they were first shown. Nothing else is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from meter.errors import CorruptUsageError
from meter.errors.values import error_of, wrong_type
from meter.usage.tally import (
    AFTER,
    FIRST,
    NOTHING,
    Read,
    Tally,
    earliest_of,
    later_of,
    latest_believed,
    latest_of,
    made_tally,
    table_of,
    tally_of,
    unions_of,
    unnamed_reads,
)
from meter.usage.written import ONLY_METERS, VERSIONS, UsageParts, extended, read, write
from meter.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = [
    "AFTER",
    "FIRST",
    "NOTHING",
    "Read",
    "Tally",
    "Usage",
    "earliest_of",
    "latest_believed",
    "latest_of",
    "made_tally",
    "table_of",
    "tally_of",
    "unnamed_reads",
]

_UNREADABLE = (
    "the remembered usage of {} bytes cannot be read: it was cut short or changed; put it back, or"
    " forget the reader"
)
_NONE_SHOWN: dict[str, Tally] = {}
_NONE_AT: dict[str, int] = {}
"""What has never been changed: what is remembered is read-only."""


def _by_name(
    tallies: dict[str, Tally],
    name: str = "tallies",
    form: str = "a table of what each meter has counted",
) -> dict[str, Tally]:
    if type(tallies) is dict and len(tallies) == 1:  # as nearly always
        (tally,) = tallies.values()
        if tally.ids:
            return tallies.copy()
    _check_table(tallies, name, form)
    return {name: tallies[name] for name in sorted(tallies) if tallies[name].ids}


def _shown(shown: dict[str, Tally]) -> dict[str, Tally]:
    if shown is _NONE_SHOWN:  # as nearly always
        return shown
    form = "a table of the views at which each prompt was shown"
    return _by_name(shown, "shown", form) or _NONE_SHOWN


def _closed(closed: dict[str, int]) -> dict[str, int]:
    if closed is _NONE_AT:
        return closed
    _check_table(closed, "closed", "a table of the instants at which each prompt was closed last")
    return _sorted(closed)


def _offered(offered: dict[str, int]) -> dict[str, int]:
    if offered is _NONE_AT:
        return offered
    _check_table(offered, "offered", "a table of the instants at which each offer was first shown")
    return _sorted(offered)


def _sorted(instants: dict[str, int]) -> dict[str, int]:
    return {name: instants[name] for name in sorted(instants)} if instants else _NONE_AT


def _check_table(value: object, name: str, form: str) -> None:
    if not isinstance(value, dict):
        form = f"{form}; `Usage()` is a new reader's"
        raise error_of("Usage", name, wrong_type(form, value, f"`{name}`"))


@frozen
class Usage:
    """Everything that is remembered of one reader. `Usage()` is a new reader's.

    `tallies` maps a meter's name to what it has counted; treat it as read-only, as every value
    here. `started` are the offers that an account starts once, and this one has started. `shown`
    maps a prompt's name to the views (see `PageView.view_key`) at which it was shown, `closed` to
    the instant (microseconds since 1970) at which the reader closed it last: only of prompts that
    something in their policy asks for. `offered` maps an offer that lasts a while for each reader
    to the instant at which it was first shown.
    """

    tallies: dict[str, Tally] = field(factory=dict, converter=_by_name)
    started: frozenset[str] = frozenset()
    shown: dict[str, Tally] = field(default=_NONE_SHOWN, converter=_shown)
    closed: dict[str, int] = field(default=_NONE_AT, converter=_closed)
    offered: dict[str, int] = field(default=_NONE_AT, converter=_offered)

    def __hash__(self) -> int:
        told = (self.shown, self.closed, self.offered)
        rest = tuple(tuple(table.items()) for table in told)
        return hash((tuple(self.tallies.items()), self.started, rest))

    @classmethod
    def counting(cls, read: Mapping[str, Collection[str]], at: int) -> Usage:
        """Return the usage of who has read these ids, by meter, all at the instant `at`."""
        return cls(
            {name: Tally(tuple(sorted(ids)), (at,) * len(ids)) for name, ids in read.items()}
        )

    def tally(self, meter: str) -> Tally:
        """Return what a meter has counted; nothing yet is an empty tally."""
        return self.tallies.get(meter, NOTHING)

    def starting(self, offer: str) -> Usage:
        """Return this usage with one more offer started; this very one if it was before."""
        if offer in self.started:
            return self
        return evolve(self, started=self.started | {offer})

    def showings(self, prompt: str) -> Tally:
        """Return the views at which a prompt was shown; none yet is an empty tally."""
        return self.shown.get(prompt, NOTHING)

    def closing(self, prompt: str, at: int) -> Usage:
        """Return this usage after the reader has closed a prompt at the instant `at`.

        It is this very one where that prompt was closed then or later; one more than a day ahead of
        `at` is a clock that was wrong, and gives way.
        """
        before = self.closed.get(prompt, at)
        latest = later_of(before, at, at + DAY)
        if self.closed.get(prompt) == latest:
            return self
        return evolve(self, closed={**self.closed, prompt: latest})

    def union(self, other: Usage, at: int = AFTER) -> Usage:
        """Return what either has counted, whenever that was, for two halves of one record.

        An id on both sides keeps its later instant; one more than a day ahead of the instant `at`
        gives way to one that is not. An offer was first shown when the first of the two says. (For
        two readers there is `engine.join`.)
        """
        believed = at + DAY
        both = Usage(
            unions_of(self.tallies, other.tallies, believed),
            self.started | other.started,
            unions_of(self.shown, other.shown, believed),
            latest_of(self.closed, other.closed, believed),
            earliest_of(self.offered, other.offered),
        )
        return self if both == self else both

    def holding(
        self,
        tallies: dict[str, Tally],
        shown: dict[str, Tally],
        closed: dict[str, int],
        offered: dict[str, int],
    ) -> Usage:
        """Return this usage with other tables, for the engine, which makes no wrong ones.

        That is twice as fast as building it: what is this one's, or has one entry, needs no order.
        """
        usage = object.__new__(Usage)
        if tallies is not self.tallies and len(tallies) != 1:
            tallies = _by_name(tallies)
        _set_tallies(usage, tallies)
        _set_started(usage, self.started)
        if shown is not self.shown and len(shown) != 1:
            shown = _shown(shown)
        _set_shown(usage, shown)
        _set_closed(usage, closed if closed is self.closed else _closed(closed))
        _set_offered(usage, offered if offered is self.offered else _offered(offered))
        return usage

    def adding(
        self, meter: str, tally: Tally, name: str, at: int, shown: dict[str, Tally]
    ) -> Usage | None:
        """Return this usage with one more id that a meter has counted at the instant `at`.

        `tally` is what that meter's window holds of it, all of it before that instant, and `shown`
        what is remembered of prompts then. There is none where more than that is to be looked at:
        another meter, a closing or an offer.
        """
        if len(self.tallies) > (meter in self.tallies):
            return None
        if self.closed or self.offered:
            return None
        usage = object.__new__(Usage)
        _set_tallies(usage, {meter: made_tally((*tally.ids, name), (*tally.ats, at))})
        _set_started(usage, self.started)
        if shown is not self.shown and len(shown) != 1:
            shown = _shown(shown)
        _set_shown(usage, shown)
        _set_closed(usage, _NONE_AT)
        _set_offered(usage, _NONE_AT)
        return usage

    def to_bytes(self) -> bytes:
        """Return a canonical form: equal usages give equal bytes.

        The first byte is the version of the format.
        """
        return write(UsageParts(self.tallies, self.started, self.shown, self.closed, self.offered))

    def to_bytes_after(self, before: Usage, raw: bytes) -> bytes:
        """Return what `to_bytes` does, where `raw` are the bytes of the usage `before` this one.

        Where all that is new is one id of its only meter, that is put into them, and what was read
        before is not written again.
        """
        if len(self.tallies) == 1 and raw[:1] == ONLY_METERS:
            ((meter, tally),) = self.tallies.items()
            earlier = before.tallies.get(meter)
            if (
                earlier is not None
                and not (self.started or self.shown or self.closed or self.offered)
                and len(before.tallies) == 1
                and tally.ids[:-1] == earlier.ids
                and tally.ats[:-1] == earlier.ats
            ):
                return extended(raw, tally.ids[-1], tally.ats[-1] - earlier.ats[-1])
        return self.to_bytes()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Usage:
        """Read what `to_bytes` wrote, of this release or an earlier one.

        Raises `CorruptUsageError` for anything else: what is read is written again byte for byte.
        """
        if not isinstance(raw, bytes):
            raise CorruptUsageError(
                f"the remembered usage is of type `{type(raw).__name__}`; it has to come back as"
                " the bytes that were written"
            )
        if raw[:1] not in VERSIONS:
            version = f"starts with `{raw[:1].decode('ascii', 'replace')}`" if raw else "is empty"
            raise CorruptUsageError(
                f"the remembered usage {version}; this release reads versions 1 to 3, so read"
                " it with the one that wrote it"
            )
        try:
            parts = read(raw)
            usage = Usage(
                parts.meters,
                parts.started,
                parts.shown or _NONE_SHOWN,
                parts.closed or _NONE_AT,
                parts.offered or _NONE_AT,
            )
            # One comparison refuses all that `to_bytes` never writes: a meter given twice, another
            # order, a blank, an escape, a table in the place of a list, a part that no release
            # knows.
            if usage.to_bytes() == raw:
                return usage
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise CorruptUsageError(_UNREADABLE.format(len(raw))) from error
        raise CorruptUsageError(_UNREADABLE.format(len(raw)))


_set_tallies = vars(Usage)["tallies"].__set__
_set_started = vars(Usage)["started"].__set__
_set_shown = vars(Usage)["shown"].__set__
_set_closed = vars(Usage)["closed"].__set__
_set_offered = vars(Usage)["offered"].__set__
"""Give a usage that is being made one of its tables: half the work of giving it by name."""
