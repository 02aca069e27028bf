"""The app, as Django finds it in `INSTALLED_APPS`."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import register
from django.core.signals import setting_changed

from meter.errors import raise_missing_extra

try:
    from meter.web.django.checks import check_middleware, check_settings, check_store
    from meter.web.django.configuration import forget_settings
    from meter.web.django.signing import listen
except ModuleNotFoundError as error:
    raise_missing_extra(error)

__all__ = ["MeterConfig"]


class MeterConfig(AppConfig):
    """The paywall."""

    name = "meter.web.django"
    label = "meter"
    verbose_name = "Paywall"

    def ready(self) -> None:
        """Have the settings checked, and hear of who signs in and out."""
        register(check_settings)
        register(check_middleware)
        register(check_store, deploy=True)
        setting_changed.connect(forget_settings, dispatch_uid="meter.settings")
        listen()
