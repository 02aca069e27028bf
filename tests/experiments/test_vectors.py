"""The values that other people's conformance suites and SDKs give, equal."""

from __future__ import annotations

import json
import tomllib
from itertools import accumulate
from pathlib import Path

import pytest

from meter.experiments import Experiment, Filter, Hash
from meter.experiments import hashes as rules
from meter.experiments.hashes import (
    growthbook_1,
    growthbook_2,
    launchdarkly,
    optimizely,
    unleash_number,
    unleash_rollout,
)
from meter.experiments.ranges import bucket_ranges

FOLDER = Path(__file__).parents[1] / "corpus" / "vectors"
VARIANT_SEED = 86028157
TENTHS = 10


def vectors(name):
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


GROWTHBOOK = vectors("growthbook")
UNLEASH = vectors("unleash")
LAUNCHDARKLY = vectors("launchdarkly")
SDKS = json.loads((FOLDER / "sdks.json").read_text(encoding="utf-8"))


def growthbook_value(seed, unit, version):
    """A number as GrowthBook gives it."""
    if version == 1:
        return growthbook_1(seed, unit) / 1_000
    return growthbook_2(seed, unit) / 10_000


@pytest.mark.parametrize(("seed", "unit", "version", "value"), GROWTHBOOK["hash"])
def test_hashes_like_growthbook(seed, unit, version, value):
    """The public cases, in both versions of the hash."""
    assert value == growthbook_value(seed, unit, version)


@pytest.mark.parametrize(("unit", "second", "first"), GROWTHBOOK["outside_ascii"])
def test_hashes_ids_outside_ascii_like_growthbook(unit, second, first):
    """Over UTF-16 code units, which no public case shows."""
    assert [second, first] == [growthbook_value("seed", unit, version) for version in (2, 1)]


def test_a_hash_over_utf_8_is_noticed(monkeypatch):
    """The public cases let it pass, the ids outside ASCII do not."""

    def over_utf_8(text):
        number = 0x811C9DC5
        for byte in text.encode():
            number = (number ^ byte) * 0x01000193 & 0xFFFFFFFF
        return number

    monkeypatch.setattr(rules, "fnv1a", over_utf_8)
    public = [value == growthbook_value(*case) for *case, value in GROWTHBOOK["hash"]]
    others = [
        second == growthbook_value("seed", unit, 2)
        for unit, second, _ in GROWTHBOOK["outside_ascii"]
        if not unit.isascii()
    ]
    assert all(public)
    assert not any(others)


@pytest.mark.parametrize(("name", "weights", "coverage", "ranges"), GROWTHBOOK["ranges"])
def test_ranges_are_growthbooks(name, weights, coverage, ranges):
    """Within a millionth, as its own SDKs are held to them."""
    found = bucket_ranges(weights, coverage, exact=False)
    assert [pytest.approx(pair, abs=1e-6) for pair in ranges] == found, name


@pytest.mark.parametrize(("name", "number", "ranges", "index"), GROWTHBOOK["choice"])
def test_chooses_like_growthbook(name, number, ranges, index):
    """By half-open ranges; one of no length holds nothing."""
    found = [
        place
        for place, pair in enumerate(ranges)
        if Filter(seed="", ranges=[pair]).admits_number(round(number * 10_000))
    ]
    assert [index][: len(found)] == found[:1], name
    assert (index == -1) == (not found), name


@pytest.mark.parametrize(("unit", "name", "start", "end", "inside"), GROWTHBOOK["namespaces"])
def test_a_filter_is_a_namespace_of_growthbook(unit, name, start, end, inside):
    """With the first version of the hash, and two underscores before the name."""
    namespace = Filter(seed=f"__{name}", hash="growthbook-1", ranges=[(start, end)])
    assert inside == namespace.admits(unit)


@pytest.mark.parametrize(("unit", "seed", "number"), vectors("optimizely")["numbers"])
def test_hashes_like_optimizely(unit, seed, number):
    """The cases of its SDK."""
    assert number == optimizely(seed, unit)


@pytest.mark.parametrize(("seed", "unit", "number"), LAUNCHDARKLY["numbers"])
def test_hashes_like_launchdarkly(seed, unit, number):
    """The cases of its SDK, to one part in ten million."""
    assert pytest.approx(number, rel=1e-7) == launchdarkly(seed, unit) / 16**15


def test_hashes_like_posthog():
    """PostHog has the same hash: a thousand ids in a roll-out, a thousand in variants."""
    rollout, told = LAUNCHDARKLY["posthog_rollout"], LAUNCHDARKLY["posthog_variants"]
    inside = Filter(seed=rollout["seed"], hash="launchdarkly", ranges=[(0, rollout["rollout"])])
    names = "12345"
    test = Experiment(
        seed=told["seed"],
        hash="launchdarkly",
        variants=dict(zip(names, told["weights"], strict=True)),
    )
    within = Filter(seed=told["seed"], hash="launchdarkly", ranges=[(0, told["rollout"])])
    units = [f"distinct_id_{number}" for number in range(1000)]
    assert rollout["inside"] == "".join(str(int(inside.admits(unit))) for unit in units)
    assert told["variants"] == "".join(
        test.variant(f"{unit}variant") if within.admits(unit) else "." for unit in units
    )


@pytest.mark.parametrize(("unit", "group", "rollout", "variants"), UNLEASH["numbers"])
def test_hashes_like_unleash(unit, group, rollout, variants):
    """The numbers on which its SDKs agree; it counts from 1."""
    assert [rollout, variants] == [
        unleash_rollout(group, unit) + 1,
        unleash_number(group, unit, 100, VARIANT_SEED) + 1,
    ]


@pytest.mark.parametrize(("_", "group", "unit", "percentage", "inside"), UNLEASH["rollouts"])
def test_a_filter_is_a_rollout_of_unleash(_, group, unit, percentage, inside):
    """With the hash of roll-outs, and the group as the seed."""
    rollout = Filter(seed=group, hash="unleash-rollout", ranges=[(0, percentage / 100)])
    assert inside == rollout.admits(unit)


@pytest.mark.parametrize(("_", "group", "unit", "weights", "index"), UNLEASH["variants"])
def test_chooses_like_unleash(_, group, unit, weights, index):
    """By weights that add up to anything, as the specification has them."""
    number = unleash_number(group, unit, sum(weights), VARIANT_SEED)
    assert index == next(place for place, end in enumerate(accumulate(weights)) if number < end)


@pytest.mark.parametrize("unit", SDKS["numbers"])
def test_hashes_like_the_sdks(unit):
    """Ids in and outside ASCII, of which the installed SDKs were asked once."""
    found = {name: Hash(name).number(SDKS["seed"], unit) for name in SDKS["hashes"]}
    found["launchdarkly"] /= Hash.LAUNCHDARKLY.parts
    assert dict(zip(SDKS["hashes"], SDKS["numbers"][unit], strict=True)) == found


def test_numbers_on_an_end_go_where_each_system_has_them():
    """0.1 and 0.2 end behind 0.3 in floating point, as GrowthBook adds them, and nowhere else."""
    variants = {"a": 0.1, "b": 0.2, "c": 0.7}
    found = {
        name: Experiment(seed="s", hash=name, variants=variants).variant_of_number(
            Hash(name).parts * 3 // TENTHS
        )
        for name in ("growthbook-2", "growthbook-1", "unleash", "optimizely")
    }
    expected = {"growthbook-2": "b", "growthbook-1": "b", "unleash": "c", "optimizely": "c"}
    assert expected == found
