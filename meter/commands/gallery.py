"""`meter gallery`: every prompt of a policy on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from meter.commands.console import print_answer, print_json
from meter.commands.help import command
from meter.commands.locales import locales_option
from meter.commands.options import (
    NewFilePath,
    format_option,
    own_templates,
    policy_argument,
    templates_option,
)
from meter.errors import listed
from meter.loading import load_policy
from meter.studio.gallery import gallery_page
from meter.studio.gallery.page import LAYOUTS, SCHEMES

if TYPE_CHECKING:
    from pathlib import Path

    from meter.studio.gallery import GalleryPage

__all__ = ["gallery"]


@command(
    "meter gallery policy.toml --out gallery.html",
    "meter gallery policy.toml --out gallery.html --locale en --locale ar",
)
@policy_argument
@click.option(
    "--out",
    type=NewFilePath(),
    required=True,
    metavar="FILE.html",
    help="The page to write; open it in a browser.",
)
@locales_option
@templates_option
@format_option("text", "json")
def gallery(
    policy_path: Path, out: Path, locales: tuple[str, ...], templates: Path | None, form: str
) -> None:
    """Show every prompt of a policy on one page.

    Each prompt that some reader gets is there once for each language, layout and scheme (light and
    dark), in an article, with the rule that shows it and what is missing. Counts are 21, 5, 2, 1
    and none left. The page holds no script, needs no network and is one file of at most 5 MB. The
    number of figures on it is printed.
    """
    policy = load_policy(policy_path)
    page = gallery_page(
        policy, locales=locales, folder=own_templates(policy_path, policy, templates)
    )
    out.write_text(page.html, encoding="utf-8")
    if form == "json":
        print_json(_table(page, out))
        return
    prompts = len(page.survey.situations)
    languages = listed([f"`{locale}`" for locale in page.locales], "and")
    print_answer(f"{out}: {page.figures} figures of {prompts} prompts in {languages}")
    if not page.survey.is_exact:
        print_answer("the policy is too large to be looked at whole: a prompt may be missing")
    for locale, lacking in page.missing.items():
        for words in lacking:
            print_answer(f"missing in `{locale}`: {words}")
    for locale, needs in page.needed.items():
        for words in needs:
            print_answer(f"needed in `{locale}`: {words}")
    for words in page.survey.unseen:
        print_answer(f"not shown: {words}")


def _table(page: GalleryPage, out: Path) -> dict[str, object]:
    """Return what is on the page, for other programs."""
    return {
        "file": str(out),
        "figures": page.figures,
        "prompts": [
            {
                "rule": one.rule,
                "show": str(one.show),
                "prompt": one.decision.prompt,
                "offers": list(one.decision.offers),
                "count": one.count,
                "reached": one.is_reached,
                "who": one.who,
            }
            for one in page.survey.situations
        ],
        "locales": list(page.locales),
        "layouts": list(LAYOUTS),
        "schemes": list(SCHEMES),
        "missing": {locale: list(words) for locale, words in page.missing.items()},
        "needed": {locale: list(words) for locale, words in page.needed.items()},
        "not_shown": list(page.survey.unseen),
        "exact": page.survey.is_exact,
    }
