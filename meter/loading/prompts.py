"""The keys of declared prompts, how often they are shown, and of the nouns that meters count."""

from __future__ import annotations

from functools import partial

from attrs import evolve

from meter.loading.fields import NOT_EMPTY, Boolean, Integer, Key, List, Mapping, OneOf, Table, Text
from meter.loading.meters import LENGTH, WINDOW
from meter.policy.placeholders import PLURALS
from meter.policy.prompts import (
    MOST_TIMES,
    MOST_VIEWS,
    SHIPPED,
    Cap,
    Every,
    Noun,
    Prompt,
    PromptWords,
    Quiet,
)
from meter.policy.publication import link_step
from meter.windows import Window

# fmt: off
__all__ = [
    "AT_MOST", "NOUNS_BY_NAME", "OF_A_PROMPT", "PROMPT", "PROMPTS", "TEXTS_BY_TABLE",
    "WORDS_BY_PROMPT",
]
# fmt: on

_HEADING = Text(form='a text in quotes such as `"A word from us"`')
_TEXT = Text(form="a text in quotes", longest=2000)
_ACTION = Text(form='a text in quotes such as `"Choose"`')
_LINK = Text(form="a path or an `https://` address", longest=2000, code="bad-link", check=link_step)

_KEYS = {
    "heading": Key(shape=_HEADING, says="what it says first", required=True, filler="?"),
    "text": Key(shape=_TEXT, says="the sentences below it"),
    "action": Key(shape=_ACTION, says="the words of its button"),
    "link": Key(shape=_LINK, says="where the button leads: a path, or an `https://` address"),
}

_CAP = Table(
    noun="a cap",
    make=Cap,
    example='{ times = 1, window = { calendar = "day" } }',
    keys={
        "times": Key(
            shape=Integer(least=1, most=MOST_TIMES, example="2", code="bad-times"),
            says="how often it is shown at most",
            required=True,
            filler=1,
        ),
        "window": Key(
            shape=WINDOW,
            says="in which stretch of time, as for a meter",
            required=True,
            filler=Window(lifetime=True),
        ),
    },
)
_CAPS = List(item=_CAP, most=20, example='[{ times = 1, window = { calendar = "day" } }]')
AT_MOST = OneOf(by={list: _CAPS, dict: _CAP}, otherwise=_CAPS)
_EVERY = Table(
    noun="`every`",
    make=Every,
    example='{ meter = "heard", views = 5 }',
    keys={
        "meter": Key(
            shape=Text(form='the name of a meter such as `"heard"`'),
            says="the meter that counts",
            required=True,
            filler="?",
        ),
        "views": Key(
            shape=Integer(least=1, most=MOST_VIEWS, example="5", code="bad-times"),
            says="it comes where this view brings the meter's count to a multiple of this",
            required=True,
            filler=1,
        ),
    },
)
_QUIET = Table(
    noun="`quiet_after`",
    make=Quiet,
    example='{ closed = "7 days" }',
    also=NOT_EMPTY,
    keys={
        "closed": Key(shape=LENGTH, says="for so long after the reader closed it"),
        "purchase": Key(
            shape=LENGTH, says="for so long after the running right began that began last"
        ),
        "shown": Key(shape=LENGTH, says="for so long after it was shown"),
    },
)
_NAME_OF_ONE = Text(form='the name of a declared prompt such as `"small-bar"`')
_FREQUENCY = {
    "at_most": Key(
        shape=AT_MOST,
        says="how often it is shown in a window: a list of caps, each of which must leave room",
    ),
    "every": Key(shape=_EVERY, says="only at each so many views that a meter counts"),
    "quiet_after": Key(shape=_QUIET, says="how long it is not shown after something happened"),
    "once": Key(shape=Boolean(), says="`true`: it is shown one time only"),
    "instead": Key(
        shape=_NAME_OF_ONE, says="the prompt that is shown where this one is not; else none is"
    ),
    "group": Key(
        shape=Text(form='a name in quotes such as `"asks"`', longest=64),
        says=(
            "the prompts of one group count the showings and closings of all of them, each by its"
            " own numbers"
        ),
    ),
}

OF_A_PROMPT = dict.fromkeys(
    ("at_most", "every", "quiet_after", "once", "instead"),
    "it belongs to a prompt: write it under `[prompts.NAME]`, and name that prompt here",
)
"""What a rule is told that says how often its prompt is shown."""

PROMPT = Table(
    noun="a prompt",
    make=partial(Prompt, name="?"),
    example='{ heading = "…", text = "…" }',
    keys={**_KEYS, **_FREQUENCY},
)
_PROMPT_THAT_SHIPS = evolve(
    PROMPT,
    make=partial(Prompt, name="?", heading="?"),
    keys={**PROMPT.keys, "heading": evolve(_KEYS["heading"], required=False)},
)
"""What is declared under the name of a prompt that ships: the name is told, no missing heading."""
PROMPTS = Mapping(
    noun="a prompt",
    item=PROMPT,
    most=200,
    example="[prompts.consent]",
    others=dict.fromkeys(SHIPPED, _PROMPT_THAT_SHIPS),
)

WORDS_BY_PROMPT = Mapping(
    noun="a prompt",
    item=Table(
        noun="a prompt", make=PromptWords, example='{ heading = "…", text = "…" }', keys=_KEYS
    ),
    most=200,
    example="[copy.ja.prompts.consent]",
)

NOUNS_BY_NAME = Mapping(
    noun="a noun",
    item=Table(
        noun="a noun",
        make=Noun,
        example='{ one = "recipe", other = "recipes" }',
        keys={
            category: Key(
                shape=Text(form='a text in quotes such as `"recipes"`'),
                says=f"the form of the plural category `{category}`",
                required=category == "other",
                filler="?" if category == "other" else None,
            )
            for category in PLURALS
        },
    ),
    most=50,
    example='{ recipe = { one = "recipe", other = "recipes" } }',
)

TEXTS_BY_TABLE = Mapping(
    noun="a table of texts",
    item=Mapping(
        noun="a text",
        item=Text(form='a text in quotes such as `"{n} left"`', longest=2000),
        most=100,
        example='{ other = "{n} left" }',
    ),
    most=100,
    example="[copy.is.texts.left]",
)
