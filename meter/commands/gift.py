"""`meter gift`: links by which readers give articles away, made, listed and ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

import click
from attrs import evolve
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from meter.clock import system_clock
from meter.commands.console import (
    EXIT_NO,
    open_console,
    print_answer,
    print_drawn,
    print_error,
    print_json,
    print_message,
)
from meter.commands.help import command, command_group
from meter.commands.one_view import to_the_minute
from meter.commands.options import article_ids_option, format_option, policy_argument
from meter.commands.secrets import read_secrets, secret_file_option
from meter.errors import MeterError
from meter.loading import load_policy
from meter.loading.article_ids import ArticleIds
from meter.stores import open_store
from meter.stores.memory import MemoryStore
from meter.stores.protocol import Closable
from meter.verify.together.tenure import reader_of
from meter.vocabulary import Status
from meter.web.gifts import GiftAllowanceError, Gifts, GiverError, UnknownGiftError
from meter.web.page_addresses import GIFT
from meter.web.signed import parameter

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from rich.console import JustifyMethod

    from meter.policy import Policy
    from meter.view import Reader
    from meter.web.gifts import GiftRecord

__all__ = ["gift"]

_Command = TypeVar("_Command", bound=Callable[..., object])
_PATIENCE = 30.0
"""Seconds; nobody waits for a page."""
_LEAST_WIDTH = 78
"""A terminal with fewer columns breaks lines by itself."""
_LIST = "`meter gift list POLICY --giver ID` shows what a reader has given, each with its id"
_STORE = "--store sqlite:///usage.db --secret-file secret.txt"


@command_group(
    f"meter gift make policy.toml a1 --giver anna --address https://my.example/a1 {_STORE}",
    f"meter gift list policy.toml --giver anna {_STORE}",
    f"meter gift end policy.toml 4bcfcbca2d121ffb6599 {_STORE}",
)
def gift() -> None:
    """Make, list and end links by which readers give articles away.

    The policy says under `[gifts]` how many a reader may give in a month, how many may read through
    one link, and how long it lasts. The counts are kept in the site's store, and its secret signs
    the links: give the same to this command.
    """


def _reader_id(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Return the id of a reader, which is not empty."""
    if value is not None and not value.strip():
        raise click.BadParameter("write the id of a reader, which is not empty", context, option)
    return value


def _shared(made: _Command) -> _Command:
    """Add what every one of the commands needs to know of the site."""
    store = click.option(
        "--store",
        "url",
        required=True,
        help="Where the site keeps its counts, such as `sqlite:///usage.db`.",
    )
    return store(secret_file_option("gift links, as the site has it")(made))


@command(f"meter gift make policy.toml a1 --giver anna --address https://my.example/a1 {_STORE}")
@policy_argument
@click.argument("article")
@click.option(
    "--giver",
    required=True,
    metavar="ID",
    callback=_reader_id,
    help="The id of the reader who gives.",
)
@click.option(
    "--as",
    "status",
    type=click.Choice([str(word) for word in Status]),
    callback=lambda _context, _option, word: None if word is None else Status(word),
    help="The status of that reader; without it, one of those who may give.",
)
@click.option(
    "--address",
    metavar="URL",
    help="The article's address, to which the link is added; without it, the token is printed.",
)
@_shared
@article_ids_option
@format_option("text", "json")
def make(
    policy_path: Path,
    article: str,
    giver: str,
    status: Status | None,
    address: str | None,
    url: str,
    secret_file: Path,
    article_ids: ArticleIds,
    form: str,
) -> None:
    """Make a link to an article, and count it for the reader who gives it.

    Whoever opens the link reads the article, until as many have opened it as `readers` says. The
    exit code is 1 where this reader has given all of this month's gifts, or may give none.
    """
    policy = load_policy(policy_path)
    now = system_clock()
    with _opened(policy, url, secret_file, article_ids) as gifts:
        try:
            reader = _reader(policy, giver, status, now)
            link = gifts.make(reader, article, address=address, now=now)
        except (GiftAllowanceError, GiverError) as error:
            print_error(error)
            raise click.exceptions.Exit(EXIT_NO) from None
    if form == "json":
        print_json(link.table())
        return
    print_answer(link.address or link.token)
    until = f"{to_the_minute(link.ends, policy)} {policy.zone.key}"
    print_message(f"gift {link.id} opens the article until {until}")


def _reader(policy: Policy, giver: str, status: Status | None, now: datetime) -> Reader:
    """Return a reader of a status, or of one that may give."""
    givers = [word for word in Status if policy.gifts is not None and word in policy.gifts.givers]
    given = status or (givers or [Status.ANONYMOUS])[0]
    return evolve(reader_of(given, now), id=giver)


@command(
    f"meter gift list policy.toml --giver anna {_STORE}",
    f"meter gift list policy.toml --giver anna --format json {_STORE}",
)
@policy_argument
@click.option(
    "--giver",
    required=True,
    metavar="ID",
    callback=_reader_id,
    help="The id of the reader who gave.",
)
@_shared
@format_option("table", "json")
def list_(policy_path: Path, giver: str, url: str, secret_file: Path, form: str) -> None:
    """List what a reader has given, and how often each link was opened.

    A link is listed until its time is over, also one that was ended before.
    """
    policy = load_policy(policy_path)
    with _opened(policy, url, secret_file) as gifts:
        records = gifts.given(giver)
    if form == "json":
        print_json({"giver": giver, "gifts": [record.table() for record in records]})
    elif records:
        _print_table(policy, records)
    else:
        print_message("this reader has given nothing that still runs")


def _print_table(policy: Policy, records: tuple[GiftRecord, ...]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in ("gift", "article", "made", "until", "opened"):
        justify: JustifyMethod = "right" if head == "opened" else "left"
        # Only what somebody has named may go over two lines: an id is copied.
        table.add_column(head, overflow="fold", justify=justify, no_wrap=head != "article")
    for record in records:
        made = to_the_minute(record.made, policy)
        until = "ended" if record.ended else to_the_minute(record.ends, policy)
        opened = f"{record.opened} of {record.readers}"
        table.add_row(*map(Text, (record.id, record.article, made, until, opened)))
    console = open_console()
    console.width = max(console.width, _LEAST_WIDTH)
    with console.capture() as captured:
        console.print(table)
    print_drawn(captured.get())


@command(
    f"meter gift end policy.toml 4bcfcbca2d121ffb6599 {_STORE}",
    f"meter gift end policy.toml 'https://my.example/a1?gift=…' {_STORE}",
)
@policy_argument
@click.argument("link", metavar="LINK_OR_ID")
@click.option(
    "--giver",
    metavar="ID",
    callback=_reader_id,
    help="End it only if this reader has made it, by the reader's id.",
)
@_shared
@format_option("text", "json")
def end(
    policy_path: Path, link: str, giver: str | None, url: str, secret_file: Path, form: str
) -> None:
    """End a link: from then on it opens for nobody, whoever has opened it before.

    LINK_OR_ID is the link as it was sent, its token, or the id of the gift. To end one again
    changes nothing.
    """
    policy = load_policy(policy_path)
    with _opened(policy, url, secret_file) as gifts:
        try:
            gifts.end(parameter(link, GIFT) or link, giver=giver)
        except UnknownGiftError as error:
            raise MeterError(f"{error.fault}; {_LIST}") from None
    if form == "json":
        print_json({"ended": True})
    else:
        print_message("the link is ended")


@contextmanager
def _opened(
    policy: Policy, url: str, secret_file: Path, article_ids: ArticleIds = ArticleIds.EXACT
) -> Iterator[Gifts]:
    """Open the site's store and close it again."""
    secrets = read_secrets(secret_file)
    store = open_store(url)
    if isinstance(store, MemoryStore):
        raise MeterError(
            f"`{url}` is forgotten when this command ends; name the site's store, such as"
            " `sqlite:///usage.db`"
        )
    try:
        yield Gifts(policy, store, secrets, article_ids=article_ids, deadline=_PATIENCE)
    finally:
        if isinstance(store, Closable):
            store.close()


gift.add_command(make, "make")
gift.add_command(list_, "list")
gift.add_command(end, "end")
