import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from erpmarket.cli.programs import (
    FIRST_PAUSE_SECONDS,
    Program,
    RunningProgram,
    read_pid_file,
    stop_leftovers,
    write_pid_file,
)

SLEEPER = "import time; print('hola', flush=True); time.sleep(600)"
SUPERVISOR = f"""
import sys, time
from pathlib import Path
from erpmarket.cli.programs import Program, RunningProgram
command = (sys.executable, "-c", {SLEEPER!r})
program = Program(name="x", title="x", command=command, environment={{}}, is_ready=bool)
RunningProgram(program, Path(sys.argv[1])).start()
time.sleep(600)
"""
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
STUBBORN += "print('hola', flush=True); time.sleep(600)"


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", SLEEPER], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def running(folder: Path, script: str) -> RunningProgram:
    program = Program(
        name="sleeper",
        title="el que duerme",
        command=(sys.executable, "-c", script),
        environment={"ERP_TRY": "1"},
        is_ready=lambda: True,
    )
    return RunningProgram(program, folder)


def await_true(look: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def await_death(each: RunningProgram) -> int:
    statuses: list[int] = []

    def look() -> bool:
        status = each.find_death()
        statuses.extend([] if status is None else [status])
        return bool(statuses)

    await_true(look)
    return statuses[0]


def test_program_runs_with_its_log_and_stops(tmp_path: Path) -> None:
    each = running(tmp_path, SLEEPER)
    each.start()
    await_true(lambda: each.log.read_text() == "hola\n")
    pid = read_pid_file(each.pid_file)
    assert pid is not None

    each.ask_to_stop()
    each.await_stop()

    assert not Path(f"/proc/{pid}").exists()
    assert not each.pid_file.exists()


def test_program_gets_its_own_variables_and_no_way_to_another_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGHOST", "ERP_DATABASE_ROLE", "ERP_SYS_ROLE"):
        monkeypatch.setenv(name, "elsewhere")
    each = running(tmp_path, "import os; print(sorted(os.environ), flush=True)")

    each.start()
    assert await_death(each) == 0

    names = each.log.read_text()
    assert "'ERP_TRY'" in names
    assert "'PATH'" in names
    assert "PGHOST" not in names
    assert "ERP_DATABASE_ROLE" not in names
    assert "ERP_SYS_ROLE" not in names


def test_dead_program_waits_longer_each_time(tmp_path: Path) -> None:
    each = running(tmp_path, "raise SystemExit(3)")
    pauses = []

    for _ in range(3):
        each.start()
        assert await_death(each) == 3
        pauses.append(each.next_start - time.monotonic())
        assert not each.is_due()

    assert pauses == pytest.approx([FIRST_PAUSE_SECONDS, 2, 4], abs=0.5)


def test_program_dies_with_its_killed_supervisor(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)])
    log = tmp_path / "logs" / "x.log"
    await_true(lambda: log.exists() and log.read_text() == "hola\n")
    pid_file = tmp_path / "pids" / "x.json"
    alive_before = read_pid_file(pid_file)

    supervisor.kill()
    supervisor.wait()

    assert alive_before is not None
    await_true(lambda: read_pid_file(pid_file) is None)


def test_leftover_of_an_earlier_supervisor_is_stopped(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    write_pid_file(tmp_path / "pids" / "web.json", sleeper.pid)

    stopped = stop_leftovers(tmp_path)

    assert stopped == ("web",)
    assert sleeper.wait(5) == -signal.SIGTERM
    assert list((tmp_path / "pids").iterdir()) == []


def test_stranger_who_got_the_number_of_a_leftover_is_left_alone(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    pid_file = tmp_path / "pids" / "web.json"
    write_pid_file(pid_file, sleeper.pid)
    noted = json.loads(pid_file.read_text())
    pid_file.write_text(json.dumps({**noted, "birth": noted["birth"] + "0"}))

    stopped = stop_leftovers(tmp_path)

    assert stopped == ()
    assert sleeper.poll() is None
    assert not pid_file.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"pid": "x", "birth": "y"}', "null"])
def test_torn_pid_file_names_nobody(tmp_path: Path, text: str) -> None:
    pid_file = tmp_path / "pids" / "web.json"
    pid_file.parent.mkdir()
    pid_file.write_text(text)

    assert read_pid_file(pid_file) is None
    assert stop_leftovers(tmp_path) == ()


def test_dead_process_in_the_process_table_counts_as_dead(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    write_pid_file(tmp_path / "x.json", process.pid)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert read_pid_file(tmp_path / "x.json") is None
    process.wait()


def test_program_that_ignores_the_request_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erpmarket.cli.programs.STOP_TIMEOUT_SECONDS", 0.5)
    each = running(tmp_path, STUBBORN)
    each.start()
    await_true(lambda: each.log.read_text() == "hola\n")
    pid = read_pid_file(each.pid_file)

    each.ask_to_stop()
    each.await_stop()

    assert not Path(f"/proc/{pid}").exists()
