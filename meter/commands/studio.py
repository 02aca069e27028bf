"""`meter studio`: a local web app in which staff see, change and check an offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter.commands.console import print_message
from meter.commands.help import command
from meter.commands.init import sample_files
from meter.commands.options import FilePath
from meter.commands.secrets import read_secrets, secret_file_option
from meter.errors import MeterError
from meter.resources import MODEL_POLICY
from meter.studio.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["studio"]


@command(
    "meter studio paywall/policy.toml",
    "meter studio paywall/policy.toml --write",
    "meter studio --no-open --port 8765",
)
@click.argument("policy_path", metavar="[POLICY]", required=False, type=FilePath())
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port to listen on; 0, the default, takes one that is free.",
)
@click.option("--no-open", is_flag=True, help="Only print the address; open no browser.")
@click.option("--write", is_flag=True, help="Let Save change the policy's file, and add tests.")
@click.option("--site", metavar="URL", help="Your site, to make links that show its pages.")
@secret_file_option("preview links, as the site has it", required=False)
def studio(
    policy_path: Path | None,
    port: int,
    site: str | None,
    secret_file: Path | None,
    *,
    no_open: bool,
    write: bool,
) -> None:
    """See, change and check an offer in the browser.

    One address is printed; the browser is sent there. It holds a token: who has no token gets no
    answer. Nothing leaves this machine, and nothing is written without --write; with it, only in
    the policy's folder.

    Without a policy the sample publication is opened. With --site and --secret-file, Reader makes
    links that show any page of the site as the reader at hand: keys, as `meter preview` makes them.
    """
    if (site is None) != (secret_file is None):
        raise MeterError("`--site` and `--secret-file` belong together; add the other one")
    if policy_path is None and write:
        raise MeterError(
            "`--write` needs a policy to write to; `meter init paywall` makes one, then type"
            " `meter studio paywall/policy.toml --write`"
        )
    with temporary_folder() as folder:
        path = policy_path or _sample(folder / "sample")
        _serve(path, port, site, secret_file, opens=not no_open, may_write=write)


def _serve(
    path: Path,
    port: int,
    site: str | None,
    secret_file: Path | None,
    *,
    opens: bool,
    may_write: bool,
) -> None:
    # uvicorn and starlette are of an extra
    from meter.studio.desk import Desk, SitePreviews  # noqa: PLC0415
    from meter.studio.server import serve  # noqa: PLC0415

    links = None
    if site is not None and secret_file is not None:
        links = SitePreviews.of(site, read_secrets(secret_file))
    desk = Desk(path, may_write=may_write, site=links)
    serve(desk, port, opens=opens, tell=_teller(path))


def _teller(path: Path) -> Callable[[str], None]:
    def tell(address: str) -> None:
        print_message(f"{path.name} is open in the studio; stop it with Ctrl+C")
        click.echo(address)

    return tell


def _sample(folder: Path) -> Path:
    """Copy the sample publication to a new folder, and return its policy."""
    folder.mkdir()
    for file in sample_files():
        (folder / file.name).write_text(file.text, encoding="utf-8")
    return folder / MODEL_POLICY
