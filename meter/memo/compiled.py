"""Write the looking of one policy at a view as one Python function.

Theory. `PolicyMemory` walks three tables for every view: the slots of the vocabulary, to observe
it; the meters of the rulebook, to count; and the facts that were judged before. The first two never
change for a policy, so their walk can be written out once: an expression a slot, some lines a
meter. `written` makes that text, in the order and with the functions of the plain walk, and
`compiled` makes functions of it. What is judged is looked up as before: no rule is written here.

Only what is usual is written out. A reader without an id, a record that holds a read which is not
before the view, or a view at the edge of the calendar goes the plain way. So here the instant of
the view is the one at which windows run, and every read lies before it.

No word of a policy stands in the text. A constant is handed over under a name that ends with the
place of its slot, meter, prompt or group (`mentioned_3`, `inside_0`), and no variable has the name
of a constant. So nothing in a policy file is ever run. An agreement test holds what is made here to
`engine.decide`, decision by decision.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

from meter.decision import NEVER, Decision
from meter.engine import elapsed_codes
from meter.facts import ACCESS
from meter.facts.meters import ALREADY
from meter.facts.slots import observer_of, word_coder
from meter.memo.memory import Ways
from meter.memo.showings import codes_of, looking_at_prompts, remembering
from meter.usage import NOTHING
from meter.view import Article, PageView, Reader
from meter.vocabulary import Status
from meter.windows import EPOCH, FIRST_WHOLE, LAST_WHOLE, instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from meter.facts import Slot
    from meter.memo.memory import PolicyMemory

__all__ = ["compiled", "written"]

_FIELDS = {
    "section": "article.section",
    "kind": "article.kind",
    "country": "view.country or reader.country or None",
    "device": "view.device",
    "channel": "view.channel",
    "language": "view.language",
    "referrer": "view.referrer",
    "tags": "article.tags",
    "segments": "reader.segments",
    "score": "reader.score",
    "value": "article.value",
    "age": "article.age(at)",
    "gift": "view.gift",
    "crawler": "view.crawler",
}
"""Where the values of `facts.ATTRIBUTES` are that are read off one field."""
_OF_RIGHTS = ("product", "whole", "named", "expiry", "purchase")
"""Slots that ask of nothing but the reader's rights: who has none needs no look."""

_NOBODY = Reader(id=None)
_NOWHERE = PageView(article=Article(id="-"))
_BEFORE = """\
try:
    since = now - EPOCH
except TypeError:
    instant(now)  # says what is wrong with it
    raise
at = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
if reader.entitlements:
    status = reader.status_at(at)
else:
    status = unentitled[reader.registered]
"""
"""The instant of a view (`windows.instant`), and what its reader is."""
_DATED = """\
decision = new(Decision)
values = decided.__dict__.copy()
values["at"] = now
set_values(decision, values)
return decision, usage
"""
"""A decision for the moment of the view (`Decision.dated`)."""
_IS_USUAL = """\
if reader.id is None:
    return plainly(situation, reader, view, usage, at, now)
tallies = usage.tallies
for tally in tallies.values():
    if tally.ats[-1] >= at:
        return plainly(situation, reader, view, usage, at, now)
"""
_METER = """\
tally_{place} = tallies.get(name_{place}, NOTHING)
seen_{place} = 0
if tally_{place}.ids:
    first = inside_{place}(tally_{place}.ats, at)
    if first:
        tally_{place} = tally_{place}.since(first)
    if {mark} in tally_{place}.ids:
        seen_{place} = opens_{place}
"""
"""What a meter has counted in its running window, and whether this view is among that."""
_CONCLUDED = """\
outcome = situation.outcomes.get(counts)
if outcome is None or not outcome.since <= at < outcome.until:
    if not first_whole <= at < last_whole:
        return plainly(situation, reader, view, usage, at, now)
    return record(situation, counts, (at, {inside}, {glance}, at), usage, now)
if outcome.writes:
{remembering}
    usage = after or write(outcome, (at, inside, {glance}, at), usage)
decided = outcome.latest
"""
"""What follows from the counts (`PolicyMemory.record`), where it is known and can be told as is."""

Names = dict[str, Any]
"""What the text calls its constants and functions."""


def compiled(memory: PolicyMemory, now: datetime) -> Ways:
    """Return the ways of a policy, written out; `now` is the time of some view."""
    text, names = written(memory, now)
    module = compile(text, "<a policy>", "exec")
    # Nothing of it is run: the three functions are taken out.
    made = {
        code.co_name: FunctionType(code, names)
        for code in module.co_consts
        if isinstance(code, CodeType)
    }
    return Ways(made["decide"], made["observe"], made["conclude"], memory, is_written=True)


def written(memory: PolicyMemory, now: datetime) -> tuple[str, Names]:
    """Return the text of a policy's three functions, and what its names are."""
    names: Names = {
        "ALREADY": ALREADY,
        "Decision": Decision,
        "EPOCH": EPOCH,
        "NOTHING": NOTHING,
        "bisect_left": bisect_left,
        "bisect_right": bisect_right,
        "elapsed_codes": elapsed_codes,
        "first_whole": FIRST_WHOLE,
        "instant": instant,
        "judge": memory.judge,
        "known": memory.situations.get,
        "last_whole": LAST_WHOLE,
        "new": object.__new__,
        "none_of_them": frozenset(),
        "plainly": memory.conclude,
        "record": memory.record,
        "rulebook": memory.rulebook,
        "write": memory.write,
        "set_values": vars(Decision)["__dict__"].__set__,
    }
    observing = list(_observing(memory, names, now))
    concluding = [*_concluding(memory, names), *_DATED.splitlines()]
    lines = [
        "def decide(reader, view, usage, now):",
        *_indented(observing),
        "    decided = situation.final",
        "    if decided is not None:",
        *_indented(_indented(_DATED.splitlines())),
        *_indented(concluding),
        "def observe(reader, view, now):",
        *_indented(observing),
        "    return situation, at",
        "def conclude(situation, reader, view, usage, at, now):",
        *_indented(concluding),
    ]
    return "\n".join(lines) + "\n", names


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _observing(memory: PolicyMemory, names: Names, now: datetime) -> Iterator[str]:
    """Yield the lines that find the situation: by the status or, past that, by all of the slots."""
    names["unentitled"] = {
        flag: Reader(id=None, registered=flag).status_at(0) for flag in (False, True)
    }
    yield from _BEFORE.splitlines()
    by_status = {status: memory.situation((status,), now) for status in Status}
    settled = {status: found for status, found in by_status.items() if found.final is not None}
    inside = ""
    if settled:
        names["settled"] = settled.get
        yield "situation = settled(status)"
        yield "if situation is None:"
        inside = "    "
    vocabulary = memory.rulebook.vocabulary
    slots = [*enumerate(vocabulary.slots)][ACCESS + 1 : vocabulary.base]
    codes = ["status", "article.access", *(_code(slot, place, names) for place, slot in slots)]
    yield f"{inside}article = view.article"
    yield f"{inside}facts = ({', '.join(codes)})"
    yield f"{inside}situation = known(facts) or judge(facts, now)"


def _code(slot: Slot, place: int, names: Names) -> str:
    """Return the expression for the code of a slot; what it needs gets a name."""
    field = _FIELDS.get(slot.name)
    names[f"mentioned_{place}"] = slot.mentioned
    if slot.name == "period" and len(slot.mentioned) == 1:
        names[f"only_{place}"] = slot.mentioned[0]
        return f"1 if at >= only_{place} else 0"
    if slot.name == "period":
        return f"bisect_right(mentioned_{place}, at)"
    if slot.assignment is not None:
        names[f"code_{place}"] = slot.variant
        return f"code_{place}(reader.{'visitor' if slot.assignment.by_visitor else 'id'})"
    if field is not None and slot.kind == "word":
        names[f"code_{place}"] = word_coder(slot)
        return f"code_{place}({field})"
    if field is not None and slot.kind == "set":
        names[f"mentioned_{place}"] = frozenset(slot.mentioned)
        some = f"mentioned_{place} & {field}"
        return f"none_of_them if mentioned_{place}.isdisjoint({field}) else {some}"
    if field is not None and slot.kind == "number":
        sides = (f"bisect_{side}(mentioned_{place}, x)" for side in ("left", "right"))
        return f"None if (x := {field}) is None else {' + '.join(sides)}"
    if field is not None and slot.kind == "flag":
        return field
    if field is not None and slot.kind == "class":
        names[f"code_{place}"] = slot.class_code
        return f"code_{place}({field})" if slot.mentioned else f"{field} is not False"
    observe = observer_of(slot)
    names[f"code_{place}"] = observe
    asked = f"code_{place}(reader, view, at)"
    if slot.asks not in _OF_RIGHTS:
        return asked
    names[f"none_{place}"] = observe(_NOBODY, _NOWHERE, 0)
    return f"{asked} if reader.entitlements else none_{place}"


def _concluding(memory: PolicyMemory, names: Names) -> Iterator[str]:
    """Yield the lines that count, as `engine.count` does where no read lies ahead, and conclude."""
    rulebook = memory.rulebook
    names["names"] = [meter.name for meter in rulebook.meters]
    yield from _IS_USUAL.splitlines()
    if not all(meter.by_view for meter in rulebook.meters):
        yield "article = view.article.key"
    if any(meter.by_view for meter in rulebook.meters):
        yield "one = view.view_key(at)"
    counts = ["view.prefetch"]
    inside = []
    for place, meter in enumerate(rulebook.meters):
        mark = "one" if meter.by_view else "article"
        names[f"name_{place}"] = meter.name
        names[f"inside_{place}"] = meter.timeline.inside
        names[f"opens_{place}"] = meter.opens
        yield from _METER.format(place=place, mark=mark).splitlines()
        counts += (f"len(tally_{place}.ids)", f"seen_{place}")
        inside.append(f"(tally_{place}, {mark})")
    if len(rulebook.meters) > 1 and rulebook.sharing:
        yield f"if {' or '.join(f'seen_{place}' for place in rulebook.sharing)}:"
        for place, meter in enumerate(rulebook.meters):
            if not meter.by_view:
                yield f"    seen_{place} |= ALREADY"
    counts += _beyond_meters(memory, names)
    glance = "None"
    if rulebook.looks_at_prompts:
        codes = codes_of(rulebook)
        counts += codes
        glance = f"(({', '.join(codes)},), at, view)"
        yield from looking_at_prompts(rulebook, names)
    yield f"counts = ({', '.join(counts)},)"
    held = f"[{', '.join(inside)}]"
    remembered = "\n".join(remembering(rulebook, held))
    concluded = _CONCLUDED.format(inside=held, glance=glance, remembering=remembered)
    yield from concluded.splitlines()


def _beyond_meters(memory: PolicyMemory, names: Names) -> Iterator[str]:
    """Yield what `Counts` say of offers: which were started, and how long ago each was shown."""
    vocabulary = memory.rulebook.vocabulary
    for place, offer in enumerate(vocabulary.once):
        names[f"once_{place}"] = offer
        yield f"once_{place} in usage.started"
    if vocabulary.lasting:
        names["never"] = (NEVER,) * len(vocabulary.lasting)
        yield "*(elapsed_codes(rulebook, usage, at) if usage.offered else never)"
