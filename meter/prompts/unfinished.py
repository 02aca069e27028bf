"""What is not finished at a place of a template: a tag or a comment, and the elements around it.

What a template opens it closes, so that the page it is put into stays whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import field, frozen

if TYPE_CHECKING:
    from meter.prompts.tokens import Token

__all__ = ["BETWEEN_TAGS", "Nesting", "TextStretch"]

_MOST_OPEN = 100
_VOID = frozenset(("br", "col", "hr", "img", "input", "wbr"))
"""Elements without an end, by the HTML standard."""

_LISTS = ("dd", "dt", "li", "optgroup", "option", "p", "rp", "rt")
_TABLES = ("tbody", "td", "tfoot", "th", "thead", "tr")
_ENDS_ITSELF = frozenset((*_LISTS, *_TABLES))
"""Elements whose end tag may be left out."""


@frozen
class TextStretch:
    """HTML that is not finished, with the lines its pieces begin on; nothing between tags."""

    text: str = ""
    lines: tuple[tuple[int, int], ...] = field(default=(), eq=False)

    def and_then(self, text: str, line: int) -> TextStretch:
        """Return the stretch with a piece more, which begins on a line."""
        return TextStretch(self.text + text, (*self.lines, (len(self.text), line)))

    def line_of(self, offset: int) -> int:
        """Return the line of a place in the stretch."""
        start, line = next(piece for piece in reversed(self.lines) if piece[0] <= offset)
        return line + self.text.count("\n", start, offset)

    def begins_as(self, other: TextStretch) -> bool:
        """Say whether nothing of what another is was finished in this one."""
        return self.text.startswith(other.text)

    def after(self, offset: int) -> TextStretch:
        """Return what comes after a place."""
        if offset == len(self.text):
            return BETWEEN_TAGS
        later = ((start - offset, line) for start, line in self.lines if start > offset)
        return TextStretch(self.text[offset:], ((0, self.line_of(offset)), *later))


BETWEEN_TAGS = TextStretch()


@frozen
class Nesting:
    """The elements that are open, outermost first, each with the line it begins on."""

    names: tuple[str, ...] = ()
    lines: tuple[int, ...] = ()

    def after(self, tag: Token, line: int) -> Nesting:
        """Return the nesting after a tag, which begins on a line.

        Raises `ValueError` that says why for an end tag that closes nothing, and for too many.
        """
        if tag.kind == "start":
            if len(self.names) == _MOST_OPEN:
                raise ValueError(f"more than {_MOST_OPEN} elements are open here")
            return self if tag.name in _VOID else self._with(tag.name, line)
        for depth in range(len(self.names) - 1, -1, -1):
            if self.names[depth] == tag.name:
                return Nesting(self.names[:depth], self.lines[:depth])
            if self.names[depth] not in _ENDS_ITSELF:
                break
        raise ValueError(f"`</{tag.name}>` closes what is not open here")

    def _with(self, name: str, line: int) -> Nesting:
        return Nesting((*self.names, name), (*self.lines, line))

    def left_open(self) -> tuple[str, int] | None:
        """Return the innermost element that is open and has to be closed, with its line."""
        for name, line in zip(reversed(self.names), reversed(self.lines), strict=True):
            if name not in _ENDS_ITSELF:
                return name, line
        return None

    def is_like(self, other: Nesting) -> bool:
        """Say whether the same elements have to be closed, wherever they begin."""
        return self._to_close() == other._to_close()

    def _to_close(self) -> list[str]:
        return [name for name in self.names if name not in _ENDS_ITSELF]
