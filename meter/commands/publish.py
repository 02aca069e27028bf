"""`meter publish`: write the files that tell machines what the paywall does."""

from __future__ import annotations

from pathlib import Path

import click

from meter.commands.console import EXIT_NO, print_answer, print_json, print_message
from meter.commands.help import command
from meter.commands.options import format_option, policy_argument
from meter.loading import load_policy
from meter.verify import UndecidedError
from meter.web.publish import FILES
from meter.web.publish import publish as publish_files

__all__ = ["publish"]


@command(
    "meter publish policy.toml --out public",
    "meter prove policy.toml --published public    say which of their lines are not true",
)
@policy_argument
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder to write the files into; it is made where there is none.",
)
@click.option("--force", is_flag=True, help="Replace files too that this command did not write.")
@format_option("text", "json")
def publish(policy_path: Path, out: Path, form: str, *, force: bool) -> None:
    """Write the files that tell machines what the paywall does.

    What crawlers and AI agents may do with each part of a site, by the policy's `[machines]` and
    its rules: `robots.txt` (with the licence of RSL and the preferences of AIPREF), `rsl.xml` (the
    licences and prices of RSL), `headers.txt` (the headers that pages carry) and `article.jsonld`
    (what pages tell search engines of a free, a metered and a premium article).

    A use is allowed where `[machines]` says so and a verified crawler of that class gets the whole
    text of something there. The same policy gives the same bytes. What stands in `robots.txt` below
    the line for lines of your own is kept. A file that something else has made is not replaced.

    The exit code is 1 if the rules are too many to say what holds everywhere, and 2 if the policy
    has no `[machines]`, or a file is in the way.
    """
    try:
        written = publish_files(load_policy(policy_path), out, name=str(policy_path), force=force)
    except UndecidedError as error:
        print_message(f"not decided: {error}; nothing was written")
        raise click.exceptions.Exit(EXIT_NO) from None
    if form == "json":
        files = [
            {"name": one.path.name, "path": str(one.path), "changed": one.is_new} for one in written
        ]
        print_json({"policy": str(policy_path), "out": str(out), "files": files})
        return
    for one in written:
        state = "" if one.is_new else " (unchanged)"
        print_answer(f"{one.path}: {FILES[one.path.name]}{state}")
