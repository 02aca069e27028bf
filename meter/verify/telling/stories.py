"""Tell a counterexample: who, what happened when, and which rule was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.decision import machine_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from meter.verify.counterexample import Counterexample
    from meter.verify.search import SearchStep

__all__ = ["StoryLine", "story_lines", "story_table"]


class StoryLine(NamedTuple):
    """A line of a story, and by how much it is set in."""

    text: str
    indent: int


def story_lines(story: Counterexample) -> Iterator[StoryLine]:
    """Tell a story: who, what happened when, and which rule was expected."""
    head = _capital(story.reader) + _ended(story)
    if story.turned:
        head += f", with {story.turned},"
    if story.before:
        head += f" has been here before ({story.before}), and"
    yield StoryLine(f"{head.removesuffix(',')}:", 2)
    for line in _steps(story.steps, story.prompt):
        yield StoryLine(line, 4)
    yield StoryLine(f"expected: {story.expected.words}", 2)


def _steps(steps: tuple[SearchStep, ...], prompt: str | None) -> Iterator[str]:
    """Tell steps one a line; of more than two alike in a row only the first and the last.

    Where the story is about a prompt, it is said which steps show one.
    """
    start = 0
    while start < len(steps):
        end = start
        kind = _kind(steps[start], prompt)
        while end + 1 < len(steps) and _kind(steps[end + 1], prompt) == kind:
            end += 1
        yield f"{start + 1}. {_step(steps[start], prompt)}"
        between = end - start - 1
        if between > 1:
            yield f"{start + 2}. and so on, {between} times"
        elif between == 1:
            yield f"{start + 2}. {_step(steps[start + 1], prompt)}"
        if end > start:
            yield f"{end + 1}. {_step(steps[end], prompt)}"
        start = end + 1


def _kind(step: SearchStep, prompt: str | None) -> tuple[object, ...]:
    shown = None if prompt is None else step.decision.prompt
    return step.words, step.decision.show, step.decision.rule, shown


def _step(step: SearchStep, prompt: str | None) -> str:
    decision = step.decision
    article = step.asked.view.article
    text = (
        f"{step.asked.now:%a %d %b %Y %H:%M}  {step.words} (`{article.id}`):"
        f" `{decision.show}` by rule `{decision.rule}`"
    )
    if decision.meter is not None:
        limit = decision.meter.limit
        of = "" if limit is None else f" of {limit}"
        text += f" ({decision.meter.used}{of} used)"
    if prompt is not None and decision.prompt is not None:
        text += f", with the prompt `{decision.prompt}`"
    if decision.machines is not None and step.asked.view.crawler:
        text += f", with {machine_words(decision.machines)}"
    return text


def _ended(story: Counterexample) -> str:
    """Say when the access of a reader ended, if it has."""
    met = story.steps[0].asked
    ends = [right.ends for right in met.reader.entitlements if right.ends is not None]
    if not ends:
        return ""
    return f" (it ended on {max(ends).astimezone(met.now.tzinfo):%d %b %Y})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def story_table(story: Counterexample) -> dict[str, object]:
    """Return a story as plain tables."""
    return {
        "reader": story.reader,
        "before": story.before,
        "switches": story.turned or None,
        "expected": story.expected.words,
        "wanted": sorted(story.wanted),
        "steps": [_step_table(step) for step in story.steps],
    }


def _step_table(step: SearchStep) -> dict[str, object]:
    decision = step.decision
    return {
        "at": step.asked.now,
        "article": step.asked.view.article.id,
        "what": step.words,
        "show": decision.show,
        "rule": decision.rule,
        "offer": decision.offer,
        "prompt": decision.prompt,
        "counted": decision.counted,
        "left": None if decision.meter is None else decision.meter.left,
    }
