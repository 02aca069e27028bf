"""Does `decide` agree with the plainest reading of the rules?

A model that keeps everything and recomputes from scratch.

It shares nothing with the engine but the classes that arrive: its own conditions (three-valued),
its own status, its own dates by scanning the zone's time, its own windows over a list that is never
pruned.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from meter import Usage, decide
from meter.testing.strategies import journeys, policies, usages

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


@lru_cache(maxsize=4096)
def first_at(zone: str, wall: datetime) -> datetime:
    """Return the first quarter of an hour at which the clocks of a zone show `wall` or later, by
    trying them all.
    """
    at = wall.replace(tzinfo=UTC) - timedelta(hours=16)
    while at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) < wall:
        at += QUARTER
    return at


def midnight(zone: str, day: date) -> datetime:
    return first_at(zone, datetime(day.year, day.month, day.day))


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
        if r.ends is not None and until(r) <= now and r.kind != "staff"
    ]
    return max(over) if over and not running(reader, now) else None


def status(reader, now) -> str:
    kinds = {str(r.kind) for r in running(reader, now)}
    if kinds:
        return "staff" if "staff" in kinds else "trial" if kinds == {"trial"} else "subscriber"
    over = expiry(reader, now)
    if over:
        return "subscription-expired" if over[1] else "trial-expired"
    return "registered" if reader.registered else "anonymous"


def both(answers) -> bool | None:
    answers = list(answers)
    return False if False in answers else None if None in answers else True


def either(answers) -> bool | None:
    answers = list(answers)
    return True if True in answers else None if None in answers else False


def opposite(answer: bool | None) -> bool | None:
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


def matches(zone, when, reader, view, now, left) -> bool | None:
    """Say whether a condition holds: yes, no, or not known."""
    article, answers = view.article, []
    if when.reader is not None:
        answers.append(status(reader, now) in when.reader)
    if when.access is not None:
        answers.append(article.access in when.access)
    if when.section is not None:
        answers.append(word(when.section, article.section, "/"))
    if when.kind is not None:
        answers.append(word(when.kind, article.kind))
    if when.country is not None:
        answers.append(word(when.country, view.country or reader.country))
    if when.device is not None:
        answers.append(word(when.device, view.device))
    if when.channel is not None:
        answers.append(word(when.channel, view.channel))
    if when.language is not None:
        answers.append(
            word({w.lower() for w in when.language}, view.language and view.language.lower(), "-")
        )
    if when.referrer is not None:
        came = host(view.referrer)
        answers.append(
            None
            if came is None
            else any(came == w or came.endswith("." + w) for w in when.referrer)
        )
    if when.product is not None:
        answers.append(any(r.product in when.product for r in running(reader, now)))
    if when.tags is not None:
        answers.append(members(when.tags, article.tags))
    if when.segments is not None:
        answers.append(members(when.segments, reader.segments))
    if when.score is not None:
        answers.append(in_range(when.score, reader.score))
    if when.age_days is not None:
        answers.append(
            in_range(
                when.age_days,
                (
                    None
                    if article.published is None
                    else (now - article.published.astimezone(UTC)).days
                ),
            )
        )
    if when.days_since_expiry is not None:
        over = expiry(reader, now)
        answers.append(in_range(when.days_since_expiry, over and (now - over[0]).days))
    for name, bounds in (when.left or {}).items():
        answers.append(in_range(bounds, left(name)))
    if when.gift is not None:
        answers.append(view.gift is when.gift)
    if when.crawler is not None:
        answers.append(view.crawler is when.crawler)
    if when.dates is not None:
        answers.append(when.dates.from_ is None or now >= midnight(zone, when.dates.from_))
        answers.append(
            when.dates.until is None or now < midnight(zone, when.dates.until + timedelta(days=1))
        )
    if when.any is not None:
        answers.append(either(matches(zone, part, reader, view, now, left) for part in when.any))
    if when.not_ is not None:
        answers.append(opposite(matches(zone, when.not_, reader, view, now, left)))
    return both(answers)


def edge(zone, when, *, end):
    """Return the instant an editor's date or time stands for."""
    if isinstance(when, datetime):
        return when if when.tzinfo else first_at(zone, when)
    return midnight(zone, when + timedelta(days=1) if end else when)


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


class Model:
    """Everything one reader was counted for, in a list; asked again and again from the beginning."""

    def __init__(self, policy, usage) -> None:
        self.policy, self.zone = policy, policy.publication.timezone
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
            start = midnight(self.zone, calendar_end(window, self.zone, now)[0])
            return [(at, key) for at, key in mine if at >= start]
        if window.rolling:
            return [(at, key) for at, key in mine if now - at < window.rolling]
        if window.fixed:
            begun = None
            for at, _ in mine:
                begun = at if begun is None or at - begun >= window.fixed else begun
            return (
                []
                if begun is None or now - begun >= window.fixed
                else [(at, key) for at, key in mine if at >= begun]
            )
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
        return next(t for t in leaving if sum(1 for other in leaving if other > t) < limit)

    def limit(self, meter, reader, view, now):
        if meter.limits:
            return next(
                (
                    x.limit
                    for x in meter.limits
                    if matches(self.zone, x.when, reader, view, now, None)
                ),
                0,
            )
        if isinstance(meter.limit, int):
            return meter.limit
        named = {str(k): v for k, v in meter.limit.items()}
        is_a = status(reader, now)
        return named.get(is_a, named.get("registered", 0) if is_a.endswith("-expired") else 0)

    def decide(self, reader, view, now):
        """Return show, rule, prompt, offer, the meter's reading and whether this view counted."""
        now = now.astimezone(UTC)
        then = max([now, *(at for _, _, at in self.counted)])
        access = str(view.article.access)
        would = access == "metered" and not view.prefetch

        def stand(meter):
            inside, limit = self.window(meter, then), self.limit(meter, reader, view, now)
            key = view.article.id
            if meter.count == "views":
                key = view.id or f"{view.article.id}@{(now - EPOCH) // timedelta(microseconds=1)}"
            seen = key in [name for _, name in inside]
            opens = limit > 0 and (seen or len(inside) < limit)
            left = max(0, limit - len(inside)) - (1 if would and not seen else 0) if opens else 0
            return inside, limit, key, seen, opens, left

        meters = {meter.name: meter for meter in self.policy.meters}
        refused = None
        for rule in self.policy.rules:
            if not matches(
                self.zone, rule.when, reader, view, now, lambda name: stand(meters[name])[5]
            ):
                continue
            show, spend = str(rule.show), rule.spend
            if spend and access == "premium":
                continue
            if spend and access == "free":
                show, spend = "article", None
            if spend and not stand(meters[spend])[4]:
                refused = refused or spend
                continue
            break
        offer = self.offer(rule.offer, reader, view, now, lambda name: stand(meters[name])[5])
        if show == "countdown" and stand(meters[spend])[5] == 0:
            show = "last-free-article"
        if show == "trial-offer" and not offer:
            show = "subscription-wall"
        reading, counted = None, False
        if spend or (refused and show not in ("article", "countdown", "last-free-article")):
            meter = meters[spend or refused]
            inside, limit, key, seen, _, _ = stand(meter)
            if spend and would and not seen:
                counted, inside = True, [*inside, (then, key)]
                self.counted.append((spend, key, then))
            used = min(len(inside), limit)
            reading = (
                meter.name,
                limit,
                used,
                limit - used,
                self.resets(meter, inside, limit, then),
            )
        own = None if rule.spend and access == "free" else rule.prompt
        return (
            show,
            rule.name,
            own or (None if show == "article" else show),
            offer,
            reading,
            counted,
        )

    def offer(self, name, reader, view, now, left):
        for offer in self.policy.offers:
            if offer.name == name:
                begun = offer.starts is None or now >= edge(self.zone, offer.starts, end=False)
                over = offer.ends is not None and now >= edge(self.zone, offer.ends, end=True)
                return (
                    name
                    if begun
                    and not over
                    and matches(self.zone, offer.when, reader, view, now, left)
                    else None
                )
        return None


def outcome(decision):
    meter = decision.meter
    # In UTC: Python calls a doubled local time (PEP 495) unequal to any time of another zone.
    resets = None if meter is None or meter.resets_at is None else meter.resets_at.astimezone(UTC)
    reading = None if meter is None else (meter.name, meter.limit, meter.used, meter.left, resets)
    return (
        str(decision.show),
        decision.rule,
        decision.prompt,
        decision.offer,
        reading,
        decision.counted,
    )


def agrees(policy, usage, steps) -> None:
    model = Model(policy, usage)
    for step in steps:
        expected = model.decide(step.reader, step.view, step.now)
        decision, usage = decide(policy, step.reader, step.view, usage, step.now)
        assert expected == outcome(decision)


@given(data=st.data())
def test_decides_as_a_model_that_keeps_everything_does(data):
    """Every decision of a journey is the one a naive model makes that forgets nothing and remembers
    no result.
    """
    policy = data.draw(policies())
    agrees(policy, data.draw(usages(policy)), data.draw(journeys(policy)))


@given(
    data=st.data(),
    zone=st.sampled_from(["America/Havana", "America/Asuncion", "Australia/Lord_Howe"]),
)
def test_agrees_where_midnight_is_missing_or_doubled(data, zone):
    """The same in zones whose clocks change at or near midnight, or by half an hour."""
    policy = data.draw(policies(zones=[zone]))
    agrees(policy, Usage(), data.draw(journeys(policy)))
