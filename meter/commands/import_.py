"""`meter import`: come from another system, with its counts or its settings."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from meter.commands.console import EXIT_NO, print_answer, print_json, print_message
from meter.commands.dates import AS_DATE, day_or_time
from meter.commands.help import command, command_group
from meter.commands.one_view import in_zone
from meter.commands.options import FilePath, article_ids_option, format_option
from meter.commands.secrets import read_secrets
from meter.errors import MeterError, printable
from meter.loading import load_policy, loads_policy
from meter.loading.events import json_problem, parse_json
from meter.loading.newspack.convert import newspack_policy
from meter.paywall import Paywall
from meter.replay.counts.bringing import Imported, import_counts, rejected_path
from meter.replay.counts.rows import CountsFile, chosen_meter
from meter.replay.logs.time_forms import checked_form, likely_forms, time_format_words
from meter.stores import open_store
from meter.stores.memory import MemoryStore
from meter.stores.protocol import Closable
from meter.windows import instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from meter.loading.article_ids import ArticleIds
    from meter.policy import Policy

__all__ = ["import_"]

_PATIENCE = 30.0
"""Seconds; nobody waits for a page, and a busy store is waited for."""
_ATTEMPTS = 1_000
"""How often one reader is tried while the site counts."""
_COUNTS = "meter import counts counts.csv --policy policy.toml --store sqlite:///usage.db"
_NEWSPACK = "meter import newspack campaigns.json gates.json --out paywall"
_MOST_BYTES = 1 << 25
"""No export is larger."""


@command_group(_COUNTS, _NEWSPACK)
def import_() -> None:
    """Come from another system, with its counts or its settings.

    `counts` brings what readers have read there, so that nobody starts the month anew; `newspack`
    makes a policy of the settings of a site under Newspack.
    """


@command(_COUNTS, f"{_COUNTS} --dry-run", f"{_COUNTS} --meter monthly")
@click.argument("path", type=FilePath(), metavar="FILE")
@click.option(
    "--policy", "policy_path", type=FilePath(), required=True, help="The policy that will count."
)
@click.option(
    "--store",
    "url",
    required=True,
    help="Where the site keeps its counts, such as `sqlite:///usage.db`.",
)
@click.option(
    "--meter", "name", metavar="NAME", help="The meter that counts; needed where there are several."
)
@click.option(
    "--time-format",
    metavar="FORMAT",
    callback=lambda _context, _option, form: None if form is None else checked_form(form),
    help="How times are written, if not in ISO 8601: such as `%d/%m/%Y %H:%M:%S`.",
)
@article_ids_option
@click.option(
    "--secret-file",
    type=FilePath(),
    help="A file with the secret that hides reader ids in the store, as the site has it.",
)
@click.option(
    "--namespace", default="", help="The publication's namespace in the store, as the site has it."
)
@click.option(
    "--at",
    callback=day_or_time,
    metavar=AS_DATE,
    help=(
        "The day whose windows run, such as `2026-06-01`, or the time, such as `2026-06-01T09:00`,"
        " in the publication's zone; without it, now."
    ),
)
@click.option("--dry-run", is_flag=True, help="Say what would be taken, and write nothing.")
@format_option("text", "json")
def counts(
    path: Path,
    policy_path: Path,
    url: str,
    name: str | None,
    time_format: str | None,
    article_ids: ArticleIds,
    secret_file: Path | None,
    namespace: str,
    at: datetime | None,
    form: str,
    *,
    dry_run: bool,
) -> None:
    """Bring what another system has counted into the store.

    FILE is CSV with the columns `reader`, `article` and `time`, in any order; others are passed by.
    What a running window of the meter still holds counts from now on, as if it had been read here;
    the rest is of no use any more. The ids are those that the site will use. A meter of views needs
    a fourth column, `id`, with the id of each view.

    Run again, also after an interruption, it changes nothing: what is there counts once. The site
    may be live meanwhile. Rows that cannot be taken are told with their line, and written with the
    reason to FILE.rejected.csv, which can be mended and imported; then the exit code is 1.
    """
    policy = load_policy(policy_path)
    now = in_zone(at, policy)
    file = CountsFile(
        path, policy, chosen_meter(policy, name), instant(now), article_ids, time_format
    )
    secrets = [] if secret_file is None else read_secrets(secret_file)
    with _opened(policy, url, now, secrets, namespace, dry=dry_run) as paywall:
        done = import_counts(file, paywall, dry=dry_run)
    _tell(file, done, dry=dry_run)
    if form == "json":
        print_json(_table(file, done, dry=dry_run))
    else:
        _print(file, done, dry=dry_run)
    if done.refused:
        raise click.exceptions.Exit(EXIT_NO)


@contextmanager
def _opened(
    policy: Policy, url: str, now: datetime, secrets: list[str], namespace: str, *, dry: bool
) -> Iterator[Paywall]:
    """Open a paywall on the site's store, and close the store again."""
    store = open_store(url)
    if isinstance(store, MemoryStore) and not dry:
        raise MeterError(
            f"`{url}` is forgotten when this command ends; name the site's store, such as"
            " `sqlite:///usage.db`"
        )
    try:
        paywall = Paywall(
            policy,
            store,
            clock=lambda: now,
            deadline=_PATIENCE,
            attempts=_ATTEMPTS,
            secret=secrets[0] if secrets else None,
            old_secrets=secrets[1:],
            namespace=namespace,
            on_outage="raise",
        )
        paywall.ready(_PATIENCE)
        yield paywall
    finally:
        if isinstance(store, Closable):
            store.close()


def _number(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def _tell(file: CountsFile, done: Imported, *, dry: bool) -> None:
    """Tell on stderr what was supposed, and which rows cannot be taken."""
    name = file.path.name
    if file.ignored:
        columns = ", ".join(f"`{printable(column)}`" for column in file.ignored)
        print_message(f"{name}: nothing is read from {columns}")
    if file.without_zone:
        print_message(
            f"{name}: {_number(file.without_zone, 'time')} without a zone, taken in"
            f" {file.policy.zone.key}"
        )
    if file.ahead:
        print_message(
            f"{name}: {_number(file.ahead, 'time')} ahead of now: is the zone the right one?"
        )
    forms = [] if file.time_format else likely_forms(file.unread)
    if forms:
        print_message(f"{name}: say how its times are written with {time_format_words(forms)}")
    for row in done.first:
        print_message(f"{name}:{row.line}: {row.reason}")
    more = done.refused - len(done.first)
    if more:
        where = "" if dry else f", see {rejected_path(file.path)}"
        print_message(f"{name}: and {_number(more, 'more row')}{where}")


def _table(file: CountsFile, done: Imported, *, dry: bool) -> dict[str, object]:
    """Return what became of the rows as data."""
    written = str(rejected_path(file.path)) if done.refused and not dry else None
    return {
        "file": str(file.path),
        "meter": file.meter.name,
        "dry_run": dry,
        "rows": done.rows,
        "counted": done.counted,
        "readers": done.readers,
        "repeated": done.repeated,
        "over": done.over,
        "refused": done.refused,
        "rejected_file": written,
        "without_zone": file.without_zone,
        "ignored_columns": file.ignored,
        "first_refused": [{"line": row.line, "reason": row.reason} for row in done.first],
    }


def _print(file: CountsFile, done: Imported, *, dry: bool) -> None:
    """Print what became of the rows."""
    counting = "would count" if dry else "count now"
    where = f", see {rejected_path(file.path)}" if done.refused and not dry else ""
    readers = _number(done.readers, "reader")
    print_answer(f"{_number(done.rows, 'row')} in {file.path}")
    print_answer(f"  {counting}: {done.counted:,} in `{file.meter.name}`, for {readers}")
    print_answer(f"  repeat what was counted in the same window: {done.repeated:,}")
    print_answer(f"  over, in no window that runs: {done.over:,}")
    print_answer(f"  cannot be taken: {done.refused:,}{where}")


@command(_NEWSPACK, f"{_NEWSPACK} --name 'The Harbour Review' --timezone Asia/Tokyo")
@click.argument("paths", type=FilePath(), nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write `policy.toml` into; nothing is overwritten.",
)
@click.option(
    "--name", default="My publication", show_default=True, help="The name of the publication."
)
@click.option(
    "--timezone",
    "zone",
    default="UTC",
    show_default=True,
    help="The zone in which days, weeks and months end, such as `Europe/Berlin`.",
)
def newspack(paths: tuple[Path, ...], out: Path, name: str, zone: str) -> None:
    """Make a policy of the settings of a site under Newspack.

    FILE is what `wp newspack-popups export` writes (prompts and segments), or the content gates as
    the plugin's API answers them; give both, and the names of categories and tags
    are known. Gates become meters and rules, prompts become declared prompts with how often they
    are shown.

    What has no counterpart, or is not quite the same, is listed on stderr and at the top of the
    policy. The policy passes `meter check`; read it before you use it.
    """
    target = out / "policy.toml"
    if target.exists():
        raise MeterError(f"`{target}` is there already and is not overwritten; name another folder")
    made = newspack_policy({str(path): _json(path) for path in paths}, name, zone)
    loads_policy(made.text, name=str(target))
    out.mkdir(parents=True, exist_ok=True)
    target.write_text(made.text, encoding="utf-8")
    for note in made.notes:
        print_message(f"not the same: {printable(note)}")
    listed = f"{_number(len(made.notes), 'thing')} to look at, listed at its top"
    print_answer(f"{target}: {listed if made.notes else 'nothing to look at'}")
    print_message(f"next: meter check {target}")


def _json(path: Path) -> object:
    """Return the JSON document in a file."""
    if path.stat().st_size > _MOST_BYTES:
        raise MeterError(f"`{path}` has more than {_MOST_BYTES >> 20} MiB: is it an export?")
    try:
        return parse_json(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise MeterError(f"`{path}` is not UTF-8; save it as JSON in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise MeterError(f"`{path}` cannot be read: {json_problem(error).message}") from None


import_.add_command(counts, "counts")
import_.add_command(newspack, "newspack")
