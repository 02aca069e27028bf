"""Strategies that draw experiments: weights, coverage, filters, and what an edit makes of them."""

from __future__ import annotations

from hypothesis import strategies as st

from meter.experiments import Experiment, Filter, Hash

FINEST = 10_000
HASHES = st.sampled_from(Hash)
SHARES = st.one_of(
    st.integers(0, FINEST).map(lambda part: part / FINEST),
    st.sampled_from([0, 1, 0.5, 1 / 3, 0.1, 0.30000000000000004, 1e-9]),
)


@st.composite
def weights(draw, most=5):
    """Draw weights that add up to 1 at most; some are nothing."""
    marks = draw(st.lists(st.integers(0, FINEST), min_size=1, max_size=most))
    ends = sorted(marks)
    return [(end - start) / FINEST for start, end in zip([0, *ends], ends, strict=False)]


def named(values):
    """Return weights with names, in order."""
    return {f"v{place}": value for place, value in enumerate(values)}


@st.composite
def filters(draw, seeds=("a", "b"), hashes=HASHES):
    """Draw a filter with one range or two."""
    pairs = st.tuples(SHARES, SHARES).map(sorted)
    return Filter(
        seed=draw(st.sampled_from(seeds)),
        hash=draw(hashes),
        ranges=draw(st.lists(pairs, min_size=1, max_size=2)),
    )


@st.composite
def experiments(draw, seeds=("a", "b"), hashes=HASHES, most_filters=2):
    """Draw an experiment."""
    return Experiment(
        seed=draw(st.sampled_from(seeds)),
        hash=draw(hashes),
        variants=named(draw(weights())),
        coverage=draw(SHARES),
        filters=draw(st.lists(filters(seeds, hashes), max_size=most_filters)),
    )
