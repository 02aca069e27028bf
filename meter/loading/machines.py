"""The keys of what machines are told, and of gift links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from meter.errors.values import without_quotes
from meter.loading.codes import currency_step
from meter.loading.fields import (
    Choice,
    FlagOr,
    Integer,
    Key,
    Length,
    List,
    Mapping,
    Table,
    Text,
    either,
    wrong,
)
from meter.policy.gifts import MOST_GIFTS, GiftTerms
from meter.policy.machines import (
    PATH_FORM,
    SITE_FORM,
    MachinesTable,
    Preference,
    path_step,
    site_step,
)
from meter.vocabulary import Status
from meter.vocabulary.machine_terms import (
    LICENCE_FORM,
    PRICE_FORM,
    STATUSES,
    STATUSES_LISTED,
    MachineTerms,
    address_step,
    price_step,
)

if TYPE_CHECKING:
    from meter.loading.positions import Path
    from meter.loading.problems import ProblemCollector

__all__ = ["GIFTS", "MACHINES", "MACHINES_OF_A_RULE"]


class _Refusal:
    """The status of a refusal: one of a few whole numbers; which, `MachineTerms` says."""

    form = f"one of {STATUSES_LISTED}"

    def read(self, value: object, path: Path, report: ProblemCollector) -> object:
        """Return the number, or report."""
        if type(value) is not int:
            return wrong(self, value, path, report, without_quotes(value))
        return value

    def schema(self) -> dict[str, Any]:
        """Return the shape as JSON Schema."""
        return {"enum": list(STATUSES)}


def _price_step(price: str) -> str | None:
    """Return the next step if a price has another form, or a currency that there is not."""
    return price_step(price) or currency_step(price.partition(" ")[0])


_LICENCE = Text(form=LICENCE_FORM, longest=2000, code="bad-link", check=address_step)

MACHINES_OF_A_RULE = Table(
    noun="`machines`",
    make=MachineTerms,
    example='{ status = 402, price = "USD 0.01" }',
    also=either("status", "price", "licence"),
    keys={
        "status": Key(
            shape=_Refusal(),
            says=(
                f"the status of the refusal, one of {STATUSES_LISTED}; unless said, 402 with a"
                " `price` and 401 with a `licence` alone"
            ),
        ),
        "price": Key(
            shape=Text(form=PRICE_FORM, code="bad-price", check=_price_step),
            says='what one page costs a machine: a currency and an amount, `"USD 0.01"`',
        ),
        "licence": Key(
            shape=_LICENCE, says="the address of the terms under which a machine may have it"
        ),
    },
)

_PREFERENCE = FlagOr(other=Choice(words=Preference))


MACHINES = Table(
    noun="`machines`",
    make=MachinesTable,
    example='{ site = "https://www.example.com" }',
    keys={
        "site": Key(
            shape=Text(form=SITE_FORM, longest=2000, code="bad-link", check=site_step),
            says="where the publication is: an address without `?` or `#`",
            required=True,
            filler="https://www.example.com",
        ),
        "licence": Key(
            shape=_LICENCE, says="the address of the terms under which machines may use all of it"
        ),
        "train_ai": Key(
            shape=_PREFERENCE,
            says='whether models may be trained on it; AIPREF\'s `"y"` and `"n"` will do',
        ),
        "search": Key(
            shape=_PREFERENCE,
            says='whether search engines may list it; AIPREF\'s `"y"` and `"n"` will do',
        ),
        "paths": Key(
            shape=Mapping(
                noun="a section",
                item=Text(form=PATH_FORM, longest=500, code="bad-path", check=path_step),
                example='{ markets = "/news/markets/" }',
            ),
            says="where the articles of a section are, if that is not `/SECTION/`",
        ),
    },
)

_MANY = Integer(least=1, most=MOST_GIFTS, example="10")
GIFTS = Table(
    noun="`gifts`",
    make=GiftTerms,
    example='{ per_month = 10, lasts = "30 days" }',
    keys={
        "per_month": Key(
            shape=_MANY,
            says=(
                "how many links one giver may make in a calendar month of the publication's zone"
                " (10 unless said)"
            ),
        ),
        "readers": Key(shape=_MANY, says="how many readers may open one link (25 unless said)"),
        "lasts": Key(
            shape=Length(example="30 days"),
            says="how long a link opens its article: at most 366 days (`30 days` unless said)",
        ),
        "givers": Key(
            shape=List(item=Choice(words=Status), example='["subscriber", "staff"]'),
            says="whose status lets them give (`subscriber` and `staff` unless said)",
        ),
    },
)
