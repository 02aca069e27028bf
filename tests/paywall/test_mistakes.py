"""A mistake raises, at once and always; an outage degrades. The two tables say which is which."""

from __future__ import annotations

import asyncio
import re
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing, suppress
from functools import partial
from inspect import signature

import psycopg
import pytest

from meter import AsyncPaywall, Entitlement, Paywall, Reader, StoreError, open_store
from meter.errors import StoreSetupError, StoreUnavailableError
from meter.paywall import PaywallSettings
from meter.stores import MemoryStore, in_thread, open_async_store
from tests.servers import close_async

SUBSCRIBER = Reader(id="s", registered=True, entitlements=[Entitlement(kind="subscription")])


def check(paywall, newsroom, reader="r", article="a"):
    """Ask a paywall of either kind for a view, and return the decision."""
    asked = paywall.check(newsroom.reader(reader), newsroom.view(article), now=newsroom.now)
    return asyncio.run(asked) if isinstance(paywall, AsyncPaywall) else asked


class Opened:
    """A paywall over the store at a URL, blocking or awaited; each question opens it anew."""

    def __init__(self, kind, url, newsroom, **settings):
        self.kind = kind
        self.url = url
        self.newsroom = newsroom
        self.settings = settings

    def check(self):
        """Return the decision on a view."""
        reader = self.newsroom.reader("r")
        view = self.newsroom.view("a")
        return self._ask(lambda paywall: paywall.check(reader, view, now=self.newsroom.now))

    def ready(self, within=5.0):
        """Ask whether it is ready."""
        return self._ask(lambda paywall: paywall.ready(within))

    def _ask(self, question):
        if self.kind is AsyncPaywall:
            return asyncio.run(self._ask_async(question))
        store = open_store(self.url)
        try:
            return question(Paywall(self.newsroom.policy(2), store, **self.settings))
        finally:
            store.close()

    async def _ask_async(self, question):
        store = open_async_store(self.url)
        try:
            return await question(AsyncPaywall(self.newsroom.policy(2), store, **self.settings))
        finally:
            await close_async(store)


BOTH = pytest.mark.parametrize("kind", [Paywall, AsyncPaywall])


@pytest.mark.parametrize(
    "url, words",
    [
        ("redis://h/0?sokcet_timeout=1", "did you mean `socket_timeout`?"),
        ("redis://h/0?socket_timeout=soon", "socket_timeout"),
        ("redis://h/0?socket_timeout=", "`socket_timeout` in `redis://…` has no value"),
        ("redis://h/0?socket_timeout=0", "more than 0"),
        ("redis://h/0?socket_timeout=nan", "more than 0"),
        ("redis://h/0?max_connections=0", "more than 0"),
        ("redis://h/0?retry=3", "is not an option of this store"),
        ("redis://h/0?timeout=3", "is not an option of this store"),
        ("redis://h/0?ssl_ca_certs=x", "is not an option of this store"),
        ("redis://h/counts", "`counts` in `redis://…` is not a database of Redis"),
        ("unix:///run/s?bd=1", "there are: `client_name`, `db`"),
        ("valkey://h/0?dbb=1", "did you mean `db`?"),
        ("postgresql://h/d?sslmod=require", "did you mean `sslmode`?"),
        ("postgresql://h/d?pool_size=3", "libpq lists its options"),
        ("postgresql://h:abc/d", "`port` in a PostgreSQL URL is a number from 1 to 65535"),
        ("postgresql://h:99999/d", "`port` in a PostgreSQL URL is a number from 1 to 65535"),
        ("postgresql://h:0/d", "`port` in a PostgreSQL URL is a number from 1 to 65535"),
        ("postgresql://h/d?connect_timeout=abc", "`connect_timeout` in a PostgreSQL URL is a"),
        ("postgresql://h/d?keepalives_idle=x", "`keepalives_idle` in a PostgreSQL URL is a"),
        ("postgresql://h/d?sslmode=bogus", "is `disable` or `allow` or `prefer`"),
        ("postgresql://h/d?target_session_attrs=bogus", "is `any` or `read-write`"),
        ("postgresql://h/d?channel_binding=bogus", "is `disable` or `prefer`"),
        ("postgresql://h/d?sslmode=require&sslmode=disable", "`sslmode` is given twice"),
        ("postgresql://h/d#frag", "behind a `#`"),
        ("redis://h/0?protocol=9", "`protocol` in `redis://…` is `2` or `3`, not `9`"),
        ("redis://h/0?encoding=bogus", "an encoding such as `utf-8`"),
        ("redis://h/0?encoding_errors=bogus", "a word such as `strict`"),
        ("redis://h/0?client_name=a%20b", "a word without blanks"),
        ("redis://h/0?health_check_interval=-1", "a whole number, 0 or more"),
        ("redis://h?db=-1", "a whole number, 0 or more"),
        ("redis://h/0?retry_on_timeout=maybe", "`true` or `false`"),
        ("redis://h/0?db=1", "`db` is given twice"),
        ("redis://h?db=1&db=2", "`db` is given twice"),
        ("redis://h/0#frag", "behind a `#`"),
        ("redis://[::1", "is not a URL"),
        ("redis://a:1,b:2", "write `redis+cluster://…`"),
        ("redis+cluster://", "names a node without a host"),
        ("redis+cluster://a:1,,b:2", "as in `redis+cluster://one:6379,two:6379`"),
        ("rediss+cluster://a,:7000", "`rediss+cluster://…` names a node without a host"),
        ("redis+cluster://a:1,b:x", "`redis+cluster://…` is not a Redis URL: its port"),
        ("redis+cluster://a:1,b:99999", "`redis+cluster://…` is not a Redis URL: its port"),
        ("redis+cluster://a/3", "a cluster has no other than 0"),
        ("redis+cluster://a?db=3", "a cluster has no other than 0"),
        ("redis+cluster://a/counts", "`counts` in `redis+cluster://…` is not a database"),
        ("redis+cluster://u:hunter2@a,u:hunter2@b", "one stands before the first node"),
        ("redis+cluster://a?sokcet_timeout=1", "did you mean `socket_timeout`?"),
        ("redis+cluster://a?health_check_interval=3", "is not an option of a cluster"),
        ("redis-cluster://a", "did you mean `redis+cluster://`?"),
        ("unix+cluster://a", "does not name a store"),
        ("memory://[", "is not a URL"),
        ("memory://#frag", "behind a `#`"),
        ("sqlite:///x.db?timeout=1&timeout=2", "`timeout` is given twice"),
        ("sqlite:///x.db#frag", "behind a `#`"),
        ("sqlite:///sub/", "does not name a file"),
        ("sqlite:///x.db?timeuot=3", "did you mean `timeout`?"),
        ("sqlite:///x.db?timeout=", "needs a number"),
        ("sqlite:///x.db?timeout=-1", "more than 0"),
        ("sqlite:////no/such/folder/x.db", "there is no folder"),
        ("memory://?capasity=3", "did you mean `capacity`?"),
        ("memory://localhost", "memory has none"),
        ("memory:///counts", "memory has none"),
    ],
)
@pytest.mark.parametrize("open_", [open_store, open_async_store])
def test_a_wrong_url_raises_when_it_is_opened(url, words, open_):
    """Whatever no driver would complain of until the first view, or ever, is refused at once."""
    with pytest.raises(StoreSetupError, match=re.escape(words)):
        open_(url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://u:p@h:6379/3?socket_timeout=0.2&socket_connect_timeout=1&health_check_interval=30",
        "redis://h?db=3&client_name=x&max_connections=8&decode_responses=true&protocol=2",
        "rediss://h/0?ssl_cert_reqs=none&ssl_ca_certs=/x&socket_keepalive=true",
        "unix:///run/s.sock?db=2",
        "redis://h/0?retry_on_timeout=True&encoding=latin-1&protocol=3",
        "redis+cluster://u:p%40@a:7000,b,[::1]:7001/0?socket_timeout=0.2&max_connections=4",
        "rediss+cluster://a:7000,b:7001?ssl_cert_reqs=none&ssl_ca_certs=/x&client_name=x",
        "valkey+cluster://a?socket_connect_timeout=1&retry_on_timeout=true",
        "valkeys+cluster://a,b",
        "postgresql://u@h1:5432,h2:5433/d?target_session_attrs=primary&keepalives=1",
        "postgresql://u@[::1]/d?sslmode=require",
        "postgresql://u:p@h/d?sslmode=verify-full&connect_timeout=3&application_name=x",
        "memory://?capacity=5",
        "memory:///",
    ],
)
@pytest.mark.parametrize("open_", [open_store, open_async_store])
def test_a_right_url_is_opened(url, open_):
    """What the drivers know may stand in a URL."""
    assert open_(url) is not None


class Plain:
    """A store that keeps the protocol."""

    name = "plain"

    def __init__(self):
        self.kept = {}

    def load(self, key):
        return self.kept.get(key)

    def swap(self, key, old, new, *, expires):
        self.kept[key] = new
        return new

    def forget(self, key):
        self.kept.pop(key, None)


class Awaited:
    """An async store that keeps the protocol."""

    name = "awaited"

    async def load(self, key):
        return None

    async def swap(self, key, old, new, *, expires):
        return new

    async def forget(self, key):
        return None


class WithoutForget:
    load = Plain.load
    swap = Plain.swap


class WithoutExpires(Plain):
    def swap(self, key, old, new):
        return new


class PositionalExpires(Plain):
    def swap(self, key, old, new, expires, /):
        return new


class HalfAwaited(Plain):
    async def swap(self, key, old, new, *, expires):
        return new


class AnswersLater(Plain):
    """A store whose methods look ordinary, and answer with something to be awaited."""

    def load(self, key):
        return Awaited().load(key)

    def swap(self, key, old, new, *, expires):
        return Awaited().swap(key, old, new, expires=expires)


class Misprogrammed(Plain):
    def load(self, key):
        return self.keept[key]

    def swap(self, key, old, new, *, expires):
        return len(5)


async def _nothing(event):
    return None


def _looks_ordinary(event):
    return _nothing(event)


class AwaitedHook:
    async def __call__(self, event):
        return None


@BOTH
@pytest.mark.parametrize(
    "store, words",
    [
        ("memory://", "`memory://…` is a text, not a store; open it with `open_store`"),
        ("postgresql://u:secret@h/d", "`postgresql://…` is a text"),
        ("counts.db", "is a text, not a store"),
        (None, "there is no store"),
        (MemoryStore, "`MemoryStore` is a class, not a store"),
        ({}, "`dict` is not a store: it has no `load(key)`, `swap(key, old, new, *, expires)` or"),
        (WithoutForget(), "`WithoutForget` is not a store: it has no `forget(key)`"),
        (WithoutExpires(), "`WithoutExpires.swap` does not take what a store is given"),
        (PositionalExpires(), "`PositionalExpires.swap` does not take what a store is given"),
        (HalfAwaited(), "`swap` is awaited and `load` and `forget` are not"),
    ],
)
def test_what_is_no_store_is_refused_when_the_paywall_is_made(kind, store, words, newsroom):
    """A text, nothing, a class, and what does not keep the protocol are a `TypeError`."""
    with pytest.raises(TypeError, match=re.escape(words)) as caught:
        kind(newsroom.policy(1), store)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("store", [Awaited(), in_thread(Plain())])
def test_a_store_to_be_awaited_is_refused_where_calls_block(store, newsroom):
    """The message says which paywall awaits it."""
    with pytest.raises(TypeError, match="give it to `AsyncPaywall`"):
        Paywall(newsroom.policy(1), store)


@BOTH
@pytest.mark.parametrize("on_outage", ["fallback", "open", "closed", "raise"])
@pytest.mark.parametrize(
    "store, error, words",
    [
        (AnswersLater, TypeError, "`async def`"),
        (Misprogrammed, (TypeError, AttributeError), "keept|len"),
    ],
)
def test_a_stores_own_mistake_is_raised(kind, on_outage, store, error, words, newsroom):
    """Whatever `on_outage` says: what is wrong in the store's code is no outage."""
    paywall = kind(newsroom.policy(1), store(), on_outage=on_outage)
    with pytest.raises(error, match=words):
        check(paywall, newsroom)
    with pytest.raises(error, match=words):
        ready(paywall)
    subscribed = paywall.check(SUBSCRIBER, newsroom.view("x"), now=newsroom.now)
    if kind is AsyncPaywall:
        subscribed = asyncio.run(subscribed)
    assert ("article", False) == (str(subscribed.show), subscribed.degraded)


def ready(paywall, within=5.0):
    """Ask a paywall of either kind whether it is ready."""
    asked = paywall.ready(within)
    if isinstance(paywall, AsyncPaywall):
        asyncio.run(asked)


@BOTH
@pytest.mark.parametrize(
    "policy, words",
    [
        ("offers.toml", "`offers.toml` is a text, not a policy; read the file"),
        (None, "a paywall needs a policy first"),
        (MemoryStore(), "a paywall needs a policy first"),
    ],
)
def test_what_is_no_policy_is_refused_when_the_paywall_is_made(kind, policy, words):
    """A path or nothing is a `TypeError` at once, not at the first view."""
    with pytest.raises(TypeError, match=re.escape(words)):
        kind(policy, MemoryStore())


@BOTH
@pytest.mark.parametrize(
    "settings, error, words",
    [
        ({"on_outgae": "open"}, TypeError, "has no setting `on_outgae`; did you mean `on_outage`?"),
        ({"zzz": 1}, TypeError, "has no setting `zzz`; there are: `article_ids`, `attempts`"),
        ({"on_outage": "opened"}, ValueError, "`opened` is not a word for `on_outage`"),
        ({"deadline": "soon"}, TypeError, "`deadline` is a number of seconds"),
        ({"deadline": True}, TypeError, "`deadline` is a number of seconds"),
        ({"deadline": float("nan")}, ValueError, "more than 0"),
        ({"queue": -1}, ValueError, "`queue` is more than 0 seconds"),
        ({"queue": "2"}, TypeError, "`queue` is a number of seconds"),
        ({"queue": False}, TypeError, "`queue` is a number of seconds"),
        ({"queue": float("inf")}, ValueError, "`queue` is at most 86,400 seconds"),
        ({"deadline": float("inf")}, ValueError, "`deadline` is at most 86,400 seconds"),
        ({"deadline": 1e300}, ValueError, "`deadline` is at most 86,400 seconds"),
        ({"attempts": 0}, ValueError, "`attempts` is 1 or more, not `0`"),
        ({"attempts": True}, TypeError, "`attempts` is a whole number"),
        ({"attempts": 1.5}, TypeError, "`attempts` is a whole number"),
        ({"remember": -1}, ValueError, "`remember` is 0 or more, not `-1`"),
        ({"remember": "9"}, TypeError, "`remember` is a whole number"),
        ({"namespace": None}, TypeError, "`namespace` is a text"),
        ({"namespace": b"n"}, TypeError, "`namespace` is a text"),
        ({"clock": 5}, TypeError, "`clock` is called for the time"),
        ({"clock": None}, TypeError, "`clock` is called for the time"),
        ({"old_secrets": {"a": "b"}}, TypeError, "`old_secrets` is a tuple of secrets"),
        ({"old_secrets": 5}, TypeError, "`old_secrets` is a tuple of secrets"),
        ({"on_decision": "log"}, TypeError, "`on_decision` is called with each decision"),
    ],
)
def test_a_wrong_setting_is_refused(kind, settings, error, words, newsroom):
    """In the name of the class that was called, with what was meant."""
    with pytest.raises(error, match=re.escape(words)) as caught:
        kind(newsroom.policy(1), MemoryStore(), **settings)
    if "has no setting" in words:
        assert str(caught.value).startswith(f"`{kind.__name__}` ")


@pytest.mark.parametrize("now", [0, "", False, 0.0, ()])
def test_a_time_that_is_none_is_told_and_never_the_clocks(now, newsroom):
    """What Python takes for false is no time left out; only `None` asks the clock."""
    paywall = Paywall(newsroom.policy(2), MemoryStore())
    reader = newsroom.reader("r")
    view = newsroom.view("a")
    asked = [
        lambda: paywall.check(reader, view, now=now),
        lambda: paywall.peek(reader, view, now=now),
        lambda: paywall.ledger("r", now=now),
        lambda: paywall.join("r", "s", now=now),
    ]
    for ask in asked:
        with pytest.raises(TypeError, match="a time with its offset"):
            ask()


def test_the_settings_are_named_once(newsroom):
    """The words that a type checker knows are the settings of both paywalls."""
    for kind in (Paywall, AsyncPaywall):
        _, _, *settings = signature(kind).parameters
        assert sorted(PaywallSettings.__annotations__) == sorted(settings)


@pytest.mark.parametrize("hook", [_nothing, AwaitedHook(), partial(_nothing)])
def test_a_hook_to_be_awaited_is_refused_where_calls_block(hook, newsroom):
    """An ordinary paywall would call it and never await it."""
    with pytest.raises(TypeError, match="only an `AsyncPaywall`"):
        Paywall(newsroom.policy(1), MemoryStore(), on_decision=hook)


def test_a_hook_that_turns_out_to_be_awaited_is_refused(newsroom):
    """The same where it cannot be seen before it is called."""
    paywall = Paywall(newsroom.policy(1), MemoryStore(), on_decision=_looks_ordinary)
    with pytest.raises(TypeError, match="only an `AsyncPaywall`"):
        check(paywall, newsroom)


def test_a_hook_that_is_cancelled_costs_no_page(newsroom, caplog):
    """What the hook waits for may be cancelled; only the caller's own task ends the call."""

    async def cancelled(_event):
        raise asyncio.CancelledError

    async def slow(_event):
        await asyncio.sleep(3600)

    async def of_its_own():
        paywall = AsyncPaywall(newsroom.policy(2), MemoryStore(), on_decision=cancelled)
        return await paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)

    async def of_the_caller():
        paywall = AsyncPaywall(newsroom.policy(2), MemoryStore(), on_decision=slow)
        async with asyncio.timeout(0.05):
            await paywall.check(newsroom.reader("r"), newsroom.view("a"), now=newsroom.now)

    assert asyncio.run(of_its_own()).counted
    assert "the decision stands" in caplog.text
    with pytest.raises(TimeoutError):
        asyncio.run(of_the_caller())


@pytest.mark.parametrize("backend", ["valkey", "postgres", "one of your own"])
def test_a_second_event_loop_is_a_mistake(backend, request, newsroom):
    """A store with connections belongs to one event loop, through one paywall or through two."""
    is_ours = backend != "one of your own"
    store = open_async_store(request.getfixturevalue(backend).url) if is_ours else Awaited()
    paywalls = [AsyncPaywall(newsroom.policy(1), store, deadline=10) for _ in range(1 + is_ours)]
    reader = newsroom.reader("r")
    view = newsroom.view("a")
    with asyncio.Runner() as first:
        assert not first.run(paywalls[0].check(reader, view, now=newsroom.now)).degraded
        with asyncio.Runner() as second:
            for paywall in paywalls:
                for asked in (paywall.check(reader, view, now=newsroom.now), paywall.ready()):
                    with pytest.raises(StoreSetupError, match="the event loop that used it first"):
                        second.run(asked)
        if is_ours:
            first.run(store.aclose())


def test_an_ordinary_store_may_be_used_in_one_event_loop_after_another(newsroom):
    """Nothing of it belongs to a loop, so tests and scripts may run several."""
    for store in (MemoryStore(), Plain(), in_thread(Plain())):
        paywall = AsyncPaywall(newsroom.policy(1), store)
        assert [False] * 3 == [check(paywall, newsroom).degraded for _ in range(3)]


@pytest.fixture
def locked_valkey(own_valkey):
    """A server with a password, a user who may not write, and sixteen databases."""
    server = own_valkey()
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read")
        client.config_set("requirepass", "right")
    return server


@BOTH
@pytest.mark.parametrize("on_outage", ["fallback", "raise"])
@pytest.mark.parametrize(
    "options, words",
    [
        ("", "Authentication required"),
        ("?password=wrong", "invalid username-password|WRONGPASS"),
        ("?password=right&username=nobody", "invalid username-password|WRONGPASS"),
        ("?password=pw&username=reader", "permission"),
        ("?password=right&db=99", "DB index"),
    ],
)
def test_what_valkey_refuses_for_good_is_raised(
    kind, on_outage, options, words, locked_valkey, newsroom
):
    """No password, a wrong one, no right to write, and a database that is not there."""
    opened = Opened(
        kind, f"{locked_valkey.url}{options}", newsroom, on_outage=on_outage, deadline=5
    )
    with pytest.raises(StoreSetupError, match=words) as caught:
        opened.check()
    assert "check the URL of the store" in str(caught.value)
    with pytest.raises(StoreSetupError, match=words):
        opened.ready()


@pytest.fixture(scope="module")
def roles(postgres):
    """Roles of a running PostgreSQL: one that may nothing, and one that may only read."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE stranger LOGIN")
        connection.execute("CREATE ROLE cannot NOLOGIN")
        connection.execute("CREATE TABLE IF NOT EXISTS meter_usage (key text)")
        connection.execute("DROP TABLE meter_usage")
        connection.execute("CREATE SCHEMA other")
        connection.execute("CREATE TABLE other.meter_usage (name text)")
    return postgres


@BOTH
@pytest.mark.parametrize("on_outage", ["fallback", "raise"])
@pytest.mark.parametrize(
    "database, user, options, words",
    [
        ("nowhere", "postgres", "", "does not exist"),
        ("postgres", "nobody", "", "does not exist"),
        ("postgres", "cannot", "", "not permitted to log in"),
        ("postgres", "stranger", "", "permission denied"),
        (
            "postgres",
            "postgres",
            "&options=-csearch_path%3Dother",
            "does not exist|more expressions",
        ),
    ],
)
def test_what_postgres_refuses_for_good_is_raised(
    kind, on_outage, database, user, options, words, roles, newsroom
):
    """Another database, role, right or table than the one that was meant."""
    url = f"postgresql:///{database}?host={roles.socket}&user={user}{options}"
    opened = Opened(kind, url, newsroom, on_outage=on_outage, deadline=5)
    with pytest.raises(StoreSetupError, match=words) as caught:
        opened.check()
    assert "monthly" not in str(caught.value)  # what was to be written is nobody's business
    with pytest.raises(StoreSetupError, match=words):
        opened.ready()


def test_a_file_that_is_no_store_is_refused(tmp_path):
    """A file of something else, a folder, and no folder: when the store is opened."""
    other = tmp_path / "letter.db"
    other.write_bytes(b"Dear reader, this is no database. " * 40)
    database = tmp_path / "other.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE letters (text)")
    connection.close()
    for path in (other, database, tmp_path, tmp_path / "none" / "x.db"):
        with pytest.raises(StoreSetupError):
            open_store(f"sqlite:///{path}")


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE usage (reader TEXT, bytes BLOB)",
        "CREATE TABLE usage (key TEXT, bytes BLOB, expires REAL, note TEXT)",
        "CREATE VIEW usage AS SELECT 1 AS one",
        "PRAGMA application_id = 5",
        "PRAGMA user_version = 1",
        "PRAGMA application_id = 1835365477; PRAGMA user_version = 1",
        "PRAGMA application_id = 1835365477; PRAGMA user_version = 1; CREATE TABLE usage (a, b, c)",
    ],
)
def test_a_database_of_something_else_is_refused_and_left_as_it_is(made, tmp_path):
    """Another table of the same name, another owner, or ours without its table."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(made)
    before = path.read_bytes()
    with pytest.raises(StoreSetupError, match="something else"):
        open_store(f"sqlite:///{path}")
    assert before == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_locked_file_is_no_mistake(tmp_path):
    """It may be opened a moment later."""
    path = tmp_path / "counts.db"
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreUnavailableError):
            open_store(f"sqlite:///{path}?timeout=0.05")
    connection.close()


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "unix:///tmp/no-server-listens-here.sock",
        "redis://127.0.0.1:1/0",
        "postgresql://127.0.0.1:1/d",
        "postgresql:///d?host=/tmp/no-server-listens-here",
    ],
)
def test_a_server_that_is_not_there_is_an_outage(kind, url, newsroom):
    """Refused or not there: views are decided, and `ready` says that the store is out."""
    opened = Opened(kind, url, newsroom)
    decision = opened.check()
    assert ("countdown", True) == (str(decision.show), decision.degraded)
    with pytest.raises(StoreUnavailableError):
        opened.ready(within=1.0)


class Says:
    """A server that answers every command with the same error, in the protocol of Redis."""

    def __init__(self, path, error):
        self.url = f"unix://{path}"
        self.line = f"-{error}\r\n".encode()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                near, _ = self.listener.accept()
                threading.Thread(target=self._answer, args=(near,), daemon=True).start()

    def _answer(self, near):
        with suppress(OSError), near:
            while data := near.recv(65536):
                near.sendall(self.line * len(re.findall(rb"(?:^|\n)\*\d", data)))


@BOTH
@pytest.mark.parametrize(
    "said, is_mistake",
    [
        ("LOADING Redis is loading the dataset in memory", False),
        ("READONLY You can't write against a read only replica.", False),
        ("OOM command not allowed when used memory > 'maxmemory'.", False),
        ("ERR max number of clients reached", False),
        ("MISCONF Redis is configured to save RDB snapshots, but it's unable to persist", False),
        ("NOREPLICAS Not enough good replicas to write.", False),
        ("CLUSTERDOWN The cluster is down", False),
        ("MASTERDOWN Link with MASTER is down", False),
        ("TRYAGAIN Multiple keys request during rehashing of slot", False),
        ("BUSY Redis is busy running a script.", False),
        ("NOAUTH Authentication required.", True),
        ("WRONGPASS invalid username-password pair or user is disabled.", True),
        ("NOPERM this user has no permissions to run the 'get' command", True),
        ("MOVED 3999 127.0.0.1:6381", True),
        ("ERR unknown command 'EVALSHA'", True),
        ("ERR DB index is out of range", True),
        ("DENIED Redis is running in protected mode because protected mode is enabled", True),
    ],
)
def test_what_a_redis_says_is_told_apart(kind, said, is_mistake, tmp_path, newsroom):
    """What passes by itself (starting, failing over, full) degrades; what never does is raised."""
    server = Says(tmp_path / "s", said)
    opened = Opened(kind, server.url, newsroom, deadline=5)
    expected = StoreSetupError if is_mistake else StoreUnavailableError
    if is_mistake:
        with pytest.raises(StoreSetupError):
            opened.check()
    else:
        assert opened.check().degraded
    with pytest.raises(StoreError) as caught:
        opened.ready()
    server.listener.close()
    assert expected is type(caught.value)


@pytest.mark.parametrize(
    "code, is_mistake",
    [
        ("57P01", False),  # admin_shutdown
        ("57P03", False),  # cannot_connect_now
        ("57014", False),  # query_canceled: statement_timeout
        ("53100", False),  # disk_full
        ("53200", False),  # out_of_memory
        ("53300", False),  # too_many_connections
        ("25006", False),  # read_only_sql_transaction: a standby during a failover
        ("08006", False),  # connection_failure
        ("55P03", False),  # lock_not_available
        ("58030", False),  # io_error
        ("XX000", False),  # internal_error
        ("42501", True),  # insufficient_privilege
        ("42703", True),  # undefined_column
        ("42804", True),  # datatype_mismatch
        ("28P01", True),  # invalid_password
        ("3D000", True),  # invalid_catalog_name
        ("3F000", True),  # invalid_schema_name
        ("0A000", True),  # feature_not_supported
    ],
)
def test_what_a_database_says_is_told_apart_by_its_code(code, is_mistake, postgres):
    """A server that raises each error itself: what no waiting mends is a mistake."""
    expected = StoreSetupError if is_mistake else StoreUnavailableError
    store = open_store(postgres.url)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS meter_usage CASCADE")
        connection.execute("DROP VIEW IF EXISTS meter_usage")
        connection.execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS bytea LANGUAGE plpgsql AS $$"
            f" BEGIN RAISE 'refused' USING ERRCODE = '{code}'; END $$"
        )
        connection.execute("CREATE VIEW meter_usage AS SELECT 'k' AS key, refuse() AS bytes")
        try:
            with pytest.raises(StoreError) as caught:
                store.load("k")
        finally:
            connection.execute("DROP VIEW meter_usage")
            store.close()
    assert expected is type(caught.value)


def test_ready_asks_the_store_and_leaves_nothing(store, newsroom):
    """Over every store `ready` returns, and neither a key nor a count is there afterwards."""
    paywall = Paywall(newsroom.policy(1), store, deadline=10)
    paywall.ready(within=30)
    assert store.load("#proof") is None
    decision = check(paywall, newsroom)
    assert ("last-free-article", False) == (str(decision.show), decision.degraded)


def test_ready_has_its_own_time(own_valkey, newsroom):
    """It waits longer than a view for a server that is slow, and no longer than it is given."""
    server = own_valkey()
    store = open_store(server.url)
    paywall = Paywall(newsroom.policy(1), store)
    server.pause()
    with pytest.raises(StoreUnavailableError, match=r"no answer within 0\.[123]"):
        paywall.ready(within=0.3)
    server.resume()
    paywall.ready(within=30)
    with pytest.raises(ValueError, match="`within` is more than 0 seconds"):
        paywall.ready(within=0)
    store.close()


def test_memory_beside_other_workers_is_told_loudly(monkeypatch, caplog, newsroom):
    """With `WEB_CONCURRENCY` above 1 it is one error of the log, and `ready` raises."""
    monkeypatch.setenv("WEB_CONCURRENCY", "1")
    Paywall(newsroom.policy(1), MemoryStore()).ready()
    assert [] == caplog.records
    monkeypatch.setenv("WEB_CONCURRENCY", " 4 ")
    for kind in (Paywall, AsyncPaywall):
        paywall = kind(newsroom.policy(1), MemoryStore())
        check(paywall, newsroom)
        check(paywall, newsroom)
        assert ["ERROR"] == [record.levelname for record in caplog.records]
        assert "`WEB_CONCURRENCY` is 4" in caplog.text
        caplog.clear()
        with pytest.raises(StoreSetupError, match="use a store that they share"):
            ready(paywall)


FORKED = """
import os, sys
from datetime import datetime, UTC
from meter import Article, PageView, Paywall, Reader, loads_policy, open_store
paywall = Paywall(loads_policy(sys.argv[1]), open_store("memory://"))
now = datetime(2026, 6, 1, tzinfo=UTC)
read = lambda: paywall.check(Reader(id="anna"), PageView(article=Article(id="a")), now=now)
if sys.argv[2] == "used":
    read()
if os.fork() == 0:
    paywall.check(Reader(id="bob"), PageView(article=Article(id="a")), now=now)
    paywall.check(Reader(id="eve"), PageView(article=Article(id="a")), now=now)
    try:
        paywall.ready()
    except Exception as error:
        print(type(error).__name__)
    sys.stdout.flush()
    os._exit(0)
os.wait()
"""


@pytest.mark.parametrize("how, told", [("used", 1), ("unused", 0)])
def test_a_fork_of_counts_in_memory_is_told_loudly(how, told, newsroom):
    """Counts made before a fork are in two processes after it: one error, and `ready` raises."""
    run = subprocess.run(
        [sys.executable, "-c", FORKED, newsroom.text(2), how],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told == run.stderr.count("a reader has an allowance in each of several processes")
    assert told == run.stdout.count("StoreSetupError")
