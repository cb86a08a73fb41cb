"""A whole shop for the soak: its database, its SII, its broker and its workers."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from bench.server import bench_environment, migrate
from tests.simulation.programs import CELERY, CELERY_WORKER, RUNNER, Broker, Worker, free_port

from erpmarket.cli.postgres import PostgresServer
from sii_simulator.app import Simulator
from sii_simulator.settings import Settings

RUT = "76123456-0"
KINDS = (33, 34, 39, 41, 52, 56, 61)
# Short, so that the work of a killed worker comes back within the run.
LEASE_SECONDS = 6
STAGE_MS = 20
PASSWORD = "clave-de-simulacion"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the soak plays in."""

    company_id: int
    branch_id: int
    simulator: Simulator
    workers: tuple[Worker, ...]
    beat: Worker
    broker: Broker

    def start(self) -> None:
        """Start who works: with the broker and without, at once and on the same rows."""
        self.broker.start()
        for worker in (*self.workers, self.beat):
            worker.start()

    def stop(self) -> None:
        """Kill them all."""
        for program in (*self.workers, self.beat, self.broker):
            program.kill()


@contextmanager
def open_world(*, folios: int) -> Iterator[World]:
    """Build it in a folder of its own, and leave nothing behind."""
    folder = Path(tempfile.mkdtemp(prefix="erp-soak-"))
    folder.chmod(0o755)
    port = free_port()
    server = PostgresServer(folder / "pg", fast_unsafe=True)
    try:
        server.start()
        simulator = Simulator(folder / "sii", settings=Settings(stage_ms=STAGE_MS))
        os.environ.update(
            server.environment(),
            **bench_environment(folder),
            ERP_SYS_ROLE="erp_sys",
            ERP_SII_DEMO_URL=simulator.url,
            ERP_OUTBOX_LEASE_SECONDS=str(LEASE_SECONDS),
            ERP_TASKS="celery",
            ERP_REDIS_URL=f"redis://127.0.0.1:{port}/0",
            DJANGO_SETTINGS_MODULE="erpmarket.config.settings",
        )
        migrate(dict(os.environ))
        import django  # noqa: PLC0415  (after the environment is set)

        django.setup()
        with simulator:
            company_id, branch_id = _found(simulator, folios)
            beat = (*CELERY, "beat", "--schedule", str(folder / "beat"), "--pidfile", "")
            world = World(
                company_id=company_id,
                branch_id=branch_id,
                simulator=simulator,
                workers=(
                    Worker(RUNNER, folder / "runner.log"),
                    Worker(CELERY_WORKER, folder / "celery.log"),
                ),
                beat=Worker(beat, folder / "beat.log"),
                broker=Broker(folder, port),
            )
            try:
                yield world
            finally:
                world.stop()
                _close_connections()
    finally:
        server.destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _found(simulator: Simulator, folios: int) -> tuple[int, int]:
    from erpmarket.fiscal.actions.load_caf import load_caf  # noqa: PLC0415
    from erpmarket.fiscal.actions.store_certificate import store_certificate  # noqa: PLC0415
    from erpmarket.fiscal.authorities import keep_demo_key  # noqa: PLC0415
    from erpmarket.tenancy.actions import found_company, open_branch  # noqa: PLC0415
    from erpmarket.tenancy.models import Company  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    at = datetime.now(UTC)
    office = simulator.office
    key = office.authority_key
    keep_demo_key(key_id=key.key_id, modulus=key.modulus, exponent=key.exponent)
    company_id = found_company(
        rut=RUT,
        name="Comercial Simulada SpA",
        shop_name="Almacén simulado",
        business="Minimarket",
        resolution_date=date(2014, 8, 22),
        resolution_number=simulator.settings.resolution_number,
        at=at,
    )
    with company_scope(company_id):
        Company.objects.filter(id=company_id).update(activities=[471100])
        branch = open_branch(name="Local", address="Uno 1", commune="Maipú", city="Santiago")
        for kind in KINDS:
            # Two files for each type: the second one begins in the middle of the run.
            for _ in range(2):
                xml = office.issue_caf(
                    rut=RUT, name="Comercial Simulada", kind=kind, quantity=folios // 2 + 1
                )
                load_caf(xml=xml, at=at)
        pfx = office.issue_certificate(rut="12345678-5", name="Rosa Núñez", password=PASSWORD)
        store_certificate(pfx=pfx, password=PASSWORD, at=at)
        return company_id, int(branch.id)


def _close_connections() -> None:
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
