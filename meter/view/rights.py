"""A right to read: from when to when, and what it covers."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, cast
from unicodedata import normalize

from attrs import field, frozen
from attrs.converters import optional

from meter.errors.kinds import ID, TEXT, ZONED, choice, length, maybe, text
from meter.errors.values import ENDS_FIRST, MOST_DAYS, Fault, check_fields, refuse
from meter.forms import as_length, covers, parse_length, plain, section_path, words
from meter.vocabulary import WORDS, EntitlementKind, entitlement_kind
from meter.windows import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LONGEST_KEY", "NAMING", "Entitlement", "bounded"]

_NO_GRACE = timedelta()
_NOTHING: frozenset[str] = frozenset()
_FOREVER = 1 << 62
LONGEST_KEY = 64
"""How many characters of an id are remembered at most; a longer one is a digest."""

NAMING = (EntitlementKind.PURCHASE, EntitlementKind.GIFT)
"""The kinds of right that may name what they cover."""
_NAMES = ("article", "section", "tags")


def bounded(name: str) -> str:
    """Return an id as it is remembered.

    Itself in Unicode's form NFC, or a digest of it where it is long (hashlib's blake2b, 128 bits).
    """
    if not name.isascii():
        name = normalize("NFC", name)
    if len(name) <= LONGEST_KEY and name[:1] != "~":
        return name
    return "~" + blake2b(name.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _grace(value: str | timedelta | int) -> timedelta:
    if type(value) is int and 0 <= value <= MOST_DAYS:
        return timedelta(days=value)
    return as_length(value) if isinstance(value, str) else cast("timedelta", value)


def _section(value: str) -> str:
    return section_path(value) if isinstance(value, str) else value


@frozen(kw_only=True, slots=False)
class Entitlement:
    """A right to read, from `starts` up to but not including `ends`.

    Both are times with a zone; an open side is `None`. `grace` (a length such as `"7 days"`, or
    whole days) keeps the right alive after `ends` while a failed payment is sorted out. A
    `purchase` or a `gift` may name an `article` (its id), a `section` or `tags`: it then covers
    what any of these names, and changes nobody's status. A `purchase` names one, or a `product`.
    Raises `ValueError` for a time without a zone.
    """

    kind: EntitlementKind = field(converter=entitlement_kind)
    product: str | None = None
    article: str | None = None
    section: str | None = field(default=None, converter=optional(_section))
    tags: frozenset[str] = field(default=_NOTHING, converter=words)
    starts: datetime | None = None
    ends: datetime | None = None
    grace: timedelta = field(default=_NO_GRACE, converter=_grace)
    from_instant: int = field(init=False, repr=False, eq=False)
    until_instant: int = field(init=False, repr=False, eq=False)
    """The half-open stretch in which the right is in force, grace included, in microseconds since
    1970.
    """
    is_named: bool = field(init=False, repr=False, eq=False)
    """Whether it names what it covers: an article, a section or tags."""

    def __attrs_post_init__(self) -> None:
        named = not (self.article is None and self.section is None and self.tags == _NOTHING)
        if named or not (
            type(self.kind) is EntitlementKind
            and self.kind is not EntitlementKind.PURCHASE
            and self.grace is _NO_GRACE
            and (self.product is None or type(self.product) is str)
            and (self.starts is None or type(self.starts) is datetime)
            and (self.ends is None or type(self.ends) is datetime)
        ):
            check_fields(self, _OF_A_RIGHT)
            self._check_names(named=named)
        starts = -_FOREVER if self.starts is None else self._instant("starts")
        ends = _FOREVER if self.ends is None else self._instant("ends")
        if starts > ends:
            message, advice = ENDS_FIRST
            refuse(self, "ends", Fault("starts-after-ends", message.format(what="it"), advice))
        if self.ends is not None:
            ends += microseconds(self.grace)
        self.__dict__.update(from_instant=starts, until_instant=ends, is_named=named)

    def _check_names(self, *, named: bool) -> None:
        """Refuse a right that names what such a one cannot, or a purchase of nothing."""
        if named and self.kind not in NAMING:
            name = next(name for name in _NAMES if getattr(self, name))
            message = f"a `{self.kind}` covers what its product opens, and cannot name `{name}`"
            advice = "use `purchase` or `gift`, or name a `product`"
            refuse(self, name, Fault("right-names", message, advice))
        if named and self.product is not None:
            message = "a right names a product or what it covers, not both"
            advice = "leave one out, or give two rights"
            refuse(self, "product", Fault("right-names", message, advice))
        if self.kind is EntitlementKind.PURCHASE and self.product is None and not named:
            message = "a `purchase` does not say what was bought"
            advice = "name an `article`, a `section`, `tags` or a `product`"
            refuse(self, "kind", Fault("right-names", message, advice))

    def _instant(self, field: str) -> int:
        try:
            return instant(getattr(self, field))
        except ValueError:
            check_fields(self, _OF_A_RIGHT)
            raise

    def names(self, article: str, section: str | None, tags: Iterable[str]) -> bool:
        """Say whether this names an article, by its id as it is remembered, its section or tags."""
        if self.article is not None and bounded(self.article) == article:
            return True
        if self.section is None or section is None:
            below = False
        else:
            below = covers(self.section, section_path(section), "/")
        return below or not self.tags.isdisjoint(map(plain, tags))


_OF_A_RIGHT = {
    "kind": choice(EntitlementKind),
    "product": maybe(TEXT),
    "article": maybe(ID),
    "section": maybe(text('a section in quotes such as `"markets"`', may_be_empty=False)),
    "tags": WORDS,
    "starts": maybe(ZONED),
    "ends": maybe(ZONED),
    "grace": length(parse_length),
}
