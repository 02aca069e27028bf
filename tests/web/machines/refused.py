"""Signed requests that were changed, copied, aimed elsewhere or are out of time: none is verified.

Run it: `python -m tests.web.machines.refused [--whole]`.

Each begins as a request that is verified, by an Ed25519 or an RSA key, over the host or over the
whole address, with the newer `Signature-Agent`, the older one or none; that it is, is tried first.
Then one thing is done to it. Prints how many were refused by what was done. Exit code 1 if one is
verified, or if one that is as it was signed is not.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from base64 import b64decode, b64encode
from collections import Counter
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from attrs import evolve

from tests.web.machines.signing import (
    AGENT,
    HOST,
    MINUTE,
    NOW,
    AgentKeyPair,
    Directories,
    directory,
    ed25519,
    machines,
    rsa,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
EVIL = "evil.example"
AGENTS = {
    "newer": (f'sig1="{AGENT}"', '"signature-agent";key="sig1"'),
    "older": (f'"{AGENT}"', "signature-agent"),
    "none": (None, None),
}


@cache
def keys():
    """Return the keys that the agent has, and one of each kind that is a stranger's."""
    return (ed25519(), rsa()), (ed25519(9), rsa())


class Genuine(NamedTuple):
    """How a request is signed that holds; `sign` takes what is to be otherwise."""

    key: AgentKeyPair
    stranger: AgentKeyPair
    target: str
    agent: str

    @property
    def name(self):
        """What it is called: the same in each run, as its keys are not."""
        return f"{self.key.algorithm.algorithm_id} {self.target} {self.agent}"

    def sign(self, **otherwise):
        """Return the request."""
        header, covered = AGENTS[self.agent]
        given = {
            "key": self.key,
            "url": "/articles/a1?page=2",
            "covered": (self.target, *([covered] if covered else [])),
            "agent": header,
        }
        return signed(**(given | otherwise))


class Case(NamedTuple):
    """One request that is to be refused: what was done, and the requests that came before it."""

    kind: str
    what: str
    request: Callable[[], object]
    before: Callable[[], list] = list


def genuine():
    """Yield each way to sign."""
    own, strangers = keys()
    for key, stranger in zip(own, strangers, strict=True):
        for target in ("@authority", "@target-uri"):
            for agent in AGENTS:
                yield Genuine(key, stranger, target, agent)


def verifier(**settings):
    """Return what knows the agent, and nobody else."""
    settings.setdefault("keys", Directories(agent=directory(*keys()[0])))
    return machines(**settings)


def changed(request, **headers):
    """Return a request with other headers; one that is `None` goes."""
    given = {**request.headers, **{name.replace("_", "-"): headers[name] for name in headers}}
    kept = {name: value for name, value in given.items() if value is not None}
    return evolve(request, headers=kept)


def mutated(sign):
    """Yield requests whose headers were changed after they were signed."""
    header = sign().headers["signature"]
    raw = b64decode(header.split(":")[1])
    for place in range(0, len(raw), max(1, len(raw) // 8)):
        flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        value = f"sig1=:{b64encode(flipped).decode()}:"
        yield f"byte {place} of it", lambda value=value: changed(sign(), signature=value)
    for name, value in {
        "half of it": raw[: len(raw) // 2],
        "none of it": b"",
        "more of it": raw + b"\0",
    }.items():
        text = f"sig1=:{b64encode(value).decode()}:"
        yield name, lambda text=text: changed(sign(), signature=text)
    yield "it is gone", lambda: changed(sign(), signature=None)
    yield "another label", lambda: changed(sign(), signature=header.replace("sig1=", "sig2="))
    yield "twice", lambda: changed(sign(), signature=f"{header}, {header}")
    for pattern, value in PARAMETERS.items():
        yield (
            f"{pattern} is {value}",
            lambda pattern=pattern, value=value: parameters(sign(), pattern, value),
        )


GLUED = (
    f"@{EVIL}/a1", f".{EVIL}/a1", f"h.{EVIL}/a1", f":pw@{EVIL}/a1", ":8443/a1", "?a1", "*", "",
    "a1", f"https://{EVIL}/a1", f"http://{HOST}/a1", f"https://{HOST}:8443/a1", f"https:/{HOST}/a1",
    f"https://{HOST}.{EVIL}/a1", f"https://{HOST}@{EVIL}/a1", f"https://{HOST}",
)  # fmt: skip
"""Targets that are no path, nor a whole address of this site."""

PARAMETERS = {
    r"created=\d+": f"created={int(NOW.timestamp()) - 1}",
    r"expires=\d+": f"expires={int((NOW + 2 * MINUTE).timestamp())}",
    r'nonce="\w+"': 'nonce="other"',
    r'alg="[\w-]+"': 'alg="hmac-sha256"',
    r'keyid="[\w-]+"': 'keyid="kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"',
    r";created=\d+": "",
    r";expires=\d+": "",
    r';nonce="\w+"': "",
    r';keyid="[\w-]+"': "",
    r';tag="[\w-]+"': "",
    r'tag="[\w-]+"': "tag=web-bot-auth",
    r"expires=(\d+)": r'expires="\1"',
    r"created=(\d+)": r"created=\1.0",
    r"\)": ' "@method")',
    r"^sig1=": "sig1=?1, sig1=",
    r"sig1=": "sig1=(),sig2=",
}


def parameters(request, pattern, value):
    """Return a request with another `Signature-Input`."""
    header = request.headers["signature-input"]
    other = re.sub(pattern, value, header, count=1)
    assert other != header, pattern
    return changed(request, signature_input=other)


def retargeted(sign, way):
    """Yield requests that were signed for something else than they ask for."""
    yield "for another host", lambda: changed(sign(), host=EVIL)
    yield "for a host like ours", lambda: changed(sign(), host=f"{HOST}.{EVIL}")
    yield "for us with a name before", lambda: changed(sign(), host=f"me@{HOST}")
    yield "for another port", lambda: changed(sign(), host=f"{HOST}:8443")
    yield "for no host", lambda: changed(sign(), host=None)
    yield "made for another site", lambda: sign(host=EVIL)
    yield "made for another site, said to be ours", lambda: changed(sign(host=EVIL), host=HOST)
    if way.target == "@target-uri":
        for url in ("/articles/a2?page=2", "/articles/a1", "/articles/a1?page=3", "/", "//a"):
            yield f"for {url}", lambda url=url: evolve(sign(), url=url)
        yield "without https", lambda: evolve(sign(), scheme="http")
    if way.agent != "none":
        for other in (f'sig1="https://{EVIL}"', f'"https://{EVIL}"', "sig1=?1", "", '"'):
            yield f"of {other}", lambda other=other: changed(sign(), signature_agent=other)
        header = AGENTS[way.agent][0]
        yield "of nobody", lambda: changed(sign(), signature_agent=None)
        yield "of a card", lambda: changed(sign(), signature_agent=f"{header};type=cimd")
        yield "of two", lambda: changed(sign(), signature_agent=f"{header}, {header}")


def no_path(way, name):
    """Yield requests whose target is no path, so that with a host before it, it is another's."""
    for url in GLUED:
        host, slash, path = f"{HOST}{url}".partition("/")
        other = partial(way.sign, host=host.rpartition("@")[2].rstrip(":"), url=f"{slash}{path}")
        for what, sign in (("signed so", partial(way.sign, url=url)), ("of another site", other)):
            yield Case(
                "no path",
                f"{name}: {url!r}, {what}",
                lambda url=url, sign=sign: evolve(changed(sign(), host=HOST), url=url),
            )


def cases():
    """Yield every request that is to be refused."""
    for way in genuine():
        sign = way.sign
        name = way.name
        for kind, ways in (("mutated", mutated(sign)), ("re-targeted", retargeted(sign, way))):
            for what, request in ways:
                is_same = way.agent == "newer" and what == "of two"  # one member, said twice
                if not is_same:
                    yield Case(kind, f"{name}: {what}", request)
        yield from no_path(way, name)
        yield from copied(way, name)
        yield from out_of_time(way, name)
        yield from of_others(way, name)


def copied(way, name):
    """Yield requests that were sent before."""
    first, bare = way.sign, partial(way.sign, nonce=None)
    yield Case("replayed", f"{name}: the same", first, lambda: [first()])
    for url in ("/articles/a2", "/articles/a3?page=2", "/"):
        again = partial(way.sign, url=url)
        yield Case("replayed", f"{name}: its nonce, for {url}", again, lambda: [first()])
        if way.target == "@authority":
            what = f"{name}: for {url}, no nonce"
            yield Case("replayed", what, lambda url=url: evolve(bare(), url=url), lambda: [bare()])


def out_of_time(way, name):
    """Yield requests that are signed for another time."""
    for ago in (SECOND, MINUTE, DAY, 365 * DAY):
        for kind, created, expires in (
            ("expired", -ago - MINUTE, -ago + SECOND),
            ("not yet valid", ago + 5 * SECOND, ago + MINUTE),
            ("too long", timedelta(), DAY + ago),
        ):
            signing = partial(way.sign, created=NOW + created, expires=NOW + expires)
            yield Case(kind, f"{name}: {ago}", signing)
    yield Case("too long", f"{name}: without an end", partial(way.sign, expires=None))
    never = partial(way.sign, created=NOW + 3 * SECOND, expires=NOW + 3 * SECOND)
    yield Case("too long", f"{name}: no time at all", never)


def of_others(way, name):
    """Yield requests with another tag or key, and such that cover too little."""
    for tag in ("web-bot-author", "Web-Bot-Auth", "", None):
        yield Case("wrong tag", f"{name}: {tag}", partial(way.sign, tag=tag))
    own = way.key.name
    yield Case("wrong key", f"{name}: a stranger's", partial(way.sign, key=way.stranger))
    named = partial(way.sign, key=way.stranger, keyid=own)
    yield Case("wrong key", f"{name}: a stranger's, named like ours", named)
    for keyid in ("key-1", f"{own}=", own[:-1]):
        yield Case("wrong key", f"{name}: {keyid}", partial(way.sign, keyid=keyid))
    agent = [AGENTS[way.agent][1]] if AGENTS[way.agent][1] else []
    covers = [("@method", *agent), ("@path", *agent), ("@scheme", *agent), tuple(agent)]
    if agent:
        covers += [(way.target,), (way.target, "@method")]
    for covered in covers:
        yield Case("stripped", f"{name}: covers {covered}", partial(way.sign, covered=covered))
    header = way.sign().headers["signature-input"]
    for covered in ("@authority", "@target-uri", "signature-agent"):
        if f'"{covered}"' in header:
            pattern = f'"{covered}"(;key="sig1")? ?'
            yield Case(
                "stripped",
                f"{name}: {covered} was taken out",
                lambda pattern=pattern: parameters(way.sign(), pattern, ""),
            )


def is_refused(case, **settings):
    """Say whether a request is refused, after those before it were verified."""
    known = verifier(**settings)
    for request in case.before():
        assert known(request), case
    return known(case.request()) is False


def chosen(whole):
    """Return the cases to try: all, or a tenth of each kind, always the same."""
    found = list(cases())
    if whole:
        return found
    kinds = {}
    for case in found:
        kinds.setdefault(case.kind, []).append(case)
    source = random.Random(20261127)
    return [each for some in kinds.values() for each in source.sample(some, -(-len(some) // 10))]


def main(argv=None):
    """Try the cases, and print how many were refused."""
    say = sys.stdout.write
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whole", action="store_true", help="all of them")
    whole = parser.parse_args(argv).whole
    unverified = [way for way in genuine() if not verifier()(way.sign())]
    tried, through = Counter(), []
    for case in chosen(whole):
        tried[case.kind] += 1
        if not is_refused(case):
            through.append(case)
    for kind, number in tried.items():
        verified = sum(case.kind == kind for case in through)
        say(f"{kind}: {number - verified} of {number} refused\n")
    say(f"{sum(tried.values())} tried, {len(through)} verified\n")
    for way in unverified:
        say(f"not verified, and genuine: {way.name}\n")
    for case in through:
        say(f"verified: {case.kind}, {case.what}\n")
    return 1 if through or unverified else 0


if __name__ == "__main__":
    sys.exit(main())
