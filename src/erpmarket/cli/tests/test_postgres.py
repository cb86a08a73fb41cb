import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from erpmarket.cli.binaries import copy_binaries
from erpmarket.cli.errors import StartRefused
from erpmarket.cli.postgres import SOCKET_PATH_LIMIT_BYTES, PostgresServer

MakeServer = Callable[..., PostgresServer]

PR_SET_CHILD_SUBREAPER = 36


def processes_of(server: PostgresServer) -> list[int]:
    """The postmaster and its children: their command line or their parent names the data folder."""
    postmaster = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    children = subprocess.run(
        ["/bin/sh", "-c", f"cat /proc/{postmaster}/task/*/children"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [postmaster, *map(int, children)]


def kill_everything(server: PostgresServer) -> None:
    for pid in processes_of(server):
        # A child may notice the death of the first before its own turn comes.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_cold_start_makes_the_database_and_its_roles(
    make_server: MakeServer, any_binaries: Path
) -> None:
    server = make_server(bin_folder=any_binaries)

    server.start()

    rights = server.run_sql(
        "SELECT rolname, rolcanlogin, rolbypassrls, rolsuper, rolcreatedb, rolcreaterole"
        " FROM pg_roles WHERE rolname LIKE 'erp%' ORDER BY 1"
    )
    assert rights.splitlines() == [
        "erp_app|t|f|f|f|f",
        "erp_owner|t|t|f|f|f",
        "erp_sys|t|t|f|f|f",
    ]
    owner = server.run_sql(
        "SELECT datdba::regrole, datcollate FROM pg_database WHERE datname = 'erp_market'"
    )
    assert owner == "erp_owner|C.UTF-8"
    assert server.run_sql("SHOW data_checksums") == "on"
    assert server.run_sql("SHOW listen_addresses") == ""
    assert server.run_sql("SHOW fsync") == "on"


def test_warm_start_finds_what_was_stored(make_server: MakeServer, any_binaries: Path) -> None:
    server = make_server(bin_folder=any_binaries)
    server.start()
    server.run_sql("CREATE TABLE kept AS SELECT 7 AS n", database="erp_market", role="erp_owner")

    server.stop()
    stopped = server.is_answering()
    server.start()

    assert not stopped
    assert server.run_sql("SELECT n FROM kept", database="erp_market", role="erp_app") == "7"


def test_start_after_kill_of_the_whole_server_keeps_what_was_committed(
    make_server: MakeServer, any_binaries: Path
) -> None:
    server = make_server(bin_folder=any_binaries)
    server.start()
    server.run_sql("CREATE TABLE kept AS SELECT 7 AS n", database="erp_market", role="erp_owner")

    kill_everything(server)
    server.start()

    assert server.run_sql("SELECT n FROM kept", database="erp_market", role="erp_app") == "7"


@pytest.fixture
def orphans_come_to_us() -> Iterator[None]:
    """Make this process the one that must reap a killed server, instead of PID 1."""
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    yield
    libc.prctl(PR_SET_CHILD_SUBREAPER, 0)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def test_start_waits_for_a_dead_server_that_is_still_in_the_process_table(
    orphans_come_to_us: None, make_server: MakeServer
) -> None:
    server = make_server()
    server.start()
    dead = processes_of(server)[0]
    kill_everything(server)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    reaper = threading.Timer(1.5, os.waitpid, (dead, 0))
    reaper.start()
    began = time.monotonic()

    server.start()

    waited_seconds = time.monotonic() - began
    reaper.join()
    assert waited_seconds > 1.4
    assert server.run_sql("SELECT 1") == "1"


def test_start_adopts_a_server_that_runs_already(make_server: MakeServer) -> None:
    first, second = make_server(), make_server()
    first.start()
    pid = processes_of(first)[0]

    second.start()

    assert processes_of(second)[0] == pid


def test_two_starts_at_once_make_one_server(make_server: MakeServer) -> None:
    program = (
        "import sys; from pathlib import Path; from erpmarket.cli.postgres import PostgresServer;"
        "PostgresServer(Path(sys.argv[1])).start()"
    )
    server = make_server()

    started = [
        subprocess.Popen([sys.executable, "-c", program, str(server.folder)]) for _ in range(2)
    ]
    codes = [child.wait() for child in started]

    assert codes == [0, 0]
    assert server.is_answering()


def test_start_begins_anew_after_a_killed_initdb(make_server: MakeServer) -> None:
    server = make_server()
    unfinished = server.folder / "data-unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("99\n")

    server.start()

    assert server.run_sql("SELECT 1") == "1"
    assert not unfinished.exists()


def test_stop_of_a_stopped_server_is_harmless(make_server: MakeServer) -> None:
    server = make_server()
    server.stop()
    server.start()
    server.stop()

    server.stop()

    assert not server.is_answering()


def test_data_of_another_major_version_is_refused_and_left_alone(
    make_server: MakeServer, wheel_binaries: Path, debian_server_binaries: Path
) -> None:
    with make_server(bin_folder=debian_server_binaries) as old:
        major = (old.data / "PG_VERSION").read_text()
    newer = make_server(bin_folder=wheel_binaries)

    with pytest.raises(StartRefused) as refusal:
        newer.start()

    assert refusal.value.code == "postgres_major"
    assert f"PostgreSQL {major.strip()}" in refusal.value.message
    assert "pg_upgrade" in refusal.value.message
    assert not newer.is_answering()
    old.start()
    assert old.run_sql("SELECT 1") == "1"


def test_socket_moves_to_a_short_folder_when_the_path_is_too_long(
    make_server: MakeServer, open_folder: Path
) -> None:
    server = make_server(open_folder / ("a-long-name" * 10) / "postgres")

    server.start()

    address = os.fsencode(server.socket_folder / ".s.PGSQL.5432")
    assert len(address) <= SOCKET_PATH_LIMIT_BYTES
    assert open_folder not in server.socket_folder.parents
    assert server.socket_folder.stat().st_mode & 0o777 == 0o700
    assert server.run_sql("SELECT 1") == "1"


def test_folder_names_with_spaces_commas_and_accents_work(
    make_server: MakeServer, open_folder: Path
) -> None:
    server = make_server(open_folder / "Doña Rosa, la 'del pan' & hijos" / "postgres")

    server.start()

    assert server.run_sql("SELECT 1") == "1"


@pytest.mark.parametrize("sign", ['"', "$", "`", "\\", "\n"])
def test_folder_names_that_a_shell_would_read_are_refused(
    make_server: MakeServer, open_folder: Path, sign: str
) -> None:
    server = make_server(open_folder / f"a{sign}HOME" / "postgres")

    with pytest.raises(StartRefused) as refusal:
        server.start()

    assert refusal.value.code == "postgres_folder"
    assert not server.folder.exists()


def test_socket_folder_that_is_a_link_is_refused(
    make_server: MakeServer, open_folder: Path
) -> None:
    server = make_server(open_folder / ("a-long-name" * 10) / "postgres")
    elsewhere = open_folder / "elsewhere"
    elsewhere.mkdir()
    server.socket_folder.symlink_to(elsewhere)

    with pytest.raises(StartRefused) as refusal:
        server.start()

    server.socket_folder.unlink()
    assert refusal.value.code == "postgres_folder"
    assert not server.data.exists()


def test_binaries_out_of_reach_of_the_servers_user_are_copied(
    make_server: MakeServer, open_folder: Path, wheel_binaries: Path
) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    found = copy_binaries(wheel_binaries, closed / "wheel")
    server = make_server(bin_folder=found)

    server.start()

    # Only root's server runs as somebody else.
    copied_here = server.folder in server.bin_folder.parents
    assert copied_here == (os.geteuid() == 0)
    assert server.run_sql("SELECT 1") == "1"


def test_folder_out_of_reach_of_the_servers_user_is_linked_from_a_reachable_one(
    make_server: MakeServer, open_folder: Path
) -> None:
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    server = make_server(closed / "postgres")

    server.start()

    assert (closed / "postgres").resolve() == server.folder
    assert (closed / "postgres").is_symlink() == (os.geteuid() == 0)
    assert PostgresServer(closed / "postgres").is_answering()
    server.destroy()
    assert not (closed / "postgres").exists()
    assert not server.folder.exists()


def test_missing_system_user_is_refused(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_PG_USER", "nadie-con-este-nombre")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(StartRefused) as refusal:
        PostgresServer(open_folder / "postgres")

    assert refusal.value.code == "postgres_user"


def test_pgbin_without_a_server_is_refused(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGBIN", str(open_folder))

    with pytest.raises(StartRefused) as refusal:
        PostgresServer(open_folder / "postgres")

    assert refusal.value.code == "postgres_missing"
    assert str(open_folder) in refusal.value.message


def test_fast_unsafe_gives_up_durability_only_when_asked(make_server: MakeServer) -> None:
    server = make_server(fast_unsafe=True)

    server.start()

    shown = [
        server.run_sql(f"SHOW {name}")
        for name in ("fsync", "synchronous_commit", "full_page_writes")
    ]
    assert shown == ["off", "off", "off"]
