"""How many random ranges and addresses are found right, and how long that takes.

`python -m tests.web.addresses` asks a file of ten thousand ranges about a thousand addresses,
`--whole` asks twenty such files. It prints what is found by bisection and by asking every
range (`ipaddress`, nothing else), the time of each, and how many planted mistakes are seen. It
exits 1 if the two ever differ, if a planted mistake is not seen, or if bisection is not a hundred
times as fast.
"""

from __future__ import annotations

import random
import sys
import time
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from attrs import evolve

from meter.web.institutions import Institution, Institutions, loads_institutions

RANGES = 10_000
PRODUCTS = (None, "digital", "archive")
WORLDS = {IPv4Address: (0xC0000000, 24), IPv6Address: (0x20010DB8 << 96, 80)}
"""Of each family: where the ranges lie, and how many bits wide that is. Many of them overlap."""
SEEDS = 20
LEAST_RATIO = 100


def drawn_range(draw):
    """Return the text of a range: an address, a network or two ends, of either family."""
    family = draw.choice(tuple(WORLDS))
    start, bits = WORLDS[family]
    width = draw.choice((0, 2, 4, 8, bits // 2))
    first = start + (draw.getrandbits(bits) >> width << width)
    kind = draw.randrange(3)
    if kind == 0:
        return str(family(first))
    if kind == 1:
        return f"{family(first)}/{family(0).max_prefixlen - width}"
    return f"{family(first)}-{family(first + draw.getrandbits(max(1, width)))}"


def drawn_address(draw, texts):
    """Return the text of an address at, beside or between the ends of some ranges."""
    text = draw.choice(texts)
    ends = [part.partition("/")[0] for part in text.split("-")]
    number = int(ip_address(draw.choice(ends))) + draw.choice((-1, 0, 0, 1, 255))
    family = type(ip_address(ends[0]))
    return str(family(max(0, number)))


def parsed(text):
    """Return a range as `ipaddress` reads it: a network, or two ends."""
    return tuple(map(ip_address, text.split("-"))) if "-" in text else ip_network(text)


def holds(each, address):
    """Say whether a range holds an address, by `ipaddress` alone."""
    if not isinstance(each, tuple):
        return address in each
    first, last = each
    return address.version == first.version and first <= address <= last


def expected(ranges, text):
    """Return the products that an address opens, asking every range."""
    address = ip_address(text)
    return {product for product, each in ranges if holds(each, address)}


def found(institutions, text):
    """Return the products that an address opens, as institutions say it."""
    rights = institutions.rights(text)
    products = {right.product for right in rights}
    assert len(products) == len(rights), "a product is opened twice"
    return products


def as_file(listed):
    """Return the text of a file of institutions."""
    lines = []
    for number, (product, ranges) in enumerate(listed):
        lines += ["[[institutions]]", f'name = "institution {number}"']
        lines += [] if product is None else [f'product = "{product}"']
        lines += [f"addresses = [{', '.join(f'{chr(34)}{each}{chr(34)}' for each in ranges)}]"]
    return "\n".join(lines)


def _spoilt(institutions, change):
    """Return the same institutions with every range changed."""
    return Institutions(
        evolve(each, addresses=tuple(change(one) for one in each.addresses))
        for each in institutions.institutions
    )


def _unsorted(institutions):
    """Return them without those that hold an earlier one: as if ranges could not nest."""
    seen = []
    for each in institutions.institutions:
        kept = tuple(
            one
            for one in each.addresses[:50]
            if not any(two.first <= one.first <= two.last for two in seen)
        )
        seen += kept
        if kept:
            yield Institution(name=each.name, product=each.product, addresses=kept)


MISTAKES = {
    "the last address is left out": lambda given: _spoilt(
        given, lambda one: evolve(one, last=max(one.first, one.last - 1))
    ),
    "one address too many": lambda given: _spoilt(
        given, lambda one: evolve(one, last=one.last + 1)
    ),
    "IPv6 is read as IPv4": lambda given: _spoilt(given, lambda one: evolve(one, version=4)),
    "ranges that overlap are lost": lambda given: Institutions(_unsorted(given)),
    "products are lost": lambda given: Institutions(
        evolve(each, product=None) for each in given.institutions
    ),
}
"""What may go wrong; each has to be seen."""


def trial(seed, ranges=RANGES, addresses=1000):
    """Try the ranges and addresses of a seed.

    Return the addresses that are found wrong; the seconds to read the file, to find an address and
    to ask every range about one; and the institutions with what is right of each address.
    """
    draw = random.Random(seed)
    texts = [drawn_range(draw) for _ in range(ranges)]
    listed = [
        (PRODUCTS[number % len(PRODUCTS)], texts[number::100] or texts[:1]) for number in range(100)
    ]
    began = time.perf_counter()
    institutions = loads_institutions(as_file(listed))
    times = [time.perf_counter() - began]
    ranges = [(product, parsed(each)) for product, some in listed for each in some]
    asked = [drawn_address(draw, texts) for _ in range(addresses)]
    answers = []
    for find in (institutions.rights, lambda text: expected(ranges, text)):
        began = time.perf_counter()
        answers.append([find(text) for text in asked])
        times.append((time.perf_counter() - began) / len(asked))
    right = dict(zip(asked, answers[1], strict=True))
    differing = [text for text in asked if found(institutions, text) != right[text]]
    return differing, times, (institutions, right)


def unseen(institutions, right):
    """Return the planted mistakes that no address shows."""
    hidden = []
    for name, plant in MISTAKES.items():
        spoilt = plant(institutions)
        if all(found(spoilt, text) == products for text, products in right.items()):
            hidden.append(name)
    return hidden


def main():
    """Try, print, and exit 1 if something is untrue."""
    is_whole = "--whole" in sys.argv
    failed = False
    for seed in range(SEEDS if is_whole else 1):
        differing, (reading, fast, slow), drawn = trial(seed)
        hidden = unseen(*drawn)
        failed |= bool(differing or hidden) or slow < LEAST_RATIO * fast
        sys.stdout.write(
            f"seed {seed}: {RANGES} ranges read in {reading:.2f} s; {len(drawn[1])} addresses,"
            f" {len(differing)} found wrong; an address takes {fast * 1e6:.1f} µs, asking every"
            f" range {slow * 1e6:.0f} µs, {slow / fast:.0f} times as long;"
            f" {len(MISTAKES) - len(hidden)} of {len(MISTAKES)} planted mistakes are seen"
            f"{''.join(f'; NOT SEEN: {name}' for name in hidden)}\n"
        )
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
