"""What machines are told, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from meter.vocabulary.machine_terms import MachineTerms

__all__ = ["machine_words"]


def machine_words(machines: MachineTerms) -> str:
    """Return what machines are told: a status, and a price and a licence where there are."""
    said = (f"status {machines.status}", machines.price, machines.licence)
    return ", ".join(word for word in said if word is not None)
