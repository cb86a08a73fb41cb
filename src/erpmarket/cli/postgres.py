"""A private PostgreSQL server in a folder: create it, start it, prepare it, stop it.

Standard library only. The server listens on a Unix socket in a folder of mode 0700, so `trust`
means "whoever may open that folder". Nothing here ever removes `postmaster.pid`: it guards the data
against a second server, and a killed server may stay unreaped in the process table for seconds.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from erpmarket.cli import roles
from erpmarket.cli.binaries import (
    DEBIAN_HOME,
    can_run,
    can_walk,
    copy_binaries,
    find_binaries,
    server_identity,
    version_of,
)
from erpmarket.cli.errors import StartRefused

START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 60
LOG_LIMIT_BYTES = 10_000_000
# A socket address holds 107 bytes and the end mark; libpq splits a host at commas.
SOCKET_PATH_LIMIT_BYTES = 107
SAFE_SOCKET_PATH = re.compile(r"[\w./+@%~ -]+", re.ASCII)
# pg_ctl puts the folder between double quotes in a shell line.
SHELL_SIGNS = frozenset('"$`\\\n')
# For root, when the unprivileged server cannot walk to the wanted folder (a clone under /root).
ROOT_HOME = Path("/var/lib/erp-market")

_UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """One server in one folder that belongs to it alone.

    `fast_unsafe` gives up durability: for tests only.
    `bin_folder` replaces the search for programs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 5432,
        fast_unsafe: bool = False,
        bin_folder: Path | None = None,
    ) -> None:
        self.port = port
        self.fast_unsafe = fast_unsafe
        self._identity = server_identity()
        self._wanted_folder = folder.absolute()
        self.folder = self._reachable_folder()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.socket_folder = _socket_folder(self.folder, port)
        self._found_programs = bin_folder or find_binaries()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server, or adopt it when it runs already, and prepare roles and database.

        Raises `StartRefused` for data of another major version or when 30 seconds were not enough.
        """
        self._make_folders()
        with self._alone():
            if not self.is_answering():
                self._refuse_other_major()
                self._initdb()
                self._start_with_patience()
            self.run_sql(roles.roles_sql())
            self.prepare_database(roles.DATABASE)

    def stop(self) -> None:
        """Stop the server in fast mode; nothing happens when it is not running."""
        if not self.data.exists() or self._pg_ctl("status").returncode != 0:
            return
        stopped = self._pg_ctl("stop", "-m", "fast", "-w", "-t", str(STOP_TIMEOUT_SECONDS))
        # Somebody else may have stopped it between the two calls.
        if stopped.returncode != 0 and self.is_answering():
            raise StartRefused(
                "postgres_stop",
                f"PostgreSQL no se detuvo en {STOP_TIMEOUT_SECONDS} s. Revisa {self.log}.",
            )

    def destroy(self) -> None:
        """Stop the server and delete its folder, data and all."""
        self.stop()
        for folder in (self.folder, self.socket_folder):
            shutil.rmtree(folder, ignore_errors=True)
        if self._wanted_folder.is_symlink():
            self._wanted_folder.unlink()

    def is_answering(self) -> bool:
        """Tell whether a server answers on the socket and serves this very data folder."""
        if not (self.data / "postmaster.pid").exists():
            return False
        answer = self._psql("SHOW data_directory", database="postgres")
        return answer.returncode == 0 and answer.stdout.strip() == str(self.data)

    def prepare_database(self, name: str) -> None:
        """Create database `name` for the owner role if missing, with all the shop expects in it."""
        known = self.run_sql("SELECT datname FROM pg_database").splitlines()
        if name not in known:
            self.run_sql(roles.create_database_sql(name))
        self.run_sql(roles.database_sql(), database=name)

    def run_sql(self, sql: str, *, database: str = "postgres", role: str = "postgres") -> str:
        """Run statements through psql and return the unaligned answer; superuser unless told."""
        answer = self._psql(sql, database=database, role=role)
        if answer.returncode != 0:
            raise StartRefused("postgres_sql", f"PostgreSQL rechazó una orden: {answer.stderr}")
        return answer.stdout.strip()

    def dump_sql(self, name: str) -> str:
        """Return the statements that make a database anew: schema, rows and privileges."""
        where = ["-h", str(self.socket_folder), "-p", str(self.port), "-U", "postgres"]
        answer = self._run("pg_dump", *where, name)
        if answer.returncode != 0:
            raise StartRefused("postgres_sql", f"PostgreSQL no copió la base: {answer.stderr}")
        return answer.stdout

    def environment(self) -> dict[str, str]:
        """Return the variables by which the programs of the shop find this server."""
        return {
            "ERP_DATABASE_HOST": str(self.socket_folder),
            "ERP_DATABASE_PORT": str(self.port),
            "ERP_DATABASE_NAME": roles.DATABASE,
        }

    @cached_property
    def bin_folder(self) -> Path:
        """The programs, or a copy beside the data when the server's user cannot reach them."""
        if not self._identity or can_run(self._found_programs, self._identity):
            return self._found_programs
        copy = self.folder / f"postgres-{version_of(self._found_programs)}"
        return copy_binaries(self._found_programs, copy)

    def _reachable_folder(self) -> Path:
        if self._wanted_folder.is_symlink():
            return self._wanted_folder.resolve()
        self._wanted_folder.parent.mkdir(parents=True, exist_ok=True)
        wanted = self._wanted_folder.resolve()
        if not self._identity or can_walk(wanted.parent, self._identity):
            return wanted
        if (wanted / "data").exists():
            raise StartRefused(
                "postgres_folder",
                f"PostgreSQL no puede entrar a {wanted}, donde ya hay datos. "
                "Mueve la carpeta a un lugar que todos puedan recorrer, por ejemplo /srv.",
            )
        return ROOT_HOME / f"{wanted.name}-{_short_hash(wanted)}"

    def _make_folders(self) -> None:
        if SHELL_SIGNS & set(str(self.folder)):
            raise StartRefused(
                "postgres_folder",
                f"La ruta {self.folder} tiene comillas, $ u otro signo que PostgreSQL no admite. "
                "Elige otra carpeta con ERP_DATA_DIR.",
            )
        owner = self._identity.get("user", os.geteuid())
        for folder in (self.folder, self.socket_folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self._identity and folder.lstat().st_uid == 0:
                os.chown(folder, owner, self._identity["group"], follow_symlinks=False)
            if folder.is_symlink() or folder.stat().st_uid != owner:
                raise StartRefused(
                    "postgres_folder",
                    f"La carpeta {folder} es de otro usuario. "
                    "Parte con ese usuario, o elige otra carpeta con ERP_DATA_DIR.",
                )
            folder.chmod(0o700)
        if not self._wanted_folder.exists():
            self._wanted_folder.symlink_to(self.folder)

    def _refuse_other_major(self) -> None:
        version_file = self.data / "PG_VERSION"
        if not version_file.exists():
            return
        found = version_file.read_text().strip()
        ours = version_of(self._found_programs).partition(".")[0]
        if found != ours:
            old = DEBIAN_HOME / found / "bin"
            raise StartRefused(
                "postgres_major",
                f"Los datos en {self.data} son de PostgreSQL {found} y el programa es {ours}.\n"
                f"Sigue con la versión {found} usando PGBIN={old}, o convierte los datos con:\n"
                f"  {self.bin_folder}/pg_upgrade -b {old} -B {self.bin_folder} "
                f"-d {self.data} -D {self.data}-{ours}",
            )

    def _initdb(self) -> None:
        if self.data.exists():
            return
        # A folder is data only when it bears its final name: a killed initdb leaves none.
        unfinished = self.folder / "data-unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        sync = ["--no-sync"] if self.fast_unsafe else []
        made = self._run("initdb", "-D", str(unfinished), *options, "--data-checksums", *sync)
        if made.returncode != 0:
            raise StartRefused(
                "postgres_initdb", f"No se pudo crear la base de datos: {made.stderr}"
            )
        unfinished.rename(self.data)

    def _start_with_patience(self) -> None:
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        pause_seconds = 0.1
        options = self._server_options()
        while True:
            left = str(max(1, int(deadline - time.monotonic())))
            self._pg_ctl("start", "-w", "-t", left, "-l", str(self.log), "-o", options)
            # Its exit status is not enough: to pg_ctl an unreaped dead server is a running one.
            if self.is_answering():
                return
            if time.monotonic() + pause_seconds > deadline:
                tail = self.log.read_text(errors="replace")[-1500:] if self.log.exists() else ""
                raise StartRefused(
                    "postgres_start",
                    f"PostgreSQL no partió en {START_TIMEOUT_SECONDS:.0f} s. "
                    f"Revisa {self.log}:\n{tail}",
                )
            time.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 1.5, 2.0)

    def _server_options(self) -> str:
        settings = {
            "listen_addresses": "",
            "port": str(self.port),
            "unix_socket_directories": f'"{self.socket_folder}"',
            "unix_socket_permissions": "0700",
        }
        if self.fast_unsafe:
            settings |= _UNSAFE_SETTINGS
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())

    def _pg_ctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._run("pg_ctl", "-D", str(self.data), *arguments)

    def _psql(
        self, sql: str, *, database: str, role: str = "postgres"
    ) -> subprocess.CompletedProcess[str]:
        where = ["-h", str(self.socket_folder), "-p", str(self.port), "-U", role, "-d", database]
        return self._run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *where, "-f", "-", stdin=sql)

    def _run(
        self, program: str, *arguments: str, stdin: str = ""
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own programs, no shell, arguments made here
            [str(self.bin_folder / program), *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=self.folder,
            env=_clean_environment(),
            **self._identity,
        )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one caller at a time create and start; the lock dies with its holder."""
        with (self.folder / "start.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _socket_folder(folder: Path, port: int) -> Path:
    """Return a folder for the socket: beside the data, or a short one if that path cannot serve."""
    beside = folder / "socket"
    address = os.fsencode(beside / f".s.PGSQL.{port}")
    if len(address) <= SOCKET_PATH_LIMIT_BYTES and SAFE_SOCKET_PATH.fullmatch(str(beside)):
        return beside
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    # Root's server is another user, who cannot walk root's runtime folder.
    usable = os.geteuid() != 0 and runtime.is_absolute() and runtime.is_dir()
    home = runtime if usable else Path("/tmp")  # noqa: S108 - its mode and owner are checked
    return home / f"erp-market-{os.geteuid()}-{_short_hash(folder)}"


def _short_hash(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _clean_environment() -> dict[str, str]:
    """Leave out PGHOST, PGOPTIONS and their kin: they would send our own calls elsewhere."""
    kept = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "TZ") if name in os.environ
    }
    return kept | {"LC_ALL": "C.UTF-8"}
