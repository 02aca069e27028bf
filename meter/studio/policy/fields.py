"""The fields for what staff change in a policy: limits, windows, offers, the publisher's words.

A field knows where its value stands in the tables of the file, and what it says there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import evolve

from meter.canonical import to_table
from meter.explanation import clause
from meter.formulas.translation import formula_of
from meter.loading.positions import Positions
from meter.loading.together.files import INCLUDE
from meter.loading.toml import parse_toml
from meter.studio.policy.campaigns import campaign_groups
from meter.studio.policy.field import Field, FieldGroup, made, window_fields
from meter.verify.phrasing import status_words
from meter.vocabulary import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Copy, Meter, Offer, Policy

__all__ = ["beside", "groups_of"]

_NAMED = 2
"""The parts of the path of what has a name: `meters`, `monthly`."""

_USUAL = (Status.ANONYMOUS, Status.REGISTERED)
_CURRENCY = "a code such as USD, EUR or JPY"


def groups_of(policy: Policy, text: str) -> tuple[FieldGroup, ...]:
    """Return the form for a policy; its text says where the words in its own language stand."""
    meters = [
        FieldGroup(title=f"Meter “{meter.name}”", fields=tuple(_meter(meter, policy)))
        for meter in policy.meters
    ]
    offers = [
        FieldGroup(title=f"Offer “{offer.name}”", fields=tuple(_offer(offer)))
        for offer in policy.offers
    ]
    table = parse_toml(text, "policy.toml")
    groups = (*meters, *offers, *campaign_groups(policy, table), *_copies(policy, text))
    if INCLUDE not in table:
        return groups
    here = (evolve(group, fields=tuple(_here(group, table))) for group in groups)
    return tuple(group for group in here if group.fields)


def _here(group: FieldGroup, table: Mapping[str, object]) -> Iterator[Field]:
    """Yield the fields of a group that can be written here, and not in a file that is included.

    Those of a meter and an offer stand together; each word of the copy stands where it does, and
    what no file says may be said here.
    """
    for one in group.fields:
        is_copy = one.path[0] == "copy"
        depth = len(one.path) if is_copy else _NAMED
        if _has(table, one.path[:depth]) or (is_copy and not one.was):
            yield one


def _has(table: object, path: tuple[str | int, ...]) -> bool:
    """Say whether a value stands at a path of some tables."""
    for part in path:
        if not isinstance(table, Mapping) or part not in table:
            return False
        table = table[part]
    return True


def beside(
    groups: tuple[FieldGroup, ...], of_file: tuple[FieldGroup, ...]
) -> tuple[FieldGroup, ...]:
    """Return groups whose fields know what the file says; a field that it lacks is empty there."""
    if not of_file:
        return groups
    said = {one.path: one.was for group in of_file for one in group.fields}
    return tuple(
        evolve(
            group,
            fields=tuple(evolve(one, of_file=said.get(one.path, "")) for one in group.fields),
        )
        for group in groups
    )


def _meter(meter: Meter, policy: Policy) -> Iterator[Field]:
    path = ("meters", meter.name)
    per = f"{meter.count} free"
    if meter.limits:
        for number, limit in enumerate(meter.limits):
            book = policy.rulebook
            who = clause(formula_of(limit.when, book.vocabulary, policy), book.vocabulary)
            label = f"Limit {number + 1}: {who}"
            yield made((*path, "limits", number, "limit"), label, limit.limit, "number", per)
    elif isinstance(meter.limit, Mapping):
        for status in Status:
            label = status_words([status])
            is_rare = status not in _USUAL
            given = meter.limit.get(status)
            where = (*path, "limit", str(status))
            hint = per if is_rare else f"{per}; empty or 0: none, a wall at once"
            yield made(where, _capital(label), given, "number", hint, is_rare=is_rare)
    else:
        yield made((*path, "limit"), "Every reader", meter.limit, "number", per)
    yield from window_fields((*path, "window"), meter.window)


def _offer(offer: Offer) -> Iterator[Field]:
    path = ("offers", offer.name)
    table = to_table(offer)
    yield made((*path, "price"), "Price", table["price"], "price", "for the whole term")
    yield made((*path, "currency"), "Currency", offer.currency, "text", _CURRENCY)
    yield made((*path, "term"), "Term", offer.term, "text", "such as 3 months, 1 year or 14 days")
    yield made((*path, "starts"), "From", offer.starts, "date", "the day begins at midnight")
    yield made((*path, "ends"), "To", offer.ends, "date", "to the end of that day")


def _copies(policy: Policy, text: str) -> Iterator[FieldGroup]:
    own = policy.publication.locale
    is_named = _is_named(text, own)
    for locale in dict.fromkeys((own, *policy.copy)):
        # the words in the publication's own language need no name
        path = ("copy",) if locale == own and not is_named else ("copy", locale)
        copy = policy.copy.get(locale)
        yield FieldGroup(title=f"Words in “{locale}”", fields=tuple(_copy(path, copy)))


def _is_named(text: str, locale: str) -> bool:
    """Say whether the words in a language stand under its name in the file."""
    path = ("copy", locale)
    places = Positions(text, [(path, "key")])
    return any(found[:2] == path for found in (*places.headings, *places.pairs))


def _copy(path: tuple[str, ...], copy: Copy | None) -> Iterator[Field]:
    headline = None if copy is None else copy.headline
    pitch = None if copy is None else copy.pitch
    benefits = () if copy is None else copy.benefits
    yield made((*path, "headline"), "Headline", headline, "words", "of walls and offers")
    yield made((*path, "pitch"), "Pitch", pitch, "words", "the sentence below it")
    lines = "\n".join(benefits)
    yield made((*path, "benefits"), "Benefits", lines, "lines", "a line each")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
