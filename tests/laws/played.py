"""Random journeys, played through `Journey` and through a real paywall, and compared every step.

`python -m tests.laws.played --whole` plays 500 journeys over a store in memory, and 50 each over
SQLite, Valkey and PostgreSQL; without `--whole` it plays a tenth. It prints how many were played
and every difference, and ends with 1 if there is one.

The site here keeps cookies and who is signed in, and knows nothing of how reading is counted. What
it must find is said without the engine: an article that is counted is free; signing in brings the
union of what two ids have counted to one of them, and changes nothing else.
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random

from attrs import evolve

from meter import Access, Article, Journey, PageView, Paywall, Reader, loads_policy, open_store
from meter.journeys.actions import (
    Cancel,
    ClearCookies,
    EndTrial,
    ReadArticle,
    SignIn,
    SignOut,
    StartTrial,
    Subscribe,
    SwitchDevice,
)
from meter.journeys.steps import PlannedStep
from meter.vocabulary import Count
from meter.windows import Term
from tests.servers import Postgres, Valkey

WINDOWS = (
    '{ calendar = "day" }',
    '{ calendar = "month" }',
    '{ calendar = "week", starts = "sunday" }',
    '{ rolling = "36 hours" }',
    '{ rolling = "10 days" }',
    '{ fixed = "2 days" }',
    '{ fixed = "10 days" }',
    '{ fixed = "30 days" }',
    "{ lifetime = true }",
)
ZONES = ("UTC", "Asia/Tokyo", "America/Havana", "Australia/Lord_Howe")
SECTIONS = ("news", "sport")
ARTICLES = "abcdefgh"
ACCOUNTS = ("ana", "ben", None)
DEVICES = ("kiosk", "phone")
SPANS = (
    None,
    timedelta(minutes=1),
    timedelta(minutes=20),
    timedelta(hours=5),
    timedelta(hours=9),
    Term.parse("1 day"),
    Term.parse("2 days"),
    Term.parse("6 days"),
    Term.parse("1 month"),
)
STEPS = 36
WHO = 'when = { reader = ["anonymous", "registered", "trial-expired"] }'


@lru_cache(512)
def policy_of(number):
    """Return a policy: one or two meters, a section each, a trial for some and a subscription."""
    draw = Random(f"policy {number}")
    text = f'[publication]\nname = "The Harbour Review"\ntimezone = "{draw.choice(ZONES)}"\n'
    sections = SECTIONS[: draw.randint(1, 2)]
    for name in sections:
        anonymous = draw.randint(1, 3)
        registered = draw.choice([anonymous, 4, 6])
        text += (
            f"[meters.{name}]\nwindow = {draw.choice(WINDOWS)}\n"
            f"limit = {{ anonymous = {anonymous}, registered = {registered} }}\n"
            f'count = "{draw.choice(["articles", "articles", "views"])}"\n'
        )
    text += (
        '[offers.summer]\nprice = 9\ncurrency = "USD"\nterm = "1 month"\n'
        f"starts = 2026-06-10\nends = 2026-08-20\n{WHO}\n"
        '[offers.yearly]\nkind = "subscription"\nprice = 90\ncurrency = "USD"\nterm = "1 month"\n'
        '[[rules]]\nname = "paid"\nshow = "article"\n'
        'when = { reader = ["subscriber", "trial", "staff"] }\n'
    )
    for name in sections:
        condition = f'when = {{ section = ["{name}"] }}\n' if name != sections[-1] else ""
        text += (
            f'[[rules]]\nname = "{name}"\n{condition}spend = "{name}"\nshow = "countdown"\n'
            'offer = "summer"\n'
        )
    return loads_policy(text + '[[rules]]\nname = "else"\nshow = "trial-offer"\noffer = "summer"\n')


def journey_of(number):
    """Return a random journey of two devices, three accounts and some months."""
    draw = Random(f"journey {number}")
    reader = Reader(id="reader", registered=draw.random() < 0.1)
    steps = [PlannedStep(action=_action(draw), after=draw.choice(SPANS)) for _ in range(STEPS)]
    start = datetime(2026, 5, 30, 22, tzinfo=UTC) + timedelta(days=draw.randint(0, 40))
    return Journey(steps=steps, reader=reader, start=start, device=draw.choice(DEVICES))


def _action(draw):
    kind = draw.choices(
        ["read", "in", "out", "device", "cookies", "trial", "buy", "stop"],
        [52, 16, 14, 8, 2, 3, 2, 3],
    )[0]
    match kind:
        case "read":
            name = draw.choice(ARTICLES)
            article = Article(id=name, section=draw.choice(SECTIONS))
            return ReadArticle(view=PageView(article=article))
        case "in":
            return SignIn(account=draw.choice(ACCOUNTS))
        case "out":
            return SignOut()
        case "device":
            return SwitchDevice(device=draw.choice(DEVICES))
        case "cookies":
            return ClearCookies()
        case "trial":
            return draw.choice([StartTrial(offer="summer"), StartTrial(term=Term.parse("6 days"))])
        case "buy":
            return draw.choice([Subscribe(offer="yearly"), Subscribe(ends=date(2026, 7, 31))])
        case _:
            return draw.choice([EndTrial(), Cancel(now=True)])


class Site:
    """A site over a paywall: its cookies, and who is signed in where."""

    def __init__(self, policy, store, namespace, journey):
        self.policy = policy
        self.paywall = Paywall(
            policy, store, deadline=60, queue=60, on_outage="raise", namespace=namespace
        )
        self.device = journey.device
        self.name = journey.reader.id
        self.signed_in = {journey.device: self.name} if journey.reader.registered else {}
        self.cookies = {}
        self.known = set()
        self.problems = []

    @property
    def cookie(self):
        """The id that this device has while nobody is signed in."""
        number = self.cookies.get(self.device, 0)
        return self.device if number == 0 else f"{self.device} #{number + 1}"

    @property
    def reader_id(self):
        """Whose reading counts now."""
        return self.signed_in.get(self.device, self.cookie)

    def take(self, step):
        """Do what happens in a step, ask for the same page, and note what differs."""
        match step.action:
            case SwitchDevice(device=device):
                self.device = device
            case ClearCookies():
                self.signed_in.pop(self.device, None)
                self.cookies[self.device] = self.cookies.get(self.device, 0) + 1
            case SignOut():
                self.signed_in.pop(self.device, None)
            case SignIn(account=account):
                self.sign_in(account or self.signed_in.get(self.device, self.name), step.at)
            case Subscribe() if step.problem is None and self.device not in self.signed_in:
                self.sign_in(self.name, step.at)
        self.ask(step)

    def sign_in(self, account, now):
        """Join this device to an account, and look what every id has counted before and after."""
        self.known |= {self.cookie, account}
        before = self.ledgers(now)
        self.paywall.join(self.cookie, account, now=now)
        self.signed_in[self.device] = account
        after = self.ledgers(now)
        for name in self.known - {account}:
            self.equal(f"what `{name}` has counted", before[name], after[name])
        for meter in self.policy.meters:
            sides = before[self.cookie][meter.name], before[account][meter.name]
            told, expected = _brought(meter, *sides, after[account][meter.name])
            self.equal(f"what `{account}` has counted on `{meter.name}`", expected, told)

    def ask(self, step):
        """Ask for the page of a step, and compare who reads, the answer, and what is counted."""
        name = self.reader_id
        self.known.add(name)
        self.equal("the reader", (name, name in self.signed_in.values()), _who(step.reader))
        reader = evolve(step.reader, id=name)
        view = step.view
        before = self.paywall.ledger(name, now=step.at)
        look = self.paywall.check if step.is_read else self.paywall.peek
        decision = look(reader, view, now=step.at)
        after = self.paywall.ledger(name, now=step.at)
        self.equal("the answer", step.decision, decision)
        for meter, reading in step.after.items():
            self.equal(
                f"the count of `{meter}`", reading.used, min(len(after[meter].reads), reading.limit)
            )
        counting = {
            meter.name
            for meter in self.policy.meters
            if meter.count is Count.ARTICLES and _holds(before[meter.name], view)
        }
        # A meter of views that comes first counts this view all the same.
        first = next(
            (meter for meter in self.policy.meters if meter.name == view.article.section),
            self.policy.meters[-1],
        )
        if step.is_read and counting and first.count is Count.ARTICLES:
            self.equal("an article that is counted", Access.FULL, decision.access)
            self.equal(
                "a counted article is counted again", (False, before), (decision.counted, after)
            )

    def ledgers(self, now):
        """Return what every known id has counted."""
        return {name: self.paywall.ledger(name, now=now) for name in self.known}

    def equal(self, what, expected, found):
        """Note a difference."""
        if expected != found:
            self.problems.append(f"{what}: expected {expected}, found {found}")


def _who(reader):
    return reader.id, reader.registered


def _holds(counted, view):
    return view.article.key in {read.id for read in counted.reads}


def _brought(meter, source, target, joined):
    """Return what a ledger says after a sign-in, and what it must say."""
    if not source.reads:
        return joined, target
    if meter.window.fixed is not None:
        ids = {read.id for read in (*source.reads, *target.reads)}
        ends = {side.resets_at for side in (source, target) if side.reads}
        return ({read.id for read in joined.reads}, joined.resets_at), (ids, max(ends))
    both = dict(target.reads)
    for name, at in source.reads:
        both[name] = max(at, both.get(name, at))
    return dict(joined.reads), both


def play(number, store, policy=None):
    """Play a journey over a store; return what differed, first things first."""
    journey = journey_of(number)
    policy = policy or policy_of(number)
    site = Site(policy, store, f"journey-{number}", journey)
    for step in journey.run(policy):
        site.take(step)
        if site.problems:
            place = f"journey {number}, step {step.number} ({step.what}, {step.at})"
            return [f"{place}: {problem}" for problem in site.problems]
    return []


def play_all(numbers, url):
    """Play journeys over the store of a URL; return what differed."""
    store = open_store(url)
    try:
        return [problem for number in numbers for problem in play(number, store)]
    finally:
        store.close()


def main(arguments):
    """Play the journeys, print how many, and return 1 if one differed."""
    share = 1 if "--whole" in arguments else 10
    differing = []
    valkey = Valkey()
    postgres = Postgres()
    with tempfile.TemporaryDirectory() as folder:
        for name, url, count in (
            ("memory", "memory://", 500),
            ("SQLite", f"sqlite:///{Path(folder) / 'counts.db'}", 50),
            ("Valkey", valkey.url, 50),
            ("PostgreSQL", postgres.url, 50),
        ):
            numbers = range(0, count, share)
            found = play_all(numbers, url)
            differing += found
            head = f"{len(numbers)} journeys of {STEPS} steps over {name}"
            sys.stdout.write(f"{head}: {len(found)} differences\n")
            sys.stdout.writelines(f"  {problem}\n" for problem in found[:3])
    for server in (valkey, postgres):
        server.close()
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
