"""Keys turn, and no meter starts anew.

Run it: `python -m tests.web.rotation [EXAMPLE…]`.

Each example is started three times over one store: with the old key, with the new one and the old,
and with the new one alone. A reader without an account has spent the allowance, and another signs
in each time (a session is the site's, and its framework's to keep). Exit code 1 if one of them is
a stranger then.
"""

from __future__ import annotations

import argparse
import sys

from tests.web.sites import NAMES, NEW, OLD, Site

ANONYMOUS = ["a0", "a1", "a2"]
SIGNED_IN = ["b0", "b1"]


def found(device, account):
    """Return what two browsers find: what is counted, and whether one more opens."""
    return (device.ledger(), device.open("one-more").whole, account.ledger())


def turned(name):
    """Turn the keys of an example; return what was found with each set of keys."""
    site = Site(name, secret=OLD)
    try:
        device, account = site.jar(), site.jar()
        account.sign_in("ana")
        for jar, articles in ((device, ANONYMOUS), (account, SIGNED_IN)):
            for article in articles:
                jar.open(article)
        told = [found(device, account)]
        for secret in (f"{NEW},{OLD}", NEW):
            site.stop()
            site.start(secret)
            account.sign_in("ana")
            told.append(found(device, account))
    finally:
        site.close()
    return told


def main(words=None):
    """Turn the keys of each example, and say whether its readers are known afterwards."""
    parser = argparse.ArgumentParser(prog="python -m tests.web.rotation")
    parser.add_argument("sites", nargs="*", metavar="EXAMPLE", help=", ".join(NAMES))
    wrong = 0
    for name in parser.parse_args(words).sites or NAMES:
        told = turned(name)
        same = told == [(ANONYMOUS, False, SIGNED_IN)] * 3
        wrong += not same
        sys.stdout.write(f"{name}: {'every meter stays' if same else f'NOT as before: {told}'}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
