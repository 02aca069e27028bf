"""Names of files, tests and readers as they are shown: nothing in them turns the text around."""

from __future__ import annotations

import shlex

from markupsafe import Markup

from meter.errors import UNPRINTABLE, printable

__all__ = ["file_argument", "plain_name", "shown", "typed"]

_ISOLATED = Markup("<bdi>{}</bdi>")


def shown(name: str) -> Markup:
    r"""Return a name as HTML that leaves the direction of the text around it as it is.

    >>> shown("a\u202eb<i>")
    Markup('<bdi>a\\u202Eb&lt;i&gt;</bdi>')
    """
    return _ISOLATED.format(printable(name))


def plain_name(name: str) -> str:
    r"""Return a name for a new file after an older one, without what cannot be shown.

    >>> plain_name("a\u202eb")
    'a-b'
    """
    return UNPRINTABLE.sub("-", name)


def file_argument(name: str) -> str:
    """Return what stands for a file in a command line: never what looks like an option.

    >>> file_argument("-x.toml"), file_argument("x.toml")
    ('./-x.toml', 'x.toml')
    """
    return f"./{name}" if name.startswith("-") else name


def typed(name: str) -> str:
    """Return a file as it is typed in a shell.

    >>> typed("-x.toml"), typed("my policy.toml")
    ('./-x.toml', "'my policy.toml'")
    """
    return printable(shlex.quote(file_argument(name)))
