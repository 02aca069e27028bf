"""The store over three nodes of a cluster: each reader is in one slot, wherever that is."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import suppress

import pytest
import redis
import redis.asyncio

from meter import AsyncPaywall, Paywall, open_store
from meter.errors import StoreSetupError
from meter.stores.redis import AsyncRedisStore, RedisStore
from meter.testing import check_store

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
        self.nodes = []
        for number in range(3):
            self.ports.append(free_port())
            options = ["--port", str(self.ports[-1]), "--bind", "127.0.0.1"]
            options += ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf"]
            self.nodes.append(start(*options).client())
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
    with pytest.raises(StoreSetupError, match=r"redis\.RedisCluster"):
        [store.load(f"r{number}") for number in range(30)]
    store.close()
