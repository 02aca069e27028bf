"""What a paywall asks of its store, and what it answers."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from inspect import signature
from re import escape

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from meter import (
    AsyncPaywall,
    Entitlement,
    IdentityError,
    ManualClock,
    PageView,
    Paywall,
    Reader,
    StoreError,
    Usage,
    decide,
    open_store,
)
from meter.errors import CorruptUsageError, StoreUnavailableError
from meter.stores import MemoryStore, in_thread, open_async_store, reader_key
from meter.stores.keys import LONGEST_KEY
from tests.servers import close_async


class Counting(MemoryStore):
    """A memory store that writes down what it is asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    def load(self, key):
        self.asked.append("load")
        return super().load(key)

    def swap(self, key, old, new, *, expires):
        self.asked.append("swap")
        return super().swap(key, old, new, expires=expires)


@pytest.fixture
def counting():
    return Counting()


def asked(store):
    """Return what was asked since the last time."""
    questions = store.asked
    store.asked = []
    return questions


SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])


def test_how_often_a_store_is_asked(counting, newsroom):
    """Never for a subscriber.

    Once for a new reader, a re-read, a wall and a known reader's next article; twice at most.
    """
    paywall = Paywall(newsroom.policy(2), counting)
    elsewhere = Paywall(newsroom.policy(2), counting)

    def read(where, article, reader=None):
        show = str(
            where.check(
                reader or newsroom.reader("r"), newsroom.view(article), now=newsroom.now
            ).show
        )
        return show, asked(counting)

    assert ("article", []) == read(paywall, "a", SUBSCRIBER)
    assert ("countdown", ["swap"]) == read(paywall, "a")
    assert ("countdown", ["load"]) == read(paywall, "a")
    assert ("last-free-article", ["swap", "swap"]) == read(elsewhere, "b")
    assert ("last-free-article", ["swap"]) == read(paywall, "b")
    assert ("subscription-wall", ["load"]) == read(paywall, "c")
    assert ("subscription-wall", ["swap"]) == read(Paywall(newsroom.policy(2), counting), "c")
    paywall.peek(newsroom.reader("new"), newsroom.view("a"), now=newsroom.now)
    assert ["load"] == asked(counting)


def test_a_paywall_over_a_store_decides_as_the_engine_does(newsroom):
    """Whoever reads what through which of two processes: it decides as `decide` does."""
    policy = newsroom.policy(3)

    @given(
        st.lists(
            st.tuples(
                st.sampled_from("ab"), st.sampled_from("uvwxyz"), st.integers(0, 1), st.booleans()
            ),
            max_size=30,
        )
    )
    @settings(max_examples=60, deadline=None)
    def same(reads):
        store = MemoryStore()
        usages = {"a": Usage(), "b": Usage()}
        paywalls = [Paywall(policy, store), Paywall(policy, store)]
        for minutes, (name, article, process, counts) in enumerate(reads):
            now = newsroom.now + timedelta(minutes=minutes)
            expected, usage = decide(
                policy, newsroom.reader(name), newsroom.view(article), usages[name], now
            )
            ask = paywalls[process].check if counts else paywalls[process].peek
            if not counts:
                expected = evolve(expected, counted=False)
            assert expected == ask(newsroom.reader(name), newsroom.view(article), now=now)
            if counts:
                usages[name] = usage

    same()


def test_the_async_paywall_decides_the_same(store_url, newsroom):
    """Over every store, awaited calls answer and count as the blocking ones do."""
    policy = newsroom.policy(2)

    async def read():
        store = open_async_store(store_url)
        paywall = AsyncPaywall(policy, store, deadline=10)
        shows = [
            str(
                (
                    await paywall.check(newsroom.reader("r"), newsroom.view(name), now=newsroom.now)
                ).show
            )
            for name in "aabc"
        ]
        shows.append(
            str(
                (
                    await paywall.peek(newsroom.reader("r"), newsroom.view("b"), now=newsroom.now)
                ).show
            )
        )
        await paywall.join("r", "account", now=newsroom.now)
        ledger = await paywall.ledger("account", now=newsroom.now)
        await paywall.forget("account")
        await paywall.forget("r")
        left = [await store.load("r"), await store.load("account")]
        await close_async(store)
        return shows, [read.id for read in ledger["monthly"].reads], left

    expected = [
        "countdown",
        "countdown",
        "last-free-article",
        "subscription-wall",
        "last-free-article",
    ]
    assert (expected, ["a", "b"], [None, None]) == asyncio.run(read())


def articles(paywall, newsroom, name):
    """Return the articles counted for a reader."""
    return {read.id for read in paywall.ledger(name, now=newsroom.now)["monthly"].reads}


def test_joining_goes_one_way_and_once(store, newsroom):
    """Two accounts that met one device never meet; the device stays what it was."""
    paywall, elsewhere = (Paywall(newsroom.policy(3), store, deadline=10) for _ in range(2))

    def show(name, article):
        reader, view = newsroom.reader(name), newsroom.view(article)
        return str(elsewhere.check(reader, view, now=newsroom.now).show)

    assert show("kiosk", "a") == "countdown"
    paywall.join("kiosk", "ana", now=newsroom.now)
    assert [show("ana", "b"), show("ana", "c"), show("ana", "d")] == [
        "countdown",
        "last-free-article",
        "subscription-wall",
    ]
    for _ in range(2):
        paywall.join("kiosk", "bob", now=newsroom.now)
        paywall.join("bob", "bob", now=newsroom.now)
    for where in (paywall, elsewhere):
        assert {"a"} == articles(where, newsroom, "bob") == articles(where, newsroom, "kiosk")
        assert {"a", "b", "c"} == articles(where, newsroom, "ana")
    assert show("kiosk", "e") == "countdown"
    paywall.forget("bob")
    assert set() == articles(elsewhere, newsroom, "bob")
    assert {"a", "b", "c"} == articles(elsewhere, newsroom, "ana")
    assert {"a", "e"} == articles(elsewhere, newsroom, "kiosk")


def test_what_the_device_reads_after_the_sign_in_is_its_own(store, newsroom):
    """A join repeated with its first time brings nothing of the next person's reading."""
    paywall = Paywall(newsroom.policy(9), store, deadline=10)
    paywall.check(newsroom.reader("kiosk"), newsroom.view("a"), now=newsroom.now)
    later = newsroom.now + timedelta(minutes=1)
    paywall.check(newsroom.reader("kiosk"), newsroom.view("b"), now=later)
    for _ in range(2):
        paywall.join("kiosk", "ana", now=newsroom.now)
        assert {"a"} == articles(paywall, newsroom, "ana")


def test_the_page_just_read_is_brought_though_a_clock_is_behind(store, newsroom):
    """Without a time the join is at the device's last read, up to a day ahead of the clock."""
    now = newsroom.now
    paywall = Paywall(newsroom.policy(9), store, deadline=10, clock=lambda: now)
    for name, ahead in (("near", timedelta(hours=1)), ("far", timedelta(days=2))):
        paywall.check(newsroom.reader(name), newsroom.view(name), now=now + ahead)
        paywall.join(name, f"{name}-account")
    assert {"near"} == articles(paywall, newsroom, "near-account")
    assert set() == articles(paywall, newsroom, "far-account")


@pytest.mark.parametrize("naive", [True, False])
def test_a_join_needs_a_time_with_a_zone_and_two_ids(newsroom, naive):
    """As a check does."""
    paywall = Paywall(newsroom.policy(2), MemoryStore())
    paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    if naive:
        with pytest.raises(ValueError, match="has no zone"):
            paywall.join("r", "u", now=newsroom.now.replace(tzinfo=None))
    else:
        for ids in (("", "u"), ("r", "")):
            with pytest.raises(IdentityError):
                paywall.join(*ids)


def test_every_record_of_a_sign_in_ends(newsroom):
    """The device's and the account's are purged when nothing in them counts any more."""
    store = MemoryStore()
    paywall = Paywall(newsroom.policy(2), store)
    paywall.check(newsroom.reader("dev"), newsroom.view("a"), now=newsroom.now)
    paywall.join("dev", "account", now=newsroom.now)
    paywall.join("account", "another", now=newsroom.now)
    assert len(store) == 3
    assert {expires for _, expires in store._kept.values()} != {None}
    store.purge(datetime(2100, 1, 1, tzinfo=UTC))
    assert len(store) == 0


def test_records_of_earlier_releases_are_read(newsroom):
    """A joined record is its usage, an alias a reader of whom nothing is counted yet."""
    store = MemoryStore()
    paywall = Paywall(newsroom.policy(2), store)
    paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    usage = store.load("r")
    store.swap("account", None, b'J[3,["cookie","phone"]]\n' + usage, expires=None)
    store.swap("cookie", None, b"Aaccount", expires=None)
    assert {"a"} == articles(paywall, newsroom, "account")
    assert set() == articles(paywall, newsroom, "cookie")
    paywall.join("account", "cookie", now=newsroom.now)
    assert usage == store.load("cookie")
    paywall.check(newsroom.reader("account"), newsroom.view("b"), now=newsroom.now)
    assert store.load("account").startswith(b"1")
    paywall.forget("account")
    assert {"a"} == articles(paywall, newsroom, "cookie")


def test_forgetting_leaves_nothing_of_that_id(store, newsroom):
    """Nothing is left in the store or in the process; other ids stay; the next visit is a first."""
    paywall = Paywall(newsroom.policy(2), store, deadline=10)
    for name in ("cookie", "account"):
        paywall.check(newsroom.reader(name), newsroom.view(f"by-{name}"), now=newsroom.now)
    paywall.join("cookie", "account", now=newsroom.now)
    paywall.forget("account")
    assert store.load(reader_key("account")) is None
    assert {"by-cookie"} == articles(paywall, newsroom, "cookie")
    decision = paywall.check(newsroom.reader("account"), newsroom.view("new"), now=newsroom.now)
    assert ("countdown", 1) == (str(decision.show), decision.meter.used)


def test_forgetting_leaves_no_byte_in_the_file(tmp_path, newsroom):
    """In SQLite neither the file nor its log holds an id or an article of a forgotten reader."""
    store = open_store(f"sqlite:///{tmp_path}/counts.db")
    paywall = Paywall(newsroom.policy(5), store)
    paywall.check(
        newsroom.reader("somebody-in-particular"),
        newsroom.view("a-telling-article"),
        now=newsroom.now,
    )
    paywall.check(
        newsroom.reader("another-cookie"), newsroom.view("a-telling-article"), now=newsroom.now
    )
    paywall.join("another-cookie", "somebody-in-particular", now=newsroom.now)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"somebody" in written
    assert b"telling" in written
    paywall.forget("another-cookie")
    paywall.forget("somebody-in-particular")
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    store.close()
    assert (0, 0, 0) == (left.count(b"somebody"), left.count(b"another"), left.count(b"telling"))


def test_the_ledger_says_what_was_counted_and_when_it_resets(newsroom):
    """Every counted article of the running window with its time, and when the first comes back."""
    clock = ManualClock(newsroom.now)
    paywall = Paywall(newsroom.policy(3), open_store("memory://"), clock=clock)
    for article in "ab":
        paywall.check(newsroom.reader("r"), newsroom.view(article))
        clock.advance(days=1)
    monthly = paywall.ledger("r")["monthly"]
    assert [("a", newsroom.now), ("b", newsroom.now + timedelta(days=1))] == [
        tuple(read) for read in monthly.reads
    ]
    assert datetime(2026, 7, 1, tzinfo=UTC) == monthly.resets_at
    clock.advance(days=40)
    assert ((), None) == (
        paywall.ledger("r")["monthly"].reads,
        paywall.ledger("r")["monthly"].resets_at,
    )


def test_a_reloaded_policy_decides_from_then_on(newsroom):
    """Instead of a policy there may be something that has one; what was counted stays counted."""

    class Source:
        policy = newsroom.policy(1)

    source = Source()
    paywall = Paywall(source, open_store("memory://"))
    shows = [
        str(paywall.check(newsroom.reader("r"), newsroom.view(article), now=newsroom.now).show)
        for article in "ab"
    ]
    source.policy = newsroom.policy(3)
    shows.append(
        str(paywall.check(newsroom.reader("r"), newsroom.view("b"), now=newsroom.now).show)
    )
    assert ["last-free-article", "subscription-wall", "countdown"] == shows


def test_nobody_in_the_past_is_forgotten_at_once(valkey, newsroom):
    """Expiry is set on the machine's own clock.

    A replay of last year's views counts them in Redis as well.
    """
    store = open_store(valkey.url)
    paywall = Paywall(newsroom.policy(1), store, deadline=10)
    then = datetime(2019, 3, 1, tzinfo=UTC)
    shows = [
        str(paywall.check(newsroom.reader("replayed"), newsroom.view(article), now=then).show)
        for article in "ab"
    ]
    with valkey.client() as client:
        lives = client.pttl("meter:{replayed}") / 86_400_000
    store.close()
    assert ["last-free-article", "subscription-wall"] == shows
    assert 31 < lives <= 32 + 1


@given(st.text(), st.text(min_size=1), st.text(), st.text(min_size=1))
@settings(max_examples=200, deadline=None)
def test_keys_never_collide(first_namespace, first, second_namespace, second):
    """Readers share a key only if namespace and id are the same; keys are short and printable."""
    keys = [
        reader_key(first, namespace=first_namespace),
        reader_key(second, namespace=second_namespace),
    ]
    assert (keys[0] == keys[1]) is ((first_namespace, first) == (second_namespace, second))
    for key in keys:
        assert len(key) <= LONGEST_KEY
        assert key.isascii()
        assert not set(key) & set("{} \n\0")


def test_a_reader_without_an_id_is_refused_but_a_payer_reads_on(newsroom):
    """Nameless visitors must not share one count; whoever needs no count needs no name."""
    paywall = Paywall(newsroom.policy(5), open_store("memory://"))
    with pytest.raises(ValueError, match="`Reader`: `id` is empty"):
        Reader(id="")
    for ask in (paywall.forget, paywall.ledger):
        with pytest.raises(IdentityError, match="give each one a stable id"):
            ask("")
        with pytest.raises(IdentityError, match=r"is an id in quotes such as .* not `42`"):
            ask(42)
    payer = Reader(id=None, entitlements=[Entitlement(kind="subscription")])
    assert "article" == paywall.check(payer, newsroom.view("a"), now=newsroom.now).show


@pytest.mark.parametrize(
    "name", ["a:b", "a%3Ab", "=x", "#x", "\ud800", "é" * 500, "x" * 500, "{a}"]
)
def test_a_secret_hides_the_id(name):
    """With a secret the key shows nothing of the id, and another secret makes another key."""
    key = reader_key(name, secret="of the publisher")
    assert key == reader_key(name, secret=b"of the publisher")
    assert key not in (reader_key(name), reader_key(name, secret="another"))
    assert 65 == len(key)


def test_a_secret_keeps_ids_out_of_the_store(newsroom):
    """Nothing in the store, or in an event shows whom it belongs to."""
    store = MemoryStore()
    events = []
    paywall = Paywall(newsroom.policy(5), store, secret="s3cret", on_decision=events.append)
    for name in ("anna@example.org", "cookie-77"):
        paywall.check(newsroom.reader(name), newsroom.view("a"), now=newsroom.now)
    paywall.join("cookie-77", "anna@example.org", now=newsroom.now)
    told = json.dumps(events) + repr(store._kept)
    assert ("anna" in told, "cookie-77" in told) == (False, False)


@pytest.mark.parametrize(
    "url, words",
    [
        ("sqlite://counts.db", "did you mean `sqlite:///counts.db`"),
        ("sqlite:///", "does not name a file"),
        ("counts.db", "did you mean `sqlite:///counts.db`"),
        ("postgre://x/y", "did you mean `postgres"),
        ("mysql://x/y", "it starts with `memory://`"),
        ("redis:/x", "did you mean `redis://`"),
        ("memory://?capacity=many", "needs a number"),
        ("memory://?capacty=5", "is not an option of this store"),
        ("memory://?capacity=0", "`capacity` is at least 1 reader, not `0`"),
        ("sqlite:////no/such/folder/x.db", "there is no folder `/no/such/folder`"),
        ("ftp://me:hunter2@host/x", "`ftp://…`"),
        ("redis://h:notaport/0", "Redis URL"),
        ("postgresql://host/db?sslmod=x", "PostgreSQL URL"),
    ],
)
def test_a_wrong_url_says_what_was_meant(url, words):
    """A URL that names no store is a `StoreError` with a next step and without a password."""
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert words in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "module, url, extra",
    [("redis", "redis://h", "redis"), ("psycopg_pool", "postgresql://h/d", "postgres")],
)
def test_a_missing_driver_says_which_extra_to_install(module, url, extra):
    """Without the driver, opening a store says what to install.

    `import meter` and the other stores need none.
    """
    program = (
        f"import sys; sys.modules[{module!r}] = None\nimport"
        f" meter\nmeter.open_store('memory://')\nmeter.open_store({url!r})"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert f"pip install 'meter-paywall[{extra}]'" in run.stderr


def test_memory_is_bounded_and_forgets_the_longest_unchanged(newsroom):
    """Past its capacity the memory store forgets whoever has gone longest without a change."""
    store = MemoryStore(capacity=2)
    paywall = Paywall(newsroom.policy(5), store)
    for name, article in (("a", "1"), ("b", "1"), ("a", "2"), ("c", "1")):
        paywall.check(newsroom.reader(name), newsroom.view(article), now=newsroom.now)
    assert {"a", "c"} == set(store._kept)


def test_purging_drops_only_what_no_longer_counts(store, newsroom):
    """A purge within the month keeps what still counts, and one a day after it drops the rest."""
    paywall = Paywall(newsroom.policy(5), store, deadline=10, clock=lambda: datetime.now(UTC))
    now = datetime.now(UTC)
    paywall.check(newsroom.reader("r"), newsroom.view("a"))
    if not hasattr(store, "purge"):
        assert 0 < store.client.pttl("meter:{r}") < 34 * 86_400_000
        return
    assert (0, 1) == (store.purge(now), store.purge(now + timedelta(days=34)))
    assert store.load("r") is None


def test_five_reads_take_at_most_400_bytes(newsroom):
    """Five articles with realistic ids fit in 400 bytes a reader."""
    store = MemoryStore()
    paywall = Paywall(newsroom.policy(5), store)
    for number in range(5):
        view = newsroom.view(f"2026-06-0{number + 1}-harbour-tunnel-{number}")
        paywall.check(
            newsroom.reader("r"),
            view,
            now=newsroom.now + timedelta(hours=30 * number, microseconds=123456),
        )
    assert len(store.load("r")) <= 400


def test_one_structured_record_and_one_event_for_every_decision(caplog, newsroom):
    """Each decision is one log record with its facts and one CloudEvents dictionary.

    Who reads what is in the event only.
    """
    events = []
    paywall = Paywall(newsroom.policy(1), open_store("memory://"), on_decision=events.append)
    with caplog.at_level(logging.INFO, logger="meter"):
        for reader, article in (
            (newsroom.reader("anna"), "x1"),
            (newsroom.reader("anna"), "x2"),
            (SUBSCRIBER, "x3"),
        ):
            paywall.check(reader, newsroom.view(article), now=newsroom.now)
    assert ["last-free-article", "subscription-wall", "article"] == [
        record.meter["show"] for record in caplog.records
    ]
    assert [True, False, False] == [record.meter["counted"] for record in caplog.records]
    assert not any(
        "anna" in str(record.__dict__) or "x1" in str(record.__dict__) for record in caplog.records
    )
    assert ["anna", "anna", None] == [event.get("subject") for event in events]
    assert {"1.0"} == {event["specversion"] for event in events}
    assert ["x1", "x2", "x3"] == [event["data"]["article"] for event in events]
    assert 3 == len({event["id"] for event in events})
    assert events == json.loads(json.dumps(events))


def test_a_hook_that_fails_costs_nobody_the_page(caplog, newsroom):
    """An error in `on_decision` is logged, and the decision stands."""
    paywall = Paywall(
        newsroom.policy(1), open_store("memory://"), on_decision=lambda event: event["no such key"]
    )
    decision = paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    assert "last-free-article" == decision.show
    assert "the `on_decision` hook failed" in caplog.text


def test_metrics_name_neither_reader_nor_article(newsroom):
    """Every attribute of a counter is one of a few words: what was shown, and the kind of store."""
    told = []

    class Counter:
        def add(self, amount, attributes):
            told.append((amount, attributes))

    paywall = Paywall(newsroom.policy(1), open_store("memory://"))
    paywall._telemetry._decisions = Counter()
    paywall.check(newsroom.reader("anna"), newsroom.view("x1"), now=newsroom.now)
    assert [
        (
            1,
            {
                "show": "last-free-article",
                "access": "full",
                "degraded": False,
                "kind": "read",
                "store": "memory",
            },
        )
    ] == told


def test_corrupt_bytes_are_reported_and_never_overwritten(newsroom, caplog):
    """A reader whose bytes cannot be read is decided on without them, degraded.

    The bytes stay until the reader is forgotten.
    """
    store = MemoryStore()
    store.swap("r", None, b"9 from a newer release", expires=None)
    paywall = Paywall(newsroom.policy(1), store)
    decision = paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)
    assert ("last-free-article", True) == (str(decision.show), decision.degraded)
    assert "cannot be read" in caplog.text or "this release reads" in caplog.text
    assert b"9 from a newer release" == store.load("r")
    with pytest.raises(CorruptUsageError):
        paywall.ledger("r", now=newsroom.now)
    paywall.forget("r")
    assert store.load("r") is None


def test_whatever_a_backend_raises_a_page_view_survives_it(newsroom):
    """An error that is not one of ours is an outage, and named."""

    class Broken(MemoryStore):
        def load(self, key):
            raise KeyError(key)

        def swap(self, key, old, new, *, expires):
            raise KeyError(key)

    decision = Paywall(newsroom.policy(1), Broken()).peek(
        newsroom.reader("r"), newsroom.view("a"), now=newsroom.now
    )
    assert (True, "full") == (decision.degraded, str(decision.access))
    with pytest.raises(StoreUnavailableError, match="the store failed"):
        Paywall(newsroom.policy(1), Broken(), on_outage="raise").peek(
            newsroom.reader("r"), newsroom.view("a"), now=newsroom.now
        )


def test_both_paywalls_take_the_same_settings():
    """Every keyword argument of `Paywall` is one of `AsyncPaywall`, with the same default."""
    blocking, awaited = (signature(kind).parameters for kind in (Paywall, AsyncPaywall))
    assert list(blocking) == list(awaited)
    assert [name for name in blocking if blocking[name].default != awaited[name].default] == []


@pytest.mark.parametrize(
    "settings_, words",
    [
        ({"on_outage": "close"}, "`close` is not a word for `on_outage`"),
        ({"deadline": 0}, "deadline"),
    ],
)
def test_a_wrong_setting_says_so(settings_, words, newsroom):
    """A setting that cannot be meant is a `ValueError` that says what can."""
    with pytest.raises(ValueError, match=words):
        Paywall(newsroom.policy(1), MemoryStore(), **settings_)


@pytest.mark.parametrize("kind", [Paywall, AsyncPaywall])
def test_a_misspelt_setting_names_the_public_class(kind, newsroom):
    """A keyword that no paywall has is refused in the name of the class that was called."""
    message = f"`{kind.__name__}` has no setting `dedline`; did you mean `deadline`?"
    with pytest.raises(TypeError, match=f"^{escape(message)}$"):
        kind(newsroom.policy(1), MemoryStore(), dedline=3)


def test_prefetches_are_answered_and_not_counted(counting, newsroom):
    """A prefetch is decided like a view and leaves nothing."""
    paywall = Paywall(newsroom.policy(1), counting)
    view = PageView(article=newsroom.view("a").article, prefetch=True)
    assert [False, False] == [
        paywall.check(newsroom.reader("r"), view, now=newsroom.now).counted for _ in range(2)
    ]
    assert counting.load("r") is None


def test_in_thread_runs_any_store(newsroom):
    """`in_thread` awaits a blocking store, with the same answers."""

    async def read():
        paywall = AsyncPaywall(newsroom.policy(1), in_thread(MemoryStore()))
        return [
            str(
                (
                    await paywall.check(
                        newsroom.reader("r"), newsroom.view(article), now=newsroom.now
                    )
                ).show
            )
            for article in "ab"
        ]

    assert ["last-free-article", "subscription-wall"] == asyncio.run(read())


LISTENER = """
import sys
from datetime import datetime, UTC
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
paywall = Paywall(loads_policy(sys.argv[1]), open_store("memory://"))
spans, reader = InMemorySpanExporter(), InMemoryMetricReader()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([reader]))
now = datetime(2026, 6, 1, tzinfo=UTC)
for name in ("x1", "x2"):
    paywall.check(Reader(id="anna"), PageView(article=Article(id=name)), now=now)
print([span.name for span in spans.get_finished_spans()])
print(reader.get_metrics_data().to_json(indent=None))
"""


def test_an_opentelemetry_sdk_sees_counters_and_spans(newsroom):
    """An SDK, set up before or after the paywall, sees a count or span for each, unnamed."""
    pytest.importorskip("opentelemetry.sdk")
    run = subprocess.run(
        [sys.executable, "-c", LISTENER, newsroom.text(1)],
        capture_output=True,
        text=True,
        check=True,
    )
    spans, told = run.stdout.splitlines()
    assert "['meter.store', 'meter.store']" == spans
    (counter,) = json.loads(told)["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    assert "meter.decisions" == counter["name"]
    assert [("last-free-article", 1), ("subscription-wall", 1)] == [
        (point["attributes"]["show"], point["value"]) for point in counter["data"]["data_points"]
    ]
    assert not any(word in run.stdout for word in ("anna", "x1", "x2"))
