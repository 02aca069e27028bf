"""Who publishes, and the publisher's own words and links in the prompts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors import Problem, quoted
from meter.errors.kinds import TEXT, as_tuple, each, instance, maybe, table
from meter.errors.values import check_fields
from meter.policy.conditions import pairs
from meter.policy.prompts import Noun, PromptWords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Copy", "Links", "Publication", "link_faults", "link_step"]

_LINK = re.compile(
    r"/(?![/\\])[^\s\\\x00-\x20\x7f]*|https://[^\s/\\@\x00-\x20\x7f]+(/[^\s\\\x00-\x20\x7f]*)?"
)
_NAMES = ("subscribe", "register", "sign_in", "offers", "about_sponsored")


def link_step(link: str) -> str | None:
    """Return the next step if a link is neither a path of the site nor an `https://` address."""
    if _LINK.fullmatch(link):
        return None
    return "links are paths of your site that begin with one `/`, or begin with `https://`"


def link_faults(links: Links) -> Iterator[Problem]:
    """Yield the links that no button may lead to."""
    for name in _NAMES:
        link = getattr(links, name)
        advice = link_step(link)
        if advice is not None:
            message = f"`{name}` is a path or an `https://` address, not {quoted(link)}"
            yield Problem(code="bad-link", message=message, help=advice, path=("links", name))


def _chains(value: Mapping[str, Iterable[str]]) -> Mapping[str, tuple[str, ...]]:
    if not isinstance(value, Mapping):
        return value
    return {locale: as_tuple(chain) for locale, chain in value.items()}


@frozen(kw_only=True)
class Publication:
    """Who publishes, and in which zone and language.

    `templates` is the folder of the publisher's own prompts, from that of the policy's file, or a
    set that ships (`meter:source`): `meter check` looks there for the prompts that rules name.
    `fallback` says which languages, in order, stand in for one that there are no words in; the
    publication's own comes after them in any case.
    """

    name: str
    timezone: str = "UTC"
    locale: str = "en"
    templates: str | None = None
    fallback: Mapping[str, tuple[str, ...]] = field(factory=dict, converter=_chains, eq=pairs)

    def __attrs_post_init__(self) -> None:
        own = {"name": TEXT, "timezone": TEXT, "locale": TEXT, "templates": maybe(TEXT)}
        chains = table(TEXT, each(TEXT, '["da", "sv"]'), '{"nb": ["da", "sv"]}')
        check_fields(self, {**own, "fallback": chains})


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(value)


def _own_prompts(value: Mapping[str, PromptWords]) -> Mapping[str, PromptWords]:
    return dict(value) if isinstance(value, Mapping) else value


def _nouns(value: Mapping[str, Noun]) -> Mapping[str, Noun]:
    return dict(value) if isinstance(value, Mapping) else value


def _tables(value: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    if not isinstance(value, Mapping):
        return value
    return {name: dict(t) if isinstance(t, Mapping) else t for name, t in value.items()}


def _nested(value: object) -> object:
    """Return tables of tables as what they are compared and hashed by."""
    if not isinstance(value, Mapping):
        return value
    return frozenset((name, pairs(inner)) for name, inner in value.items())


@frozen(kw_only=True)
class Copy:
    """The publisher's own words in one language.

    Those around a prompt, those of the prompts that the policy declares (in the publication's own
    language they stand where a prompt is declared), the nouns that meters count, and the texts of
    the prompts that ship: those of a language that does not ship, or others than ours.
    """

    headline: str | None = None
    pitch: str | None = None
    benefits: tuple[str, ...] = field(default=(), converter=_texts)
    prompts: Mapping[str, PromptWords] = field(factory=dict, converter=_own_prompts, eq=pairs)
    nouns: Mapping[str, Noun] = field(factory=dict, converter=_nouns, eq=pairs)
    texts: Mapping[str, Mapping[str, str]] = field(factory=dict, converter=_tables, eq=_nested)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_COPY)

    @property
    def frames_prompts(self) -> bool:
        """Whether it has words that stand around a prompt: a headline, a pitch or benefits."""
        return bool(self.headline or self.pitch or self.benefits)


_OF_A_COPY = {
    "headline": maybe(TEXT),
    "pitch": maybe(TEXT),
    "benefits": each(TEXT, '["Read all stories"]'),
    "prompts": table(TEXT, instance(PromptWords), '{"consent": PromptWords(…)}'),
    "nouns": table(TEXT, instance(Noun), '{"recipe": Noun(one="recipe", other="recipes")}'),
    "texts": table(
        TEXT, table(TEXT, TEXT, '{"other": "{n} left"}'), '{"left": {"other": "{n} left"}}'
    ),
}


@frozen(kw_only=True)
class Links:
    """Where the prompts' buttons lead: paths of the site, or `https://` addresses."""

    subscribe: str = "/subscribe"
    register: str = "/register"
    sign_in: str = "/sign-in"
    offers: str = "/offers"
    about_sponsored: str = "/about-sponsored-content"

    def __attrs_post_init__(self) -> None:
        check_fields(self, dict.fromkeys(_NAMES, TEXT))
