"""What a prompt lacks in a language: words of the publisher's, of ours, or somewhere to go.

Words that are there, and need a meter or an offer where there is none, are not missing.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

from meter.errors import listed
from meter.loading.lints.words import own_prompts, unknown_prompts
from meter.policy.prompts import NOUNS
from meter.prompts import render
from meter.prompts.languages import accepted
from meter.prompts.parts.declared import declared
from meter.resources.languages import language_status
from meter.resources.locales import best_match, lineage
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.rulebook import Rulebook

__all__ = ["missing", "needed"]

_TO_PRESS = ("<a ", "<button", "<form", "<input", "<select")


def missing(decision: Decision, locale: str, folder: Path | None = None) -> tuple[str, ...]:
    """Say what is missing of a decision's prompt in a language.

    `folder` holds the publisher's own prompts.
    """
    policy = cast("Rulebook", decision.rulebook).policy
    return (
        *_template(decision, policy, folder),
        *_own_words(decision, policy, locale, folder),
        *_copy(decision, policy, locale, folder),
        *_noun(decision, policy, locale),
        *_way_on(decision, locale, folder),
    )


def needed(decision: Decision, locale: str) -> tuple[str, ...]:
    """Say what the words of a decision's prompt need in a language and do not have there."""
    policy = cast("Rulebook", decision.rulebook).policy
    says = declared(policy, decision.prompt, accepted(locale))
    lacks = frozenset() if says is None else says.lacks(decision, policy)
    if not lacks:
        return ()
    words = f"the words of prompt `{decision.prompt}` need {listed(sorted(lacks))}"
    instead = f"the text that ships for `{decision.show}` is shown instead"
    return (f"{words}, and this decision has none; {instead}",)


def _template(decision: Decision, policy: Policy, folder: Path | None) -> Iterator[str]:
    """Find a prompt that a rule names and that is nowhere."""
    own = None if folder is None else own_prompts(folder)
    index = [rule.name for rule in policy.rules].index(decision.rule)
    for problem in unknown_prompts(policy, own):
        if problem.path[1] == index:
            yield problem.message


def _own_words(
    decision: Decision, policy: Policy, locale: str, folder: Path | None
) -> Iterator[str]:
    """Find a language without words, of a declared prompt or of ours."""
    says = declared(policy, decision.prompt, accepted(locale))
    if says is not None:
        if best_match(locale, [says.language.words]) is None:
            yield (
                f"prompt `{decision.prompt}` has no words in `{locale}`:"
                f" add `[copy.{locale}.prompts.{decision.prompt}]`"
            )
        return
    parts = json.loads(render(decision, locale=locale, format="json", folder=folder))
    if parts is None:
        return
    if best_match(locale, [parts["lang"]]) is None:
        yield f"no words ship in `{locale}`: this is in `{parts['lang']}`"
    elif not _has_texts(policy, locale) and language_status(parts["lang"]) == "draft":
        yield f"the words in `{locale}` are a draft: nobody has reviewed them"


def _has_texts(policy: Policy, locale: str) -> bool:
    """Say whether the texts of a language are the publisher's own."""
    return bool(lineage(locale, [tag for tag, copy in policy.copy.items() if copy.texts]))


def _copy(decision: Decision, policy: Policy, locale: str, folder: Path | None) -> Iterator[str]:
    """Find the publisher's words in another language than the prompt's."""
    if best_match(locale, [tag for tag, copy in policy.copy.items() if copy.frames_prompts]):
        return
    said = render(decision, locale=locale, format="text", folder=folder)
    for tag, copy in policy.copy.items():
        texts = (copy.headline, copy.pitch, *copy.benefits)
        if any(text and text.strip() in said for text in texts):
            yield f"your own words are in `{tag}` here: add `[copy.{locale}]`"
            return


def _noun(decision: Decision, policy: Policy, locale: str) -> Iterator[str]:
    """Find a noun of the publisher's that has no word in the language."""
    if decision.meter is None:
        return
    noun = policy.meter(decision.meter.name).noun
    tags = [tag for tag, copy in policy.copy.items() if noun in copy.nouns]
    if noun not in NOUNS and best_match(locale, tags) is None:
        yield f"the noun `{noun}` has no word in `{locale}`: add it to `[copy.{locale}.nouns]`"


def _way_on(decision: Decision, locale: str, folder: Path | None) -> Iterator[str]:
    """Find a wall with nothing to press."""
    if decision.show.access is not Access.PREVIEW:
        return
    html = render(decision, locale=locale, folder=folder)
    if not any(tag in html for tag in _TO_PRESS):
        yield "there is nothing to press: the wall leads nowhere"
