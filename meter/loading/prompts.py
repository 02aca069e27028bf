"""The keys of declared prompts, and of the nouns that meters count."""

from __future__ import annotations

from functools import partial

from meter.loading.fields import Key, Mapping, Table, Text
from meter.policy.placeholders import PLURALS
from meter.policy.prompts import Noun, Prompt, PromptWords
from meter.policy.publication import link_step

__all__ = ["NOUNS_BY_NAME", "PROMPT", "PROMPTS", "TEXTS_BY_TABLE", "WORDS_BY_PROMPT"]

_HEADING = Text(form='a text in quotes such as `"Your consent"`')
_TEXT = Text(form="a text in quotes", longest=2000)
_ACTION = Text(form='a text in quotes such as `"Choose"`')
_LINK = Text(form="a path or an `https://` address", longest=2000, code="bad-link", check=link_step)

_KEYS = {
    "heading": Key(shape=_HEADING, says="what it says first", required=True, filler="?"),
    "text": Key(shape=_TEXT, says="the sentences below it"),
    "action": Key(shape=_ACTION, says="the words of its button"),
    "link": Key(shape=_LINK, says="where the button leads: a path, or an `https://` address"),
}

PROMPT = Table(
    noun="a prompt",
    make=partial(Prompt, name="?"),
    example='{ heading = "…", text = "…" }',
    keys=_KEYS,
)
PROMPTS = Mapping(noun="a prompt", item=PROMPT, most=200, example="[prompts.consent]")

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
    example='recipe = { one = "recipe", other = "recipes" }',
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
