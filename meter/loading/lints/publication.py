"""Plain lints of who publishes: the time zone, and languages that no words ship in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from meter.errors import listed
from meter.errors.zones import unreal_zone_step
from meter.loading.lints.reading import warning
from meter.resources import template_root
from meter.resources.locales import best_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from meter.errors import Problem
    from meter.loading.positions import Path as Place
    from meter.policy import Policy

__all__ = ["PUBLICATION"]


def _odd_timezones(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield a zone whose hours or summer time are hardly those that are meant."""
    odd = unreal_zone_step(policy.publication.timezone)
    if odd is not None:
        message, advice = odd
        yield warning("odd-timezone", ("publication", "timezone"), message, advice)


def _languages_not_shipped(policy: Policy, _: date | None) -> Iterator[Problem]:
    """Yield the languages of a publisher without templates that no words of prompts ship in."""
    if policy.publication.templates is not None:
        return
    texts = (template_root() / "prompts" / "texts").iterdir()
    shipped = sorted(file.name.removesuffix(".toml") for file in texts)
    places: dict[str, Place] = {locale: ("copy", locale) for locale in policy.copy}
    places[policy.publication.locale] = ("publication", "locale")
    for locale, place in places.items():
        if best_match(locale, shipped) is not None:
            continue
        message = (
            f"no words ship in `{locale}`: around yours, readers see those of another language"
        )
        every = listed([f"`{name}`" for name in shipped])
        advice = (
            'write templates of your own, and say where they are: `templates = "prompts"`; words'
            f" ship in {every}"
        )
        yield warning("language-not-shipped", place, message, advice)


PUBLICATION: dict[str, Callable[[Policy, date | None], Iterator[Problem]]] = {
    "odd-timezone": _odd_timezones,
    "language-not-shipped": _languages_not_shipped,
}
"""Each warning by its code."""
