"""`manage.py runner`: the periodic functions without a broker, one thread per class of work."""

import signal
import threading
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string

from erpmarket.cli.runner import JOIN_SECONDS, WorkThread
from erpmarket.fiscal.vault import MASTER_KEY_WRONG, SealBroken, check_master_key


class Command(BaseCommand):
    """Work until SIGTERM or Ctrl-C; may be killed at any time."""

    help = "Runs the periodic work (SII outbox) without Celery, until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:  # noqa: ANN401  (Django's signature)
        """Start the threads and wait for the signal."""
        if "sys" not in settings.DATABASES:
            raise CommandError(
                "Falta ERP_SYS_ROLE: el encargado de los envíos necesita el rol erp_sys"
                " para saber qué empresas tienen trabajo."
            )
        try:
            check_master_key()
        except SealBroken as error:
            raise CommandError(MASTER_KEY_WRONG) from error
        stopping = threading.Event()

        def stop(_number: int, _frame: FrameType | None) -> None:
            stopping.set()

        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, stop)
        threads = [
            WorkThread(
                name=name,
                function=import_string(periodic.function),
                seconds=periodic.seconds,
                woken=periodic.woken,
                stopping=stopping,
            )
            for name, periodic in import_string(settings.PERIODIC).items()
        ]
        for thread in threads:
            thread.start()
        self.stdout.write(f"runner: {', '.join(thread.name for thread in threads)}")
        self.stdout.flush()
        stopping.wait()
        for thread in threads:
            thread.join(JOIN_SECONDS)
