"""Checks signed requests by Web Bot Auth: RFC 9421, with the tag `web-bot-auth`.

A *claim* is what a signature says of itself. It may be used where it names a key, a time of making
and an end no further than `longest` behind that, where it covers the host that was asked
(`@authority` or `@target-uri`), and, if the request says whose it is (`Signature-Agent`), that too.
A claim is not yet true: that says `check_signature`, with the key.

The library's own check of times goes by the clock of the machine, and does nothing here: times are
those of the claim, compared with the time that is passed in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from attrs import frozen

from meter.errors import MeterError, raise_missing_extra
from meter.web.gate.kinds import SIGNATURE_AGENT, SIGNATURE_INPUT, SIGNATURE_TAG
from meter.web.machines.agents import read_signature_agents

try:
    import http_sf
    from http_message_signatures import (
        HTTPMessageSignaturesException,
        HTTPMessageVerifier,
        MappingKeyResolver,
    )
except ModuleNotFoundError as error:
    raise_missing_extra(error)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from meter.web.gate.request import WebRequest
    from meter.web.machines.keys import AgentKey

__all__ = ["RefusedSignatureError", "SignatureClaim", "check_signature", "signature_claims"]

_SKEW = 5
"""For how many seconds an agent's clock may be ahead."""
_LONGEST = 8192
_MOST_SIGNATURES = 3
_MOST_COMPONENTS = 20
_TARGETS = ("@authority", "@target-uri")
_LONGEST_WORD = 500


class RefusedSignatureError(MeterError):
    """A signature proves nobody; the message says why."""


@frozen(kw_only=True)
class SignatureClaim:
    """What a signature says of itself.

    `keys` is where its key would be, or `None` where the request does not say whose it is.
    `parameters` are all it is made with, which no one can change; `expires` is in seconds since
    1970.
    """

    label: str
    keyid: str
    nonce: str | None
    expires: int
    keys: str | None
    parameters: str


@frozen
class _Member:
    """One signature of `Signature-Input`: what it covers, each with parameters, and its own."""

    label: str
    covered: tuple[tuple[str, Mapping[str, object]], ...]
    parameters: Mapping[str, object]


def signature_claims(
    request: WebRequest, now: datetime, longest: timedelta
) -> tuple[SignatureClaim, ...]:
    """Return what a request's signatures say that have the tag; `now` has a zone.

    Raises `RefusedSignatureError` where one of them is malformed, over, not yet made, made for
    longer than `longest`, or covers too little.
    """
    tagged = [
        each
        for each in _members(request.header(SIGNATURE_INPUT))
        if each.parameters["tag"] == SIGNATURE_TAG
    ]
    if len(tagged) > _MOST_SIGNATURES:
        raise RefusedSignatureError("the request has too many signatures")
    return tuple(_claim(request, each, now, longest) for each in tagged)


def _members(header: str) -> list[_Member]:
    """Return the signatures that have a tag."""
    if len(header) > _LONGEST or not header.isascii():
        raise RefusedSignatureError("`Signature-Input` is too long, or not of ASCII")
    try:
        read = http_sf.parse(header.encode(), tltype="dictionary")
    except ValueError:
        raise RefusedSignatureError("`Signature-Input` is malformed") from None
    members = []
    for label, member in read.items() if isinstance(read, dict) else ():
        match member:
            case (list(items), dict(parameters)) if "tag" in parameters:
                members.append(_Member(label, tuple(_components(items)), parameters))
    return members


def _components(items: Sequence[object]) -> list[tuple[str, Mapping[str, object]]]:
    components: list[tuple[str, Mapping[str, object]]] = []
    for item in items[: _MOST_COMPONENTS + 1]:
        match item:
            case (str(name), dict(parameters)):
                components.append((name, parameters))
            case _:
                raise RefusedSignatureError("`Signature-Input` is malformed")
    if len(components) > _MOST_COMPONENTS:
        raise RefusedSignatureError("the signature covers too many things")
    return components


def _claim(
    request: WebRequest, member: _Member, now: datetime, longest: timedelta
) -> SignatureClaim:
    created = _second(member, "created")
    expires = _second(member, "expires")
    seconds = now.timestamp()
    if created > seconds + _SKEW:
        raise RefusedSignatureError("the signature is not made yet")
    if expires <= seconds:
        raise RefusedSignatureError("the signature is over")
    if not created < expires <= created + longest.total_seconds():
        raise RefusedSignatureError("the signature is made for too long")
    plain = [name for name, parameters in member.covered if not parameters]
    if not any(target in plain for target in _TARGETS):
        raise RefusedSignatureError("the signature does not cover the host")
    nonce = _word(member, "nonce") if "nonce" in member.parameters else None
    return SignatureClaim(
        label=member.label,
        keyid=_word(member, "keyid"),
        nonce=nonce,
        expires=expires,
        keys=_claimed_keys(request, member),
        parameters=repr((member.covered, sorted(member.parameters.items(), key=str))),
    )


def _second(member: _Member, name: str) -> int:
    value = member.parameters.get(name)
    if type(value) is not int:
        raise RefusedSignatureError(f"the signature has no `{name}`")
    return value


def _word(member: _Member, name: str) -> str:
    value = member.parameters.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_WORD:
        raise RefusedSignatureError(f"the signature has no `{name}`")
    return value


def _claimed_keys(request: WebRequest, member: _Member) -> str | None:
    """Return where the keys are of whom the request names, which the signature has to cover."""
    if SIGNATURE_AGENT not in request.headers:
        return None
    covered = [dict(parameters) for name, parameters in member.covered if name == SIGNATURE_AGENT]
    if len(covered) != 1 or not covered[0].keys() <= {"key"}:
        raise RefusedSignatureError("the signature does not cover `Signature-Agent`")
    agents = read_signature_agents(request.header(SIGNATURE_AGENT))
    label = covered[0].get("key", None if _is_bare(request) else member.label)
    named = [agent for agent in agents if agent.label == label]
    keys = named[0].keys if named else None
    if keys is None:
        raise RefusedSignatureError("`Signature-Agent` names no keys")
    return keys


def _is_bare(request: WebRequest) -> bool:
    """Say whether `Signature-Agent` has the older form, a text that is no dictionary."""
    return request.header(SIGNATURE_AGENT).lstrip().startswith('"')


@frozen
class _Message:
    """A request as the library wants it."""

    method: str
    url: str
    headers: Mapping[str, str]


class _Verifier(HTTPMessageVerifier):
    """The library's verifier, which leaves the times to `signature_claims`."""

    def validate_created_and_expires(
        self, sig_input: object, max_age: timedelta | None = None
    ) -> None:
        """Do nothing: the times were compared with the time that is passed in."""


def _asked(request: WebRequest) -> str:
    """Return the whole address that is asked for: a path of the host that the request names.

    Of RFC 9112 section 3.2 it is the first form of a target, and the second where the address is of
    that very host. Raises `RefusedSignatureError` for any other: with a host before it, it could be
    of another site.
    """
    site = f"{request.scheme}://{request.header('host')}"
    path = request.url
    if path.lower().startswith(f"{site.lower()}/"):
        path = path[len(site) :]
    if not path.startswith("/"):
        raise RefusedSignatureError("the request asks for no path of this site")
    return f"{site}{path}"


def check_signature(request: WebRequest, claim: SignatureClaim, key: AgentKey) -> None:
    """Raise `RefusedSignatureError` unless a claim's signature is of a key, and of this request.

    `scheme` and the header `host` of the request are those that the agent asked for.
    """
    if key.thumbprint != claim.keyid:
        raise RefusedSignatureError("the signature is by another key")
    message = _Message(request.method, _asked(request), request.headers)
    keys = MappingKeyResolver(public_keys={claim.keyid: key.public}, private_keys={})
    verifier = _Verifier(signature_algorithm=key.algorithm, key_resolver=keys)
    try:
        verifier.verify(message, max_age=None, expect_tag=SIGNATURE_TAG, expect_label=claim.label)
    except HTTPMessageSignaturesException:
        raise RefusedSignatureError("the signature is not of this request") from None
