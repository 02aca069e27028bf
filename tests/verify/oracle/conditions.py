"""Whether a `when` of a policy file holds: yes, no, or not known (`None`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import normalize
from urllib.parse import urlsplit

from tests.verify.oracle.times import after, instant_of, length_of, local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime, timedelta

    from tests.verify.oracle.readers import Right
    from tests.verify.oracle.visit import Visit

__all__ = ["covers", "either", "holds", "reasons"]

Answer = bool | None
Table = dict[str, Any]


def both(answers: Iterable[Answer]) -> Answer:
    """All hold; one that is not known leaves open what no other denies."""
    found = list(answers)
    if False in found:
        return False
    return None if None in found else True


def either(answers: Iterable[Answer]) -> Answer:
    """One holds; one that is not known leaves open what no other affirms."""
    found = list(answers)
    if True in found:
        return True
    return None if None in found else False


def holds(when: Table, visit: Visit) -> Answer:
    """Say whether a condition holds at a page view."""
    return both(_parts(when, visit))


def _parts(when: Table, visit: Visit) -> Iterator[Answer]:
    for key, asked in when.items():
        yield from _KEYS[key](asked, visit)


def words(name: str) -> str:
    """Return a section as it is compared: no blanks or slashes at its ends, Unicode in NFC."""
    parts = (part.strip() for part in normalize("NFC", name).strip().split("/"))
    return "/".join(part for part in parts if part)


def below(value: str, listed: Iterable[str], separator: str) -> bool:
    """Say whether a word is one of a list, or below one of them."""
    return any(value == word or value.startswith(word + separator) for word in listed)


def _section(asked: Any, visit: Visit) -> Iterator[Answer]:
    value = words(visit.article.get("section") or "") or None
    yield _among(asked, value, lambda listed: below(value or "", map(words, listed), "/"))


def _kind(asked: Any, visit: Visit) -> Iterator[Answer]:
    value = visit.article.get("kind")
    yield _among(asked, value, lambda listed: value in listed)


def _among(asked: Any, value: str | None, is_in: Any) -> Answer:
    """Say whether a word is in a list, or in none of it; no word at all is in none."""
    if isinstance(asked, dict):
        return value is None or not is_in(asked["none"])
    return None if value is None else bool(is_in(asked))


def _country(asked: list[str], visit: Visit) -> Iterator[Answer]:
    place = visit.view.get("country") or visit.reader.get("country")
    if place is None:
        yield None
    elif below(place, asked, "-"):
        yield True
    else:
        # Of somebody in Sweden nobody can say whether they are in one of its counties.
        yield None if any(word.startswith(place + "-") for word in asked) else False


def _word(name: str) -> Any:
    def ask(asked: list[str], visit: Visit) -> Iterator[Answer]:
        value = visit.view.get(name)
        yield None if value is None else value in asked

    return ask


def _language(asked: list[str], visit: Visit) -> Iterator[Answer]:
    value = visit.view.get("language")
    yield None if value is None else below(value.lower(), (w.lower() for w in asked), "-")


def _referrer(asked: list[str], visit: Visit) -> Iterator[Answer]:
    value = visit.view.get("referrer")
    if value is None:
        yield None
        return
    host = urlsplit(value if "//" in value else "//" + value).hostname or ""
    yield any(host == word or (word and host.endswith("." + word)) for word in asked)


def _product(asked: list[str], visit: Visit) -> Iterator[Answer]:
    yield any(right.product in asked for right in visit.person.running)


def _set(of: str, name: str) -> Any:
    def ask(asked: Any, visit: Visit) -> Iterator[Answer]:
        has = set(getattr(visit, of).get(name) or ())
        table = asked if isinstance(asked, dict) else {"any": asked}
        if "any" in table:
            yield not has.isdisjoint(table["any"])
        if "all" in table:
            yield has.issuperset(table["all"])
        if "none" in table:
            yield has.isdisjoint(table["none"])

    return ask


_COMPARE = {
    "equals": lambda value, bound: value == bound,
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
    "above": lambda value, bound: value > bound,
    "below": lambda value, bound: value < bound,
}


def in_range(bounds: Table, number: float | None) -> Answer:
    """Say whether every bound holds of a number, if it is known."""
    if number is None:
        return None
    return all(_COMPARE[name](number, bound) for name, bound in bounds.items())


def in_length(bounds: Table, length: timedelta | None) -> Answer:
    """Say whether every bound holds of a length of time, if it is known."""
    if length is None:
        return None
    given = {name: bound for name, bound in bounds.items() if name != "product"}
    return all(_COMPARE[name](length, length_of(bound)) for name, bound in given.items())


def _number(of: str, name: str) -> Any:
    def ask(asked: Table, visit: Visit) -> Iterator[Answer]:
        yield in_range(asked, getattr(visit, of).get(name))

    return ask


def ago(at: datetime | None, now: datetime) -> timedelta | None:
    """Return how long ago something was; what is to come was not long ago at all."""
    return None if at is None or at > now else now - at


def _age(asked: Table, visit: Visit) -> Iterator[Answer]:
    yield in_length(asked, ago(visit.published, visit.now))


def _since(asked: Table, visit: Visit) -> Iterator[Answer]:
    for what, bounds in asked.items():
        products = bounds.get("product")
        if what == "expiry":
            at = visit.person.expiry(products)
        elif what == "purchase":
            at = visit.person.purchase(products)
        else:
            at = after(visit.reader.get("registered_at"), visit.zone)
        yield in_length(bounds, ago(at, visit.now))


def _by_name(ask_visit: str) -> Any:
    def ask(asked: Table, visit: Visit) -> Iterator[Answer]:
        for name, bounds in asked.items():
            yield in_range(bounds, getattr(visit, ask_visit)(name))

    return ask


def _exhausted(asked: list[str], visit: Visit) -> Iterator[Answer]:
    yield any(visit.is_exhausted(meter) for meter in asked)


def _experiment(asked: Table, visit: Visit) -> Iterator[Answer]:
    for name, variants in asked.items():
        meant = holds(visit.policy["experiments"][name].get("when", {}), visit)
        found = visit.variant(name)
        inside = None if found is None else found in variants
        yield inside if meant else meant


def _dates(asked: Table, visit: Visit) -> Iterator[Answer]:
    yield _between(asked, visit.now, visit)


def _published(asked: Table, visit: Visit) -> Iterator[Answer]:
    out = visit.published is not None and visit.published <= visit.now
    yield _between(asked, visit.published, visit) if out else None


def _between(asked: Table, at: datetime | None, visit: Visit) -> Answer:
    if at is None:
        return None
    begun = "from" not in asked or instant_of(visit.zone, asked["from"]) <= at
    over = "until" in asked and instant_of(visit.zone, asked["until"], end=True) <= at
    return begun and not over


def _weekday(asked: list[str], visit: Visit) -> Iterator[Answer]:
    yield local(visit.zone, visit.now).strftime("%A").lower() in asked


def _hour(asked: Table, visit: Visit) -> Iterator[Answer]:
    first = asked.get("at_least", 0)
    end = asked.get("below", 24)
    hour = local(visit.zone, visit.now).hour
    yield first <= hour < end if first < end else hour >= first or hour < end


def _flag(is_so: Any) -> Any:
    def ask(asked: bool, visit: Visit) -> Iterator[Answer]:  # noqa: FBT001 - as it is written
        yield is_so(visit) is asked

    return ask


def _crawler(asked: Any, visit: Visit) -> Iterator[Answer]:
    said = visit.view.get("crawler", False)
    yield (said is not False) is asked if isinstance(asked, bool) else said in asked


def covers(right: Right, visit: Visit) -> bool:
    """Say whether a right covers the article."""
    article = visit.article
    if right.names:
        section = words(article.get("section") or "")
        inside = right.section is not None and below(section, [words(right.section)], "/")
        tagged = not right.tags.isdisjoint(article.get("tags") or ())
        return article["id"] == right.article or inside or tagged
    products = visit.policy.get("products", {})
    if right.product is None or not products:
        return True
    if right.product not in products:
        return False
    opens = products[right.product].get("opens", {})
    return opens != "nothing" and holds(opens, visit) is True


def _any(asked: list[Table], visit: Visit) -> Iterator[Answer]:
    yield either(holds(part, visit) for part in asked)


def _not(asked: Table, visit: Visit) -> Iterator[Answer]:
    inner = holds(asked, visit)
    yield None if inner is None else not inner


_KEYS: dict[str, Any] = {
    "reader": lambda asked, visit: iter([visit.person.status in asked]),
    "access": lambda asked, visit: iter([visit.access in asked]),
    "section": _section,
    "kind": _kind,
    "country": _country,
    "device": _word("device"),
    "channel": _word("channel"),
    "language": _language,
    "referrer": _referrer,
    "product": _product,
    "tags": _set("article", "tags"),
    "segments": _set("reader", "segments"),
    "score": _number("reader", "score"),
    "value": _number("article", "value"),
    "age": _age,
    "since": _since,
    "left": _by_name("left"),
    "used": _by_name("used"),
    "exhausted": _exhausted,
    "seen": _by_name("seen"),
    "experiment": _experiment,
    "account": _flag(lambda visit: visit.person.status != "anonymous"),
    "entitled": _flag(lambda visit: visit.person.status in ("subscriber", "trial", "staff")),
    "covered": _flag(lambda visit: any(covers(r, visit) for r in visit.person.running)),
    "gift": _flag(lambda visit: bool(visit.view.get("gift"))),
    "crawler": _crawler,
    "dates": _dates,
    "published": _published,
    "weekday": _weekday,
    "hour": _hour,
    "switch": lambda asked, visit: iter([any(visit.policy["switches"][name] for name in asked)]),
    "any": _any,
    "not": _not,
}


def reasons(when: Table, visit: Visit, *, wanted: bool = True) -> Iterator[str]:
    """Yield the meters by whose end a condition holds (or, not wanted, its opposite does)."""
    if holds(when, visit) is not wanted:
        return
    if wanted:
        yield from (name for name in when.get("exhausted", ()) if visit.is_exhausted(name))
    for part in when.get("any", ()):
        yield from reasons(part, visit, wanted=wanted)
    if "not" in when:
        yield from reasons(when["not"], visit, wanted=not wanted)
