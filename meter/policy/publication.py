"""Who publishes, and the publisher's own words and links in the prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

from meter.errors.kinds import TEXT, as_tuple, each, maybe
from meter.errors.values import check_fields

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Copy", "Links", "Publication"]


@frozen(kw_only=True)
class Publication:
    """Who publishes, and in which zone and language.

    `templates` is the folder of the publisher's own prompts, from that of the policy's file:
    `meter check` looks there for the prompts that rules name.
    """

    name: str
    timezone: str = "UTC"
    locale: str = "en"
    templates: str | None = None

    def __attrs_post_init__(self) -> None:
        own = {"name": TEXT, "timezone": TEXT, "locale": TEXT, "templates": maybe(TEXT)}
        check_fields(self, own)


def _texts(value: Iterable[str]) -> tuple[str, ...]:
    return as_tuple(value)


@frozen(kw_only=True)
class Copy:
    """The publisher's own words around a prompt, in one language."""

    headline: str | None = None
    pitch: str | None = None
    benefits: tuple[str, ...] = field(default=(), converter=_texts)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_COPY)


_OF_A_COPY = {
    "headline": maybe(TEXT),
    "pitch": maybe(TEXT),
    "benefits": each(TEXT, '["Read all stories"]'),
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
        names = ("subscribe", "register", "sign_in", "offers", "about_sponsored")
        check_fields(self, dict.fromkeys(names, TEXT))
