"""The models of paywalls that ship: a folder each, with a policy and a journey."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from meter.resources.files import template_root

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["MODEL_POLICY", "PaywallModel", "paywall_models"]

MODEL_POLICY = "policy.toml"
"""What the policy of every model is called."""


class PaywallModel(NamedTuple):
    """A paywall to start from: its name, the sentence it is described by, and its folder."""

    name: str
    says: str
    folder: Traversable

    @property
    def journey(self) -> str:
        """The name of its journey's file."""
        return f"{self.name}.journey.toml"

    def text(self, name: str) -> str:
        """Return the text of one of its files."""
        return (self.folder / name).read_text(encoding="utf-8")


def paywall_models() -> dict[str, PaywallModel]:
    """Return every model that ships, by its name; its sentence is the first line of its policy."""
    folders = sorted((template_root() / "models").iterdir(), key=lambda folder: folder.name)
    return {folder.name: _model(folder) for folder in folders if folder.is_dir()}


def _model(folder: Traversable) -> PaywallModel:
    first, _, _ = (folder / MODEL_POLICY).read_text(encoding="utf-8").partition("\n")
    return PaywallModel(folder.name, first.removeprefix("# "), folder)
