"""The keys of an experiment, of the filters that keep ids out of it, and of the holdout."""

from __future__ import annotations

from functools import partial

from meter.experiments import ExperimentUnit, Filter, Hash
from meter.loading.conditions import WHEN
from meter.loading.fields import Choice, Key, List, Mapping, Number, Table, Text
from meter.policy import DeclaredExperiment, DeclaredHoldout

__all__ = ["EXPERIMENT", "HOLDOUT"]

_SEED = Text(form='a text in quotes such as `"price-test"`')
_HASH = Choice(words=Hash)
_HASH_KEY = Key(
    shape=_HASH, says="the system to agree with: `growthbook-2` unless another is named"
)
_SHARE = Number(least=0, most=1, example="0.5")

FILTER = Table(
    noun="a filter",
    make=Filter,
    example='{ seed = "checkout", ranges = [[0, 0.5]] }',
    keys={
        "seed": Key(
            shape=_SEED,
            says="what is hashed with the id; experiments that exclude each other have one seed",
            required=True,
            filler="?",
        ),
        "ranges": Key(
            shape=List(
                item=List(item=_SHARE, least=2, most=2, example="[0, 0.5]"),
                most=20,
                example="[[0, 0.5]]",
            ),
            says="the parts of all ids, from 0 to 1, that are let through",
            required=True,
            filler=((0, 1),),
        ),
        "hash": _HASH_KEY,
    },
)

EXPERIMENT = Table(
    noun="an experiment",
    make=partial(DeclaredExperiment, name="?"),
    example='{ seed = "price-test", variants = { control = 0.5, nine = 0.5 } }',
    keys={
        "hash": _HASH_KEY,
        "seed": Key(
            shape=_SEED,
            says="what is hashed with the id: another seed puts everybody somewhere else",
            required=True,
            filler="?",
        ),
        "variants": Key(
            shape=Mapping(
                noun="a variant", item=_SHARE, most=50, example="{ control = 0.5, nine = 0.5 }"
            ),
            says=(
                "the share of each, in this order; they add up to 1 at most, and what is missing to"
                " 1 is in no variant"
            ),
            required=True,
            filler={"?": 1},
        ),
        "coverage": Key(
            shape=_SHARE,
            says="the part of each variant's range that is used, its beginning; 1 unless said",
        ),
        "unit": Key(
            shape=Choice(words=ExperimentUnit),
            says=(
                "the id that is hashed: `visitor`, which the site keeps through sign-in (the"
                " default), or `reader`"
            ),
        ),
        "when": Key(
            shape=WHEN, says="for whom and what it is; without it, for everyone and everything"
        ),
        "filters": Key(
            shape=List(item=FILTER, most=10, example='[{ seed = "asks", ranges = [[0, 0.5]] }]'),
            says="each has to let an id through; it has a seed of its own",
        ),
    },
)

HOLDOUT = Table(
    noun="`holdout`",
    make=DeclaredHoldout,
    example='{ seed = "holdout-2026-q3", share = 0.05 }',
    keys={
        "seed": Key(
            shape=_SEED,
            says="what is hashed with the id, and no experiment's",
            required=True,
            filler="?",
        ),
        "share": Key(
            shape=Number(least=0, most=1, example="0.05"),
            says="the part of all ids that is in no experiment",
            required=True,
            filler=0,
        ),
        "hash": _HASH_KEY,
    },
)
