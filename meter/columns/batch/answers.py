"""What was decided of each view of a table, as the columns of an Arrow table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from meter.columns.arrays import NEVER
from meter.columns.told import limits_told
from meter.vocabulary import Access
from meter.windows import instant

if TYPE_CHECKING:
    from meter.columns.arrays import Codes, Flags, Integers
    from meter.columns.batch.asked import AskedTable
    from meter.columns.decide import Columns, Decided
    from meter.decision import Decision

__all__ = ["TableAnswers"]

_NONE = -1


class SaidWords(NamedTuple):
    """What decisions say in words; there are few of these, however many views."""

    show: str
    access: str
    rule: str
    prompt: str | None
    offer: str | None
    offers: tuple[str, ...]


_WORDS = ("show", "access", "rule", "prompt", "offer")


class TableAnswers:
    """One row for each view of a table, filled in as views are decided."""

    def __init__(self, asked: AskedTable, columns: Columns) -> None:
        total = len(asked)
        self._asked = asked
        self._columns = columns
        self._numbers: dict[SaidWords, int] = {}
        self._said = np.zeros(total, np.int32)
        self._meter = np.full(total, _NONE, np.int32)
        self._used = np.full(total, _NONE, np.int32)
        self._limit = np.full(total, _NONE, np.int32)
        self._resets = np.full(total, NEVER, np.int64)
        self._counted = np.zeros(total, np.bool_)
        self._speculative = np.zeros(total, np.bool_)
        self._exposed: dict[int, list[dict[str, str]]] = {}
        self._deadlines: dict[int, list[tuple[str, object]]] = {}

    def add_decided(self, rows: Integers | slice, group: Codes, decided: Decided) -> None:
        """Write down what the arrays have decided of some rows."""
        ahead = decided.speculative
        said = self._of_verdicts(ahead=False)[decided.verdict]
        if ahead.any():
            said = np.where(ahead, self._of_verdicts(ahead=True)[decided.verdict], said)
        self._said[rows] = said
        self._meter[rows] = decided.told
        self._used[rows] = decided.used
        self._limit[rows] = limits_told(self._columns, group, decided.told)
        self._resets[rows] = decided.resets
        self._counted[rows] = decided.counted
        self._speculative[rows] = ahead

    def add(self, row: int, decision: Decision) -> None:
        """Write down what the engine has decided of a row."""
        said = SaidWords(
            decision.show,
            decision.access,
            decision.rule,
            decision.prompt,
            decision.offer,
            decision.offers,
        )
        self._said[row] = self._numbers.setdefault(said, len(self._numbers))
        self._counted[row] = decision.counted
        self._speculative[row] = decision.speculative
        meter = decision.meter
        if meter is not None:
            self._meter[row] = self._columns.rulebook.places[meter.name]
            self._used[row] = meter.used
            self._limit[row] = _NONE if meter.limit is None else meter.limit
            if meter.resets_at is not None:
                self._resets[row] = instant(meter.resets_at)
        if decision.exposures:
            self._exposed[row] = [
                {"experiment": each.experiment, "variant": each.variant}
                for each in decision.exposures
            ]
        if decision.deadlines:
            self._deadlines[row] = [(each.offer, each.ends) for each in decision.deadlines]

    def _of_verdicts(self, *, ahead: bool) -> Codes:
        """Return the number of what each verdict says, of speculative views where it is `ahead`."""
        said = [
            SaidWords(
                verdict.show,
                Access.PREVIEW if ahead else verdict.show.access,
                verdict.rule,
                None if ahead else verdict.prompt,
                verdict.offer,
                verdict.offers,
            )
            for verdict in self._columns.verdicts
        ]
        numbers = [self._numbers.setdefault(each, len(self._numbers)) for each in said]
        return np.array(numbers, np.int32)

    def table(self) -> pa.Table:
        """Return one row for each view, in the order of the table that was asked."""
        no_meter = _mask(self._meter < 0)
        no_limit = _mask(self._limit < 0)
        meters = pa.array(self._columns.meters, pa.string())
        stamps = pa.timestamp("us", self._columns.rulebook.policy.zone.key)
        resets = pa.array(self._resets, mask=_mask(self._resets == NEVER)).view(stamps)
        columns = {
            **self._asked.given,
            **self._words(),
            "meter": pa.DictionaryArray.from_arrays(
                pa.array(self._meter, mask=no_meter), meters, safe=False
            ),
            "limit": pa.array(self._limit, mask=no_limit),
            "used": pa.array(self._used, mask=no_meter),
            "left": pa.array(self._limit - self._used, mask=no_limit),
            "resets_at": resets,
            "counted": pa.array(self._counted),
            "speculative": pa.array(self._speculative),
        }
        rows = range(len(self._asked))
        if self._columns.rulebook.experiments:
            pair = pa.struct({"experiment": pa.string(), "variant": pa.string()})
            columns["exposures"] = pa.array(map(self._exposed.get, rows), pa.list_(pair))
        if self._columns.rulebook.vocabulary.lasting:
            ends = pa.map_(pa.string(), stamps)
            columns["deadlines"] = pa.array(map(self._deadlines.get, rows), ends)
        return pa.table(columns)

    def _words(self) -> dict[str, pa.Array]:
        """Return the columns of words: each word once, and a number a view."""
        found = {}
        for name in _WORDS:
            words = [getattr(said, name) for said in self._numbers]
            distinct = [word for word in dict.fromkeys(words) if word is not None]
            number = {word: place for place, word in enumerate(distinct)}
            numbers = np.array([number.get(word, _NONE) for word in words], np.int32)
            codes = numbers[self._said] if len(numbers) else self._said
            indices = pa.array(codes, mask=codes < 0 if _NONE in numbers else None)
            found[name] = pa.DictionaryArray.from_arrays(
                indices, pa.array(map(str, distinct), pa.string()), safe=False
            )
        if any(len(rule.offers) > 1 for rule in self._columns.rulebook.policy.rules):
            offers = pa.array([said.offers for said in self._numbers], pa.list_(pa.string()))
            found["offers"] = offers.take(pa.array(self._said)) if len(offers) else offers
        return found


def _mask(missing: Flags) -> Flags | None:
    """Return which numbers are missing, if any is."""
    return missing if missing.any() else None
