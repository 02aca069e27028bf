"""Rewrite the placeholders of old templates, in all three spellings, as today's variables.

`numberArticlesLeft` is `left` today, `numberArticlesLeft-plural` is `left_plural`: `s`, or nothing
if exactly one is left. They are written `{{…}}`, `<<…>>`, or `&lt;&lt;…&gt;&gt;` where a content
system escaped the second. Raw blocks, comments, scripts, quoted text and every other use of
`{{ a - b }}` and `<<` stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MOST_PROBLEMS, Problem, closest, listed, meant, problem_at
from meter.policy.placeholders import OLD_PLACEHOLDERS
from meter.prompts.errors import TemplateError
from meter.prompts.tokens import script_spans

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PLACEHOLDERS", "QUOTED", "Segment", "modernised", "segments"]

PLACEHOLDERS = OLD_PLACEHOLDERS
"""Today's variable for every placeholder of old templates."""

_LIKE_ENOUGH = 0.85
_OPENING = re.compile(r"\{\{|\{%|\{#")
_QUOTED = r"""\"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
_CLOSING = {
    "{{": re.compile(rf"(?:{_QUOTED}|[^\"'}}]|\}}(?!\}}))*\}}\}}", re.DOTALL),
    "{%": re.compile(rf"(?:{_QUOTED}|[^\"'%]|%(?!\}}))*%\}}", re.DOTALL),
    "{#": re.compile(r".*?#\}", re.DOTALL),
}
_KINDS = {"{{": "expression", "{%": "statement", "{#": "kept"}
_RAW = re.compile(r"[-+]?\s*raw\s*-?%\}")
_END_OF_RAW = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")
QUOTED = re.compile(_QUOTED, re.DOTALL)
"""A quoted text inside a tag."""
_WHOLE = re.compile(r"\{\{[-+]?\s*([A-Za-z]\w*(?:-[A-Za-z]\w*)*)\s*[-+]?\}\}", re.ASCII)
_IN_TAG = re.compile(r"(?<![\w.])numberArticlesLeft(-plural)?(?!\w|\s*=[^=])", re.ASCII)
_ANGLED = re.compile(
    r"(\{?)(?:<<|&lt;&lt;)(\s*)([A-Za-z]\w*(?:-[A-Za-z]\w*)*)(\s*)(?:>>|&gt;&gt;)", re.ASCII
)
_OPERAND = re.compile(r"[\w)\]]", re.ASCII)


@frozen
class Segment:
    """A stretch of a template.

    `text`, an `expression`, a `statement`, or `kept` (a comment or a raw block).
    """

    kind: str
    start: int
    end: int


def segments(source: str) -> Iterator[Segment]:
    """Split a template as Jinja2 does.

    What is opened and never closed counts as text: the compiler will say so.
    """
    at = 0
    while opening := _OPENING.search(source, at):
        start = opening.start()
        mark = opening.group()
        raw = _RAW.match(source, opening.end()) if mark == "{%" else None
        if raw is not None:
            closing = _END_OF_RAW.search(source, raw.end())
        else:
            closing = _CLOSING[mark].match(source, opening.end())
        if closing is None:
            break
        kind = "kept" if raw else _KINDS[mark]
        if start > at:
            yield Segment("text", at, start)
        yield Segment(kind, start, closing.end())
        at = closing.end()
    if at < len(source):
        yield Segment("text", at, len(source))


def modernised(source: str, name: str = "template") -> str:
    """Return the template with every placeholder of old replaced by today's variable.

    Lines stay where they are. Raises `TemplateError` for what looks like such a placeholder and is
    none.

    >>> modernised("<<numberArticlesLeft>> article{{numberArticlesLeft-plural}}, {{ a - b }}")
    '{{ left }} article{{ left_plural }}, {{ a - b }}'
    """
    problems: list[Problem] = []
    pieces: list[str] = []
    for segment in _outside_scripts(source):
        piece = source[segment.start : segment.end]
        if segment.kind == "text":
            for match in _ANGLED.finditer(piece):
                if match[3] not in PLACEHOLDERS and not _is_arithmetic(match, piece):
                    written = match[0].removeprefix("{")
                    at = segment.start + match.end(1)
                    problems.append(_unknown(match[3], written, name, source, at))
            piece = _ANGLED.sub(_replace_angled, piece)
        elif segment.kind != "kept":
            word = _mistaken(piece)
            if word is not None:
                problems.append(_unknown(word, piece, name, source, segment.start))
            else:
                piece = _replace_in_tag(piece)
        pieces.append(piece)
    if problems:
        raise TemplateError(problems[:MOST_PROBLEMS])
    return "".join(pieces)


def _outside_scripts(source: str) -> Iterator[Segment]:
    """Split a template, and its text where a script begins or ends: what is in one is kept."""
    found = list(segments(source))
    if "<script" not in source.lower():
        yield from found
        return
    # What is no text is blotted out, so that every place stays where it is.
    text = "".join(
        source[segment.start : segment.end].replace("&", " ")
        if segment.kind == "text"
        else " " * (segment.end - segment.start)
        for segment in found
    )
    spans = script_spans(text)
    for segment in found:
        if segment.kind != "text":
            yield segment
            continue
        at = segment.start
        for start, end in spans:
            if start < segment.end and end > at:
                yield Segment("text", at, max(start, at))
                yield Segment("kept", max(start, at), min(end, segment.end))
                at = min(end, segment.end)
        yield Segment("text", at, segment.end)


def _mistaken(tag: str) -> str | None:
    """Return the one word of a tag if it was meant for a placeholder and is none."""
    whole = _WHOLE.fullmatch(tag)
    if whole is None or whole[1] in PLACEHOLDERS:
        return None
    return whole[1] if whole[1].endswith("-plural") or _is_slip(whole[1]) else None


def _replace_angled(match: re.Match[str]) -> str:
    variable = PLACEHOLDERS.get(match[3])
    if variable is None:
        return match[0]
    # A brace of the text and the two of the expression would be three.
    brace = '{{ "{" }}' if match[1] else ""
    return f"{brace}{{{{ {variable} }}}}"


def _is_arithmetic(match: re.Match[str], text: str) -> bool:
    """Whether an unknown name stands between shifts, as in `a << b >> c` and `x<<y>>z`."""
    if match[2] or match[4]:
        return True
    before = text[max(match.end(1) - 1, 0) : match.end(1)]
    after = text[match.end() : match.end() + 1]
    return bool(_OPERAND.match(before) and _OPERAND.match(after))


def _is_slip(word: str) -> bool:
    """Whether a word of its own in braces is a placeholder with a slip in it.

    A subtraction, or the name of something else, is none.
    """
    if "-" in word:
        return False
    return closest(word, PLACEHOLDERS, _LIKE_ENOUGH) is not None


def _replace_in_tag(tag: str) -> str:
    """Rename the placeholders in a tag, outside its quoted texts."""
    if "numberArticlesLeft" not in tag:
        return tag
    whole = re.fullmatch(r"\{\{\s*(numberArticlesLeft(?:-plural)?)\s*\}\}", tag)
    if whole is not None:
        return f"{{{{ {PLACEHOLDERS[whole[1]]} }}}}"
    pieces: list[str] = []
    at = 0
    for quoted in QUOTED.finditer(tag):
        pieces += [_renamed(tag[at : quoted.start()]), quoted[0]]
        at = quoted.end()
    return "".join([*pieces, _renamed(tag[at:])])


def _renamed(code: str) -> str:
    return _IN_TAG.sub(lambda match: PLACEHOLDERS["numberArticlesLeft" + (match[1] or "")], code)


def _unknown(word: str, written: str, name: str, source: str, offset: int) -> Problem:
    known = listed([f"`{placeholder}`" for placeholder in PLACEHOLDERS])
    otherwise = (
        f"the placeholders are {known}; text that is none goes between `{{% raw %}}` and `{{%"
        " endraw %}`"
    )
    # The suggestion is written the way the mistake was.
    rewritten = [written.replace(word, placeholder) for placeholder in PLACEHOLDERS]
    advice = meant(written, rewritten, otherwise)
    message = f"`{written}` is not a placeholder"
    return problem_at(
        "unknown-placeholder", message, advice, name=name, source=source, offset=offset
    )
