"""The publisher's own words, declared once: any other is a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from meter.errors.kinds import as_set
from meter.forms import covers, plain, section_path, sections, words
from meter.vocabulary import Members, Word

if TYPE_CHECKING:
    from meter.policy.conditions import When
    from meter.view import PageView, Reader

__all__ = ["Declarable", "declared", "is_declared", "undeclared", "words_in"]


class Declarable(Word):
    """What may have its words declared: what only the publisher can know the words of."""

    SECTION = "section"
    KIND = "kind"
    TAGS = "tags"
    SEGMENTS = "segments"
    PRODUCT = "product"
    DEVICE = "device"
    CHANNEL = "channel"


def declared(value: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """Return the words of each attribute as they are compared; what is none stays."""
    if not isinstance(value, Mapping):
        return value
    known = set(Declarable)
    found: dict[str, frozenset[str]] = {}
    for name, listed in value.items():
        form = sections if name == Declarable.SECTION else words
        word = Declarable(name) if name in known else name
        found[word] = form(cast("frozenset[str]", as_set(listed)))
    return found


def is_declared(name: str, word: str, known: frozenset[str]) -> bool:
    """Say whether a word is among those declared; a sub-section of a declared section is."""
    return any(covers(one, word, "/" if name == Declarable.SECTION else "") for one in known)


def words_in(when: When) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield each word of a condition itself: where it stands below it, its attribute, the word."""
    for name in Declarable:
        asked = getattr(when, name)
        if isinstance(asked, Members):
            for group in ("any", "all", "none"):
                for word in sorted(getattr(asked, group) or ()):
                    yield (name, group), name, word
        else:
            for word in sorted(asked or ()):
                yield (name,), name, word
    for asks, tenure in () if when.since is None else when.since.asked():
        for product in sorted(getattr(tenure, "product", None) or ()):
            yield ("since", asks, "product"), Declarable.PRODUCT, product


def undeclared(
    known: Mapping[str, frozenset[str]], reader: Reader, view: PageView
) -> Iterator[tuple[str, str]]:
    """Yield what a view brings that is not among the declared words: the attribute, the word."""
    article = view.article
    brought: dict[str, frozenset[str | None]] = {
        Declarable.SECTION: frozenset({article.section}),
        Declarable.KIND: frozenset({article.kind}),
        Declarable.TAGS: article.tags,
        Declarable.SEGMENTS: reader.segments,
        Declarable.PRODUCT: frozenset(right.product for right in reader.entitlements),
        Declarable.DEVICE: frozenset({view.device}),
        Declarable.CHANNEL: frozenset({view.channel}),
    }
    for name, listed in known.items():
        form = section_path if name == Declarable.SECTION else plain
        for word in sorted(word for word in brought[name] if word is not None):
            if not is_declared(name, form(word), listed):
                yield str(name), word
