"""The fields for what staff change in a policy: limits, windows, offers, the publisher's words.

A field knows where its value stands in the tables of the file, and what it says there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

from attrs import evolve, field, frozen

from meter.canonical import to_table
from meter.explanation import clause
from meter.formulas.translation import formula_of
from meter.loading.positions import Positions
from meter.loading.together.files import INCLUDE
from meter.loading.toml import parse_toml
from meter.verify.phrasing import status_words
from meter.vocabulary import Status, Unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.policy import Copy, Meter, Offer, Policy

__all__ = ["LENGTH", "LENGTHS", "WINDOW", "Field", "FieldGroup", "Kind", "beside", "groups_of"]

WINDOW = "window"
LENGTH = "length"
"""The last parts of the paths of the two inputs of a window."""

LENGTHS = ("rolling", "fixed")
"""The sorts of window that have a length."""

WINDOWS = {
    **{f"calendar {unit}": f"calendar {unit}" for unit in Unit},
    "rolling": "rolling",
    "fixed": "from first read",
    "lifetime": "for ever",
}
"""The sorts of window, and what the form calls them."""

_NAMED = 2
"""The parts of the path of what has a name: `meters`, `monthly`."""

_USUAL = (Status.ANONYMOUS, Status.REGISTERED)
_CURRENCY = "a code such as USD, EUR or JPY"

Kind = Literal["number", "price", "text", "words", "date", "lines", "choice"]
"""What is typed in a field, and so how it is written in the file."""


@frozen(kw_only=True)
class Field:
    """One input: where its value stands, what the policy says, what somebody typed."""

    path: tuple[str | int, ...]
    label: str
    was: str
    value: str
    kind: Kind = "text"
    hint: str = ""
    message: str = ""
    """What is wrong with what was typed."""
    is_rare: bool = False
    """Whether it is hidden until somebody asks for more."""
    choices: Mapping[str, str] = field(factory=dict)
    of_file: str | None = None
    """What the file on disk says, where that is known."""

    @property
    def name(self) -> str:
        """The name under which a browser sends it."""
        return "/".join(quote(str(part), safe="") for part in self.path)

    @property
    def is_changed(self) -> bool:
        """Whether somebody typed something else than the policy says."""
        return self.value != self.was

    @property
    def differs(self) -> bool:
        """Whether it says something else than the file on disk."""
        return self.value != (self.was if self.of_file is None else self.of_file)

    @property
    def is_day(self) -> bool:
        """Whether it can be picked in a calendar: an instant or a slip cannot."""
        return self.kind == "date" and (not self.value or _is_day(self.value))


@frozen(kw_only=True)
class FieldGroup:
    """Fields that belong together: those of a meter, an offer or a language."""

    title: str
    fields: tuple[Field, ...]

    @property
    def usual(self) -> tuple[Field, ...]:
        """The fields that are shown at once: a changed one always is."""
        return tuple(one for one in self.fields if not self._is_hidden(one))

    @property
    def rare(self) -> tuple[Field, ...]:
        """The fields that are shown when somebody asks for more."""
        return tuple(one for one in self.fields if self._is_hidden(one))

    @staticmethod
    def _is_hidden(one: Field) -> bool:
        return one.is_rare and not one.value and not one.message


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
    groups = (*meters, *offers, *_copies(policy, text))
    table = parse_toml(text, "policy.toml")
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


def _field(
    path: tuple[str | int, ...],
    label: str,
    value: object,
    kind: Kind = "text",
    hint: str = "",
    *,
    is_rare: bool = False,
) -> Field:
    said = "" if value is None else str(value)
    return Field(
        path=path, label=label, was=said, value=said, kind=kind, hint=hint, is_rare=is_rare
    )


def _meter(meter: Meter, policy: Policy) -> Iterator[Field]:
    path = ("meters", meter.name)
    per = f"{meter.count} free"
    if meter.limits:
        for number, limit in enumerate(meter.limits):
            book = policy.rulebook
            who = clause(formula_of(limit.when, book.vocabulary, policy), book.vocabulary)
            label = f"Limit {number + 1}: {who}"
            yield _field((*path, "limits", number, "limit"), label, limit.limit, "number", per)
    elif isinstance(meter.limit, Mapping):
        for status in Status:
            label = status_words([status])
            is_rare = status not in _USUAL
            given = meter.limit.get(status)
            where = (*path, "limit", str(status))
            hint = per if is_rare else f"{per}; empty or 0: none, a wall at once"
            yield _field(where, _capital(label), given, "number", hint, is_rare=is_rare)
    else:
        yield _field((*path, "limit"), "Every reader", meter.limit, "number", per)
    yield from _window(meter)


def _window(meter: Meter) -> Iterator[Field]:
    path = ("meters", meter.name, "window")
    table = to_table(meter.window)
    sort = next(key for key in table if key != "starts")
    said = f"calendar {table['calendar']}" if sort == "calendar" else sort
    yield Field(
        path=(*path, WINDOW),
        label="Window",
        was=said,
        value=said,
        kind="choice",
        choices=WINDOWS,
    )
    length = table[sort] if sort in LENGTHS else ""
    hint = "such as 30 days or 36 hours"
    yield _field((*path, LENGTH), "Length", length, "text", hint)


def _offer(offer: Offer) -> Iterator[Field]:
    path = ("offers", offer.name)
    table = to_table(offer)
    yield _field((*path, "price"), "Price", table["price"], "price", "for the whole term")
    yield _field((*path, "currency"), "Currency", offer.currency, "text", _CURRENCY)
    yield _field((*path, "term"), "Term", offer.term, "text", "such as 3 months, 1 year or 14 days")
    yield _field((*path, "starts"), "From", offer.starts, "date", "the day begins at midnight")
    yield _field((*path, "ends"), "To", offer.ends, "date", "to the end of that day")


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
    yield _field((*path, "headline"), "Headline", headline, "words", "of walls and offers")
    yield _field((*path, "pitch"), "Pitch", pitch, "words", "the sentence below it")
    lines = "\n".join(benefits)
    yield _field((*path, "benefits"), "Benefits", lines, "lines", "a line each")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
