"""What a publication says to machines, beside its rules: where it is, its licence and its uses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias
from urllib.parse import quote

from attrs import field, frozen

from meter.errors import quoted
from meter.errors.kinds import FLAG, choice, either, maybe, table, text
from meter.errors.values import Fault, check_fields, refuse
from meter.forms import covering, section_path
from meter.policy.conditions import pairs
from meter.vocabulary import CrawlerClass, Word
from meter.vocabulary.machine_terms import LICENCE, address_step, of_form

__all__ = [
    "PATH_FORM",
    "SITE_FORM",
    "USE_KEYS",
    "MachinesTable",
    "Preference",
    "path_step",
    "site_step",
]

_PATH = re.compile(r"/(?:[!%&'()+,\-.:;=@A-Z_a-z0-9~]+/)*", re.ASCII)


class Preference(Word):
    """The words of AIPREF for what may be done with a text, and what may not."""

    YES = "y"
    NO = "n"


USE_KEYS = {CrawlerClass.SEARCH: "search", CrawlerClass.TRAINING: "train_ai"}
"""The key that says what a class of crawlers may do with a text; of agents none does."""

_SAID = {str(Preference.YES): True, str(Preference.NO): False}


def site_step(address: str) -> str | None:
    """Return the next step if an address is not that of a whole site: no query, no fragment."""
    if address_step(address) is not None:
        return "write where the site is, such as `https://www.example.com`"
    if "?" in address or "#" in address:
        return "leave out what begins with `?` or `#`"
    return None


def path_step(path: str) -> str | None:
    """Return the next step if a path is not that of a folder of the site."""
    if not {".", ".."}.isdisjoint(path.split("/")):
        return "leave out `.` and `..`: a browser takes them away before it asks"
    if _PATH.fullmatch(path):
        return None
    return "a path begins and ends with one `/`, such as `/news/markets/`"


SITE_FORM = "the address of a site such as `https://www.example.com`"
PATH_FORM = "a path such as `/news/markets/`"
_Said: TypeAlias = bool | Literal["y", "n"] | None


def _preference(value: _Said) -> bool | str | None:
    return _SAID.get(value, value) if isinstance(value, str) else value


def _paths(value: Mapping[str, str]) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        return value
    found: dict[str, str] = {}
    for name, path in value.items():
        section = section_path(name) if isinstance(name, str) else name
        # What names one section twice stays as it is, to be refused.
        found[name if section in found else section] = path
    return found


@frozen(kw_only=True)
class MachinesTable:
    """What a publication says to machines, beside its rules.

    `site` is where it is, `licence` the address of the terms for all of it. `train_ai` and `search`
    say whether models may be trained on it, and search engines list it (`None`: nothing is said).
    `paths` maps a section to the folder of its articles, where that is not `/SECTION/`.
    """

    site: str
    licence: str | None = None
    train_ai: bool | None = field(default=None, converter=_preference)
    search: bool | None = field(default=None, converter=_preference)
    paths: Mapping[str, str] = field(factory=dict, converter=_paths, eq=pairs)

    def __attrs_post_init__(self) -> None:
        check_fields(self, _OF_A_TABLE)
        for name in self.paths:
            if name != section_path(name):
                message = f"the section {quoted(name)} is given two paths"
                refuse(self, "paths", Fault("duplicate-name", message, "keep one of them"))

    @property
    def said(self) -> Mapping[CrawlerClass, bool | None]:
        """Whether each class of `USE_KEYS` may use a text; `None` where that is not said."""
        return {crawler: getattr(self, key) for crawler, key in USE_KEYS.items()}

    def path_of(self, section: str) -> str:
        """Return the folder of a section's articles; a sub-section is below its section.

        >>> table = MachinesTable(site="https://example.com", paths={"markets": "/news/markets/"})
        >>> table.path_of("markets/asia"), table.path_of("arts")
        ('/news/markets/asia/', '/arts/')
        """
        section = section_path(section)
        for known in covering(section, "/"):
            if known in self.paths:
                below = quote(section[len(known) + 1 :])
                return f"{self.paths[known]}{below}/" if below else self.paths[known]
        return f"/{quote(section)}/"


_SECTION = text("a section such as `markets`", may_be_empty=False)
_OF_A_TABLE = {
    "site": of_form(site_step, SITE_FORM, "bad-link"),
    "licence": maybe(LICENCE),
    **dict.fromkeys(("train_ai", "search"), maybe(either(FLAG, (bool,), choice(Preference)))),
    "paths": table(_SECTION, of_form(path_step, PATH_FORM, "bad-path"), '{"markets": "/markets/"}'),
}
