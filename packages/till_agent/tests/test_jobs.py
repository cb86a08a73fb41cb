"""The queue: what was accepted gets printed, once, or says that it may be the second time."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dte.blocks import Block, Stamp, Text
from till_agent.jobs import (
    DRAWER_WAIT,
    MAX_WAIT,
    JobConflict,
    JobQueue,
    JobState,
    PrintWorker,
    QueueFull,
)
from till_agent.printers import FateUnknown, NotSent, PrinterState
from till_agent.printers.dummy import DummyPrinter
from till_agent.printers.network import NetworkPrinter
from till_agent.printers.profiles import PROFILES
from till_agent.virtual_printer import Roll, VirtualPrinter

AT = datetime(2026, 11, 22, 21, 42, tzinfo=UTC)
PAPER = PROFILES["80"]


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[JobQueue]:
    opened = JobQueue(tmp_path / "cola.sqlite3")
    yield opened
    opened.close()


def text(words: str = "hola") -> tuple[Block, ...]:
    return (Text(text=words),)


def worker_on(queue: JobQueue, printer: DummyPrinter | NetworkPrinter) -> PrintWorker:
    return PrintWorker(queue, printer, PAPER, now=lambda: AT, retry_seconds=(0.05,))


def network(printer: VirtualPrinter) -> NetworkPrinter:
    return NetworkPrinter("127.0.0.1", printer.port)


def kinds(roll: Roll) -> list[str]:
    return [kind for kind, _ in roll.events]


def test_prints_oldest_first(queue: JobQueue) -> None:
    printer = DummyPrinter()
    worker = worker_on(queue, printer)
    for number in (1, 2, 3):
        queue.accept(job_id=f"venta-{number}", blocks=text(f"{number}"), drawer=False, at=AT)

    while worker.print_next():
        pass

    assert [paper.split(b"\x1ba\x00")[1][:1] for paper in printer.papers] == [b"1", b"2", b"3"]
    assert queue.counts().waiting == 0


def test_prints_one_id_once(queue: JobQueue) -> None:
    printer = DummyPrinter()
    worker = worker_on(queue, printer)

    _, first_is_new = queue.accept(job_id="venta-1", blocks=text(), drawer=True, at=AT)
    worker.print_next()
    again, second_is_new = queue.accept(job_id="venta-1", blocks=text(), drawer=True, at=AT)
    worker.print_next()

    assert (first_is_new, second_is_new) == (True, False)
    assert again.state is JobState.PRINTED
    assert len(printer.papers) == 1


def test_refuses_another_paper_under_the_same_id(queue: JobQueue) -> None:
    queue.accept(job_id="venta-1", blocks=text("uno"), drawer=False, at=AT)

    with pytest.raises(JobConflict):
        queue.accept(job_id="venta-1", blocks=text("dos"), drawer=False, at=AT)

    stored = queue.find("venta-1")
    assert stored is not None
    assert stored.blocks == text("uno")


def test_refuses_more_than_it_can_keep(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("till_agent.jobs.MAX_WAITING_JOBS", 1)
    queue.accept(job_id="venta-1", blocks=text(), drawer=False, at=AT)

    with pytest.raises(QueueFull):
        queue.accept(job_id="venta-2", blocks=text(), drawer=False, at=AT)

    assert queue.find("venta-2") is None


def test_stays_an_original_while_the_printer_is_away(queue: JobQueue) -> None:
    printer = DummyPrinter()
    printer.condition = PrinterState.PAPER_OUT
    worker = worker_on(queue, printer)
    queue.accept(job_id="venta-1", blocks=text(), drawer=True, at=AT)

    worker.print_next()
    waiting = queue.find("venta-1")
    printer.condition = PrinterState.READY
    worker.print_next()

    assert waiting is not None
    assert (waiting.state, waiting.is_copy, waiting.attempts) == (JobState.WAITING, False, 1)
    assert "papel" in waiting.reason
    assert len(printer.papers) == 1
    assert b"COPIA" not in printer.papers[0]
    assert b"\x1bp" in printer.papers[0]


def test_marks_a_copy_after_a_break_in_mid_paper(
    queue: JobQueue, virtual_printer: VirtualPrinter, boleta: tuple[Block, ...]
) -> None:
    virtual_printer.faults.disconnect_after_bytes = 9_000
    worker = worker_on(queue, network(virtual_printer))
    queue.accept(job_id="venta-1", blocks=boleta, drawer=True, at=AT)

    worker.print_next()
    doubtful = queue.find("venta-1")
    worker.print_next()

    half, copy = virtual_printer.wait_for_rolls(2)
    assert doubtful is not None
    assert (doubtful.state, doubtful.is_copy) == (JobState.DOUBTFUL, True)
    assert (half.complete, copy.complete) == (False, True)
    assert copy.text_lines[0] == "COPIA"
    assert ("drawer" in kinds(half), "drawer" in kinds(copy)) == (True, False)
    printed = queue.find("venta-1")
    assert printed is not None
    assert printed.state is JobState.PRINTED


def test_marks_a_copy_when_the_paper_ends_on_the_way(
    queue: JobQueue, virtual_printer: VirtualPrinter, boleta: tuple[Block, ...]
) -> None:
    virtual_printer.faults.paper_out_after_bytes = 9_000
    worker = worker_on(queue, network(virtual_printer))
    queue.accept(job_id="venta-1", blocks=boleta, drawer=False, at=AT)

    worker.print_next()
    worker.print_next()
    still = queue.find("venta-1")
    virtual_printer.faults.paper_out = False
    worker.print_next()

    assert still is not None
    assert still.state is JobState.DOUBTFUL
    assert virtual_printer.wait_for_rolls(2)[1].text_lines[0] == "COPIA"


def test_takes_a_silent_printer_at_its_word(
    queue: JobQueue, virtual_printer: VirtualPrinter, boleta: tuple[Block, ...]
) -> None:
    virtual_printer.faults.silent = True
    worker = worker_on(queue, network(virtual_printer))
    queue.accept(job_id="venta-1", blocks=boleta, drawer=False, at=AT)

    worker.print_next()

    printed = queue.find("venta-1")
    assert printed is not None
    assert printed.state is JobState.PRINTED
    assert "COPIA" not in virtual_printer.wait_for_rolls(1)[0].text_lines
    assert network(virtual_printer).state() is PrinterState.UNKNOWN


def test_doubts_a_printer_that_fell_silent(
    virtual_printer: VirtualPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("till_agent.printers.network.FINAL_STATUS_TIMEOUT_SECONDS", 0.3)
    virtual_printer.faults.silent_after_bytes = 10

    with pytest.raises(FateUnknown):
        network(virtual_printer).send(b"x" * 5_000 + b"\n")


@pytest.mark.parametrize(
    ("fault", "state"),
    [("paper_out", PrinterState.PAPER_OUT), ("cover_open", PrinterState.COVER_OPEN)],
)
def test_sends_nothing_to_a_printer_that_cannot_print(
    fault: str, state: PrinterState, virtual_printer: VirtualPrinter
) -> None:
    setattr(virtual_printer.faults, fault, True)

    with pytest.raises(NotSent) as refusal:
        network(virtual_printer).send(b"hola\n")

    assert refusal.value.state is state
    assert virtual_printer.rolls == []


def test_warns_of_little_paper_and_prints(virtual_printer: VirtualPrinter) -> None:
    virtual_printer.faults.paper_low = True

    network(virtual_printer).send(b"hola\n")

    assert virtual_printer.wait_for_rolls(1)[0].text_lines == ("hola",)
    assert network(virtual_printer).state() is PrinterState.PAPER_LOW


def test_says_unreachable_when_nobody_listens() -> None:
    with VirtualPrinter() as printer:
        gone = network(printer)

    assert gone.state() is PrinterState.UNREACHABLE
    with pytest.raises(NotSent):
        gone.send(b"hola\n")


def test_prints_by_itself_when_the_printer_comes_back(queue: JobQueue) -> None:
    printer = DummyPrinter()
    printer.condition = PrinterState.OFFLINE
    worker = PrintWorker(queue, printer, PAPER, retry_seconds=(0.02,))
    worker.start()
    queue.accept(job_id="venta-1", blocks=text(), drawer=False, at=datetime.now(UTC))
    worker.wake()
    tried = queue.wait_for_attempt("venta-1", timeout_seconds=5)

    printer.condition = PrinterState.READY
    deadline = time.monotonic() + 5
    while queue.counts().waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    worker.stop()

    assert tried is not None
    assert tried.state is JobState.WAITING
    assert len(printer.papers) == 1


def test_keeps_accepted_jobs_through_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "cola.sqlite3"
    before = JobQueue(path)
    before.accept(job_id="venta-1", blocks=text(), drawer=True, at=AT)
    before.close()

    after = JobQueue(path)
    after.recover(at=AT)
    job = after.next_job()
    after.close()

    assert job is not None
    assert (job.id, job.drawer, job.is_copy) == ("venta-1", True, False)


def test_makes_a_half_sent_job_a_copy_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "cola.sqlite3"
    before = JobQueue(path)
    before.accept(job_id="venta-1", blocks=text(), drawer=True, at=AT)
    before.begin("venta-1")
    before.close()

    after = JobQueue(path)
    after.recover(at=AT)
    job = after.next_job()
    after.close()

    assert job is not None
    assert (job.state, job.is_copy) == (JobState.DOUBTFUL, True)


def test_gives_up_what_waited_half_a_day(queue: JobQueue) -> None:
    queue.accept(job_id="venta-1", blocks=text(), drawer=False, at=AT)

    queue.recover(at=AT + MAX_WAIT - timedelta(seconds=1))
    kept = queue.next_job()
    queue.recover(at=AT + MAX_WAIT + timedelta(seconds=1))

    assert kept is not None
    assert queue.next_job() is None
    assert queue.counts().failed == 1


def test_a_drawer_opens_soon_or_not_at_all(queue: JobQueue) -> None:
    printer = DummyPrinter()
    printer.condition = PrinterState.OFFLINE
    clock = [AT]
    worker = PrintWorker(queue, printer, PAPER, now=lambda: clock[0])
    queue.accept(job_id="cajon-1", blocks=(), drawer=True, at=AT)
    worker.print_next()
    waiting = queue.find("cajon-1")

    printer.condition = PrinterState.READY
    clock[0] = AT + DRAWER_WAIT + timedelta(seconds=1)
    worker.print_next()
    late = queue.find("cajon-1")

    assert waiting is not None
    assert late is not None
    assert (waiting.state, late.state) == (JobState.WAITING, JobState.FAILED)
    assert "Ábrelo con la llave" in late.reason
    assert printer.papers == []


def test_a_drawer_of_doubtful_fate_is_not_opened_twice(tmp_path: Path) -> None:
    path = tmp_path / "cola.sqlite3"
    before = JobQueue(path)
    before.accept(job_id="cajon-1", blocks=(), drawer=True, at=AT)
    before.begin("cajon-1")
    before.close()
    after, printer = JobQueue(path), DummyPrinter()
    after.recover(at=AT)

    worker_on(after, printer).print_next()
    job = after.find("cajon-1")
    after.close()

    assert job is not None
    assert (job.state, printer.papers) == (JobState.FAILED, [])


def test_forgets_finished_jobs_after_a_month(queue: JobQueue) -> None:
    queue.accept(job_id="venta-1", blocks=text(), drawer=False, at=AT)
    queue.printed("venta-1", at=AT)

    queue.recover(at=AT + timedelta(days=31))

    assert queue.find("venta-1") is None


def test_sets_a_job_aside_that_cannot_be_drawn(queue: JobQueue, boleta: tuple[Block, ...]) -> None:
    printer = DummyPrinter()
    narrow = replace(PAPER, dots=192, columns=16, stamp_columns=None)
    worker = PrintWorker(queue, printer, narrow, now=lambda: AT)
    huge = [block for block in boleta if isinstance(block, Stamp)]
    queue.accept(
        job_id="venta-1",
        blocks=(replace(huge[0], ted=b"\xff" * 1_108),),
        drawer=False,
        at=AT,
    )
    queue.accept(job_id="venta-2", blocks=text(), drawer=False, at=AT)

    while worker.print_next():
        pass

    failed = queue.find("venta-1")
    assert failed is not None
    assert failed.state is JobState.FAILED
    assert len(printer.papers) == 1


def test_survives_being_killed_between_sending_and_the_answer(
    tmp_path: Path,
    virtual_printer: VirtualPrinter,
    boleta: tuple[Block, ...],
    start_agent: Callable[..., "subprocess.Popen[str]"],
) -> None:
    virtual_printer.faults.silent_after_bytes = 9_000
    path = tmp_path / "agente" / "cola.sqlite3"
    queue = JobQueue(path)
    queue.accept(job_id="venta-1", blocks=boleta, drawer=True, at=datetime.now(UTC))
    queue.close()

    agent = start_agent(tmp_path, printer_port=virtual_printer.port)
    virtual_printer.wait_for_rolls(1)
    os.kill(agent.pid, signal.SIGKILL)
    agent.wait()
    state = sqlite3.connect(path).execute("SELECT state FROM job").fetchone()[0]
    virtual_printer.faults.silent = False
    start_agent(tmp_path, printer_port=virtual_printer.port)

    original, copy = virtual_printer.wait_for_rolls(2)
    assert state == "sending"
    assert "COPIA" not in original.text_lines
    assert copy.text_lines[0] == "COPIA"
    assert "* * * COPIA * * *" in copy.text_lines
    assert ("drawer" in kinds(original), "drawer" in kinds(copy)) == (True, False)


@pytest.fixture
def start_agent() -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []

    def start(folder: Path, *, printer_port: int) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "till_agent", "--port", "0"]
        command += ["--folder", str(folder / "agente"), "--token-file", str(folder / "token")]
        command += ["--printer", f"127.0.0.1:{printer_port}", "--paper", "80"]
        command += ["--origin", "http://127.0.0.1:8000"]
        agent = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        started.append(agent)
        return agent

    yield start
    for agent in started:
        if agent.poll() is None:
            agent.terminate()
        agent.wait(timeout=20)
        if agent.stdout is not None:
            agent.stdout.close()
