"""Views of a table that the engine decides one after the other: what arrays cannot remember."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from meter.columns.attributes import scene
from meter.columns.batch.asked import ARTICLE_ID, VIEW_ID
from meter.columns.grouping import READER_ID
from meter.memo import decide
from meter.usage import Usage
from meter.windows import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.columns.arrays import Integers
    from meter.columns.batch.asked import AskedTable
    from meter.decision import Decision
    from meter.policy import Policy

__all__ = ["NEW", "EachDecided", "decide_each"]

NEW = Usage()
"""What is remembered of a reader who is not known."""


class EachDecided(NamedTuple):
    """The decision on one row of a table."""

    row: int
    decision: Decision


def decide_each(
    policy: Policy, asked: AskedTable, rows: Integers, usages: dict[int, Usage]
) -> Iterator[EachDecided]:
    """Decide rows that are by reader and time; `usages`, by reader, become those after each."""
    names = [*asked.attributes]
    codes = [column.codes for column in asked.attributes.values()]
    values = [column.values for column in asked.attributes.values()]
    for row in rows.tolist():
        number = int(asked.reader[row])
        said: dict[str, Any] = {
            name: known[code[row]] for name, known, code in zip(names, values, codes, strict=True)
        }
        said[READER_ID] = asked.readers[number].as_py()
        said[ARTICLE_ID] = asked.articles[int(asked.article[row])].as_py()
        if asked.view_ids is not None:
            said[VIEW_ID] = asked.view_ids[row].as_py()
        reader, view = scene(said)
        now = moment(int(asked.at[row]), policy.zone)
        decision, usages[number] = decide(policy, reader, view, usages.get(number, NEW), now)
        yield EachDecided(row, decision)
