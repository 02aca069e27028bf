"""The store over three nodes of a cluster: each reader is in one slot, wherever that is."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from inspect import isawaitable

import pytest
import redis
import redis.asyncio

from meter import AsyncPaywall, Paywall, open_store
from meter.errors import StoreSetupError, StoreUnavailableError
from meter.stores import open_async_store
from meter.stores.deadline import deadline
from meter.stores.redis import AsyncRedisStore, RedisStore
from meter.testing import check_store
from tests.servers import close_async

SHARE = 5462  # slots a node, of 16,384
PATIENT = {"deadline": 30.0, "queue": 30.0, "on_outage": "raise"}


def free_port():
    """Return a free port for a node, whose own one, 10,000 higher, is a free port too."""
    while True:
        with socket.socket() as probe, socket.socket() as bus, suppress(OSError, OverflowError):
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            bus.bind(("127.0.0.1", port + 10_000))
            return port


class Cluster:
    """Three nodes that know each other, and clients of each."""

    def __init__(self, start):
        self.ports = []
        self.servers = []
        self.nodes = []
        for number in range(3):
            self.ports.append(free_port())
            options = ["--port", str(self.ports[-1]), "--bind", "127.0.0.1"]
            options += ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"]
            self.servers.append(start(*options))
            self.nodes.append(self.servers[-1].client())
            last = min(16383, number * SHARE + SHARE - 1)
            self.ask(number, "CLUSTER", "ADDSLOTSRANGE", number * SHARE, last)
            self.ask(number, "CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for port in self.ports[1:]:
            self.ask(0, "CLUSTER", "MEET", "127.0.0.1", port)
        for number in range(3):
            while self.ask(number, "CLUSTER INFO")["cluster_state"] != "ok":
                time.sleep(0.02)

    def ask(self, number, *command):
        """Ask one node something."""
        return self.nodes[number].execute_command(*command)

    def client(self, kind=redis.RedisCluster):
        """Return a client that knows all nodes."""
        return kind(host="127.0.0.1", port=self.ports[0], socket_timeout=10)

    def url(self, options=""):
        """Return a URL that names two of the nodes, the first of which does not answer."""
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            gone = closed.getsockname()[1]
        return f"redis+cluster://127.0.0.1:{gone},127.0.0.1:{self.ports[1]}{options}"

    def move(self, key):
        """Move the slot of a key to the next node; stop after each step."""
        slot = self.ask(0, "CLUSTER KEYSLOT", key)
        source = slot // SHARE
        target = (source + 1) % 3
        names = [self.ask(number, "CLUSTER MYID") for number in range(3)]
        self.ask(target, "CLUSTER", "SETSLOT", slot, "IMPORTING", names[source])
        self.ask(source, "CLUSTER", "SETSLOT", slot, "MIGRATING", names[target])
        yield "begun"
        self.ask(source, "MIGRATE", "127.0.0.1", self.ports[target], key, 0, 5000)
        yield "the key is there"
        for number in (target, source, 3 - target - source):
            self.ask(number, "CLUSTER", "SETSLOT", slot, "NODE", names[target])
        yield "done"


@pytest.fixture
def cluster(own_valkey):
    """A cluster that one test may use and change."""
    return Cluster(own_valkey)


def test_a_cluster_keeps_the_contract(cluster):
    """Every command stays within one slot, and the contract holds."""
    check_store(lambda: RedisStore(cluster.client()), examples=5, rounds=3)


def test_readers_on_three_nodes_are_counted_exactly(cluster, newsroom):
    """Also a reader whose slot is moved to another node meanwhile, and tasks of an event loop."""
    store = RedisStore(cluster.client(), deadline=30)
    paywall = Paywall(newsroom.policy(2), store, **PATIENT)

    def read(reader, article):
        view = newsroom.view(article)
        return str(paywall.check(newsroom.reader(reader), view, now=newsroom.now).access)

    for number in range(30):
        found = [read(f"r{number}", article) for article in "abca"]
        assert ["full", "full", "preview", "full"] == found
    assert all(node.dbsize() > 1 for node in cluster.nodes)
    for step in cluster.move("meter:{r1}"):
        assert ["full", "preview"] == [read("r1", article) for article in "ad"], step
    store.close()

    async def read_at_once():
        client = cluster.client(redis.asyncio.RedisCluster)
        awaited = AsyncPaywall(newsroom.policy(2), AsyncRedisStore(client, deadline=30), **PATIENT)
        await awaited.ready()
        views = [
            awaited.check(newsroom.reader(f"t{n % 9}"), newsroom.view(f"a{n}"), now=newsroom.now)
            for n in range(90)
        ]
        decisions = await asyncio.gather(*views)
        await client.aclose()
        return sum(each.access == "full" for each in decisions)

    assert 18 == asyncio.run(read_at_once())


def test_the_url_of_one_node_is_a_mistake(cluster):
    """It has some readers and not others, which is told and not taken for an outage."""
    store = open_store(f"redis://127.0.0.1:{cluster.ports[0]}/0?socket_timeout=10")
    with pytest.raises(StoreSetupError, match=r"write `redis\+cluster://`"):
        [store.load(f"r{number}") for number in range(30)]
    store.close()


@pytest.mark.parametrize("opens", [open_store, open_async_store])
def test_a_url_of_a_cluster_keeps_the_contract(cluster, opens):
    """One of the nodes it names is enough, and both versions of the protocol are."""
    for options in ("?protocol=2", "/0?protocol=3"):
        check_store(lambda options=options: opens(cluster.url(options)), examples=3, rounds=3)


def test_tasks_that_use_a_cluster_first_at_once_are_counted_exactly(cluster, newsroom):
    """The nodes are asked for once, whoever comes first and gives up; a slot moves meanwhile."""

    async def read_at_once():
        store = open_async_store(cluster.url())
        hasty = asyncio.create_task(store.load("t0"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        hasty.cancel()
        paywall = AsyncPaywall(newsroom.policy(2), store, **PATIENT)

        async def read(reader, article):
            view = newsroom.view(article)
            return (await paywall.check(newsroom.reader(reader), view, now=newsroom.now)).access

        found = await asyncio.gather(*(read(f"t{n % 9}", f"a{n}") for n in range(90)))
        for step in cluster.move("meter:{t1}"):
            assert "preview" == await read("t1", "other"), step
        await close_async(store)
        return sum(access == "full" for access in found)

    assert 18 == asyncio.run(read_at_once())


def test_a_cluster_of_a_url_is_used_by_threads_and_a_forked_process(cluster, newsroom):
    """Each process has connections of its own; a node that is silent is an outage in time."""
    store = open_store(cluster.url())
    paywall = Paywall(newsroom.policy(2), store, **PATIENT)

    def read(number):
        view = newsroom.view(f"a{number}")
        return paywall.check(newsroom.reader(f"f{number % 9}"), view, now=newsroom.now).access

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(read, range(90)))
    assert 18 == found.count("full")
    counted = found.index("full")
    child = os.fork()
    if not child:
        os._exit(0 if read(counted) == "full" and read(1000) == "preview" else 1)
    assert 0 == os.waitpid(child, 0)[1]
    assert "preview" == read(1000)
    store.close()


@pytest.mark.parametrize("opens", [open_store, open_async_store])
def test_a_silent_node_is_an_outage_for_its_own_readers(cluster, opens):
    """They are told in time, the others are answered, and both again once it answers."""
    slots = {key: cluster.ask(0, "CLUSTER KEYSLOT", f"meter:{{{key}}}") for key in "abcdefgh"}
    silent = 2
    of_it = [key for key, slot in slots.items() if slot // SHARE == silent]
    others = [key for key, slot in slots.items() if slot // SHARE != silent]

    async def load(store, key, seconds):
        with deadline(seconds):
            try:
                found = store.load(key)
                return await found if isawaitable(found) else found
            except (StoreUnavailableError, TimeoutError):  # the second where threads are waited for
                return "out"

    async def ask():
        store = opens(cluster.url())
        before = [await load(store, key, 30) for key in slots]
        cluster.servers[silent].pause()
        out = [await load(store, key, 0.3) for key in of_it]
        answered = [await load(store, key, 30) for key in others]
        cluster.servers[silent].resume()
        after = [await load(store, key, 30) for key in slots]
        await close_async(store) if opens is open_async_store else store.close()
        return set(before), set(out), set(answered), set(after)

    assert of_it
    assert ({None}, {"out"}, {None}, {None}) == asyncio.run(ask())


def test_a_node_that_was_silent_may_take_its_time_again(cluster):
    """Once it answers; and the others may all along."""
    store = open_store(cluster.url())
    store.load("k")
    kind = store.client._made[1].get_default_node().redis_connection.connection_pool
    silent, other = [
        kind.connection_class(**kind.connection_kwargs | {"port": port})
        for port in cluster.ports[1:]
    ]

    def allowed(connection):
        with deadline(0.05, queue=30):
            return connection._connect_seconds(0.05)

    other.connect()
    cluster.servers[1].pause()
    with deadline(0.05), pytest.raises(redis.TimeoutError):
        silent.connect()
    assert allowed(silent) < 10 < allowed(other)
    cluster.servers[1].resume()
    silent.silence.took = 30.0  # a busy machine is not what is tested
    silent.connect()
    assert 10 < allowed(silent)
    silent.silence.give_up()
    silent.send_command("PING")
    assert b"PONG" == silent.read_response()
    assert 10 < allowed(silent)
    store.close()


def test_a_paywall_that_is_made_ready_may_take_its_time_to_find_the_nodes(cluster, newsroom):
    """Ten times as long as an answer may take; the view that comes first instead is degraded."""

    async def ask():
        store = open_async_store(cluster.url())
        paywall = AsyncPaywall(newsroom.policy(2), store)
        for server in cluster.servers:
            server.pause()
        view = newsroom.view("a")
        hasty = await paywall.check(newsroom.reader("r"), view, now=newsroom.now)
        asyncio.get_running_loop().call_later(0.5, lambda: [s.resume() for s in cluster.servers])
        await paywall.ready(within=30)
        await close_async(store)
        return hasty.degraded

    assert asyncio.run(ask())


@pytest.mark.parametrize("opens", [open_store, open_async_store])
def test_a_server_that_is_no_node_is_a_mistake(own_valkey, opens):
    """As soon as it is asked."""
    port = free_port()
    own_valkey("--port", str(port), "--bind", "127.0.0.1")

    async def ask():
        store = opens(f"redis+cluster://127.0.0.1:{port}")
        try:
            found = store.load("k")
            await found if isawaitable(found) else found
        finally:
            await close_async(store) if opens is open_async_store else store.close()

    with pytest.raises(StoreSetupError, match=r"no node of a cluster.*write `redis://`"):
        asyncio.run(ask())
