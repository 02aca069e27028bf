"""A model that keeps whole lists and recomputes from scratch decides what `decide` does.

It is the plainest reading of the rules, and shares nothing with the engine but the classes that
arrive: its own conditions (three-valued), its own status, its own dates by scanning the zone's
time, its own windows over a list of all that any of them may still hold.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from meter import Usage, decide
from meter.testing.strategies import journeys, policies, usages

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@lru_cache(maxsize=4096)
def first_at(zone: str, wall: datetime) -> datetime:
    """Return the first quarter of an hour at which a zone's clocks show `wall` or later."""
    at = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wall:
        at += QUARTER
    return at


def midnight(zone: str, day: date) -> datetime:
    return first_at(zone, datetime.combine(day, time.min))


def until(right) -> datetime | None:
    return None if right.ends is None else right.ends.astimezone(UTC) + right.grace


def running(reader, now):
    return [
        r
        for r in reader.entitlements
        if (r.starts is None or r.starts <= now) and (r.ends is None or now < until(r))
    ]


def expiry(reader, now):
    over = [
        (until(r), r.kind != "trial")
        for r in reader.entitlements
        if r.ends is not None and until(r) <= now and r.kind in ("trial", "subscription")
    ]
    return max(over) if over and not holding(reader, now) else None


def names(right) -> bool:
    return bool(right.article or right.section or right.tags)


def holding(reader, now):
    """Return the running rights that are not for some article, section or tag only."""
    return [r for r in running(reader, now) if not names(r)]


def covers(policy, right, view, now) -> bool:
    """Say whether a right covers what is looked at."""
    article = view.article
    if names(right):
        section = article.section or ""
        below = right.section and (section + "/").startswith(right.section + "/")
        return bool(article.id == right.article or below or right.tags & article.tags)
    if right.product is None or not policy.products:
        return True
    opens = [p.opens for p in policy.products if p.name == right.product and p.opens != "nothing"]
    return any(matches(policy, o, None, view, now, None) is True for o in opens)


def status(reader, now) -> str:
    kinds = {str(r.kind) for r in holding(reader, now)}
    if "staff" in kinds:
        return "staff"
    if kinds:
        return "trial" if kinds == {"trial"} else "subscriber"
    over = expiry(reader, now)
    if over:
        return "subscription-expired" if over[1] else "trial-expired"
    return "registered" if reader.registered else "anonymous"


def both(answers) -> bool | None:
    answers = list(answers)
    if False in answers:
        return False
    return None if None in answers else True


def either(answers) -> bool | None:
    answers = list(answers)
    if True in answers:
        return True
    return None if None in answers else False


def opposite(answer) -> bool | None:
    return None if answer is None else not answer


def word(listed, value, separator="") -> bool | None:
    if value is None:
        return None
    return any(value == w or (separator != "" and value.startswith(w + separator)) for w in listed)


def in_range(bounds, number) -> bool | None:
    if number is None:
        return None
    return (
        (bounds.equals is None or number == bounds.equals)
        and (bounds.at_least is None or number >= bounds.at_least)
        and (bounds.at_most is None or number <= bounds.at_most)
        and (bounds.above is None or number > bounds.above)
        and (bounds.below is None or number < bounds.below)
    )


def members(condition, values) -> bool:
    return (
        (condition.any is None or bool(condition.any & values))
        and (condition.all is None or condition.all <= values)
        and (condition.none is None or not condition.none & values)
    )


def host(referrer):
    """Return the host of the referrers these tests draw: bare domains, or none."""
    return None if referrer is None else referrer.lower()


def came_from(listed, referrer) -> bool | None:
    if referrer is None:
        return None
    return any(referrer == w or referrer.endswith("." + w) for w in listed)


def matches(policy, when, reader, view, now, meters) -> bool | None:
    """Say whether a condition holds: yes, no, or not known."""
    return both(
        [
            *about_words(when, reader, view),
            *about_sets_and_flags(when, reader, view, now),
            *about_rights(policy, when, reader, view, now),
            *about_numbers(when, reader, view, now),
            *about_meters(when, meters),
            *about_dates(policy, when, view, now),
            *about_account(when, reader, now),
            *about_groups(policy, when, reader, view, now, meters),
        ]
    )


def one_of(asked, value, separator="") -> bool | None:
    """Say whether an article has one of some words or, of a table with `none`, has none of them."""
    if isinstance(asked, frozenset):
        return word(asked, value, separator)
    return not word(asked.none, value, separator)


def in_country(listed, place) -> bool | None:
    """Say whether a reader is in one of some countries or regions; in a country, but where?"""
    inside = word(listed, place, "-")
    if inside is False and any(w.startswith(place + "-") for w in listed):
        return None
    return inside


def about_words(when, reader, view):
    language = view.language and view.language.lower()
    if when.section is not None:
        yield one_of(when.section, view.article.section, "/")
    if when.kind is not None:
        yield one_of(when.kind, view.article.kind)
    if when.country is not None:
        yield in_country(when.country, view.country or reader.country)
    if when.device is not None:
        yield word(when.device, view.device)
    if when.channel is not None:
        yield word(when.channel, view.channel)
    if when.language is not None:
        yield word({w.lower() for w in when.language}, language, "-")
    if when.referrer is not None:
        yield came_from(when.referrer, host(view.referrer))


def about_sets_and_flags(when, reader, view, now):
    if when.reader is not None:
        yield status(reader, now) in when.reader
    if when.access is not None:
        yield view.article.access in when.access
    if when.product is not None:
        yield any(r.product in when.product for r in running(reader, now))
    if when.tags is not None:
        yield members(when.tags, view.article.tags)
    if when.segments is not None:
        yield members(when.segments, reader.segments)
    if when.gift is not None:
        yield view.gift is when.gift
    if when.crawler is not None:
        asked = when.crawler
        is_one = view.crawler is not False
        yield is_one is asked if isinstance(asked, bool) else view.crawler in asked


def about_rights(policy, when, reader, view, now):
    if when.covered is not None:
        covered = any(covers(policy, right, view, now) for right in running(reader, now))
        yield covered is when.covered


def about_numbers(when, reader, view, now):
    published = view.article.published
    if when.score is not None:
        yield in_range(when.score, reader.score)
    if when.value is not None:
        yield in_range(when.value, view.article.value)
    if when.age is not None:
        yield in_length(when.age, ago(published, now))
    if when.since is not None:
        yield from about_tenure(when.since, reader, now)


def about_meters(when, meters):
    for name, bounds in (when.left or {}).items():
        yield in_range(bounds, meters.left(name))
    for name, bounds in (when.used or {}).items():
        yield in_range(bounds, meters.used(name))
    if when.exhausted is not None:
        yield either(meters.exhausted(name) for name in when.exhausted)


def ago(when, now):
    """Return how long ago something was; what is to come has no age."""
    if when is None or when.astimezone(UTC) > now:
        return None
    return now - when.astimezone(UTC)


def in_length(bounds, length) -> bool | None:
    if length is None:
        return None
    return (
        (bounds.at_least is None or length >= bounds.at_least)
        and (bounds.at_most is None or length <= bounds.at_most)
        and (bounds.above is None or length > bounds.above)
        and (bounds.below is None or length < bounds.below)
    )


def about_tenure(since, reader, now):
    runs = holding(reader, now)
    if since.expiry is not None:
        over = [
            until(r)
            for r in reader.entitlements
            if r.ends is not None and until(r) <= now and r.kind in ("trial", "subscription")
            if not since.expiry.product or r.product in since.expiry.product
        ]
        yield in_length(since.expiry, ago(max(over), now) if over and not runs else None)
    if since.purchase is not None:
        begun = [
            r.starts.astimezone(UTC)
            for r in runs
            if r.starts is not None
            if not since.purchase.product or r.product in since.purchase.product
        ]
        yield in_length(since.purchase, ago(max(begun), now) if begun else None)
    if since.registration is not None:
        yield in_length(since.registration, ago(reader.registered_at, now))


def edge(zone, when, *, end=False):
    """Return the instant an editor's date or time stands for."""
    if isinstance(when, datetime):
        return when.astimezone(UTC) if when.tzinfo else first_at(zone, when)
    return midnight(zone, when + timedelta(days=1) if end else when)


def about_dates(policy, when, view, now):
    zone = policy.publication.timezone
    for dates, at in ((when.dates, now), (when.published, view.article.published)):
        if dates is None:
            continue
        if at is None or at.astimezone(UTC) > now:
            yield None
            continue
        then = at.astimezone(UTC)
        yield dates.from_ is None or then >= edge(zone, dates.from_)
        yield dates.until is None or then < edge(zone, dates.until, end=True)
    clock = now.astimezone(ZoneInfo(zone))
    if when.weekday is not None:
        yield clock.strftime("%A").lower() in when.weekday
    if when.hour is not None:
        first = when.hour.at_least or 0
        end = 24 if when.hour.below is None else when.hour.below
        over_midnight = clock.hour >= first or clock.hour < end
        yield first <= clock.hour < end if first < end else over_midnight
    if when.switch is not None:
        yield any(policy.switches[name] for name in when.switch)


def about_account(when, reader, now):
    if when.account is not None:
        yield (status(reader, now) != "anonymous") is when.account
    if when.entitled is not None:
        yield (status(reader, now) in ("subscriber", "trial", "staff")) is when.entitled


def about_groups(policy, when, *about):
    if when.any is not None:
        yield either(matches(policy, part, *about) for part in when.any)
    if when.not_ is not None:
        yield opposite(matches(policy, when.not_, *about))


def calendar_end(window, zone, now):
    """Return the first day of the calendar window that holds `now`, and the first of the next."""
    day = now.astimezone(ZoneInfo(zone)).date()
    if window.calendar == "day":
        return day, day + timedelta(days=1)
    if window.calendar == "week":
        names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
        while names[day.weekday()] != (window.starts or "monday"):
            day -= timedelta(days=1)
        return day, day + timedelta(days=7)
    if window.calendar == "month":
        return day.replace(day=1), (day.replace(day=1) + timedelta(days=31)).replace(day=1)
    return day.replace(month=1, day=1), date(day.year + 1, 1, 1)


class Visit(NamedTuple):
    """A page view: `then` is its time, or that of the last read if that is later."""

    reader: object
    view: object
    now: datetime
    then: datetime


class Stand(NamedTuple):
    """Where a reader stands on a meter before a page view, and what would be left after it."""

    inside: list
    limit: int | None
    key: str
    own: bool
    opens: bool
    after: int | None
    as_it_is: int | None


class Asked:
    """What conditions may ask of meters, in a rule that spends some of them."""

    def __init__(self, model, visit, spent) -> None:
        self.model = model
        self.visit = visit
        self.spent = spent

    def left(self, name):
        stand = self.model.stand(name, self.visit)
        return stand.after if name in self.spent else stand.as_it_is

    def used(self, name):
        if self.visit.reader.id is None:
            return None
        return len(self.model.stand(name, self.visit).inside)

    def exhausted(self, name) -> bool:
        return not self.model.stand(name, self.visit).opens


class Unseen:
    """What conditions may ask of meters, where nobody looks at them."""

    def left(self, _name) -> None:
        return None

    used = exhausted = left


class Model:
    """Everything one reader was counted for, in a list; asked from the beginning each time."""

    def __init__(self, policy, usage) -> None:
        self.policy = policy
        self.zone = policy.publication.timezone
        self.meters = {meter.name: meter for meter in policy.meters}
        self.started = usage.started
        self.counted = [
            (name, key, EPOCH + timedelta(microseconds=at))
            for name, t in usage.tallies.items()
            for key, at in zip(t.ids, t.ats, strict=True)
        ]

    def window(self, meter, now):
        """Return what is counted in the running window, oldest first."""
        mine = sorted((at, key) for name, key, at in self.counted if name == meter.name)
        window = meter.window
        if window.calendar:
            start, end = (midnight(self.zone, d) for d in calendar_end(window, self.zone, now))
            return [(at, key) for at, key in mine if start <= at < end]
        if window.rolling:
            return [(at, key) for at, key in mine if at <= now and now - at < window.rolling]
        if window.fixed:
            begun = None
            for at, _ in mine:
                if at <= now:  # what lies ahead begins no window
                    begun = at if begun is None or at - begun >= window.fixed else begun
            if begun is None or now - begun >= window.fixed:
                return []
            return [(at, key) for at, key in mine if begun <= at < begun + window.fixed]
        return mine

    def resets(self, meter, inside, limit, now):
        window = meter.window
        if limit == 0:
            return None
        if window.calendar:
            return midnight(self.zone, calendar_end(window, self.zone, now)[1])
        if window.lifetime or not inside:
            return None
        if window.fixed:
            return inside[0][0] + window.fixed
        leaving = sorted(at + window.rolling for at, _ in inside)
        if limit is None:
            return leaving[0]
        return next(t for t in leaving if sum(1 for other in leaving if other > t) < limit)

    def limit(self, meter, visit):
        allowed = self.allowed(meter, visit)
        return None if allowed == "none" else allowed

    def allowed(self, meter, visit):
        if meter.limits:
            matching = (x.limit for x in meter.limits if self.matches(x.when, visit))
            return next(matching, 0)
        if meter.limit == "none" or isinstance(meter.limit, int):
            return meter.limit
        named = {str(k): v for k, v in meter.limit.items()}
        is_a = status(visit.reader, visit.now)
        fall_back = named.get("registered", 0) if is_a.endswith("-expired") else 0
        return named.get(is_a, fall_back)

    def matches(self, when, visit, spent=()) -> bool | None:
        asked = Asked(self, visit, spent)
        return matches(self.policy, when, visit.reader, visit.view, visit.now, asked)

    def key(self, meter, visit):
        """Return what a meter would count: the article, or this very view of it."""
        article = visit.view.article.id
        if meter.count == "articles":
            return article
        at = (visit.now - EPOCH) // timedelta(microseconds=1)
        rest = f"@{at}" if visit.view.id is None else f"~{visit.view.id}"
        return f"~{len(article)}~{article}{rest}"

    def is_spent(self, meter) -> bool:
        return any(meter.name in rule.spend for rule in self.policy.rules)

    def counted_already(self, visit) -> bool:
        """Say whether a meter of articles that some rule spends has counted the article."""
        return any(
            visit.view.article.id == key
            for meter in self.policy.meters
            if meter.count == "articles" and self.is_spent(meter)
            for _, key in self.window(meter, visit.then)
        )

    def keeps(self, meter, visit) -> bool:
        """Say whether a meter counts a whole view whichever rule opened it."""
        about_it = visit.view.article.access in meter.access or not self.is_spent(meter)
        return meter.counts is not None and about_it and self.matches(meter.counts, visit) is True

    def stand(self, name, visit):
        meter = self.meters[name]
        limit = self.limit(meter, visit)
        if visit.reader.id is None:
            left = None if limit is None else 0
            return Stand([], limit, "", own=False, opens=limit is None, after=left, as_it_is=left)
        inside = self.window(meter, visit.then)
        key = self.key(meter, visit)
        own = key in [known for _, known in inside]
        again = own if meter.count == "views" else self.counted_already(visit)
        adds = visit.view.article.access in meter.access and not again
        adds = adds or (self.keeps(meter, visit) and not own)
        opens = limit is None or again or len(inside) < limit
        left = None if limit is None else max(0, limit - len(inside))
        after = max(0, left - adds) if limit is not None and opens else left
        return Stand(inside, limit, key, own, opens, after, left)

    def passes_by(self, rule, visit) -> bool:
        access = visit.view.article.access
        return any(access not in self.meters[name].access for name in rule.spend)

    def first_match(self, visit):
        """Return the rule that decides, and the closed meters of each that refused before."""
        refused = []
        for rule in self.policy.rules:
            if not self.matches(rule.when, visit, rule.spend):
                continue
            if rule.spend and visit.view.article.access != "free":
                if self.passes_by(rule, visit):
                    continue
                closed = [name for name in rule.spend if not self.stand(name, visit).opens]
                if closed:
                    refused.append(closed)
                    continue
            return rule, refused
        raise AssertionError("the last rule matches everything")

    def decide(self, reader, view, now):
        """Return show, rule, prompt, offers, the meter's reading, and counted or speculative."""
        now = now.astimezone(UTC)
        believed = [at for _, _, at in self.counted if at - now <= timedelta(days=1)]
        visit = Visit(reader, view, now, max([now, *believed]))
        rule, refused = self.first_match(visit)
        spend = () if view.article.access == "free" else rule.spend
        offers = self.offers(rule, visit)
        show, prompt = self.shown(rule, spend, offers, visit)
        whole = show in ("article", "countdown", "last-free-article")
        counting = self.counting(spend, visit) if whole else []
        limited = [name for name in counting if self.stand(name, visit).limit is not None]
        speculative = bool(view.prefetch and limited)
        if view.prefetch:
            counting = []
        told = [spend] if spend and (reader.id is not None) else []
        if not whole:
            told = [*refused, *self.exhausted_by(rule, visit)]
        readings = [self.read(names, visit, counting, whole=whole) for names in told]
        reading = min(readings, key=lambda r: resets_order(r[-1]), default=None)
        new = [(name, self.stand(name, visit).key) for name in counting]
        # What is counted again, by a clock that went back since, is remembered as of now.
        self.counted = [one for one in self.counted if one[:2] not in new]
        self.counted += [(name, key, visit.then) for name, key in new]
        if counting:
            self.counted = [one for one in self.counted if self.is_held(one, visit.then)]
        counted = any(name in spend for name in counting)
        if speculative:
            prompt = None
        return show, rule.name, prompt, offers, reading, counted, speculative

    def shown(self, rule, spend, offers, visit):
        show = str(rule.show)
        prompt = rule.prompt
        stands = [self.stand(name, visit) for name in spend]
        limits = [stand.limit for stand in stands]
        if rule.spend and not spend:
            return "article", None
        if show in ("countdown", "last-free-article") and (0 in limits or set(limits) == {None}):
            return "article", None  # there is nothing to count down
        if show == "countdown" and 0 in [stand.after for stand in stands]:
            show = "last-free-article"
        kinds = [str(o.kind) for name in offers[:1] for o in self.policy.offers if o.name == name]
        if show == "wall":
            is_a = status(visit.reader, visit.now)
            offered = "trial-offer" if kinds == ["trial"] else "subscription-wall"
            show = is_a if is_a.endswith("-expired") else offered
        if show == "trial-offer" and not offers:
            show = "subscription-wall"
        if prompt is None and show != "article":
            prompt = show
        return show, prompt

    def counting(self, spend, visit):
        """Return the meters that count a whole view, if a person reads it."""
        if visit.reader.id is None:
            return []
        found = []
        for meter in self.policy.meters:
            stand = self.stand(meter.name, visit)
            again = stand.own if meter.count == "views" else self.counted_already(visit)
            room = stand.limit is None or len(stand.inside) < stand.limit
            by_history = self.keeps(meter, visit) and not stand.own and room
            if (meter.name in spend and not again) or by_history:
                found.append(meter.name)
        return found

    def exhausted_by(self, rule, visit):
        """Return, as if a rule had refused, the meters by whose end the condition of one holds."""
        unseen = matches(self.policy, rule.when, visit.reader, visit.view, visit.now, Unseen())
        if unseen is True:
            return []
        names = set(self.reasons(rule.when, visit, wanted=True))
        return (
            [[meter.name for meter in self.policy.meters if meter.name in names]] if names else []
        )

    def reasons(self, when, visit, *, wanted):
        """Yield the meters whose end makes a condition hold (or, not wanted, its opposite)."""
        if self.matches(when, visit) is not wanted:
            return
        if wanted:
            for name in when.exhausted or ():
                if not self.stand(name, visit).opens:
                    yield name
        for part in when.any or ():
            yield from self.reasons(part, visit, wanted=wanted)
        if when.not_ is not None:
            yield from self.reasons(when.not_, visit, wanted=not wanted)

    def read(self, names, visit, counting, *, whole):
        """Return the reading of the one meter of several that binds."""
        readings = []
        for name in names:
            stand = self.stand(name, visit)
            inside = stand.inside
            if name in counting:
                inside = [*inside, (visit.then, stand.key)]
            limit = stand.limit
            resets = None
            if visit.reader.id is not None:
                resets = self.resets(self.meters[name], inside, limit, visit.then)
            else:
                limit = 0
            used = len(inside) if limit is None else min(len(inside), limit)
            left = None if limit is None else limit - used
            readings.append((name, limit, used, left, resets))
        if whole:
            least = min(math.inf if r[3] is None else r[3] for r in readings)
            readings = [r for r in readings if (math.inf if r[3] is None else r[3]) == least]
        return max(readings, key=lambda r: resets_order(r[-1]))

    def is_held(self, one, now) -> bool:
        """Say whether something counted is in a window at an instant, or lies ahead of it.

        What no window holds is forgotten whenever something is counted: a clock that steps back by
        more than a window does not bring it back.
        """
        name, key, at = one
        meter = self.meters.get(name)
        return meter is None or at > now or (at, key) in self.window(meter, now)

    def offers(self, rule, visit):
        """Return the offers shown: all of those side by side, or the first of a list."""
        listed = [rule.offer] if isinstance(rule.offer, str) else list(rule.offer or ())
        had = tuple(
            name for name in listed or rule.offers if self.is_offered(name, visit, rule.spend)
        )
        return had if rule.offers else had[:1]

    def is_offered(self, name, visit, spent) -> bool:
        offer = next(offer for offer in self.policy.offers if offer.name == name)
        if offer.once and (name in self.started or visit.reader.id is None):
            return False
        begun = offer.starts is None or visit.now >= edge(self.zone, offer.starts)
        over = offer.ends is not None and visit.now >= edge(self.zone, offer.ends, end=True)
        return begun and not over and self.matches(offer.when, visit, spent) is True


def resets_order(resets):
    """Return what orders resets: never is the latest."""
    return (resets is None, resets or EPOCH)


def outcome(decision):
    meter = decision.meter
    # In UTC: Python calls a doubled local time (PEP 495) unequal to any time of another zone.
    reading = None
    if meter is not None:
        resets = meter.resets_at and meter.resets_at.astimezone(UTC)
        reading = (meter.name, meter.limit, meter.used, meter.left, resets)
    return (
        str(decision.show),
        decision.rule,
        decision.prompt,
        decision.offers,
        reading,
        decision.counted,
        decision.speculative,
    )


def agrees(policy, usage, steps) -> None:
    model = Model(policy, usage)
    for step in steps:
        expected = model.decide(step.reader, step.view, step.now)
        decision, usage = decide(policy, step.reader, step.view, usage, step.now)
        assert expected == outcome(decision)
        whole = ("article", "countdown", "last-free-article")
        full = expected[0] in whole and not decision.speculative
        assert ("full" if full else "preview") == decision.access


@given(data=st.data())
def test_decides_as_a_model_that_keeps_everything_does(data):
    """Every decision of a journey is that of a naive model that forgets and remembers nothing."""
    policy = data.draw(policies())
    agrees(policy, data.draw(usages(policy)), data.draw(journeys(policy)))


@given(data=st.data())
def test_agrees_on_readers_without_an_id(data):
    """Limited meters are closed to whoever has none, and nothing is counted or given once."""
    policy = data.draw(policies())
    steps = [
        step._replace(reader=evolve(step.reader, id=None)) for step in data.draw(journeys(policy))
    ]
    agrees(policy, Usage(), steps)


@given(
    data=st.data(),
    zone=st.sampled_from(
        [
            "America/Havana",
            "America/Asuncion",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "America/Sao_Paulo",
            "Europe/London",
            "Pacific/Apia",
        ]
    ),
)
def test_agrees_where_midnight_is_missing_or_doubled(data, zone):
    """The same in zones whose clocks change at or near midnight, or by half an hour."""
    policy = data.draw(policies(zones=[zone]))
    agrees(policy, Usage(), data.draw(journeys(policy)))
