"""What meters remember views as: the article's id, or what stands for the view itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from meter.columns.arrays import Integers
from meter.view.rights import bounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.columns.arrays import Codes
    from meter.columns.batch.asked import AskedTable
    from meter.rulebook import Rulebook

__all__ = ["Marks", "marks_of"]


@frozen(kw_only=True, eq=False)
class Marks:
    """What meters remember each view as, in numbers.

    `article` numbers `articles`, and so `view` does `views`, which is empty where no meter counts
    views. `before` are the numbers of what records hold; ids that no view has come after the last.
    """

    article: Integers
    articles: list[str]
    view: Integers
    views: list[str]
    before: Integers
    by_view: tuple[bool, ...]

    def name(self, meter: int, row: int) -> str:
        """Return what a meter remembers the view of a row as."""
        if self.by_view[meter]:
            return self.views[int(self.view[row])]
        return self.articles[int(self.article[row])]


def marks_of(asked: AskedTable, ids: Sequence[str], meter: Codes, rulebook: Rulebook) -> Marks:
    """Number what meters remember the views of a table as, and the `ids` that they hold already."""
    keys = [*map(bounded, asked.articles)]
    articles = _numbered(keys)
    article = np.array([articles[key] for key in keys], np.int64)[asked.article]
    by_view = tuple(each.by_view for each in rulebook.meters)
    views: dict[str, int] = {}
    view = np.empty(0, np.int64)
    if any(by_view):
        coded = pc.dictionary_encode(_view_keys(asked, keys))
        view = np.asarray(coded.indices).astype(np.int64)
        views = _numbered(coded.dictionary.to_pylist())
    before = np.empty(len(ids), np.int64)
    known = [views.copy() if counts_views else articles.copy() for counts_views in by_view]
    for entry, name in enumerate(ids):
        numbers = known[meter[entry]]
        before[entry] = numbers.setdefault(name, len(numbers))
    return Marks(
        article=article,
        articles=[*articles],
        view=view,
        views=[*views],
        before=before,
        by_view=by_view,
    )


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def _view_keys(asked: AskedTable, keys: Sequence[str]) -> pa.Array:
    """Return what distinguishes views: `PageView.view_key` of each."""
    prefixes = pa.array([f"~{len(key)}~{key}" for key in keys], pa.string())
    instants = pc.binary_join_element_wise("@", pa.array(asked.at).cast(pa.string()), "")
    own = instants
    if asked.view_ids is not None:
        coded = pc.dictionary_encode(asked.view_ids)
        ids = [f"~{bounded(name)}" for name in coded.dictionary.to_pylist()]
        own = pc.coalesce(pa.array(ids, pa.string()).take(coded.indices), instants)
    return pc.binary_join_element_wise(prefixes.take(pa.array(asked.article)), own, "")
