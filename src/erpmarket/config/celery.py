"""The Celery application: only wakes the functions of `periodic`; it carries no facts.

Every task may run twice, at once or never: the outbox in PostgreSQL is the truth.
"""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_init
from django.conf import settings
from django.utils.module_loading import import_string

from erpmarket.config.periodic import PERIODIC, Periodic
from erpmarket.fiscal.vault import MASTER_KEY_WRONG, SealBroken, check_master_key

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erpmarket.config.settings")

# A message that waited longer is of no use: the next one is already here.
LIFE_IN_PERIODS = 5


def _register(name: str, periodic: Periodic) -> None:
    # Messages of an older or newer release may carry keywords that this one does not know.
    def run(**keywords: Any) -> None:  # noqa: ANN401  (whatever the message says)
        import_string(periodic.function)(**keywords)

    app.task(run, name=name, ignore_result=True)


app = Celery("erpmarket")
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    # The broker may be away for as long as it likes; the worker waits for it.
    broker_connection_max_retries=None,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    timezone="UTC",
    beat_schedule={
        name: {
            "task": name,
            "schedule": periodic.seconds,
            "options": {"expires": periodic.seconds * LIFE_IN_PERIODS},
        }
        for name, periodic in PERIODIC.items()
    },
)
for _name, _periodic in PERIODIC.items():
    _register(_name, _periodic)


def _refuse_wrong_master_key(**_keywords: object) -> None:
    """Stop a worker that could open no certificate before it takes any work."""
    try:
        check_master_key()
    except SealBroken as error:
        # Celery logs any other exception of a signal and goes on.
        raise SystemExit(MASTER_KEY_WRONG) from error


worker_init.connect(_refuse_wrong_master_key, dispatch_uid="master_key")
