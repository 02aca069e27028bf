"""A password that is not written with `%` makes a URL that cannot be read, and is not shown."""

from __future__ import annotations

import traceback
from random import Random

import pytest

from meter.errors import StoreError
from meter.stores import open_store
from meter.stores.postgres import PostgresStore
from meter.stores.redis import RedisStore

LETTERS = "QXZJVKW"  # no message has four of them, or of them and other signs, in a row
SIGNS = "/?#@,&%=:[]+ 1234567890"
SCHEMES = ["redis", "rediss", "valkey", "redis+cluster", "rediss+cluster", "postgresql", "redsi"]
FORMS = [
    "{}://u:{}@one",
    "{}://u:{}@one:6379/0?protocol=2",
    "{}://{}@one/0",
    "{}://one/0?password={}",
    "{}://u:1/{}@one",
    "{}://u:1?{}@one",
    "{}://u:1/0?{}=1&{}=1@one",
]


def refusal(open_, url):
    """Return all that is told where a URL is refused."""
    try:
        open_(url).close()
    except StoreError as error:
        return "".join(traceback.format_exception(error))
    return ""


def shown(password, told):
    """Return what four characters of a password in a row are told, of those with a letter."""
    parts = (password[start : start + 4] for start in range(len(password) - 3))
    return [part for part in parts if set(part) & set(LETTERS) and part in told]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_message_shows_a_part_of_a_password(scheme):
    """Of eighty in each place; most are refused."""
    random = Random(scheme)
    own = PostgresStore if scheme == "postgresql" else RedisStore
    refused = 0
    for _ in range(80):
        password = "".join(random.choices(LETTERS + SIGNS, k=random.randint(4, 16)))
        forms = FORMS if set(password) & set("/?#") else [*FORMS, "{}://u:QX{},two:6379"]
        for form in forms:
            url = form.format(scheme, password, password)
            for open_ in (open_store, own.from_url)[: 1 if scheme in ("valkey", "redsi") else 2]:
                told = refusal(open_, url)
                refused += bool(told)
                assert not shown(password, told), url
    assert refused > 160


@pytest.mark.parametrize(
    "url",
    [
        "redis://u:secret/pw@one",
        "redis+cluster://u:secret/pw@one:6379",
        "redis+cluster://u:secretpw,two:6379",
        "rediss://u:secret?pw@one",
        "redis://u:123/45@one",
        "postgresql://u:secret/pw@one",
        "postgresql://u:123/secret@one",
        "postgresql://u:sec%zzret@one",
    ],
)
def test_what_to_write_is_told(url):
    """The sign, and how it is written."""
    assert "`%2F` for `/`" in refusal(open_store, url)


@pytest.mark.parametrize("scheme", ["redis", "rediss+cluster", "postgresql"])
def test_an_at_sign_of_another_option_is_no_mistake(scheme):
    """Only what cannot be used is refused."""
    option = "application_name" if scheme == "postgresql" else "client_name"
    open_store(f"{scheme}://u:a%2Fb@one/0?{option}=me@home").close()
