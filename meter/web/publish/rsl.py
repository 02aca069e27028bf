"""`rsl.xml`: what may be done with each part of a site, and at which price (RSL 1.0)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, indent, tostring
from xml.parsers.expat import ExpatError, ParserCreate

from meter.web.publish.places import differs
from meter.web.publish.statements import MADE, Statement, UnreadableFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from meter.policy.machines import MachinesTable
    from meter.web.publish.places import Licence, SitePlace

__all__ = ["NAMESPACE", "read_rsl", "write_rsl"]

NAMESPACE = "https://rslstandard.org/rsl"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f"<!-- {MADE} from the policy of the paywall: change that one, and publish again. -->\n"
)
_SAID = ("permits", "prohibits", "standard", "amount")
"""The elements whose text says what is allowed, and for what."""


def write_rsl(machines: MachinesTable, among: Sequence[SitePlace]) -> str:
    """Return the text of the file: a part of a site that is as the one around it is left out."""
    root = Element("rsl", xmlns=NAMESPACE)
    site = urlsplit(machines.site)
    for place in among:
        if differs(place, among, lambda one: (one.licences, one.prohibits)):
            url = f"{site.scheme}://{site.netloc}{place.path}*"
            _write_content(SubElement(root, "content", url=url), place)
    indent(root)
    return f"{_HEAD}{tostring(root, encoding='unicode')}\n"


def _write_content(content: Element, place: SitePlace) -> None:
    for licence in place.licences:
        _write_licence(SubElement(content, "license"), licence, place.prohibits)
    if not place.licences and place.prohibits:
        _usage(SubElement(content, "license"), "prohibits", place.prohibits)


def _write_licence(written: Element, licence: Licence, prohibits: Sequence[str]) -> None:
    _usage(written, "permits", licence.permits)
    if prohibits:
        _usage(written, "prohibits", prohibits)
    if not licence.price:
        SubElement(written, "payment", type="free")
        return
    payment = SubElement(written, "payment", type="crawl")
    if licence.terms:
        SubElement(payment, "standard").text = licence.terms
    currency, _, amount = licence.price.partition(" ")
    SubElement(payment, "amount", currency=currency).text = amount


def _usage(written: Element, name: str, usages: Sequence[str]) -> None:
    SubElement(written, name, type="usage").text = " ".join(usages)


def read_rsl(text: str) -> list[Statement]:
    """Return what a file says. Raises `UnreadableFileError` for what is no XML."""
    parser = ParserCreate()
    reader = _Reader(text)
    parser.StartElementHandler = lambda name, given: reader.start(
        name, given, parser.CurrentLineNumber
    )
    parser.CharacterDataHandler = reader.text
    parser.EndElementHandler = reader.end
    is_final = True
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"))
        parser.Parse(b"", is_final)
    except ExpatError as error:
        raise UnreadableFileError("this is no XML", error.lineno) from None
    except (LookupError, ValueError):
        raise UnreadableFileError("this is in an encoding that nobody reads", 1) from None
    return reader.found


class _Reader:
    """Reads licences one element after the other, with their lines.

    A licence that costs something is known by what it permits, and one that costs nothing by that.
    """

    def __init__(self, text: str) -> None:
        self.found: list[Statement] = []
        self._lines = text.splitlines()
        self._path = ""
        self._licences: list[str] = []
        self._read: list[Statement] = []
        self._words: list[str] | None = None
        self._given: dict[str, str] = {}
        self._line = 1

    def start(self, name: str, given: dict[str, str], line: int) -> None:
        """Begin an element."""
        if name == "rsl":
            self._attributes(given, "", line)
        elif name == "content":
            self._content(given, line)
        elif name == "license":
            self._read = []
            self._licences.append("free")
        elif name == "payment" and given.get("type") != "free" and self._licences:
            self._licences[-1] = "paid"
        elif name in _SAID:
            self._words, self._given, self._line = [], given, line

    def _attributes(self, given: dict[str, str], path: str, line: int) -> None:
        """Take what an element says beside its name."""
        source = self._lines[line - 1].strip()
        self.found += [
            Statement(path=path, about=name, words=words, source=source, line=line)
            for name, words in given.items()
        ]

    def _content(self, given: dict[str, str], line: int) -> None:
        url = given.get("url", "")
        self._licences = []
        site, _, path = url.partition("//")[2].partition("/")
        self._path = f"/{path}".removesuffix("*")
        self.found.append(
            Statement(
                path=self._path,
                about="site",
                words=f"{url.partition(':')[0]}://{site}",
                source=self._lines[line - 1].strip(),
                line=line,
            )
        )
        others = {name: words for name, words in given.items() if name != "url"}
        self._attributes(others, self._path, line)

    def text(self, words: str) -> None:
        """Take the text of an element, which may come in pieces."""
        if self._words is not None:
            self._words.append(words)

    def end(self, name: str) -> None:
        """End an element: a licence is known by what it costs, which stands last."""
        if name == "license":
            cost = self._licences[-1]
            if cost != "free":
                permits = [each.words for each in self._read if each.about == "permits"]
                self._licences[-1] = " ".join(permits)
            kind = self._licences[-1]
            number = self._licences.count(kind)
            for each in self._read:
                about = f"{each.about} of licence {number} for {kind}"
                self.found.append(
                    Statement(
                        path=self._path,
                        about=about,
                        words=each.words,
                        source=each.source,
                        line=each.line,
                        kind=f"{each.about} of a {cost} licence",
                    )
                )
        elif name in _SAID and self._words is not None:
            self._say(name)

    def _say(self, name: str) -> None:
        words = " ".join("".join(self._words or ()).split())
        self._words = None
        if name == "amount":
            words = f"{self._given.get('currency', '')} {words}"
        elif name in ("permits", "prohibits"):
            kind = self._given.get("type", "")
            name = name if kind == "usage" else f"{name} by {kind}"
            words = " ".join(sorted(words.split()))
        source = self._lines[self._line - 1].strip()
        self._read.append(
            Statement(path=self._path, about=name, words=words, source=source, line=self._line)
        )
