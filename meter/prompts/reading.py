"""Note what is wrong in one template, where its author wrote it.

The syntax tree knows lines only, so the place of a word is looked for in the tags of its line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field
from jinja2 import Environment

from meter.errors import MOST_PROBLEMS, Problem, problem_at
from meter.prompts.legacy import QUOTED, Segment, segments

if TYPE_CHECKING:
    from jinja2 import nodes

__all__ = ["Reading"]


@define
class Reading:
    """One template being read: what was found, and how many steps it takes."""

    name: str
    written: str
    environment: Environment
    problems: list[Problem] = field(factory=list)
    steps: int = 0
    line: int = 1
    """The line of the node that was looked at last; not every node knows its own."""
    alone: set[int] = field(factory=set)
    """The calls that are printed by themselves, by their `id`."""
    _pointed: set[int] = field(factory=set)
    _tags: list[Segment] = field(factory=list)

    @property
    def full(self) -> bool:
        """Whether no more problems are listed."""
        return len(self.problems) >= MOST_PROBLEMS

    def report(self, code: str, node: nodes.Node, word: str, message: str, advice: str) -> None:
        """Note a problem of a node, at `word` where that stands on the node's line."""
        offset = self._offset(node.lineno or self.line, word)
        self.problems.append(
            problem_at(code, message, advice, name=self.name, source=self.written, offset=offset)
        )

    def report_text(self, code: str, line: int, word: str, message: str, advice: str) -> None:
        """Note a problem of the text itself, at `word` where that stands on a line."""
        start = self._start_of(line)
        end = self.written.find("\n", start) % (len(self.written) + 1)
        offset = max(self.written.lower().find(word.lower(), start, end), start)
        self.problems.append(
            problem_at(code, message, advice, name=self.name, source=self.written, offset=offset)
        )

    def _start_of(self, line: int) -> int:
        """Return where a line starts."""
        start = 0
        for _ in range(line - 1):
            start = self.written.find("\n", start) + 1
        return start

    def _offset(self, line: int, word: str) -> int:
        """Return where on a line a word stands inside a tag, each time at another place."""
        start = self._start_of(line)
        end = self.written.find("\n", start) % (len(self.written) + 1)
        tags = [tag for tag in self._all_tags() if tag.end > start and tag.start < end]
        pattern = re.compile(re.escape(word))
        if word and word[0].isalnum():
            pattern = re.compile(rf"(?<![\w]){re.escape(word)}(?!\w)")
        for tag in tags:
            for match in pattern.finditer(self.written, max(tag.start, start), min(tag.end, end)):
                at = match.start()
                is_text = word.isidentifier() and self._is_quoted(tag, at)
                if at not in self._pointed and not is_text:
                    self._pointed.add(at)
                    return at
        return max(tags[0].start, start) if tags else start

    def _all_tags(self) -> list[Segment]:
        """Return every tag of the template."""
        if not self._tags:
            self._tags = [
                segment
                for segment in segments(self.written)
                if segment.kind in ("expression", "statement")
            ]
        return self._tags

    def _is_quoted(self, tag: Segment, offset: int) -> bool:
        return any(
            quoted.start() < offset < quoted.end()
            for quoted in QUOTED.finditer(self.written, tag.start, tag.end)
        )
