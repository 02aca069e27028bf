"""A client for the nodes of a cluster, from a URL that names some of them.

It blocks; what is awaited asks it in threads. The driver's own for asyncio answers nobody whose
slot is being moved: it says `ASKING` on one connection, and asks on another (redis-py 8.1).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import redis
from redis.backoff import NoBackoff
from redis.cluster import REDIS_ALLOWED_KEYS, ClusterNode
from redis.retry import Retry

from meter.errors import StoreSetupError
from meter.stores.addresses import split_place
from meter.stores.deadline import patience
from meter.stores.locks import ForkLock
from meter.stores.redis.connections import SIZE, DeadlineMixin, completed
from meter.stores.redis.errors import MISSES
from meter.stores.redis.urls import CLUSTER, Settings, read_url
from meter.stores.turns import Silence, Turns

if TYPE_CHECKING:
    from collections.abc import Callable

    from meter.stores.redis.replies import Reply

__all__ = ["Cluster", "cluster_client", "is_cluster"]

_RETRIES = 1  # a question whose node is gone is asked once more of the node that took its place


def is_cluster(url: str) -> bool:
    """Say whether a URL names the nodes of a cluster."""
    return url.partition("://")[0].endswith(CLUSTER)


class Cluster:
    """A `redis.RedisCluster` that is made when it is used first; a forked process makes its own."""

    def __init__(self, make: Callable[[], redis.RedisCluster]) -> None:
        self._make = make
        self._making = ForkLock()
        self._made: tuple[int, redis.RedisCluster] | None = None

    def execute_command(self, *command: bytes | str) -> Reply:
        """Send a command to the node that keeps its key, and return the answer."""
        made = self._made
        if made is None or made[0] != os.getpid():
            made = self._start()
        execute: Callable[..., Reply] = made[1].execute_command
        return execute(*command)

    def close(self) -> None:
        """Close the connections to all nodes."""
        if self._made is not None:
            close: Callable[[], None] = self._made[1].close
            close()

    def _start(self) -> tuple[int, redis.RedisCluster]:
        with self._making.within(patience(None)):
            made = self._made
            if made is None or made[0] != os.getpid():
                made = self._made = (os.getpid(), self._make())
        return made


class _NodeMixin(DeadlineMixin):
    """A connection to one of the nodes: what one answers says nothing of another's silence.

    A node is silent from when connecting took too long until it answers anything. The connections
    count no answers.
    """

    nodes: dict[tuple[str, int], Silence]
    host: str
    port: int

    def connect(self) -> None:
        self.silence = self.nodes.setdefault((self.host, self.port), Silence(MISSES))
        super().connect()
        self.silence.out = False

    def read_response(self, *args: object, **options: object) -> object:
        response = super().read_response(*args, **options)
        self.silence.out = False
        return response


def cluster_client(url: str) -> tuple[Cluster, float, Turns]:
    """Return a client for the nodes of a URL, the deadline, and the turns of its threads."""
    nodes, given = _read(url)
    settings = completed(given)
    size = settings.pop("max_connections", SIZE)
    own = {"nodes": {}, "is_given": "socket_connect_timeout" in given}
    kind = settings["connection_class"]
    settings["connection_class"] = type("NodeConnection", (_NodeMixin, kind), own)

    def make() -> redis.RedisCluster:
        # Only where it is given a URL does the driver take a class of connections.
        (first, first_port), *others = nodes
        host = f"[{first}]" if ":" in first else first
        named: Callable[[str, int], ClusterNode] = ClusterNode
        return redis.RedisCluster(
            url=f"redis://{host}:{first_port}",
            startup_nodes=[named(*node) for node in others],
            retry=Retry(NoBackoff(), _RETRIES),
            **settings,
        )

    return Cluster(make), settings["socket_timeout"], Turns(size, MISSES)


def _read(url: str) -> tuple[list[tuple[str, int]], Settings]:
    """Return the nodes that a URL names, and what else it says, which holds for all of them."""
    shown = url.partition("://")[0]
    scheme = shown.removesuffix(CLUSTER)
    place, behind = split_place(url)
    user, at, hosts = place.rpartition("@")
    if "@" in user:
        raise StoreSetupError(
            f"`{shown}://…` names a user twice; one stands before the first node, for all of them"
            " (an `@` in a password is `%40`)"
        )
    nodes = []
    settings: Settings = {}
    for host in hosts.split(","):
        settings = read_url(f"{scheme}://{user}{at}{host}{behind}", shown)
        if "host" not in settings:
            raise StoreSetupError(
                f"`{shown}://…` names a node without a host; write hosts with commas between them,"
                f" as in `{shown}://one:6379,two:6379`"
            )
        nodes.append((settings.pop("host"), settings.pop("port", 6379)))
    if settings.pop("db", 0):
        raise StoreSetupError(
            f"`{shown}://…` names a database, and a cluster has no other than 0; leave it out"
        )
    for name in settings:
        if name not in REDIS_ALLOWED_KEYS:  # the driver would pass it by
            raise StoreSetupError(
                f"`{name}` in `{shown}://…` is not an option of a cluster; leave it out"
            )
    return nodes, settings
