"""Return what the reader of a decision sees, or a publisher's own template filled in for it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from attrs import evolve, field, frozen

from meter.decision import Decision, MeterReading
from meter.errors import PromptError, quoted
from meter.errors.kinds import check_argument, instance
from meter.policy import Policy
from meter.prompts.laid.drafts import PromptDraft, can_be_drafted
from meter.prompts.laid.kept import (
    DAY,
    asked_for,
    can_be_kept,
    draft_for,
    keep_draft,
    keep_text,
    words_room,
)
from meter.prompts.laid.plain import fill, lay_out, parts_of, with_own
from meter.prompts.languages import accepted
from meter.prompts.offered import own_ends
from meter.prompts.parts import is_signed_in
from meter.prompts.parts.ahead import Ahead, look_ahead
from meter.prompts.parts.declared import country_of
from meter.prompts.parts.look import (
    TEMPLATES,
    FormatWord,
    LayoutWord,
    PromptLook,
    TemplateWord,
    look_of,
)
from meter.prompts.templates import compiled, written_texts
from meter.prompts.texts import load_texts, read_bounded
from meter.resources import prompt_set, template_root
from meter.resources.locales import with_fallbacks
from meter.vocabulary import Access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from meter.prompts.laid.kept import Asked
    from meter.rulebook import Rulebook

__all__ = [
    "FormatWord",
    "LayoutWord",
    "TemplateWord",
    "render",
    "render_template",
    "stylesheet",
]


_A_DECISION = instance(Decision, form="a `Decision`, such as `decide` returns")
_LABEL = "sponsored"


def render(
    decision: Decision,
    policy: Policy | None = None,
    *,
    locale: str | Iterable[str] | None = None,
    layout: LayoutWord = "wide",
    format: FormatWord = "html",  # noqa: A002 - the public name of what is asked for
    folder: str | Path | None = None,
    place: str | None = None,
) -> str:
    """Return what the reader of `decision` sees, or an empty text where nothing is said.

    `locale` is a tag such as `ja-JP`, a list of tags, or an `Accept-Language` header; where there
    are words for none of them the publication's own locale is used, then English. `layout` is
    `wide`, `narrow` or `bar` (a line at the bottom of the window, which opens; a wall is `narrow`
    then, since nobody may close it), with the same words. `format` is `html`, `text` or `json` (the
    parts, for those who lay prompts out themselves; `null` where nothing is said). `place` names
    where on the page it stands, where the same prompt stands there twice: it is the end of the ids
    of that one (letters, digits, `-` and `_`), which a page may have once only. Files in
    `folder` replace those of the same name that ship: `countdown.html.j2`, `countdown.txt.j2`,
    `texts/de.toml`; `"meter:source"` is a set that ships. Days and times are those of the
    publication's zone; in a text from right to left what runs the other way (a price, a name)
    stands between Unicode's isolates.

    What is said is what was decided: by the policy the decision was made by, which it holds until
    it is pickled. Then `policy` must be that policy; any other is never used. For a prompt that is
    nowhere, the prompt that ships for the decision's `show` stands in, and a warning is logged once
    a prompt.

    Raises `PromptError` for a template that is unsafe or names something that is not there, and
    where the policy is needed and not given.
    """
    rulebook = decision.rulebook if type(decision) is Decision else None
    if rulebook is None or folder is not None or not (locale is None or can_be_kept(locale)):
        return _made(decision, policy, locale, look=(layout, format, place), folder=folder)
    asked = asked_for(decision, rulebook, (locale, layout, format, place))
    try:
        said = rulebook.said.get(asked)
    except TypeError:  # what has no hash is none of these words: it is refused in the plain way
        return _made(decision, policy, locale, look=(layout, format, place))
    if said is not None:
        return said
    draft = draft_for(decision, rulebook, asked)
    said = None if draft is None else draft.filled(decision, asked[DAY])
    if said is None:
        said = _made(decision, policy, locale, look=(layout, format, place), asked=asked)
    keep_text(decision, rulebook, asked, said)
    return said


def _made(
    decision: Decision,
    policy: Policy | None,
    locale: str | Iterable[str] | None,
    *,
    look: tuple[LayoutWord, FormatWord, str | None],
    folder: str | Path | None = None,
    asked: Asked | None = None,
) -> str:
    """Return a prompt of which nothing is known yet; where `asked` is given, its draft is kept."""
    check_argument("decision", decision, _A_DECISION)
    prompt_look = look_of(*look)
    own = _own_folder(folder)
    prompt = decision.prompt
    if prompt is None:
        return "null" if prompt_look.form == "json" else ""
    decision = decision.with_policy(policy)
    policy = cast("Rulebook", decision.rulebook).policy
    prompt_look = evolve(prompt_look, layout=_fitting(prompt_look.layout, decision))
    if own is not None:
        return lay_out(decision, policy, _wanted(locale, policy), prompt_look, own)
    request = _Request(
        policy.digest,
        prompt,
        decision.show,
        decision.offers,
        own_ends(decision),
        decision.meter,
        decision.at.astimezone(policy.zone).date(),
        is_signed_in(decision),
        look_ahead(decision),
        country_of(decision),
        _wanted(locale, policy),
        prompt_look,
        decision,
        policy,
    )
    if not can_be_drafted(decision, policy, prompt_look):
        return _remembered(request)
    draft = _drafted(_but_for_counts(request))
    if asked is not None:
        keep_draft(decision, cast("Rulebook", decision.rulebook), asked, draft)
    said = draft.filled(decision, request.today)
    return _remembered(request) if said is None else said


@frozen
class _Request:
    """A prompt that is asked for. How it comes out depends on nothing but what is compared here."""

    digest: str
    prompt: str
    show: str
    offers: tuple[str, ...]
    own_ends: tuple[tuple[str, int], ...]
    meter: MeterReading | None
    today: date
    signed_in: bool
    ahead: Ahead
    country: str
    locales: tuple[str, ...]
    look: PromptLook
    decision: Decision = field(eq=False)
    policy: Policy = field(eq=False)


@lru_cache(maxsize=2048)
def _remembered(request: _Request) -> str:
    return lay_out(request.decision, request.policy, request.locales, request.look, None)


def _but_for_counts(request: _Request) -> _Request:
    meter = cast("MeterReading", request.meter)
    return evolve(request, meter=MeterReading(name=meter.name, limit=None, used=0, left=None))


@lru_cache(maxsize=512)
def _drafted(request: _Request) -> PromptDraft:
    policy = request.policy
    parts = parts_of(request.decision, policy, request.locales, None)
    texts = load_texts(with_own(request.locales, policy), None, policy)
    alike = (request.digest, request.decision.access, request.locales, request.look.form)
    returns = request.ahead.returns
    meter = cast("MeterReading", request.meter).name
    room = words_room(*alike, parts.name, parts.show, meter, returns)
    return PromptDraft(policy, texts, parts, request.look, room, returns=returns)


def render_template(
    template: str | Path,
    decision: Decision,
    policy: Policy | None = None,
    *,
    locale: str | Iterable[str] | None = None,
    layout: LayoutWord = "wide",
    format: TemplateWord = "html",  # noqa: A002 - the public name of what is asked for
    folder: str | Path | None = None,
    place: str | None = None,
) -> str:
    """Return a publisher's own template filled in for `decision`.

    `template` is a `Path` to a file, or the template's text. The placeholders of old templates
    work, in all three spellings. Files it includes are looked for beside it (or in `folder`), then
    among ours. `place` is as for `render`. Raises `PromptError` like `render`.
    """
    check_argument("decision", decision, _A_DECISION)
    look = look_of(layout, format, place, TEMPLATES)
    own = _own_folder(folder)
    if own is None and isinstance(template, Path):
        own = template.parent
    decision = decision.with_policy(policy)
    held = cast("Rulebook", decision.rulebook).policy
    look = evolve(look, layout=_fitting(look.layout, decision))
    parts = parts_of(decision, held, _wanted(locale, held), own)
    name = "template"
    if isinstance(template, Path):
        name = str(template)
        template = read_bounded(template)
    ready = compiled(template, name, format, own)
    return fill(ready, {**written_texts(format, own), name: template}, parts, look)


@lru_cache(maxsize=1)
def stylesheet() -> str:
    """Return the style sheet of the prompts that ship, for a page to link or embed."""
    return (template_root() / "prompts" / "prompt.css").read_text(encoding="utf-8")


def _wanted(locale: str | Iterable[str] | None, policy: Policy) -> tuple[str, ...]:
    """Return the tags that are asked for, each with those that stand in for it."""
    return with_fallbacks(accepted(locale), policy.publication.fallback)


def _own_folder(folder: str | Path | None) -> Path | None:
    """Return the folder of the publisher's prompts. Raises `PromptError` if there is none there."""
    if folder is None:
        return None
    if not isinstance(folder, str | Path):
        raise TypeError(f"`folder` is the path of a folder, not {quoted(folder)}")
    own = prompt_set(str(folder)) or Path(folder)
    if not own.is_dir():
        raise PromptError(f"there is no folder of prompts {quoted(str(folder))}")
    return own


def _fitting(layout: LayoutWord, decision: Decision) -> LayoutWord:
    """Return a layout that a prompt can have: only what stands beside an article is a bar.

    A wall cannot be closed away, and a label belongs to its article: both are narrow.
    """
    is_wall = decision.access is Access.PREVIEW
    return "narrow" if layout == "bar" and (is_wall or decision.prompt == _LABEL) else layout
