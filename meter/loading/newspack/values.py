"""Read what PHP writes as JSON: numbers may be texts, an empty object is an empty list."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MeterError, printable, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

__all__ = ["NewspackError", "Node", "free_name", "title_of"]

_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)
_NO = (None, False, 0, "", "0", "false")
_NOT_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 48
_LONGEST_TITLE = 80


class NewspackError(MeterError):
    """Settings that Newspack would not write."""


@frozen
class Node:
    """A part of the settings, with the words for where it is."""

    value: object
    where: str

    def get(self, name: str) -> Node:
        """Return what stands under a name; of what is not there, nothing."""
        where = f"{self.where}.{name}"
        if self.value in (None, []):  # an empty object of PHP
            return Node(None, where)
        if not isinstance(self.value, dict):
            raise self._wrong("an object")
        return Node(self.value.get(name), where)

    def items(self) -> Iterator[Node]:
        """Yield the members of a list; of what is not there, none."""
        value = self.value
        if isinstance(value, dict):  # what PHP makes of a list with gaps
            value = list(value.values())
        if value is None or value == "":
            return
        if not isinstance(value, list):
            raise self._wrong("a list")
        yield from (Node(one, f"{self.where}[{place}]") for place, one in enumerate(value))

    @property
    def is_list(self) -> bool:
        """Whether it is a list with something in it."""
        return isinstance(self.value, list) and bool(self.value)

    @property
    def names(self) -> list[str]:
        """The names of an object that have a value."""
        if not isinstance(self.value, dict):
            return []
        return [name for name, value in self.value.items() if value not in (None, "", [], {})]

    @property
    def is_on(self) -> bool:
        """Whether PHP takes it for true."""
        return self.value not in _NO and self.value != []

    def text(self) -> str:
        """Return a text, also of a number; of what is not there, an empty one."""
        if self.value is None:
            return ""
        if isinstance(self.value, bool | list | dict):
            raise self._wrong("a text")
        return str(self.value)

    def word(self) -> str:
        """Return a text that may stand in a condition: on one line, and not too long."""
        return " ".join(printable(self.text()).split())[:_LONGEST_TITLE].strip()

    def words(self) -> list[str]:
        """Return the words of a list, each once, or of a text with commas."""
        if isinstance(self.value, str):
            parts = re.split(r"[,\n]", self.value)
            return _distinct(Node(part, self.where).word() for part in parts)
        return _distinct(one.word() for one in self.items())

    def number(self) -> int:
        """Return a whole number from 0; of what is not there, 0."""
        value = self.value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if value in (None, "", False):
            return 0
        if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
            raise self._wrong("a whole number")
        return int(str(value))

    def _wrong(self, form: str) -> NewspackError:
        return NewspackError(
            f"`{self.where}` should be {form}, not {quoted(self.value)}; is it what"
            " Newspack exports?"
        )


def _distinct(words: Iterable[str]) -> list[str]:
    return [word for word in dict.fromkeys(words) if word]


def title_of(node: Node, otherwise: str) -> str:
    """Return what people call a gate, a prompt or a segment, on one line and not too long."""
    named = node.get("title").text() or node.get("name").text() or node.get("slug").text()
    return printable(" ".join(named.split()))[:_LONGEST_TITLE].strip() or otherwise


def free_name(title: str, taken: Collection[str], otherwise: str) -> str:
    """Return a name made of a title that no other has."""
    plain = _NOT_A_NAME.sub("-", title.lower()).strip("-")[:_LONGEST_NAME].strip("-") or otherwise
    name = plain
    number = 2
    while name in taken:
        name = f"{plain}-{number}"
        number += 1
    return name
