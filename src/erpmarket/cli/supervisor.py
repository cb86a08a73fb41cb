"""Starts the shop in order, watches over its programs, and takes everything down again.

Order: ports free, keys, PostgreSQL, simulator and printer, migrations, demo on the first run, web
and runner. Then it revives what dies until Ctrl-C or SIGTERM.
"""

import contextlib
import hashlib
import signal
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from erpmarket.cli import roles
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.lineup import backstage_programs, front_programs
from erpmarket.cli.notes import DEMO_DONE, DEMO_MAKING, has_companies, note, read_notes
from erpmarket.cli.postgres import PostgresServer
from erpmarket.cli.programs import (
    Program,
    RunningProgram,
    has_crash_marks,
    spawn,
    stop_leftovers,
)
from erpmarket.cli.shop import SOURCE, Shop, check_ports, make_secrets, python_command
from erpmarket.cli.words import say, welcome

READY_TIMEOUT_SECONDS = 60.0
POSTGRES_LOOK_SECONDS = 5.0
# Measured: a web worker whose master was killed is gone within two seconds.
FADE_SECONDS = 15.0
TICK_SECONDS = 0.1


class Stopped(Exception):
    """Raised inside the start when Ctrl-C or SIGTERM arrives."""


class Supervisor:
    """Starts the shop in order, keeps it alive, and takes it down in the opposite order."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.server: PostgresServer | None = None
        self.running: list[RunningProgram] = []
        self.asked_to_stop = False

    def run(self) -> None:
        """Start everything and stay until asked to stop; always leaves with everything stopped."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self._ask_to_stop())
        began = time.monotonic()
        try:
            self._start_all()
            say(welcome(self.shop, seconds=time.monotonic() - began))
            self._watch()
        except Stopped:
            pass
        finally:
            self._stop_all()

    def _ask_to_stop(self) -> None:
        self.asked_to_stop = True

    def _start_all(self) -> None:
        shop = self.shop
        patience_seconds = FADE_SECONDS if has_crash_marks(shop.folder) else 0.0
        for name in stop_leftovers(shop.folder):
            say(f"▸ Detuve «{name}», que quedó de la vez anterior")
        self._check_ports(patience_seconds)
        make_secrets(shop)
        say("▸ Partiendo PostgreSQL")
        self.server = PostgresServer(shop.folder / "postgres")
        self.server.start()
        self._start_programs(backstage_programs(shop))
        self._migrate(self.server)
        self._collect_static()
        self._create_demo(self.server)
        self._refresh_agent(self.server)
        say("▸ Abriendo la tienda")
        self._start_programs(front_programs(shop, self._environment()))

    def _check_ports(self, patience_seconds: float) -> None:
        """Refuse taken ports; after a crash, web workers notice only by and by that it is over."""
        deadline = time.monotonic() + patience_seconds
        while True:
            try:
                check_ports(self.shop)
            except StartRefused:
                if time.monotonic() > deadline:
                    raise
                self._tick()
            else:
                return

    def _environment(self) -> dict[str, str]:
        assert self.server is not None
        return self.shop.environment() | self.server.environment()

    def _start_programs(self, programs: Iterable[Program]) -> None:
        started = [RunningProgram(program, self.shop.folder) for program in programs]
        for each in started:
            self.running.append(each)
            each.start()
        for each in started:
            self._await_ready(each)

    def _await_ready(self, each: RunningProgram) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_SECONDS
        while not each.program.is_ready():
            status = each.find_death()
            if status is not None or time.monotonic() > deadline:
                raise StartRefused(
                    "program_not_ready",
                    f"No partió {each.program.title}. Esto dijo ({each.log}):\n{tail(each.log)}",
                )
            self._tick()

    def _migrate(self, server: PostgresServer) -> None:
        """Run the migrations as their owner; the database itself remembers which it has seen."""
        wanted = hash_files(SOURCE.glob("*/migrations/*.py"))
        if read_notes(server).migrations == wanted:
            return
        say("▸ Preparando las tablas")
        self._run_once("migrate", "--verbosity", "0", more={"ERP_DATABASE_ROLE": roles.OWNER_ROLE})
        note(server, migrations=wanted)

    def _collect_static(self) -> None:
        stamp = self.shop.folder / "stamps" / "static"
        wanted = hash_files(SOURCE.glob("**/static/**/*"))
        if stamp.exists() and stamp.read_text() == wanted:
            return
        say("▸ Reuniendo estilos y programas de pantalla")
        self._run_once("collectstatic", "--noinput", "--clear", "--verbosity", "0")
        stamp.parent.mkdir(exist_ok=True)
        stamp.write_text(wanted)

    def _create_demo(self, server: PostgresServer) -> None:
        """Make the demo once; a creation that was cut goes on where it stopped."""
        demo = read_notes(server).demo
        if demo == DEMO_DONE or (not demo and has_companies(server)):
            return
        say("▸ Creando la tienda de demostración con un mes de ventas (solo la primera vez)")
        note(server, demo=DEMO_MAKING)
        self._run_once("create_demo", more={"ERP_SYS_ROLE": roles.SYS_ROLE})
        note(server, demo=DEMO_DONE)

    def _refresh_agent(self, server: PostgresServer) -> None:
        """Tell the demo's tills where the agent listens, when that is another place than before."""
        token = (self.shop.folder / "secrets" / "agent_token").read_text()
        agent = hashlib.sha256(f"{self.shop.agent_url} {token}".encode()).hexdigest()
        if read_notes(server).agent == agent:
            return
        more = {"ERP_SYS_ROLE": roles.SYS_ROLE}
        self._run_once("create_demo", "--refresh-agent", more=more)
        note(server, agent=agent)

    def _run_once(self, *arguments: str, more: Mapping[str, str] | None = None) -> None:
        """Run a management command to its end, with its words on our screen."""
        command = python_command("-m", "django", *arguments)
        process = spawn(command, self._environment() | dict(more or {}), None)
        try:
            while process.poll() is None:
                self._tick()
        finally:
            process.terminate()
            process.wait()
        if process.returncode != 0:
            raise StartRefused(
                "command_failed",
                f"Falló «{arguments[0]}» (código {process.returncode}); el motivo está arriba.",
            )

    def _watch(self) -> None:
        next_look = time.monotonic() + POSTGRES_LOOK_SECONDS
        with contextlib.suppress(Stopped):
            while True:
                self._tick()
                for each in self.running:
                    self._revive(each)
                if time.monotonic() >= next_look:
                    self._revive_postgres()
                    next_look = time.monotonic() + POSTGRES_LOOK_SECONDS

    def _revive(self, each: RunningProgram) -> None:
        status = each.find_death()
        if status is not None:
            pause = each.next_start - time.monotonic()
            say(
                f"▸ Se detuvo {each.program.title} (código {status}). La levanto de nuevo en "
                f"{pause:.0f} s; su registro: {each.log}"
            )
        elif each.is_due():
            each.start()

    def _revive_postgres(self) -> None:
        if self.server is not None and not self.server.is_answering():
            say("▸ PostgreSQL se detuvo; lo levanto de nuevo")
            self.server.start()

    def _tick(self) -> None:
        time.sleep(TICK_SECONDS)
        if self.asked_to_stop:
            raise Stopped

    def _stop_all(self) -> None:
        if self.running or self.server:
            say("▸ Deteniendo la tienda")
        # The doors first: nobody starts a sale on a database that is going away.
        for each in reversed(self.running):
            each.ask_to_stop()
        for each in reversed(self.running):
            each.await_stop()
        if self.server is not None:
            self.server.stop()
            say("▸ Todo detenido. Hasta luego.")


def hash_files(paths: Iterable[Path]) -> str:
    """Return a digest of names and contents, the same whatever the order of `paths`."""
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCE)} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def tail(log: Path) -> str:
    """Return the last lines of a log."""
    return log.read_text(errors="replace")[-1500:] if log.exists() else ""
