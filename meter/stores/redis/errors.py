"""What the errors of Redis' driver mean: a value of another's, a mistake or an outage."""

from __future__ import annotations

import re

import redis
from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    ClusterCrossSlotError,
    InvalidResponse,
    MovedError,
    NoPermissionError,
    RedisClusterException,
    ResponseError,
)

from meter.errors import CorruptUsageError, MeterError, StoreSetupError, StoreUnavailableError
from meter.stores.translating import Translated

__all__ = ["MISSES", "TRANSLATED"]

MISSES = (redis.ConnectionError, redis.TimeoutError, RedisClusterException, OSError)
"""Errors that mean that a question had no answer, the third that no node of a cluster gave one."""

_MISTAKES = (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    ClusterCrossSlotError,
    InvalidResponse,
    NoPermissionError,
)
_SAID_OF_MISTAKES = re.compile(
    r"DB index|unknown command|is not allowed in cluster mode|protected mode", re.IGNORECASE
)
"""What a server says of a mistake for which the driver has no class of its own."""


def _ours(error: Exception) -> MeterError:
    """Return what an error of the driver's means: a value of another's, a mistake or an outage."""
    said = str(error) or "not in time"
    if isinstance(error, ResponseError) and "WRONGTYPE" in said:
        return CorruptUsageError(
            "the server keeps a value of another kind under a reader's key; remove it, or"
            " `forget` the reader"
        )
    if isinstance(error, MovedError):
        return StoreSetupError(
            "the server is one node of a cluster, and another one keeps this reader; write"
            " `redis+cluster://` in the place of `redis://`, or give the store a client that knows"
            " them all: `redis.RedisCluster`"
        )
    if isinstance(error, RedisClusterException) and "not enabled" in said:
        return StoreSetupError(
            "the server is no node of a cluster, or does not let this user ask for the others"
            " (`CLUSTER SLOTS`); write `redis://` in the place of `redis+cluster://` for one server"
        )
    if isinstance(error, _MISTAKES) or isinstance(error.__cause__, _MISTAKES):
        is_mistake = True  # the asyncio connection puts an error of its own around this one
    else:
        is_mistake = _SAID_OF_MISTAKES.search(said) is not None
    if is_mistake:
        return StoreSetupError(
            f"the server refuses this store: {said}; check the URL of the store (server, user,"
            " password, database)"
        )
    if isinstance(error, ResponseError):
        return StoreUnavailableError(f"the server refused: {said}")
    return StoreUnavailableError(f"the server did not answer: {said}")


TRANSLATED = Translated(_ours)
