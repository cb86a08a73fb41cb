"""`manage.py create_demo`: the two demo shops with a month of real sales behind them."""

import logging
import os
import subprocess
import time
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from erpmarket.cli.demo.agents import read_agent, refresh_agents
from erpmarket.cli.demo.founding import find_company
from erpmarket.cli.demo.handout import FILE_NAME, write_handout
from erpmarket.cli.demo.make import DemoOrder, live_history, open_shop
from erpmarket.cli.demo.people import DemoCompany, demo_companies
from erpmarket.cli.demo.sending import VERDICTS, ScriptedVerdict, send_boletas
from erpmarket.cli.demo.sii import DemoSii
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.programs import spawn
from erpmarket.cli.shop import python_command
from erpmarket.common.clock import local_date, now


class Command(BaseCommand):
    """Make what is missing of the demo; safe to kill and to call again."""

    help = "Crea las dos tiendas de demostración con un mes de ventas, por las mismas acciones."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options; without any, the whole demo is made."""
        defaults = DemoOrder(today=local_date(now()))
        parser.add_argument("--seed", default=defaults.seed, help="la misma semilla, la misma demo")
        days = os.environ.get("ERP_DEMO_DAYS", str(defaults.days))
        parser.add_argument("--days", type=int, default=days, help="días de historia")
        parser.add_argument("--today", type=date.fromisoformat, default=defaults.today)
        parser.add_argument("--products", type=int, help="cuántos productos (por omisión, todos)")
        parser.add_argument(
            "--shop",
            choices=[company.key for company in demo_companies()],
            help="hace solo esta tienda, sin escribir demo.json",
        )
        parser.add_argument(
            "--refresh-agent",
            action="store_true",
            help="solo dice a las cajas dónde está ahora el agente (ERP_AGENT_URL)",
        )

    def handle(self, **options: Any) -> None:  # noqa: ANN401  (Django's signature)
        """Run one of the three modes."""
        agent = read_agent()
        if options["refresh_agent"]:
            refresh_agents(agent)
            return
        if not settings.SII_DEMO_URL:
            raise CommandError(
                "Falta ERP_SII_DEMO_URL: la demostración pide folios y certificado al SII simulado."
                " Usa make run, que lo parte, o indica su dirección."
            )
        # One line per envelope would drown the progress.
        logging.getLogger("erpmarket").setLevel(logging.WARNING)
        order = DemoOrder(
            today=options["today"],
            seed=options["seed"],
            days=options["days"],
            product_limit=options["products"],
            agent=agent,
        )
        try:
            if options["shop"] is None:
                self._make_all(order)
            else:
                company = next(c for c in demo_companies() if c.key == options["shop"])
                self._make_one(company, order)
        except StartRefused as error:
            raise CommandError(error.message) from error

    def _make_all(self, order: DemoOrder) -> None:
        """Make the first shop here, the others in processes beside it: a machine has two cores."""
        handout = settings.DATA_DIR / FILE_NAME
        # The file alone says nothing: the database may be a new one.
        if handout.exists() and all(map(find_company, demo_companies())):
            self._say(f"La demostración ya está: {handout}. Para hacerla de nuevo: make demo-reset")
            return
        began = time.monotonic()
        first, *others = demo_companies()
        company_id = self._open(first, order)
        beside = [_start(company, order) for company in others]
        try:
            live_history(first, order, company_id=company_id, say=self._say)
            if any(process.wait() != 0 for process in beside):
                raise CommandError("Una tienda no se pudo crear; el motivo está arriba.")
        finally:
            for process in beside:
                process.terminate()
                process.wait()
        # Alone with the SII now: a scripted verdict meets whatever envelope comes next.
        self._send(first, company_id, VERDICTS)
        write_handout(settings.DATA_DIR, base_url=settings.BASE_URL, seed=order.seed)
        self._say(f"Demostración lista en {time.monotonic() - began:.1f} s")

    def _make_one(self, company: DemoCompany, order: DemoOrder) -> None:
        company_id = self._open(company, order)
        live_history(company, order, company_id=company_id, say=self._say)
        self._send(company, company_id, ())

    def _open(self, company: DemoCompany, order: DemoOrder) -> int:
        return open_shop(company, order, sii=DemoSii(settings.SII_DEMO_URL), say=self._say)

    def _send(
        self, company: DemoCompany, company_id: int, verdicts: Sequence[ScriptedVerdict]
    ) -> None:
        sent = send_boletas(company_id, DemoSii(settings.SII_DEMO_URL), verdicts=verdicts)
        if sent:
            self._say(f"{company.shop_name}: {sent} boletas enviadas al SII simulado")

    def _say(self, words: str) -> None:
        self.stdout.write(f"  {words}")
        self.stdout.flush()


def _start(company: DemoCompany, order: DemoOrder) -> "subprocess.Popen[bytes]":
    """Make a shop in a process of its own, which dies with this one."""
    options = {"shop": company.key, "seed": order.seed, "days": order.days, "today": order.today}
    if order.product_limit is not None:
        options["products"] = order.product_limit
    arguments = [f"--{name}={value}" for name, value in options.items()]
    # `spawn` leaves out what leads to a database; this one is for the same as ours.
    return spawn(python_command("-m", "django", "create_demo", *arguments), os.environ, None)
