"""Ranges of addresses: how they are written, and which addresses lie in them."""

from __future__ import annotations

import tomllib
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meter.errors.values import InvalidValueError
from meter.web.addresses import address_of, parse_range
from meter.web.institutions import Institution, Institutions
from tests.web.addresses import MISTAKES, expected, found, parsed, trial, unseen

VECTORS = Path(__file__).parents[1] / "corpus" / "vectors" / "unleash-addresses.toml"
CASES = tomllib.loads(VECTORS.read_text(encoding="utf-8"))["case"]

SPELLINGS = [
    ("192.0.2.7", "192.0.2.7", 1),
    (" 192.0.2.7 ", "192.0.2.7", 1),
    ("192.0.2.0/24", "192.0.2.0/24", 256),
    ("192.0.2.0/255.255.255.0", "192.0.2.0/24", 256),
    ("192.0.2.10-192.0.2.40", "192.0.2.10-192.0.2.40", 31),
    ("192.0.2.10 - 192.0.2.40", "192.0.2.10-192.0.2.40", 31),
    ("192.0.2.7-192.0.2.7", "192.0.2.7", 1),
    ("192.0.2.0-192.0.2.255", "192.0.2.0/24", 256),
    ("2001:DB8::/32", "2001:db8::/32", 1 << 96),
    ("2001:db8::1-2001:db8::2", "2001:db8::1-2001:db8::2", 2),
    ("::ffff:192.0.2.7", "192.0.2.7", 1),
    ("::ffff:c000:0207", "192.0.2.7", 1),
    ("::ffff:192.0.2.0/120", "192.0.2.0/24", 256),
    ("::ffff:0:0/96", "0.0.0.0/0", 1 << 32),
    ("::ffff:192.0.2.1-192.0.2.2", "192.0.2.1-192.0.2.2", 2),
    ("::/0", "::/0", 1 << 128),
]
REFUSED = [
    ("192.0.2.1/24", "did you mean the network `192.0.2.0/24`, or the one address `192.0.2.1`?"),
    ("2001:db8::1/32", "did you mean the network `2001:db8::/32`"),
    ("192.0.2.10-40", "write both ends of a range in full"),
    ("192.0.2.1-192.0.2.4-192.0.2.9", "write both ends of a range in full"),
    ("192.0.2.40-192.0.2.10", "did you mean `192.0.2.10-192.0.2.40`?"),
    ("192.0.2.1-2001:db8::1", "both ends are IPv4, or both are IPv6"),
    ("::fffe:ffff:ffff-::ffff:0:9", "both ends are IPv4, or both are IPv6"),
    ("192.0.2.10–192.0.2.40", "write the dash of the keyboard: `192.0.2.10-192.0.2.40`"),
    ("2001:db8::1 — 2001:db8::9", "write the dash of the keyboard: `2001:db8::1-2001:db8::9`"),
    ("192.0.2.0 /24", "write it without blanks: `192.0.2.0/24`"),
    ("192.0.2. 7", "write it without blanks: `192.0.2.7`"),
    ("192.0.2.1, 192.0.2.2", 'write each in quotes of its own: `"192.0.2.1", "192.0.2.2"`'),
    ("192.0.2.0/24;2001:db8::/32", '`"192.0.2.0/24", "2001:db8::/32"`'),
    ("192.0.2.1 192.0.2.2\n192.0.2.3 192.0.2.4", '"192.0.2.3", …`'),
    ("192,0,2,7", "write dots: `192.0.2.7`"),
    ("fe80::1%eth0", "leave out `%`"),
    ("fe80::%eth0/64", "leave out `%`"),
    ("fe80::1%eth0-fe80::2%eth0", "leave out `%`"),
    ("010.0.0.1", "without a zero in front"),
    ("10.0.0.0-10.0.0.010", "without a zero in front"),
    ("192.0.2.7:443", "write the address alone: `192.0.2.7`"),
    ("[2001:db8::7]:443", "write the address alone: `2001:db8::7`"),
    ("https://192.0.2.7/", "write the address alone: `192.0.2.7`"),
    ("192.0.2.*", "write a network instead of `*`"),
    ("library.example", "names are not looked up"),
    ("my-library.example", "names are not looked up"),
    ("localhost", "names are not looked up"),
    ("3221225985", "such as"),
    ("0x7f.1", "names are not looked up"),
    ("127.1", "such as"),
    ("192.0.2.0/33", "such as"),
    ("192.0.2.0/", "write the address alone"),
    ("\uff11.2.3.4", "such as"),
    ("-", "such as"),
    ("", "such as"),
    ("[::1", "such as"),
]


@pytest.mark.parametrize(("text", "shown", "size"), SPELLINGS, ids=[row[0] for row in SPELLINGS])
def test_a_range_is_read(text, shown, size):
    """One address, a network or two ends; what is mapped is IPv4."""
    assert (str(parse_range(text)), parse_range(text).size) == (shown, size)


@pytest.mark.parametrize(("text", "step"), REFUSED, ids=[row[0] or "nothing" for row in REFUSED])
def test_what_is_no_range_is_refused_with_a_next_step(text, step):
    """Nothing is guessed: a range that opens must be the one that was meant."""
    with pytest.raises(InvalidValueError) as refusal:
        parse_range(text)
    assert refusal.value.fault.code == "bad-address"
    assert step in refusal.value.fault.advice


@given(text=st.text(st.sampled_from("0123456789abcf.:/-%[] \x00xé"), max_size=24))
def test_any_text_is_a_range_or_is_refused(text):
    """What is read can be written and read again; all else is one kind of error."""
    try:
        once = parse_range(text)
    except InvalidValueError:
        return
    assert parse_range(str(once)) == once


@given(address=st.ip_addresses())
def test_every_spelling_of_an_address_is_one_address(address):
    """Capitals, zeros that may be left out, the mapped form and a zone make no difference."""
    spelt = {str(address), address.exploded, str(address).upper()}
    if address.version == 4:
        spelt |= {f"::ffff:{address}", str(IPv6Address((0xFFFF << 32) + int(address)))}
    else:
        spelt |= {f"{address}%eth0"}
    mapped = getattr(address, "ipv4_mapped", None)
    assert {address_of(text) for text in spelt} == {mapped or address}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_cases_of_unleash_hold(case):
    """Where an entry is malformed it is refused, and the rest of the case holds."""
    for text in case.get("refused", ()):
        with pytest.raises(InvalidValueError):
            parse_range(text)
    listed = Institutions([Institution(name="these", addresses=case["ranges"])])
    assert bool(listed.rights(case.get("address"))) is case["inside"]


SMALL = st.builds(
    lambda base, first, length: (base, first, min(first + length, 40)),
    st.sampled_from(["192.0.2.0", "2001:db8::", "0.0.0.0", "255.255.255.215"]),
    st.integers(0, 40),
    st.integers(0, 40),
)


def spelt(stretch):
    """Return the text of a range of a few addresses."""
    base, first, last = stretch
    return f"{ip_address(base) + first}-{ip_address(base) + last}"


@given(
    institutions=st.lists(
        st.tuples(st.sampled_from([None, "a", "b"]), st.lists(SMALL, min_size=1, max_size=5)),
        max_size=6,
    ),
    address=st.tuples(SMALL, st.booleans()),
)
def test_an_address_has_the_rights_of_every_range_that_holds_it(institutions, address):
    """Nested, overlapping, touching and at both ends of a family: as if every range were asked."""
    ranges = [(product, [spelt(each) for each in stretches]) for product, stretches in institutions]
    listed = Institutions(
        Institution(name=str(number), product=product, addresses=texts)
        for number, (product, texts) in enumerate(ranges)
    )
    (base, first, last), is_last = address
    text = str(ip_address(base) + (last if is_last else first))
    asked = [(product, parsed(each)) for product, texts in ranges for each in texts]
    assert found(listed, text) == expected(asked, text)


def test_the_products_of_several_come_in_the_order_of_the_file():
    """One that two institutions have comes once."""
    listed = Institutions(
        [
            Institution(name="city", product="news", addresses=["192.0.2.0/24"]),
            Institution(name="school", addresses=["192.0.2.64/26"]),
            Institution(name="library", product="news", addresses=["192.0.2.64-192.0.2.66"]),
        ]
    )
    assert [right.product for right in listed.rights("192.0.2.65")] == ["news", None]
    assert [right.product for right in listed.rights("192.0.2.1")] == ["news"]
    assert listed.rights("192.0.3.1") == ()


def test_a_tenth_of_the_ranges_are_found_right_and_planted_mistakes_are_seen():
    """`python -m tests.web.addresses` tries all, and measures."""
    differing, _, drawn = trial(3, 1000, 400)
    assert (differing, unseen(*drawn), len(MISTAKES)) == ([], [], 5)


@pytest.mark.parametrize("text", [None, "", "unknown", "192.0.2.7:80", "192.0.2", "a" * 9000])
def test_what_is_no_address_has_no_right(text):
    """Nothing is raised for what a proxy or a stranger wrote."""
    everyone = Institutions([Institution(name="all", addresses=["0.0.0.0/0", "::/0"])])
    assert everyone.rights(text) == ()
