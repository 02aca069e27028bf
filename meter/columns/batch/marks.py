"""What meters remember views as, in numbers: the article's id, or what stands for the view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from meter.columns.arrays import Integers
from meter.view.rights import bounded

if TYPE_CHECKING:
    from meter.columns.batch.asked import AskedTable
    from meter.rulebook import Rulebook

__all__ = ["Marks", "marks_of"]


@frozen(kw_only=True, eq=False)
class Marks:
    """What meters remember: `names` are texts, and all else numbers them.

    By row, `article` and `view`, which is empty where no meter counts views; by entry of the
    records that were given, `before`.
    """

    names: pa.Array
    article: Integers
    view: Integers
    before: Integers


def marks_of(asked: AskedTable, ids: pa.Array, rulebook: Rulebook) -> Marks:
    """Number what meters remember the views of a table as, and the `ids` of records."""
    keys = _as_remembered(asked.articles)
    by_view = any(meter.by_view for meter in rulebook.meters)
    views = pc.dictionary_encode(_view_keys(asked, keys)) if by_view else None
    known = pc.dictionary_encode(ids)
    parts = [keys, known.dictionary]
    if views is not None:
        parts.append(views.dictionary)
    coded = pc.dictionary_encode(pa.concat_arrays(parts))
    numbers = np.asarray(coded.indices).astype(np.int64)
    end = len(keys) + len(known.dictionary)
    return Marks(
        names=coded.dictionary,
        article=numbers[: len(keys)][asked.article],
        view=np.empty(0, np.int64) if views is None else numbers[end:][np.asarray(views.indices)],
        before=numbers[len(keys) : end][np.asarray(known.indices)],
    )


def _as_remembered(ids: pa.Array) -> pa.Array:
    """Return ids of articles or views as they are remembered (see `bounded`).

    Most are remembered as they are: only the others are looked at one by one.
    """
    plain = pc.match_substring_regex(ids, "^[ -}][ -~]{0,63}$")
    if pc.all(plain).as_py() is not False:
        return ids
    return pa.array([None if name is None else bounded(name) for name in ids.to_pylist()], ids.type)


def _view_keys(asked: AskedTable, keys: pa.Array) -> pa.Array:
    """Return what distinguishes views: `PageView.view_key` of each."""
    length = pc.utf8_length(keys).cast(pa.string())
    prefixes = pc.binary_join_element_wise("~", length, "~", keys, "")
    own = pc.binary_join_element_wise("@", pa.array(asked.at).cast(pa.string()), "")
    if asked.view_ids is not None:
        coded = pc.dictionary_encode(asked.view_ids)
        ids = pc.binary_join_element_wise("~", _as_remembered(coded.dictionary), "")
        own = pc.coalesce(ids.take(coded.indices), own)
    return pc.binary_join_element_wise(prefixes.take(pa.array(asked.article)), own, "")
