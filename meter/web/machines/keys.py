"""The public keys of agents, read from a list of them (RFC 7517) and named by their thumbprints.

A thumbprint (RFC 7638) is a hash of the key itself, so what a list calls a key proves nothing.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import TypeAlias

from attrs import frozen

from meter.errors import raise_missing_extra
from meter.web.machines.directories import DirectoryError

try:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
    from http_message_signatures import HTTPSignatureAlgorithm
    from http_message_signatures.algorithms import ED25519, RSA_PSS_SHA512
except ModuleNotFoundError as error:
    raise_missing_extra(error)

__all__ = ["AgentKey", "AgentKeys", "read_keys", "thumbprint"]

_MOST_KEYS = 50
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{1,2000}")
_NAMED_BY = {"OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
"""What a thumbprint is made of, by the kind of a key and in this order (RFC 7638, RFC 8037)."""
_RSA_BITS = range(2048, 8193)
_MOST_EXPONENT = 2**32

Jwk: TypeAlias = dict[str, object]


@frozen
class AgentKey:
    """One public key: its thumbprint, the way it signs, and the key itself."""

    thumbprint: str
    algorithm: type[HTTPSignatureAlgorithm]
    public: Ed25519PublicKey | RSAPublicKey


AgentKeys: TypeAlias = dict[str, AgentKey]
"""The keys of one directory, by their thumbprints."""


def read_keys(raw: bytes) -> AgentKeys:
    """Return the keys of a directory's answer, a JSON text: those for Ed25519 and RSA-PSS.

    What is no such key is left out. Raises `DirectoryError` for what is no list of keys.
    """
    try:
        read: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise DirectoryError("the answer is no JSON") from None
    listed = read.get("keys") if isinstance(read, dict) else None
    if not isinstance(listed, list):
        raise DirectoryError("the answer has no list `keys`")
    keys = [_key(item) for item in listed[:_MOST_KEYS] if isinstance(item, dict)]
    return {key.thumbprint: key for key in keys if key is not None}


def thumbprint(jwk: Jwk) -> str | None:
    """Return the thumbprint of a key, or `None` for one of another kind than Ed25519 and RSA."""
    kind = jwk.get("kty")
    names = _NAMED_BY.get(kind) if isinstance(kind, str) else None
    if names is None or not all(_is_word(jwk.get(name)) for name in names):
        return None
    members = json.dumps({name: jwk[name] for name in names}, separators=(",", ":"))
    return urlsafe_b64encode(sha256(members.encode()).digest()).rstrip(b"=").decode()


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _BASE64URL.fullmatch(value) is not None


def _key(jwk: Jwk) -> AgentKey | None:
    name = thumbprint(jwk)
    if name is None or jwk.get("use", "sig") != "sig":
        return None
    try:
        if jwk["kty"] == "RSA":
            return _rsa(name, jwk)
        if jwk["crv"] != "Ed25519":
            return None
        return AgentKey(name, ED25519, Ed25519PublicKey.from_public_bytes(_bytes(jwk["x"])))
    except ValueError:
        return None


def _rsa(name: str, jwk: Jwk) -> AgentKey | None:
    exponent = int.from_bytes(_bytes(jwk["e"]), "big")
    modulus = int.from_bytes(_bytes(jwk["n"]), "big")
    if modulus.bit_length() not in _RSA_BITS or exponent > _MOST_EXPONENT:
        return None  # weak, or made to be slow
    return AgentKey(name, RSA_PSS_SHA512, RSAPublicNumbers(exponent, modulus).public_key())


def _bytes(word: object) -> bytes:
    """Return what is written in base64url, without its padding."""
    text = str(word)
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
