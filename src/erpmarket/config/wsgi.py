"""The web server's entry."""

import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpmarket.config.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402  (after Django is set up)

if settings.TASKS_MODE == "celery":
    # Loading it takes two seconds: now, and not in the first sale that wakes the worker.
    import_module("erpmarket.config.celery")
    import_module("kombu.transport.redis")
