"""Write a journey as the text of its file, the other way round from reading one.

What is not known, or is as it is unless said, is left out. Times without a zone stay so.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w
from attrs import evolve, fields

from meter.forms import length_text
from meter.journeys.actions import (
    Action,
    Cancel,
    ClearCookies,
    DismissPrompt,
    EndTrial,
    FailPayment,
    ReadArticle,
    SignIn,
    SignOut,
    StartTrial,
    Subscribe,
    SwitchDevice,
    Wait,
)
from meter.journeys.person import span_text
from meter.journeys.steps import Expect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from meter.journeys.journey import Journey
    from meter.journeys.person import Right
    from meter.journeys.steps import PlannedStep
    from meter.view import Entitlement, PageView, Reader
    from meter.windows import Term

__all__ = ["journey_tables", "journey_text", "reader_table", "tables_text", "view_table"]

_DEVICE = "laptop"
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_LONGEST = timedelta(days=3660)


def journey_text(journey: Journey, *, policy: Path | str | None = None, note: str = "") -> str:
    """Return the text of a file that `Journey.loads` reads as this journey.

    `policy` is the path of the policy it names (else the journey's own), `note` a comment above it.
    """
    named = journey if policy is None else evolve(journey, policy=Path(policy))
    comment = "".join(f"# {line}\n" for line in note.splitlines())
    return comment + tables_text(journey_tables(named))


def journey_tables(journey: Journey) -> dict[str, Any]:
    """Return a journey as the tables of its file."""
    tables = _said(
        title=journey.title,
        policy=None if journey.policy is None else journey.policy.as_posix(),
        locale=journey.locale,
        start=None if journey.start is None else _when(journey.start),
    )
    reader = reader_table(journey.reader)
    rights = [*reader.pop("entitlements", ()), *map(_right, journey.rights)]
    tables["reader"] = reader | _said(
        device=None if journey.device == _DEVICE else journey.device,
        language=journey.language,
        channel=journey.channel,
        entitlements=rights or None,
    )
    tables["steps"] = [_step(step) for step in journey.steps]
    return tables


def tables_text(tables: Mapping[str, Any]) -> str:
    """Write the tables of a journey as people write them: a line for what each step does."""
    top = {key: value for key, value in tables.items() if key not in ("reader", "steps")}
    blocks = [_lines(top)] if top else []
    reader = tables["reader"]
    if reader:
        blocks.append("[reader]\n" + _lines(reader))
    blocks += ("[[steps]]\n" + _lines(step) for step in tables["steps"])
    return "\n".join(blocks)


def reader_table(reader: Reader) -> dict[str, Any]:
    """Return a reader as the table of a journey file."""
    registered_at = reader.registered_at
    return _said(
        id=reader.id,
        registered=reader.registered or None,
        segments=sorted(reader.segments) or None,
        registered_at=None if registered_at is None else _when(registered_at),
        score=reader.score,
        country=reader.country,
        entitlements=[_right(right) for right in reader.entitlements] or None,
    )


def view_table(view: PageView) -> dict[str, Any]:
    """Return a page view as the table of a step that opens it."""
    article = view.article
    return _said(
        id=article.id,
        access=None if article.access == "metered" else str(article.access),
        section=article.section,
        tags=sorted(article.tags) or None,
        kind=article.kind,
        published=None if article.published is None else _when(article.published),
        value=article.value,
        referrer=view.referrer,
        channel=view.channel,
        device=view.device,
        country=view.country,
        language=view.language,
        gift=view.gift or None,
        crawler=view.crawler or None,
        prefetch=view.prefetch or None,
    )


def _right(right: Right | Entitlement) -> dict[str, Any]:
    ends = right.ends
    grace = right.grace
    if isinstance(ends, datetime) and (grace % _HOUR or grace > _LONGEST):
        # A length that no file can say. What a right opens depends on the end of its grace alone.
        ends += grace
        grace = timedelta()
    return _said(
        kind=str(right.kind),
        product=right.product,
        article=right.article,
        section=right.section,
        tags=sorted(right.tags) or None,
        starts=None if right.starts is None else _when(right.starts),
        ends=None if ends is None else _when(ends),
        grace=length_text(grace) if grace else None,
    )


def _step(step: PlannedStep) -> dict[str, Any]:
    expect = None if step.expect is None else _expect(step.expect)
    return _said(
        at=None if step.at is None else _when(step.at),
        after=None if step.after is None else span_text(step.after),
        **_action(step.action),
        expect=expect or None,
    )


def _action(action: Action) -> dict[str, Any]:
    """Return the key of an action and its value."""
    match action:
        case ReadArticle():
            return {"read": _read(action)}
        case SignIn():
            return {"sign_in": action.account or True}
        case StartTrial():
            return {"start_trial": _bought(action)}
        case Subscribe():
            return {"subscribe": _bought(action) or True}
        case Cancel():
            return {"cancel": _cancelled(action)}
        case SwitchDevice():
            return {"switch_device": action.device}
        case DismissPrompt():
            return {"dismiss": action.prompt}
        case Wait():
            return {"wait": span_text(action.span)}
        case SignOut() | EndTrial() | FailPayment() | ClearCookies():
            return {_ALWAYS[type(action)]: True}


_ALWAYS: dict[type[Action], str] = {
    SignOut: "sign_out",
    EndTrial: "end_trial",
    FailPayment: "payment_fails",
    ClearCookies: "clear_cookies",
}


def _read(action: ReadArticle) -> dict[str, Any]:
    table = view_table(action.view)
    if action.published is not None:
        table["published"] = _when(action.published)
    return table


def _bought(action: Subscribe) -> str | dict[str, Any]:
    table = _said(
        offer=action.offer,
        product=action.product,
        term=_term(action.term),
        ends=None if action.ends is None else _when(action.ends),
        grace=length_text(action.grace) if action.grace else None,
    )
    if isinstance(action, StartTrial):
        table |= _said(then=action.then)
    elif not action.renews:
        table["renews"] = False
    return str(action.offer) if set(table) == {"offer"} else table


def _term(term: Term | None) -> str | None:
    return None if term is None else str(term)


def _cancelled(action: Cancel) -> bool | dict[str, Any]:
    if action.now:
        return {"now": True}
    return True if action.ends is None else {"ends": _when(action.ends)}


def _expect(expect: Expect) -> dict[str, Any]:
    given = {field.name: getattr(expect, field.name) for field in fields(Expect)}
    if given["says"] == ():
        del given["says"]
    return {key: _expected(value) for key, value in given.items() if value is not None}


def _expected(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, date):
        return _when(value)
    return str(value) if isinstance(value, str) else value


def _when(when: date | datetime) -> date | datetime:
    """Return a time as a file can say it: with an offset of whole minutes, or none."""
    offset = when.utcoffset() if isinstance(when, datetime) else None
    if isinstance(when, datetime) and offset is not None and offset % _MINUTE:
        return when.astimezone(UTC)
    return when


def _said(**given: object) -> dict[str, Any]:
    """Return a table of what is there: TOML has no word for nothing."""
    return {key: value for key, value in given.items() if value is not None}


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {_inline(value)}\n" for key, value in table.items())


def _inline(value: object) -> str:
    """Write a value in one line."""
    if isinstance(value, dict):
        if set(value) == {"id"}:
            return _inline(value["id"])
        return "{ " + ", ".join(f"{key} = {_inline(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    return tomli_w.dumps({"x": value}).removeprefix("x = ").removesuffix("\n")
