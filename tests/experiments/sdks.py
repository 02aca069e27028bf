"""Do ids get the numbers and the variants that the systems' own SDKs give them?

`python -m tests.experiments.sdks` asks the installed SDKs of GrowthBook, Unleash, Optimizely and
LaunchDarkly (the extra `bench` brings them) about 100,000 ids, half of them outside ASCII: for each
its number, and for a tenth of them the variant as well, through the whole of the SDK. `--whole`
takes a million ids. Exit 1 if one differs. `--write` writes what the SDKs say of a few ids into the
table that the suite compares with.

A row of `EXPERIMENTS` is one experiment in the words of all systems: weights whose sums are not
what floating-point numbers make of them, and a filter.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from growthbook import Experiment as GrowthBookExperiment
from growthbook import GrowthBook
from growthbook.core import gbhash
from ldclient import Config, Context, LDClient
from ldclient.impl.evaluator_common import _bucket_context
from ldclient.integrations import Files
from optimizely.bucketer import Bucketer
from optimizely.optimizely import Optimizely
from UnleashClient.utils import normalized_hash
from yggdrasil_engine.engine import UnleashEngine

from meter.experiments import Experiment, Filter, Hash
from tests.experiments.ids import ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SEED, GROUP = "prix-été", "gruppe-ß"
WEIGHTS = ((0.5, 0.5), (0.1, 0.2, 0.7), (0.7, 0.2, 0.1), (0.333, 0.333, 0.334), (0.05, 0.9, 0.05))
"""Weights in thousandths, which is as fine as all of the systems take them."""
FILTERED = 0.4
"""Ids below this number of the group are let through."""
MANY, WHOLE = 100_000, 1_000_000
_TENTH = 10
FEW = 48
TABLE = Path(__file__).parents[1] / "corpus" / "vectors" / "sdks.json"
PACKAGES = ("growthbook", "UnleashClient", "optimizely-sdk", "launchdarkly-server-sdk")
Variant = "Callable[[str], str | None]"


class Compared(NamedTuple):
    """How many ids were asked about, what an SDK said, and those of which we say something else."""

    what: str
    asked: int
    answers: int
    differing: list[str]

    @property
    def fine(self) -> bool:
        """Whether nothing differs, and an SDK did not say the same of everybody."""
        return not self.differing and self.answers > 1

    def __str__(self) -> str:
        shown = "".join(f" {unit!r}" for unit in self.differing[:3])
        asked = f"{self.asked:9,d} ids, {self.answers:6,d} answers"
        return f"{self.what:44s} {asked}, {len(self.differing)} differ{shown}"


def compared(what: str, units: Iterator[str], pairs: Callable[[str], tuple[object, object]]):
    """Compare two answers about each of some ids."""
    asked, answers, differing = 0, set(), []
    for unit in units:
        mine, theirs = pairs(unit)
        asked += 1
        answers.add(theirs)
        if mine != theirs:
            differing.append(unit)
    return Compared(what, asked, len(answers), differing)


def numbers() -> Iterator[tuple[Hash, Callable[[str], int]]]:
    """Yield each hash, and the number its system's SDK gives an id."""
    bucketer = Bucketer()
    yield Hash.GROWTHBOOK_2, lambda unit: round(gbhash(SEED, unit, 2) * 10_000)
    yield Hash.GROWTHBOOK_1, lambda unit: round(gbhash(SEED, unit, 1) * 1_000)
    yield Hash.UNLEASH, lambda unit: normalized_hash(unit, SEED, 1_000, 86028157) - 1
    yield Hash.UNLEASH_ROLLOUT, lambda unit: normalized_hash(unit, SEED) - 1
    yield Hash.OPTIMIZELY, lambda unit: bucketer._generate_bucket_value(unit + SEED)
    yield Hash.LAUNCHDARKLY, launchdarkly_number


def launchdarkly_number(unit: str) -> float:
    """Return LaunchDarkly's number: a fraction of 1, in floating point."""
    return _bucket_context(SEED, Context.create(unit), None, "", "", None)


def comparable(hash_: Hash, unit: str) -> float:
    """Return our number in the form in which the SDK has it; LaunchDarkly has a float."""
    number = hash_.number(SEED, unit)
    return number / hash_.parts if hash_ is Hash.LAUNCHDARKLY else number


def names(weights: Sequence[float]) -> list[str]:
    """Return the names of as many variants as there are weights."""
    return [f"v{number}" for number in range(len(weights))]


def ours(hash_: Hash, weights: Sequence[float], coverage: float, *filters: Filter) -> Experiment:
    """Return an experiment of ours."""
    variants = dict(zip(names(weights), weights, strict=True))
    return Experiment(seed=SEED, hash=hash_, variants=variants, coverage=coverage, filters=filters)


def growthbook(weights: Sequence[float], coverage: float) -> tuple[Experiment, Variant]:
    """Return one experiment, ours and GrowthBook's, with a filter."""
    theirs = GrowthBookExperiment(
        key="price",
        variations=names(weights),
        seed=SEED,
        weights=list(weights),
        coverage=coverage,
        hashVersion=2,
        filters=[{"seed": GROUP, "ranges": [[0, FILTERED]], "hashVersion": 2, "attribute": "id"}],
    )

    def variant(unit: str) -> str | None:
        result = GrowthBook(attributes={"id": unit}).run(theirs)
        return result.value if result.inExperiment else None

    filter_ = Filter(seed=GROUP, ranges=[(0, FILTERED)])
    return ours(Hash.GROWTHBOOK_2, weights, coverage, filter_), variant


def unleash(weights: Sequence[float]) -> tuple[Experiment, Variant]:
    """Return one experiment, ours and Unleash's: the variants of a gradual roll-out."""
    thousandths = [round(weight * 1000) for weight in weights]
    variants = [
        {"name": name, "weight": weight, "stickiness": "userId"}
        for name, weight in zip(names(weights), thousandths, strict=True)
    ]
    rollout = {"rollout": str(round(FILTERED * 100)), "stickiness": "userId", "groupId": SEED}
    strategy = {"name": "flexibleRollout", "parameters": rollout, "variants": variants}
    feature = {"name": "price", "type": "experiment", "enabled": True, "strategies": [strategy]}
    engine = UnleashEngine()
    engine.take_state(json.dumps({"version": 1, "features": [feature]}))

    def variant(unit: str) -> str | None:
        found = engine.get_variant("price", {"userId": unit}).variant
        return found.name if found.enabled else None

    filter_ = Filter(seed=SEED, hash="unleash-rollout", ranges=[(0, FILTERED)])
    return ours(Hash.UNLEASH, weights, 1, filter_), variant


def optimizely(weights: Sequence[float]) -> tuple[Experiment, Variant]:
    """Return one experiment, ours and Optimizely's, in an exclusion group."""
    ends = [round(sum(weights[: number + 1]) * 10_000) for number in range(len(weights))]
    allocation = [
        {"entityId": name, "endOfRange": end}
        for name, end in zip(names(weights), ends, strict=True)
    ]
    experiment = {
        "id": SEED,
        "key": "price",
        "status": "Running",
        "layerId": "1",
        "variations": [{"id": name, "key": name, "variables": []} for name in names(weights)],
        "trafficAllocation": allocation,
        "audienceIds": [],
        "forcedVariations": {},
    }
    group = {
        "id": GROUP,
        "policy": "random",
        "experiments": [experiment],
        "trafficAllocation": [{"entityId": SEED, "endOfRange": round(FILTERED * 10_000)}],
    }
    empty = ("featureFlags", "rollouts", "experiments", "events", "attributes", "audiences")
    datafile = {
        **{key: [] for key in empty},
        "version": "4",
        "projectId": "1",
        "accountId": "1",
        "revision": "1",
        "anonymizeIP": True,
        "botFiltering": False,
        "typedAudiences": [],
        "variables": [],
        "groups": [group],
    }
    client = Optimizely(datafile=json.dumps(datafile))
    filter_ = Filter(seed=GROUP, hash="optimizely", ranges=[(0, FILTERED)])
    return ours(Hash.OPTIMIZELY, weights, 1, filter_), lambda unit: client.get_variation(
        "price", unit
    )


def launchdarkly(weights: Sequence[float]) -> tuple[Experiment, Variant]:
    """Return one experiment, ours and LaunchDarkly's, of a flag without a seed of its own."""
    flag, _, salt = SEED.partition("-")
    shares = [
        {"variation": number, "weight": round(weight * 100_000)}
        for number, weight in enumerate(weights)
    ]
    data = {
        "key": flag,
        "on": True,
        "salt": salt,
        "version": 1,
        "variations": names(weights),
        "fallthrough": {"rollout": {"kind": "experiment", "variations": shares}},
    }
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"flags": {flag: data}}, file)
        file.flush()
        source = Files.new_data_source(paths=[file.name])
        client = LDClient(
            Config("none", update_processor_class=source, send_events=False), start_wait=5
        )
    variants = dict(zip(names(weights), weights, strict=True))
    mine = Experiment(seed=f"{flag}.{salt}", hash="launchdarkly", variants=variants)
    return mine, lambda unit: client.variation(flag, Context.create(unit), None)


def compared_numbers(count: int) -> Iterator[Compared]:
    """Yield how many ids get another number from an SDK."""
    for hash_, theirs in numbers():
        both = partial(both_numbers, hash_, theirs)
        yield compared(f"{hash_}, number", ids(count), both)


def both_numbers(hash_: Hash, theirs: Callable[[str], float], unit: str) -> tuple[float, float]:
    """Return our number of an id and an SDK's."""
    return comparable(hash_, unit), theirs(unit)


def experiments() -> Iterator[tuple[str, tuple[Experiment, Variant]]]:
    """Yield each experiment in the words of both sides."""
    for weights in WEIGHTS:
        for coverage in (1, 0.35):
            yield f"growthbook {weights} of {coverage}", growthbook(weights, coverage)
        yield f"unleash {weights}", unleash(weights)
        yield f"optimizely {weights}", optimizely(weights)
        yield f"launchdarkly {weights}", launchdarkly(weights)


def compared_variants(count: int) -> Iterator[Compared]:
    """Yield how many ids get another variant from an SDK, asked as its users ask it."""
    for number, (what, (mine, theirs)) in enumerate(experiments()):
        yield compared(what, ids(count, seed=number), partial(both_variants, mine, theirs))


def both_variants(mine: Experiment, theirs: Variant, unit: str) -> tuple[str | None, str | None]:
    """Return our variant of an id and an SDK's."""
    return mine.variant(unit), theirs(unit)


def table() -> str:
    """Return what the SDKs say of a few ids, as the file that the suite reads."""
    asked = dict(numbers())
    head = {
        "about": "the numbers of some ids, as the SDKs that were installed give them: facts",
        "written_by": "python -m tests.experiments.sdks --write",
        "versions": {name: version(name) for name in PACKAGES},
        "seed": SEED,
        "hashes": list(asked),
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    rows = [
        f"  {json.dumps(unit)}: {json.dumps([theirs(unit) for theirs in asked.values()])}"
        for unit in ids(FEW)
    ]
    lines.append('"numbers": {\n' + ",\n".join(rows) + "\n }")
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def main(arguments: list[str]) -> int:
    """Print what differs."""
    logging.disable()
    if "--write" in arguments:
        TABLE.write_text(table(), encoding="utf-8")
        return 0
    count = WHOLE if "--whole" in arguments else MANY
    fine = True
    for found in (compared_numbers(count), compared_variants(count // _TENTH)):
        for one in found:
            sys.stdout.write(f"{one}\n")
            sys.stdout.flush()
            fine &= one.fine
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
