"""A paywall for Django: an app. A view asks `request.paywall`, the visit that a request is.

Put `"meter.web.django"` into `INSTALLED_APPS`, `"meter.web.django.middleware.MeterMiddleware"`
first into `MIDDLEWARE` (behind `UpdateCacheMiddleware`, where there is one), and describe the
paywall in `METER`; without that setting every page is left as it is.
"""
