"""The bar of a previewed page: who looks, when, by which policy, and why it shows this."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

from attrs import evolve, frozen
from babel import Locale
from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import escape

from meter.errors import listed
from meter.explanation import explanation_of
from meter.explanation.shown import SHOW_WORDS
from meter.resources import template_root
from meter.vocabulary import Access, Status
from meter.web.marks import ticked
from meter.web.previews.link import most_read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from jinja2 import Template
    from markupsafe import Markup

    from meter.decision import Decision
    from meter.policy import Policy
    from meter.rulebook import Rulebook
    from meter.web.previews.drafts import Draft
    from meter.web.previews.link import PreviewLink

__all__ = ["BarWords", "bar_of", "bar_words"]

_WHO = {
    Status.ANONYMOUS: "a reader without an account",
    Status.REGISTERED: "a registered reader",
    Status.TRIAL: "a reader on a trial",
    Status.SUBSCRIBER: "a subscriber",
    Status.TRIAL_EXPIRED: "a reader whose trial has ended",
    Status.SUBSCRIPTION_EXPIRED: "a reader whose subscription has ended",
    Status.STAFF: "a member of staff",
}
_FILES = ("bar.html.j2", "bar.css")
_OF_THE_FILE = "unreadable-file"
"""A problem whose words name a path of the site's machine."""
_ELSEWHERE = (
    "Links on this page lead to the ordinary pages. To preview another page of this site, put the"
    " same `preview=…` behind its address."
)
_ONLY_LOOKED = (
    "Nothing is counted: numbers are as a real view of this page would leave them, with what was"
    " read before read just now."
)


@frozen(kw_only=True)
class BarWords:
    """What a bar says, in its parts.

    `who` is the whole of it in one line, `rows` the same by name. `notes` are what the link says
    and the page cannot show. `lines` say what is shown and by which rule, `passed` why the rules
    before that one did not decide.
    """

    who: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    lines: tuple[str, ...]
    passed: tuple[str, ...]
    closing: tuple[str, ...] = (_ONLY_LOOKED, _ELSEWHERE)


def bar_of(link: PreviewLink, draft: Draft | None, decision: Decision) -> Markup:
    """Return the bar as HTML, with its styles."""
    words = bar_words(link, draft, decision)
    return escape(_template().make_module({"words": words}))


def bar_words(link: PreviewLink, draft: Draft | None, decision: Decision) -> BarWords:
    """Return what a bar says of a decision. `draft` is that of the link, if it names one."""
    policy = cast("Rulebook", decision.with_policy(None).rulebook).policy
    # what is said to machines, and figures in the words of a log, are not for a person's page
    why = explanation_of(evolve(decision, machines=None, meter=None))
    rows = {
        "Reader": f"{_WHO[link.status]} (`{link.status}`)",
        "Read before this page": _read_words(link),
        "Country": "not known" if link.country is None else _country_words(link.country),
        "Date": _time_words(decision.at, policy.zone),
        "Policy": _policy_words(link, draft),
        "Link valid until": _time_words(link.ends, policy.zone),
    }
    return BarWords(
        who=", ".join(_in_short(link, draft, decision, policy)),
        rows=tuple(rows.items()),
        notes=tuple(_notes(link, draft, policy)),
        lines=(*_decided(link, decision, policy), *why.lines[1:]),
        passed=tuple(f"not rule {rule.number} `{rule.name}`: {rule.why}" for rule in why.passed),
    )


def _decided(link: PreviewLink, decision: Decision, policy: Policy) -> Iterator[str]:
    """Yield what the page shows, by which rule, and how much is left then."""
    shown = SHOW_WORDS[decision.show]
    shown = shown if decision.access is Access.FULL else f"the teaser and {shown}"
    yield f"The page shows {shown} (`{decision.show}`), by the rule `{decision.rule}`."
    meter = decision.meter
    if meter is None:
        return
    is_counted = meter.used > link.used.get(meter.name, 0)
    used = f"{meter.used} of {meter.limit} used, {meter.left} left"
    if meter.limit is None:
        used = f"{meter.used} counted, without a limit"
    resets = meter.resets_at
    more = "" if resets is None else f"; more from {_time_words(resets, policy.zone)}"
    yield f"`{meter.name}`{', with this page' if is_counted else ''}: {used}{more}."


def _in_short(
    link: PreviewLink, draft: Draft | None, decision: Decision, policy: Policy
) -> Iterator[str]:
    """Yield who looks, and what else the link says, as far as the page shows it."""
    yield _WHO[link.status]
    if link.used:
        yield f"has read {_read_words(link)}"
    if link.country is not None:
        yield f"in {_country_words(link.country)}"
    if link.at is not None:
        at = decision.at.astimezone(policy.zone)
        yield f"on {at.day} {at:%B} {at.year}"
    if _is_drafted(draft):
        yield f"by the draft `{link.draft}`"


def _read_words(link: PreviewLink) -> str:
    counts = [f"{count} on `{name}`" for name, count in sorted(link.used.items())]
    return listed(counts)


def _country_words(code: str) -> str:
    name = Locale("en").territories.get(code.partition("-")[0])
    return f"`{code}`" if name is None else f"{name} (`{code}`)"


def _time_words(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B} {local.year}, {local:%H:%M} ({zone.key})"


def _policy_words(link: PreviewLink, draft: Draft | None) -> str:
    return f"the draft `{link.draft}`" if _is_drafted(draft) else "the one in force"


def _is_drafted(draft: Draft | None) -> bool:
    return draft is not None and draft.policy is not None


def _notes(link: PreviewLink, draft: Draft | None, policy: Policy) -> Iterator[str]:
    """Yield what the link says and the page cannot show, and why."""
    if link.draft is not None and draft is None:
        yield f"This site reads no drafts, so the policy in force decides, not `{link.draft}`."
    elif draft is not None and draft.is_missing:
        step = "" if draft.like is None else f" Did you mean `{draft.like}`?"
        yield (
            f"There is no draft `{link.draft}`: this site's folder of drafts has no"
            f" `{link.draft}.toml`. The policy in force decides.{step}"
        )
    elif draft is not None and draft.policy is None:
        yield (
            f"The draft `{link.draft}` cannot be used, so the policy in force decides:"
            f" {_first_problem(draft)}."
        )
    known = {meter.name for meter in policy.meters}
    for name, count in sorted(link.used.items()):
        if name not in known:
            yield f"This policy has no meter `{name}`: what was read on it is left out."
            continue
        most = most_read(policy, name, link.status)
        if count > most:
            yield (
                f"The link says {count} read on `{name}`, and under this policy such a reader can"
                f" have read at most {most}: make a new link."
            )


def _first_problem(draft: Draft) -> str:
    """Say what is wrong with a draft: where, and how much more; no path of this machine."""
    first, *more = draft.problems
    if first.code == _OF_THE_FILE:
        return "its file cannot be read"
    where = "" if first.line is None else f"line {first.line}, "
    told = f"; and {len(more)} more" if more else ""
    return f"{where}{first.message}{told}"


@cache
def _template() -> Template:
    folder = template_root() / "preview"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in _FILES}
    environment = Environment(
        loader=DictLoader(texts),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["ticked"] = ticked
    return environment.get_template(_FILES[0])
