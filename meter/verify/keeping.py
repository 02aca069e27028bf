"""A counterexample kept as a journey test: it fails until the policy keeps its promise, and holds from then on."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from meter.decision import Access, Show
from meter.errors import MeterError

if TYPE_CHECKING:
    from pathlib import Path

    from meter.verify.proof import Answer
    from meter.verify.stories import Story
    from meter.view import PageView, Reader

__all__ = ["journey_of", "keep_story"]


def keep_story(answer: Answer, policy: Path, folder: Path) -> Path | None:
    """Write a counterexample as a journey test into a folder, and return the file; `None` where no journey of a new reader is one.

    What is written is read back and run: a file that does not show what the story shows is a `MeterError`.
    """
    import tomli_w  # noqa: PLC0415 - only where something is kept

    from meter.simulate.journey import Journey  # noqa: PLC0415

    story = answer.story
    if story is None or story.before is not None:
        return None
    table = {
        "title": f"{answer.name}: kept by `meter prove`",
        "policy": os.path.relpath(policy, folder).replace(os.sep, "/"),
        **journey_of(story),
    }
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{_file_name(answer.name)}.journey.toml"
    file.write_text(tomli_w.dumps(table), encoding="utf-8")
    shown = [step.decision.show for step in Journey.load(file).run(story.policy) if step.is_read]
    if shown != [step.decision.show for step in story.steps]:
        file.unlink()
        raise MeterError(f"the counterexample of `{answer.name}` cannot be written as a journey: a journey cannot say who that reader is")
    return file


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "counterexample"


def journey_of(story: Story) -> dict[str, Any]:
    """Return a story as the tables of a journey file; its last step expects what the promise wants."""
    first = story.steps[0].met
    steps: list[dict[str, Any]] = [{"at": step.met.now, "read": _view(step.met.view)} for step in story.steps]
    steps[-1]["expect"] = _expected(story)
    return {"reader": _reader(first.reader), "steps": steps}


def _expected(story: Story) -> dict[str, Any]:
    wanted = story.wanted
    if len(wanted) == 1:
        return {"show": str(next(iter(wanted)))}
    accesses = {show.access for show in wanted}
    if len(accesses) == 1 and frozenset(show for show in Show if show.access in accesses) == wanted:
        return {"access": str(next(iter(accesses)))}
    shown = story.steps[-1].decision
    other = next((show for show in Show if show in wanted and show.access is not shown.access), None)
    return {"access": str(Access(other.access))} if other else {"show": str(min(wanted))}


def _reader(reader: Reader) -> dict[str, Any]:
    table: dict[str, Any] = {"id": reader.id}
    if reader.registered:
        table["registered"] = True
    if reader.segments:
        table["segments"] = sorted(reader.segments)
    if reader.score is not None:
        table["score"] = reader.score
    rights = []
    for right in reader.entitlements:
        given = {"kind": str(right.kind), "product": right.product, "starts": right.starts, "ends": right.ends}
        rights.append({key: value for key, value in given.items() if value is not None})
    return table | ({"entitlements": rights} if rights else {})


def _view(view: PageView) -> dict[str, Any]:
    article = view.article
    given: dict[str, Any] = {
        "id": article.id, "access": None if article.access == "metered" else str(article.access), "section": article.section,
        "tags": sorted(article.tags) or None, "kind": article.kind, "published": article.published, "referrer": view.referrer,
        "channel": view.channel, "device": None if view.device == "laptop" else view.device, "country": view.country,
        "language": view.language, "gift": view.gift or None, "crawler": view.crawler or None, "prefetch": view.prefetch or None,
    }  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}
