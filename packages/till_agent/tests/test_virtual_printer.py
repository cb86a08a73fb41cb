"""The printer made of software: rolls on disk, a page to see them, faults to order."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from dte.blocks import Block
from till_agent.printers.escpos import encode_paper
from till_agent.printers.network import NetworkPrinter
from till_agent.printers.profiles import PROFILES
from till_agent.virtual_printer import MODELS, Faults, Interpreter, Roll, VirtualPrinter
from till_agent.virtual_printer.page import page_server


@pytest.fixture
def page(tmp_path: Path) -> Iterator[int]:
    server = page_server(tmp_path)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request("GET", path, headers=headers)
        reply = line.getresponse()
        return reply.status, dict(reply.getheaders()), reply.read()


def test_keeps_each_roll_as_picture_and_text(tmp_path: Path, boleta: tuple[Block, ...]) -> None:
    with VirtualPrinter(folder=tmp_path) as printer:
        for _ in range(2):
            NetworkPrinter("127.0.0.1", printer.port).send(encode_paper(boleta, PROFILES["80"]))
        rolls = printer.wait_for_rolls(2)

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "rollo-000001.json",
        "rollo-000001.png",
        "rollo-000002.json",
        "rollo-000002.png",
    ]
    with Image.open(tmp_path / "rollo-000002.png") as picture:
        assert picture.convert("L").tobytes() == rolls[1].image.tobytes()
        assert picture.width == 640
    words = json.loads((tmp_path / "rollo-000002.json").read_text(encoding="utf-8"))
    assert tuple(words["lines"]) == rolls[1].text_lines
    assert words["complete"] is True


def test_goes_on_counting_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with VirtualPrinter(folder=tmp_path) as printer:
            NetworkPrinter("127.0.0.1", printer.port).send(b"hola\n\x1dV\x00")
            printer.wait_for_rolls(1)

    assert (tmp_path / "rollo-000002.png").is_file()


def test_tears_off_narrow_paper_when_the_line_closes(boleta: tuple[Block, ...]) -> None:
    with VirtualPrinter(model=MODELS["58"]) as printer:
        NetworkPrinter("127.0.0.1", printer.port).send(encode_paper(boleta, PROFILES["58"]))
        roll = printer.wait_for_rolls(1)[0]

    assert roll.complete
    assert roll.image.width == 464
    assert "cut" not in [kind for kind, _ in roll.events]


def test_notes_what_a_real_printer_would_spoil() -> None:
    rolls: list[Roll] = []
    printer = Interpreter(MODELS["58"], on_roll=rolls.append)

    printer.feed(b"x" * 33 + b"\n" + b"\x1dv0\x00\x31\x00\x01\x00" + b"\xff" * 49 + b"\x1bZ\x01")
    printer.feed(b"\x1dV\x00")
    printer.tear_off()

    assert rolls[0].text_lines == ("x" * 32, "x")
    assert rolls[0].events == (
        ("overflow", "x" * 32),
        ("overflow", "raster 392"),
        ("raster", "392x1"),
        ("unknown", "1B 5A"),
        ("unknown", "01"),
        ("unknown", "cut without cutter"),
    )


def test_waits_for_the_rest_of_a_command() -> None:
    rolls: list[Roll] = []
    printer = Interpreter(MODELS["80"], on_roll=rolls.append)

    for piece in (
        b"a\x1b",
        b"E\x01\x1d",
        b"v0\x00\x01\x00\x02",
        b"\x00\xf0",
        b"\x0f\x1dV",
        b"\x42",
        b"\x00",
    ):
        assert printer.feed(piece) == b""

    assert rolls[0].events == (("raster", "8x2"), ("cut", "partial"))


def test_prints_nothing_on_a_connection_that_only_asks() -> None:
    with VirtualPrinter() as printer:
        NetworkPrinter("127.0.0.1", printer.port).state()
        NetworkPrinter("127.0.0.1", printer.port).state()

    assert printer.rolls == []


def test_opens_a_drawer_without_paper() -> None:
    with VirtualPrinter() as printer:
        NetworkPrinter("127.0.0.1", printer.port).send(b"\x1b@\x1bp\x01\x32\x32")
        roll = printer.wait_for_rolls(1)[0]

    assert roll.events == (("drawer", "pin 5"),)
    assert roll.text_lines == ()


@pytest.mark.parametrize(
    ("faults", "answers"),
    [
        (Faults(), [0x12, 0x12, 0x12]),
        (Faults(paper_out=True), [0x1A, 0x32, 0x7E]),
        (Faults(cover_open=True), [0x1A, 0x16, 0x12]),
        (Faults(paper_low=True), [0x12, 0x12, 0x1E]),
    ],
)
def test_answers_as_the_fault_orders(faults: Faults, answers: list[int]) -> None:
    with VirtualPrinter() as printer:
        printer.faults = faults
        with socket.create_connection(("127.0.0.1", printer.port), timeout=5) as line:
            got = []
            for which in (1, 2, 4):
                line.sendall(bytes((0x10, 0x04, which)))
                got.append(line.recv(1)[0])

    assert got == answers


def test_breaks_the_line_after_the_ordered_bytes() -> None:
    with VirtualPrinter() as printer:
        printer.faults.disconnect_after_bytes = 5
        with socket.create_connection(("127.0.0.1", printer.port), timeout=5) as line:
            line.sendall(b"hola\nadios\n")
            with pytest.raises(ConnectionResetError):
                line.recv(1)
        roll = printer.wait_for_rolls(1)[0]

    assert (roll.text_lines, roll.complete) == (("hola",), False)
    assert printer.faults.disconnect_after_bytes is None


def test_page_lists_the_rolls_newest_first(tmp_path: Path, page: int) -> None:
    with VirtualPrinter(folder=tmp_path) as printer:
        for words in (b"uno <b>", b"dos"):
            NetworkPrinter("127.0.0.1", printer.port).send(words + b"\n\x1dV\x00")
        printer.wait_for_rolls(2)

    status, headers, body = get(page, "/")

    text = body.decode()
    assert status == 200
    assert text.index("rollo-000002.png") < text.index("rollo-000001.png")
    assert "uno &lt;b&gt;" in text
    assert "<script" not in text
    assert "style=" not in text
    assert "'unsafe" not in headers["Content-Security-Policy"]
    picture = get(page, "/rollos/rollo-000001.png")
    assert picture[2] == (tmp_path / "rollo-000001.png").read_bytes()
    assert json.loads(get(page, "/rollos/rollo-000001.json")[2])["lines"] == ["uno <b>"]


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (1, "<p>1 rollo impreso. La página"),
        (2, "<p>2 rollos impresos. La página"),
        (13, "<p>13 rollos impresos. Aquí están los últimos 12. La página"),
    ],
)
def test_page_counts_the_rolls_in_words(
    printed: int, words: str, tmp_path: Path, page: int
) -> None:
    for number in range(1, printed + 1):
        (tmp_path / f"rollo-{number:06}.png").touch()

    assert words in get(page, "/")[2].decode()


def test_page_brings_its_own_icon(page: int) -> None:
    status, headers, body = get(page, "/icono.svg")

    assert (status, headers["Content-Type"]) == (200, "image/svg+xml")
    assert body.startswith(b"<svg ")


def test_page_says_what_to_do_when_there_is_nothing(page: int) -> None:
    assert "Haz una venta" in get(page, "/")[2].decode()


@pytest.mark.parametrize("path", ["/rollos/../x", "/rollos/rollo-000009.png", "/etc/passwd", "/x"])
def test_page_serves_nothing_else(path: str, page: int) -> None:
    assert get(page, path)[0] == 404


def test_page_is_for_this_machine_only(page: int) -> None:
    assert get(page, "/", Host="malo.example")[0] == 421


def test_runs_as_a_program_until_told_to_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "till_agent.virtual_printer", "--port", "0"]
    command += ["--http-port", "0", "--folder", str(tmp_path), "--paper", "58"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        first, second = program.stdout.readline(), program.stdout.readline()
        port = int(first.rsplit(":", 1)[1])
        NetworkPrinter("127.0.0.1", port).send(b"hola\n")
        page = get(int(second.rstrip("/\n").rsplit(":", 1)[1]), "/")
        os.kill(program.pid, signal.SIGTERM)
        code = program.wait(timeout=20)

    assert "lista en 127.0.0.1:" in first
    assert page[0] == 200
    assert code == 0


def test_says_when_the_port_is_taken(tmp_path: Path) -> None:
    with VirtualPrinter() as other:
        command = [sys.executable, "-m", "till_agent.virtual_printer", "--folder", str(tmp_path)]
        command += ["--port", str(other.port), "--http-port", "0"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    assert done.returncode == 2
    assert "Cierra el programa que lo usa" in done.stderr
