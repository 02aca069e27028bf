"""The bytes of a usage: version 1 is read for good, and whatever else is found is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from meter import Usage
from meter.errors import CorruptUsageError
from meter.usage import Tally, tally_of

NOON = 1_780_315_200_000_000
NAMES = st.text(st.characters(), min_size=1)
AS_EVER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

VERSION_1 = [
    (b"1{}", {}),
    (b'1{"monthly":[["a"],[1780315200000000]]}', {"monthly": {"a": 0}}),
    (
        (
            b'1{"monthly":[["harbour-tunnel","\xe6\xb8\xaf","\xed\xa0\x80"],'
            b"[1780315200000000,61000001,3538999999]]}"
        ),
        {"monthly": {"harbour-tunnel": 0, "港": 61_000_001, "\ud800": 3_600_000_000}},
    ),
    (
        b'1{"monthly":[["a","b"],[1780315200000000,0]]}',
        {"monthly": {"a": 0, "b": 0}},
    ),
    (
        (
            b'1{"monthly":[["a","quote\\" \\\\ \\n"],[1780315202000000,1000000]],'
            b'"\xe9\x80\xb1":[["req-1","x@1780315201000000"],[1780315200000000,1000000]]}'
        ),
        {
            "monthly": {"a": 2_000_000, 'quote" \\ \n': 3_000_000},
            "週": {"req-1": 0, "x@1780315201000000": 1_000_000},
        },
    ),
]
"""What a store held of readers when version 1 was the only one, and what it means.

Ids by meter, each with the microseconds since `NOON`.
"""


@pytest.mark.parametrize("raw, counted", VERSION_1, ids=range(len(VERSION_1)))
def test_version_1_is_read_for_good(raw, counted):
    """Bytes written by an earlier release, word for word, mean what they meant, and stay."""
    usage = Usage(
        {
            meter: Tally(tuple(ids), tuple(NOON + later for later in ids.values()))
            for meter, ids in counted.items()
        }
    )
    assert usage == Usage.from_bytes(raw)
    assert raw == usage.to_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'1{"m":["abc",[1,2,3]]}', id="text as a list of ids"),
        pytest.param(b'1{"m":[{"a":1},[1]]}', id="a table as a list of ids"),
        pytest.param(b'1{"m":[["a"],{"1":1}]}', id="a table as a list of instants"),
        pytest.param(b'1{"m":{"a":1,"b":2}}', id="a table as a tally"),
        pytest.param(b'1{"m":"ab"}', id="text as a tally"),
        pytest.param(b'1{"m":[["a"],[1],[1]]}', id="a third list"),
        pytest.param(b'1{"m":[["a"],[1]],"m":[["b"],[1]]}', id="a meter twice"),
        pytest.param(b'1{"n":[["a"],[1]],"m":[["b"],[1]]}', id="meters in another order"),
        pytest.param(b'1{"m":[["b","a"],[1,0]]}', id="ids in another order"),
        pytest.param(b'1{"m":[["a","b"],[5,-1]]}', id="instants in another order"),
        pytest.param(b'1{"m":[[],[]]}', id="a meter without counts"),
        pytest.param(b'1{"m":[["a"],[ 1]]}', id="a blank"),
        pytest.param(b'1{"m":[["\\u0061"],[1]]}', id="an escape that is not needed"),
        pytest.param(b'1{"m":[["a"],[-0]]}', id="minus nothing"),
        pytest.param(b'1{"m":[["a"],[1e345]]}', id="infinite"),
        pytest.param(b'1{"m":[["a"],[NaN]]}', id="not a number"),
        pytest.param(b'1{"m":[["a"],[' + b"9" * 5000 + b"]]}", id="5,000 digits"),
        pytest.param(b'1{"m":' + b"[" * 100_000, id="100,000 brackets"),
        pytest.param(b'1{"m":[["a"],[1]]}\n', id="a line break behind"),
        pytest.param("1{}", id="text"),
        pytest.param(1, id="a number"),
        pytest.param(memoryview(b"1{}"), id="a view of bytes"),
    ],
)
def test_what_was_never_written_is_refused(raw):
    """Each is a `CorruptUsageError` with words of its own, whatever Python would make of it."""
    with pytest.raises(CorruptUsageError, match="the remembered usage"):
        Usage.from_bytes(raw)


IDS = st.text(st.characters(codec=None), min_size=1, max_size=4)
USAGES = st.builds(
    lambda tables: Usage(
        {name: Tally().union(Tally(tuple(ids), tuple(ids.values()))) for name, ids in tables}
    ),
    st.lists(
        st.tuples(IDS, st.dictionaries(IDS, st.integers(NOON, NOON + 3), max_size=3)), max_size=3
    ),
)


@given(USAGES, st.integers(0, 200), st.binary(max_size=3), st.integers(0, 3))
@example(Usage({"m": Tally(("a",), (NOON,))}), 7, b'"b",', 0)
def test_what_is_read_is_written_again_byte_for_byte(usage, place, put, gone):
    """Whatever was changed in a record, it is refused, or it is one that could have been written.

    So no two records mean the same, and a store that compares bytes compares usages.
    """
    raw = usage.to_bytes()
    assert usage == Usage.from_bytes(raw)
    changed = raw[:place] + put + raw[place + gone :]
    try:
        read = Usage.from_bytes(changed)
    except CorruptUsageError:
        return
    assert changed == read.to_bytes()


@given(
    counted=st.dictionaries(
        NAMES, st.dictionaries(NAMES, st.integers(0, 10**12), min_size=1), max_size=3
    )
)
@example(counted={"\ud800": {"\x00\u2028\x7f": 0, '"': 0}})
def test_a_table_of_meters_is_written_as_json_writes_it(counted):
    """What is put together by hand is, byte for byte, what the library writes."""
    usage = Usage(
        {
            meter: tally_of({name: NOON + at for name, at in ids.items()})
            for meter, ids in counted.items()
        }
    )
    table = {
        meter: [
            tally.ids,
            [at - before for before, at in zip((0, *tally.ats), tally.ats, strict=False)],
        ]
        for meter, tally in usage.tallies.items()
    }
    expected = AS_EVER.encode(table).encode("utf-8", "surrogatepass")
    assert b"1" + expected == usage.to_bytes()
    assert usage == Usage.from_bytes(usage.to_bytes())


TALLIES = st.dictionaries(NAMES, st.integers(NOON, NOON + 9), max_size=4).map(tally_of)


@given(
    tallies=st.dictionaries(NAMES, TALLIES, max_size=2),
    meter=NAMES,
    name=NAMES,
    later=st.integers(0, 9),
    started=st.frozensets(NAMES, max_size=1),
    first=st.integers(0, 1),
)
@example({"m": tally_of({"],[": NOON})}, "m", "b", 5, frozenset(), 0)
@example({"m": tally_of({"a": NOON, "c": NOON})}, "m", "b", 0, frozenset(), 0)
@example({"m": tally_of({"a": NOON, "c": NOON + 1})}, "m", "\ud800", 2, frozenset(), 1)
@example({"m": tally_of({"a": NOON})}, "m", "b", 2, frozenset({"summer"}), 0)
def test_what_is_new_is_put_into_the_bytes_before(tallies, meter, name, later, started, first):
    """The bytes made from those before are the ones made anew, whatever has changed."""
    before = Usage(tallies, started)
    if before.tallies:
        meter = next(iter(before.tallies), meter)
    tally = before.tally(meter)
    last = tally.ats[-1] if tally.ats else NOON
    added = tally.since(min(first, len(tally.ids)))
    if name not in added.ids:
        added = added.add(name, last + later)
    for after in (
        Usage({**before.tallies, meter: added}, started),
        Usage({meter: added}, started),
        Usage({meter: added}),
        Usage({meter: added}, shown={"give": added}),
        before,
        Usage(),
    ):
        assert after.to_bytes() == after.to_bytes_after(before, before.to_bytes())
