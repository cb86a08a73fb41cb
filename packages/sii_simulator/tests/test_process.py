"""The simulator as a process: it starts, says no clearly, and survives the worst."""

import json
import logging
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sii_simulator.__main__ import LineFormatter
from sii_simulator.app import Simulator
from sii_simulator.records import Forced
from sii_simulator.registry import Registry
from sii_simulator.settings import Settings

Maker = Any
Start = Callable[..., tuple[subprocess.Popen[str], str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*options: str) -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sii_simulator",
                "--port",
                "0",
                "--folder",
                str(tmp_path / "sii"),
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("Simulador del SII en http://127.0.0.1:")
        return process, line.split()[-1]

    yield run
    for process in started:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def register(url: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{url}/simulador/registro", timeout=10) as answer:
        found: list[dict[str, Any]] = json.load(answer)["envelopes"]
    return found


def wait_for_state(url: str, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        envelope = register(url)[0]
        if envelope["state"] == state:
            return envelope
        time.sleep(0.05)
    raise AssertionError(f"never {state}: {register(url)}")


def test_goes_on_after_kill_9_and_forgets_nothing(
    start: Start, maker: Maker, clock: Any, simulator: Simulator
) -> None:
    # Same folder as the fixtures' simulator, whose worker stands still.
    # The process looks at the real time, so the boleta is of today.
    clock.at = datetime.now(UTC)
    maker = type(maker)(simulator, clock)
    registry: Registry = simulator.registry
    received, _ = registry.receive(
        maker.boleta(101), issuer="76918245-4", sender="12345678-5", file_name="e.xml",
        at=clock(), first_step_at=clock(), repeat_since=clock(), forced=Forced(),
    )  # fmt: skip

    process, url = start("--stage-ms", "60000")
    wait_for_state(url, "SOK")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    registry.postpone(received.id, until=clock())
    _, again = start("--stage-ms", "0")

    envelope = wait_for_state(again, "EPR")
    assert envelope["track_id"] == received.track_id
    assert [document["state"] for document in envelope["documents"]] == ["DOK"]
    assert registry.accepted(issuer="76918245-4", kind=39, folio=101) is not None


def test_stops_on_a_signal(start: Start) -> None:
    process, _ = start()

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=10) == 0


def test_a_client_that_dies_in_mid_answer_is_one_line(start: Start) -> None:
    process, url = start()
    host, port = url.removeprefix("http://").split(":")
    request = b"GET /estilo.css HTTP/1.1\r\nHost: x\r\n\r\n" * 200
    for _ in range(5):
        with socket.create_connection((host, int(port)), timeout=5) as link:
            # Linger 0: closing resets the line while the answers are being written.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.sendall(request)
            link.recv(1)
    assert register(url) == []

    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)

    lines = said.splitlines()
    assert lines
    assert all("sii_simulator.client.gone error=" in line for line in lines), said
    assert len(lines) <= 5


def test_says_when_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "sii_simulator", "--port", str(port), "--folder", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    assert ended.returncode == 2
    assert f"El puerto {port} está ocupado" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_says_when_the_schemas_are_missing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sii_simulator", "--port", "0", "--folder", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={**os.environ, "DTE_SCHEMAS_DIR": str(tmp_path / "nada")},
    )

    assert ended.returncode == 2
    assert "make setup" in ended.stderr


def test_works_in_the_background_without_being_asked(
    tmp_path: Path, maker: Maker, simulator: Simulator, clock: Any
) -> None:
    xml = maker.boleta(1)
    with Simulator(tmp_path / "sii", settings=Settings(stage_ms=5), clock=clock) as running:
        received, _ = running.registry.receive(
            xml, issuer="76918245-4", sender="12345678-5", file_name="e.xml",
            at=clock(), first_step_at=clock(), repeat_since=clock(), forced=Forced(),
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            clock.forward(seconds=1)
            found = running.registry.find(received.track_id)
            if found and found.state == "EPR":
                break
            time.sleep(0.02)

    assert found is not None
    assert found.state == "EPR"


def test_one_unreadable_row_does_not_stop_the_worker(
    simulator: Simulator, maker: Maker, clock: Any, caplog: Any
) -> None:
    for xml in (b"\x00", maker.boleta(1)):
        simulator.registry.receive(
            xml, issuer="76918245-4", sender="12345678-5", file_name="e.xml",
            at=clock(), first_step_at=clock(), repeat_since=clock(), forced=Forced(),
        )  # fmt: skip
    while simulator.worker.step():
        pass

    assert [e.state for e in simulator.registry.list_latest(limit=9)] == ["EPR", "RSC"]
    assert caplog.records == []


def test_a_log_line_says_which_envelope_and_stays_one_line() -> None:
    record = logging.makeLogRecord(
        {
            "name": "sii_simulator.worker",
            "levelname": "ERROR",
            "msg": "sii_simulator.step.failed",
            "track": "0123",
            "error": "one\ntwo",
        }
    )

    assert LineFormatter().format(record) == (
        "ERROR sii_simulator.worker sii_simulator.step.failed error=one two track=0123"
    )
