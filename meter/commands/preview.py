"""`meter preview`: a link that shows an editor any page of the site as any reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter.clock import system_clock
from meter.commands.console import print_answer, print_message
from meter.commands.dates import AS_DATE, day_or_time
from meter.commands.help import command
from meter.commands.one_view import in_zone, to_the_minute
from meter.commands.options import FolderPath, policy_argument
from meter.commands.secrets import read_secrets, secret_file_option
from meter.errors import quoted
from meter.forms import parse_length
from meter.loading import load_policy
from meter.vocabulary import Status
from meter.web.previews import PreviewLink, Previews

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

__all__ = ["preview"]

_DIGITS = 9


def _counts(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    """Return how many are read on each meter."""
    counts: dict[str, int] = {}
    for value in values:
        name, _, number = value.rpartition("=")
        if not name or not number.isascii() or not number.isdecimal() or len(number) > _DIGITS:
            message = f"{quoted(value)} is no count; write one such as `monthly=3`"
            raise click.BadParameter(message, ctx, param)
        if name in counts:
            message = f"{quoted(name)} is given twice; leave one of them out"
            raise click.BadParameter(message, ctx, param)
        counts[name] = int(number)
    return counts


def _length(ctx: click.Context, param: click.Parameter, value: str) -> timedelta:
    try:
        return parse_length(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


@command(
    "openssl rand -hex 32 > secret.txt",
    "meter preview policy.toml --address https://my.example/a1 --as trial --secret-file secret.txt",
    "meter preview policy.toml --address https://my.example/a1 --as registered --used monthly=3 \\",
    "  --at 2026-12-24 --draft christmas --lasts '2 days' --secret-file secret.txt",
)
@policy_argument
@click.option(
    "--address", required=True, metavar="URL", help="The page to look at first, as a whole address."
)
@click.option(
    "--as",
    "status",
    type=click.Choice([str(word) for word in Status]),
    required=True,
    help="The status of the reader who looks.",
)
@click.option(
    "--used",
    multiple=True,
    metavar="METER=N",
    callback=_counts,
    help="How many articles that reader has read on a meter; may be given for several.",
)
@click.option(
    "--country", metavar="CC", help="The country of that reader; without it, it is not known."
)
@click.option(
    "--at",
    callback=day_or_time,
    metavar=AS_DATE,
    help=(
        "The day of the page view, such as `2026-06-01`, or its time, such as `2026-06-01T09:00`,"
        " in the publication's zone; without it, whenever the page is opened."
    ),
)
@click.option(
    "--draft",
    metavar="NAME",
    help="A policy that is not in force yet: the name of its file on the site, without `.toml`.",
)
@click.option(
    "--drafts",
    type=FolderPath(),
    help=(
        "The folder of the drafts, to check the link against the draft that it names; unless said"
        " `drafts` beside the policy, where there is one."
    ),
)
@click.option(
    "--lasts",
    default="1 day",
    show_default=True,
    metavar="LENGTH",
    callback=_length,
    help="For how long the link holds, up to `30 days`.",
)
@secret_file_option("preview links, as the site has it")
def preview(
    policy_path: Path,
    address: str,
    status: str,
    used: dict[str, int],
    country: str | None,
    at: datetime | None,
    draft: str | None,
    drafts: Path | None,
    lasts: timedelta,
    secret_file: Path,
) -> None:
    """Print a link that shows any page of the site as any reader.

    Whoever opens it sees the page as that reader would: with the prompt, or whole. Nothing is
    counted, and a bar on the page says what is shown, and why.

    The link is a key to every page of the site until it ends: as a subscriber it opens every
    article. Send it only to whom you would give that, and change the secret to end all links.
    """
    policy = load_policy(policy_path)
    now = system_clock()
    link = PreviewLink.asked(
        now + lasts,
        status=status,
        used=used,
        country=country,
        at=None if at is None else in_zone(at, policy),
        draft=draft,
    )
    beside = policy_path.parent / "drafts"
    if drafts is None and beside.is_dir():
        drafts = beside
    previews = Previews(read_secrets(secret_file), drafts=drafts)
    print_answer(previews.make(address, link, policy, now))
    until = f"{to_the_minute(link.ends, policy)} {policy.zone.key}"
    print_message(f"valid for every page of the site, until {until}")
    if draft is not None and drafts is None:
        print_message(
            f"nobody looked whether there is a draft {quoted(draft)}, and counts were checked"
            f" against {quoted(policy_path.name)}; add `--drafts FOLDER`"
        )
