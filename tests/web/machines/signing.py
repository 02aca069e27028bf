"""Agents with keys of their own, which sign requests, and the directories that publish the keys."""

from __future__ import annotations

import json
import tomllib
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from http_message_signatures import HTTPMessageSigner, MappingKeyResolver
from http_message_signatures.algorithms import ED25519, RSA_PSS_SHA512

from meter.web import WebRequest
from meter.web.machines import KnownCrawler, Machines
from meter.web.machines.keys import thumbprint

VECTORS = Path(__file__).parents[2] / "corpus" / "vectors" / "web-bot-auth.toml"
NOW = datetime(2026, 6, 10, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOST = "harbour.example"
AGENT = "https://agent.example"
DIRECTORY = f"{AGENT}/.well-known/http-message-signatures-directory"
COVERED = ("@authority", '"signature-agent";key="sig1"')


def vectors():
    """Return the tables of the published vectors."""
    return tomllib.loads(VECTORS.read_text("utf-8"))


def _base64url(number_or_bytes):
    raw = number_or_bytes
    if isinstance(raw, int):
        raw = raw.to_bytes((raw.bit_length() + 7) // 8, "big")
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class AgentKeyPair:
    """A pair of keys: it signs, and says how a directory lists it."""

    def __init__(self, private):
        self.private = private
        if isinstance(private, RSAPrivateKey):
            numbers = private.public_key().public_numbers()
            self.algorithm = RSA_PSS_SHA512
            self.jwk = {"kty": "RSA", "n": _base64url(numbers.n), "e": _base64url(numbers.e)}
        else:
            raw = private.public_key().public_bytes_raw()
            self.algorithm = ED25519
            self.jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(raw)}
        self.name = thumbprint(self.jwk)


def ed25519(seed=1):
    """Return a pair of keys; the same seed gives the same."""
    return AgentKeyPair(Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def rsa():
    """Return a new pair of keys for RSA-PSS."""
    return AgentKeyPair(generate_private_key(65537, 2048))


def directory(*keys):
    """Return what a directory with these keys answers."""
    return json.dumps({"keys": [key.jwk for key in keys]}).encode()


class Directories:
    """Directories by their addresses; notes each address that is asked for."""

    def __init__(self, **answers):
        self.answers = {DIRECTORY: answers.pop("agent", b"")} | answers
        self.asked = []

    def read(self, address):
        """Return what is at an address."""
        self.asked.append(address)
        return self.answers[address]


def signed(
    key,
    *,
    url="/articles/a1",
    host=HOST,
    method="GET",
    scheme="https",
    created=NOW,
    expires=NOW + MINUTE,
    covered=COVERED,
    agent=f'sig1="{AGENT}"',
    tag="web-bot-auth",
    nonce="once",
    keyid=None,
    headers=(),
    **more,
):
    """Return a request that a key has signed."""
    given = {"Host": host, **dict(headers)}
    if agent is not None:
        given["Signature-Agent"] = agent
    keys = MappingKeyResolver(public_keys={}, private_keys={keyid or key.name: key.private})
    message = SimpleNamespace(method=method, url=f"{scheme}://{host}{url}", headers=given)
    HTTPMessageSigner(signature_algorithm=key.algorithm, key_resolver=keys).sign(
        message,
        key_id=keyid or key.name,
        created=created,
        expires=expires,
        nonce=nonce,
        label="sig1",
        tag=tag,
        covered_component_ids=covered,
        **more,
    )
    return WebRequest(method=method, url=url, headers=message.headers, scheme=scheme)


def machines(*keys, now=NOW, crawlers=None, **settings):
    """Return what verifies requests to one site, and knows one agent with these keys."""
    settings.setdefault("keys", Directories(agent=directory(*keys)))
    settings.setdefault("hosts", [HOST])
    settings.setdefault("deadline", timedelta(seconds=20))
    known = crawlers or [KnownCrawler(name="Agent", kind="agent", keys=AGENT)]
    return Machines(known, clock=lambda: now, **settings)
