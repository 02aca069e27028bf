"""`meter serve`: decisions over HTTP, for sites in any language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter.commands.console import print_message
from meter.commands.help import command
from meter.commands.options import FilePath, article_ids_option, policy_argument
from meter.commands.secrets import read_secrets, secret_file_option
from meter.errors import MeterError, StoreSetupError, StoreUnavailableError, quoted
from meter.loading import load_policy
from meter.paywall import Paywall
from meter.stores import open_store
from meter.stores.memory import MemoryStore
from meter.stores.protocol import Closable
from meter.web.institutions.files import beside

if TYPE_CHECKING:
    from pathlib import Path

    from meter.loading.article_ids import ArticleIds

__all__ = ["serve"]

_MOST_WORKERS = 64


@command(
    "openssl rand -hex 32 > keys.txt",
    "meter serve policy.toml --store sqlite:///usage.db --key-file keys.txt",
    "meter serve policy.toml --store redis://localhost --workers 2 --key-file keys.txt",
    "meter serve policy.toml --store memory:// --no-key",
)
@policy_argument
@click.option(
    "--store",
    "url",
    required=True,
    help="Where usage is kept, such as `sqlite:///usage.db`; all workers share it.",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The name or address to listen on."
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="The port to listen on; 0 takes one that is free.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, _MOST_WORKERS),
    default=1,
    show_default=True,
    help="How many processes answer.",
)
@click.option(
    "--key-file",
    type=FilePath(),
    help="A file with the keys of clients, one a line; `KEY clock` may also set the clock.",
)
@click.option("--no-key", is_flag=True, help="Ask for no key: only on this machine's own address.")
@secret_file_option("gift links, as the site has it", required=False)
@article_ids_option
def serve(
    policy_path: Path,
    url: str,
    host: str,
    port: int,
    workers: int,
    key_file: Path | None,
    secret_file: Path | None,
    *,
    no_key: bool,
    article_ids: ArticleIds,
) -> None:
    """Decide page views over HTTP, for a site in any language.

    Clients send the JSON that `meter decide` reads to /v1/decide, /v1/peek and /v1/render, and get
    the JSON that it writes. Beside it they may send the reader's `address`: one that a library or a
    company of the file institutions.toml beside the policy has opens what that one's readers may
    read. /openapi.json describes every address, /health says whether the store
    answers, and /metrics counts for Prometheus.

    A client shows a key: `Authorization: Bearer KEY`. The key file holds one a line, and several
    are valid at once; it is read anew when it changes, and so are the policy and the institutions.
    Without a key file the
    server starts only on a loopback address, and only with --no-key.

    The time is the server's clock. A client may send `at` only if its line in the key file is
    `KEY clock`.

    With --secret-file readers give articles away by links (`[gifts]` in the policy): /v1/gifts
    makes, lists and ends them, and a page view brings the token of one as `gift`.

    On SIGTERM the server takes no new request, and answers those that run.
    """
    # uvicorn and starlette are of an extra
    from meter.web.serve.guard import is_loopback  # noqa: PLC0415
    from meter.web.serve.keys import KeyFile  # noqa: PLC0415
    from meter.web.serve.server import listen  # noqa: PLC0415
    from meter.web.serve.server import serve as run  # noqa: PLC0415
    from meter.web.serve.service import Settings  # noqa: PLC0415

    _check_keys(key_file, no_key=no_key, is_local=is_loopback(host), host=host)
    beside(policy_path, load_policy(policy_path))
    if key_file is not None:
        KeyFile(key_file)
    _check_store(policy_path, url, workers)
    settings = Settings(
        policy=policy_path,
        store=url,
        key_file=key_file,
        article_ids=article_ids,
        secrets=() if secret_file is None else tuple(read_secrets(secret_file)),
    )
    listening = listen(host, port)
    address, number = listening.getsockname()[:2]
    shown = f"[{address}]" if ":" in address else address
    print_message(f"serving {policy_path} on http://{shown}:{number}")
    run(settings, listening, workers)


def _check_keys(key_file: Path | None, *, no_key: bool, is_local: bool, host: str) -> None:
    """Raise what is wrong with how clients are known."""
    if key_file is not None and no_key:
        raise MeterError("`--key-file` and `--no-key` exclude each other; leave one out")
    if key_file is None and not no_key:
        raise MeterError(
            "clients have to show a key, and there is none: make one with `openssl rand -hex 32 >"
            " keys.txt` and add `--key-file keys.txt`; to try it on this machine, add `--no-key`"
        )
    if no_key and not is_local:
        raise MeterError(
            f"without keys the server listens on this machine only, and {quoted(host)} is not a"
            " loopback address; add `--key-file keys.txt`, or leave `--host` out"
        )


def _check_store(policy_path: Path, url: str, workers: int) -> None:
    """Raise what no waiting mends, before anything is served; an outage is told, and waited for."""
    store = open_store(url)
    if workers > 1 and isinstance(store, MemoryStore):
        raise StoreSetupError(
            f"{workers} workers cannot share `memory://`: each would count for itself; name a store"
            " such as `sqlite:///usage.db`, or leave `--workers` out"
        )
    try:
        Paywall(load_policy(policy_path), store).ready()
    except StoreUnavailableError as error:
        print_message(f"the store does not answer yet, and decisions are `degraded`: {error}")
    finally:
        if isinstance(store, Closable):
            store.close()
