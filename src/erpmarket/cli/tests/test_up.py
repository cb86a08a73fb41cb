"""The real supervisor with the real programs, on free ports, in a shop whose demo counts as made."""

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from erpmarket.cli import roles
from erpmarket.cli.health import is_healthy
from erpmarket.cli.notes import DEMO_DONE, note
from erpmarket.cli.postgres import PostgresServer
from erpmarket.cli.programs import read_pid_file
from erpmarket.cli.shop import PORT_CHOICES, Shop, make_secrets, read_shop

pytestmark = pytest.mark.timeout(180)

PROGRAMS = ("simulator", "printer", "agent", "web", "runner")


@dataclass
class RunningShop:
    """A supervisor in a process of its own; `said` grows while it talks."""

    process: "subprocess.Popen[str]"
    said: list[str] = field(default_factory=list)

    def await_word(self, word: str, seconds: float = 90) -> str:
        deadline = time.monotonic() + seconds
        while True:
            text = "".join(self.said)
            if word in text:
                return text
            assert self.process.poll() is None, text
            assert time.monotonic() < deadline, text
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@contextlib.contextmanager
def new_shop() -> Iterator[Shop]:
    folder = Path(tempfile.mkdtemp(prefix="erp-test-"))
    folder.chmod(0o755)
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in PORT_CHOICES]
    ports = {
        choice.variable: str(probe.getsockname()[1])
        for choice, probe in zip(PORT_CHOICES, probes, strict=True)
    }
    for probe in probes:
        probe.close()
    made = read_shop({"ERP_DATA_DIR": str(folder / "var"), **ports})
    make_secrets(made)
    with PostgresServer(made.folder / "postgres") as server:
        note(server, demo=DEMO_DONE)
    yield made
    PostgresServer(made.folder / "postgres").destroy()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """One folder for all: each test finds it closed and leaves it closed or crashed."""
    with new_shop() as made:
        yield made


OpenShop = Callable[[Shop], RunningShop]


@pytest.fixture
def open_shop() -> Iterator[OpenShop]:
    opened: list[RunningShop] = []

    def start(shop: Shop) -> RunningShop:
        running = RunningShop(run_cli(shop, "up"))
        opened.append(running)
        threading.Thread(target=listen, args=(running,), daemon=True).start()
        return running

    yield start
    for running in opened:
        if running.process.poll() is None:
            running.stop()
        assert running.process.stdout is not None
        running.process.stdout.close()


def listen(running: RunningShop) -> None:
    assert running.process.stdout is not None
    with contextlib.suppress(ValueError):
        running.said.extend(running.process.stdout)


def run_cli(shop: Shop, *arguments: str) -> "subprocess.Popen[str]":
    ports = {choice.variable: str(number) for choice, number in shop.ports}
    # What the test session set for itself must not lead this shop to the session's database.
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ERP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "erpmarket.cli", *arguments],
        env={**ours, **ports, "ERP_DATA_DIR": str(shop.folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def pids_of(shop: Shop) -> dict[str, int]:
    found = {name: read_pid_file(shop.folder / "pids" / f"{name}.json") for name in PROGRAMS}
    return {name: pid for name, pid in found.items() if pid is not None}


def postmaster_of(shop: Shop) -> int:
    data = PostgresServer(shop.folder / "postgres").data
    return int((data / "postmaster.pid").read_text().splitlines()[0])


def test_shop_opens_says_what_to_do_and_closes_without_a_trace(
    shop: Shop, open_shop: OpenShop
) -> None:
    running = open_shop(shop)
    text = running.await_word("Ctrl-C detiene todo")
    healthy = is_healthy(shop.web_url)
    pids = pids_of(shop)

    status = running.stop()

    assert shop.web_url in text
    assert shop.rolls_url in text
    assert "clave" in text
    assert "PIN" in text
    assert "Qué hacer ahora" in text
    assert healthy
    assert sorted(pids) == sorted(PROGRAMS)
    assert status == 0
    assert pids_of(shop) == {}
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids.values())
    assert not PostgresServer(shop.folder / "postgres").is_answering()
    told = text + "".join(log.read_text() for log in (shop.folder / "logs").glob("*.log"))
    for secret in (shop.folder / "secrets").iterdir():
        assert secret.read_text().strip() not in told


def test_programs_get_no_more_power_than_they_need(shop: Shop, open_shop: OpenShop) -> None:
    open_shop(shop).await_word("Ctrl-C detiene todo")
    environments = {
        name: Path(f"/proc/{pid}/environ").read_text().split("\0")
        for name, pid in pids_of(shop).items()
    }
    connection = http.client.HTTPConnection("127.0.0.1", shop.web_port, timeout=10)
    connection.request("GET", "/")
    connection.getresponse().read()
    connection.close()

    owners = PostgresServer(shop.folder / "postgres").run_sql(
        "SELECT DISTINCT usename FROM pg_stat_activity"
        " WHERE datname = 'erp_market' AND usename <> 'postgres' ORDER BY 1"
    )

    assert "erp_owner" not in owners
    powerful = [n for n, lines in environments.items() if "ERP_SYS_ROLE=erp_sys" in lines]
    assert powerful == ["runner"]
    for lines in environments.values():
        assert not any("PASSWORD" in line or "ERP_MASTER_KEY=" in line for line in lines)


def test_start_after_kill_of_everything_works_and_is_quick(shop: Shop, open_shop: OpenShop) -> None:
    first = open_shop(shop)
    first.await_word("Ctrl-C detiene todo")
    server = PostgresServer(shop.folder / "postgres")
    server.run_sql("CREATE TABLE kept AS SELECT 7 AS n", database=roles.DATABASE)
    victims = [first.process.pid, *pids_of(shop).values(), postmaster_of(shop)]

    for pid in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    first.process.wait()
    began = time.monotonic()
    text = open_shop(shop).await_word("Ctrl-C detiene todo")

    assert is_healthy(shop.web_url)
    assert "Preparando las tablas" not in text
    assert "Reuniendo estilos" not in text
    assert server.run_sql("SELECT n FROM kept", database=roles.DATABASE) == "7"
    assert time.monotonic() - began < 60


def test_killed_supervisor_takes_its_programs_along(shop: Shop, open_shop: OpenShop) -> None:
    running = open_shop(shop)
    running.await_word("Ctrl-C detiene todo")

    running.process.kill()
    running.process.wait()

    deadline = time.monotonic() + 30
    while pids_of(shop):
        assert time.monotonic() < deadline, pids_of(shop)
        time.sleep(0.1)


def test_fallen_program_and_fallen_database_are_revived(shop: Shop, open_shop: OpenShop) -> None:
    running = open_shop(shop)
    running.await_word("Ctrl-C detiene todo")
    fallen = pids_of(shop)["agent"]

    os.kill(fallen, signal.SIGKILL)
    os.kill(postmaster_of(shop), signal.SIGKILL)

    text = running.await_word("PostgreSQL se detuvo; lo levanto de nuevo")
    assert "Se detuvo el agente de la caja (código -9)" in text
    server = PostgresServer(shop.folder / "postgres")
    deadline = time.monotonic() + 40
    while pids_of(shop).get("agent") in (None, fallen) or not server.is_answering():
        assert time.monotonic() < deadline, "".join(running.said)
        time.sleep(0.1)


def test_taken_port_is_told_before_anything_starts(shop: Shop) -> None:
    with socket.create_server(("127.0.0.1", shop.web_port)):
        refused = run_cli(shop, "up")
        said, _ = refused.communicate(timeout=60)

    assert refused.returncode == 2
    assert f"El puerto {shop.web_port}, para la tienda (web), lo usa otro programa." in said
    assert f"ERP_WEB_PORT={shop.web_port + 1} make run" in said
    assert pids_of(shop) == {}
    assert not PostgresServer(shop.folder / "postgres").is_answering()


@pytest.fixture
def doomed_shop() -> Iterator[Shop]:
    with new_shop() as made:
        yield made


def test_second_supervisor_of_the_same_folder_is_refused_and_reset_stops_the_first(
    doomed_shop: Shop, open_shop: OpenShop
) -> None:
    shop = doomed_shop
    first = open_shop(shop)
    first.await_word("Ctrl-C detiene todo")

    second = run_cli(shop, "up")
    said, _ = second.communicate(timeout=60)
    declined = run_cli(shop, "demo-reset")
    declined_said, _ = declined.communicate(timeout=60)
    open_after = is_healthy(shop.web_url)
    reset = run_cli(shop, "demo-reset", "--yes")
    reset_said, _ = reset.communicate(timeout=60)

    assert second.returncode == 2
    assert f"ya está abierta (proceso {first.process.pid})" in said
    assert declined.returncode == 0
    assert "No se borró nada." in declined_said
    assert open_after
    assert reset.returncode == 0, reset_said
    assert first.process.wait(30) == 0
    assert not shop.folder.exists()
