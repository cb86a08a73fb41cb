"""Scales as they speak: frames of each family, and a line that dribbles, garbles and breaks."""

import os
import threading
import time
import tty
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import serial

from till_agent.scale import (
    PROTOCOLS,
    WORDS,
    Reading,
    Scale,
    ScaleState,
    read_cas22,
    read_cas_type6,
    read_cas_w,
    read_epelsa,
    read_prix5,
    read_toledo8217,
)

MOVING, OVER = Reading(state=ScaleState.MOVING), Reading(state=ScaleState.OVER)
EMPTY, NEGATIVE = Reading(state=ScaleState.EMPTY), Reading(state=ScaleState.NEGATIVE)


def stable(grams: int) -> Reading:
    return Reading(state=ScaleState.STABLE, grams=grams)


def cas(body: bytes) -> bytes:
    check = 0
    for byte in body:
        check ^= byte
    return b"\x01\x02" + body + bytes([check]) + b"\x03\x04"


@pytest.mark.parametrize(
    ("read", "frame", "reading"),
    [
        (read_toledo8217, b"\x0200.455\r", stable(455)),
        (read_toledo8217, b"\x0212.300N\r", stable(12300)),
        (read_toledo8217, b"\x0200.000\r", EMPTY),
        (read_toledo8217, b"\x02?\x41\r", MOVING),
        (read_toledo8217, b"\x02?\x42\r", OVER),
        (read_toledo8217, b"\x02?\x44\r", NEGATIVE),
        (read_toledo8217, b"\x02?\x50\r", EMPTY),
        (read_toledo8217, b"00.455\r", None),
        (read_cas_type6, cas(b"S 00.455kg"), stable(455)),
        (read_cas_type6, cas(b"U 00.455kg"), MOVING),
        (read_cas_type6, cas(b"SF99.999kg"), OVER),
        (read_cas_type6, cas(b"S-00.010kg"), NEGATIVE),
        (read_cas_type6, cas(b"S 00.000kg"), EMPTY),
        (read_cas_type6, cas(b"S 00.455kg").replace(b"455", b"457"), None),
        (read_cas_w, b" 0.455\r", stable(455)),
        (read_cas_w, b"\x020.455kg\x03\r", stable(455)),
        (read_cas_w, b"?\r", None),
        (read_cas22, b"ST,GS,1,0,   0.455 kg\r\n", stable(455)),
        (read_cas22, b"US,GS,1,0,   0.455 kg\r\n", MOVING),
        (read_cas22, b"OL,GS,1,0,  99.999 kg\r\n", OVER),
        (read_cas22, b"ST,NT,1,0,-  0.010 kg\r\n", NEGATIVE),
        (read_cas22, b"0,   0.455 kg\r\n", None),
        (read_prix5, b"\x0200455\x03", stable(455)),
        (read_prix5, b"\x02IIIII\x03", MOVING),
        (read_prix5, b"\x02NNNNN\x03", NEGATIVE),
        (read_prix5, b"\x02SSSSS\x03", OVER),
        (read_prix5, b"\x02004\x03", None),
        (read_epelsa, b"\x02A 0.455\r\x03", stable(455)),
        (read_epelsa, b"\x02! 0.455\r\x03", MOVING),
        (read_epelsa, b"\x02A-0.010\r\x03", NEGATIVE),
        (read_epelsa, b"A 0.455\r\x03", None),
    ],
)
def test_a_frame_says_its_weight_or_why_there_is_none(
    read: Callable[[bytes], Reading | None], frame: bytes, reading: Reading | None
) -> None:
    assert read(frame) == reading


def test_every_state_has_words_for_the_cashier() -> None:
    assert set(WORDS) == set(ScaleState)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("toledo8217", (9600, 7, serial.PARITY_EVEN)),
        ("cas_type6", (9600, 8, serial.PARITY_NONE)),
        ("cas_w", (9600, 7, serial.PARITY_EVEN)),
        ("cas22", (9600, 8, serial.PARITY_NONE)),
        ("prix5", (9600, 8, serial.PARITY_NONE)),
        ("epelsa", (9600, 8, serial.PARITY_NONE)),
    ],
)
def test_a_family_has_its_line_settings(name: str, line: tuple[int, int, str]) -> None:
    protocol = PROTOCOLS[name]

    assert (protocol.baud, protocol.bits, protocol.parity) == line


@dataclass
class FakeScale:
    """The other end of a serial line: answers each request with the next frame, in pieces."""

    frames: list[bytes]
    request: bytes
    then: bytes = b""
    ready: bytes = b""
    asked: int = 0
    master: int = field(default=-1)
    port: str = ""
    _done: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(self.master)
        tty.setraw(slave)
        self.port = os.ttyname(slave)
        self._slave = slave
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self._done.set()
        os.close(self.master)
        os.close(self._slave)

    def _serve(self) -> None:
        os.set_blocking(self.master, False)
        heard = b""
        while not self._done.is_set():
            try:
                heard += os.read(self.master, 64)
            except BlockingIOError:
                time.sleep(0.002)
                continue
            except OSError:
                return
            if self.ready and heard.endswith(self.request):
                os.write(self.master, self.ready)
                heard = b""
            elif heard.endswith(self.then or self.request):
                self.asked += 1
                heard = b""
                self._answer(self.frames[min(self.asked, len(self.frames)) - 1])

    def _answer(self, frame: bytes) -> None:
        for start in range(0, len(frame), 3):
            os.write(self.master, frame[start : start + 3])
            time.sleep(0.003)


@pytest.fixture
def plug() -> Iterator[Callable[..., tuple[FakeScale, Scale]]]:
    made: list[tuple[FakeScale, Scale]] = []

    def plugged(name: str, *frames: bytes) -> tuple[FakeScale, Scale]:
        protocol = PROTOCOLS[name]
        fake = FakeScale(
            frames=list(frames),
            request=protocol.request,
            ready=protocol.ready,
            then=protocol.then,
        )
        fake.start()
        made.append((fake, Scale(fake.port, protocol)))
        return made[-1]

    yield plugged
    for fake, scale in made:
        scale.close()
        if not fake._done.is_set():
            fake.unplug()


Plug = Callable[..., tuple[FakeScale, Scale]]


def test_a_weight_comes_in_pieces_and_is_whole(plug: Plug) -> None:
    _, scale = plug("toledo8217", b"\x0200.455\r")

    assert scale.read() == stable(455)


def test_a_scale_that_is_ready_first_is_asked_to_go_on(plug: Plug) -> None:
    _, scale = plug("cas_type6", cas(b"S 00.455kg"))

    assert scale.read() == stable(455)


def test_without_a_stable_sign_two_equal_answers_are_wanted(plug: Plug) -> None:
    _, still = plug("prix5", b"\x0200455\x03")
    _, moving = plug("prix5", b"\x0200455\x03", b"\x0200460\x03")

    assert still.read() == stable(455)
    assert moving.read() == MOVING


def test_a_garbled_answer_is_no_weight_and_the_one_before_is_not_given_again(plug: Plug) -> None:
    _, scale = plug("cas_type6", cas(b"S 00.455kg"), cas(b"S 00.455kg").replace(b"4", b"7"))

    assert scale.read() == stable(455)
    assert scale.read().state is ScaleState.AWAY


def test_a_scale_that_is_unplugged_does_not_answer(plug: Plug) -> None:
    fake, scale = plug("toledo8217", b"\x0200.455\r")
    assert scale.read() == stable(455)

    fake.unplug()

    assert scale.read().state is ScaleState.AWAY
    assert scale.read().state is ScaleState.AWAY


def test_a_port_that_is_not_there_is_a_scale_that_is_away() -> None:
    scale = Scale("/dev/no-scale-here", PROTOCOLS["toledo8217"])

    assert scale.read().state is ScaleState.AWAY
