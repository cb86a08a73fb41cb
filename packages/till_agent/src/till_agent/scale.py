"""The scale beside the till: what it says of the weight, by the protocol it speaks.

Three outcomes only: a stable weight, a reason why there is none now, or a scale that does not
answer. The weight before is never given again in place of an error.

Sources of the frames: manuals of Mettler-Toledo 8217, CAS PD-II, CAS NT/CI, Toledo Prix 3 Plus,
and the open drivers that speak them; no scale was at hand when this was written.
"""

import enum
import importlib.util
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import serial

_MOST_BYTES: Final = 64
_ANSWER_SECONDS: Final = 0.5
_AGAIN_SECONDS: Final = 0.2
# An unplugged scale is looked for again after this long, not with every question.
_REOPEN_SECONDS: Final = 2.0
_KILO: Final = 1000


def _unplugged_errors() -> tuple[type[Exception], ...]:
    """Name what an unplugged port raises on this operating system."""
    found: list[type[Exception]] = [OSError, serial.SerialException]
    if importlib.util.find_spec("termios"):
        import termios  # noqa: PLC0415  (there is none on Windows)

        found.append(termios.error)
    return tuple(found)


_UNPLUGGED: Final = _unplugged_errors()


class ScaleState(enum.StrEnum):
    """What a scale says; only `STABLE` comes with a weight."""

    STABLE = "stable"
    EMPTY = "empty"
    MOVING = "moving"
    OVER = "over"
    NEGATIVE = "negative"
    AWAY = "away"


WORDS: Final[Mapping[ScaleState, str]] = MappingProxyType(
    {
        ScaleState.STABLE: "Peso estable",
        ScaleState.EMPTY: "La balanza está vacía",
        ScaleState.MOVING: "Espera a que se quede quieta",
        ScaleState.OVER: "Es más de lo que pesa esta balanza",
        ScaleState.NEGATIVE: "Saca todo y ponla en cero",
        ScaleState.AWAY: "La balanza no contesta. Revisa el cable y escribe el peso a mano",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer of a scale; `grams` above zero only when it is stable."""

    state: ScaleState
    grams: int = 0


AWAY: Final = Reading(state=ScaleState.AWAY)
_MOVING: Final = Reading(state=ScaleState.MOVING)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleProtocol:
    """How a family of scales is asked and what it answers.

    `read` gives None for bytes that are no answer. `is_twice`: it neither says that it is stable
    nor adds a check sum, so that two equal answers are wanted.
    """

    name: str
    words: str
    baud: int
    bits: int
    parity: str
    request: bytes
    ends: bytes
    read: Callable[[bytes], Reading | None]
    # What it says before its answer, and what is then asked (CAS: ready, then go on).
    ready: bytes = b""
    then: bytes = b""
    is_twice: bool = False


def weighed(grams: int) -> Reading:
    """Say what a weight is worth."""
    if grams < 0:
        return Reading(state=ScaleState.NEGATIVE)
    if grams == 0:
        return Reading(state=ScaleState.EMPTY)
    return Reading(state=ScaleState.STABLE, grams=grams)


def _grams(kilos: bytes) -> int:
    whole, _, part = kilos.strip().decode("ascii").partition(".")
    return int(whole or "0") * _KILO + int(part.ljust(3, "0")[:3] or "0")


def read_toledo8217(frame: bytes) -> Reading | None:
    """Read `STX 00.455 [N] CR`, or `STX ? status CR` where bits say what is wrong."""
    found = re.fullmatch(rb"\x02 *(\d{0,3}\.\d{2,3})N?\r", frame)
    if found:
        return weighed(_grams(found[1]))
    refused = re.fullmatch(rb"\x02\?(.)\r", frame, re.DOTALL)
    if not refused:
        return None
    status = refused[1][0]
    for bit, state in ((0b1, ScaleState.MOVING), (0b10, ScaleState.OVER)):
        if status & bit:
            return Reading(state=state)
    return Reading(state=ScaleState.NEGATIVE) if status & 0b100 else Reading(state=ScaleState.EMPTY)


def read_cas_type6(frame: bytes) -> Reading | None:
    """Read `SOH STX status sign weight kg BCC ETX EOT`; a wrong check sum is no answer."""
    found = re.fullmatch(
        rb"\x01\x02(([SU])([ \-F])( *\d{0,3}\.\d{1,3})kg)(.)\x03\x04", frame, re.DOTALL
    )
    if not found:
        return None
    check = 0
    for byte in found[1]:
        check ^= byte
    if check != found[5][0]:
        return None
    if found[3] == b"F":
        return Reading(state=ScaleState.OVER)
    if found[3] == b"-":
        return Reading(state=ScaleState.NEGATIVE)
    return weighed(_grams(found[4])) if found[2] == b"S" else _MOVING


def read_cas_w(frame: bytes) -> Reading | None:
    """Read bare digits with a point, or the same between STX and ETX."""
    found = re.fullmatch(rb"\x02? *(\d{1,3}\.\d{2,3})[ kg]*\x03?\r", frame)
    return weighed(_grams(found[1])) if found else None


def read_cas22(frame: bytes) -> Reading | None:
    """Read one line of the stream: `ST,GS,1,0,  0.455 kg`."""
    found = re.fullmatch(rb"(ST|US|OL),(?:GS|NT),.*?([ \-+]) *(\d{1,4}\.\d{1,3}) *kg\r\n", frame)
    if not found:
        return None
    if found[1] == b"OL":
        return Reading(state=ScaleState.OVER)
    if found[1] == b"US":
        return _MOVING
    grams = _grams(found[3])
    return weighed(-grams if found[2] == b"-" else grams)


def read_prix5(frame: bytes) -> Reading | None:
    """Read `STX grams ETX`, or five letters that say why there are none."""
    found = re.fullmatch(rb"\x02(\d{5}|I{5}|N{5}|S{5})\x03", frame)
    if not found:
        return None
    letters = {b"I": ScaleState.MOVING, b"N": ScaleState.NEGATIVE, b"S": ScaleState.OVER}
    state = letters.get(found[1][:1])
    return weighed(int(found[1])) if state is None else Reading(state=state)


def read_epelsa(frame: bytes) -> Reading | None:
    """Read one frame of the stream: `STX A  0.455 CR ETX`."""
    found = re.fullmatch(rb"\x02([AI!])(-? *\d{1,3}\.\d{3})\r\x03", frame)
    if not found:
        return None
    if found[1] != b"A":
        return _MOVING
    minus, _, kilos = found[2].rpartition(b"-")
    return weighed(-_grams(kilos) if minus or found[2].startswith(b"-") else _grams(kilos))


PROTOCOLS: Final[Mapping[str, ScaleProtocol]] = MappingProxyType(
    {
        each.name: each
        for each in (
            ScaleProtocol(
                name="toledo8217",
                words="Mettler-Toledo 8217, NCI y CAS tipo 5",
                baud=9600,
                bits=7,
                parity=serial.PARITY_EVEN,
                request=b"W",
                ends=b"\r",
                read=read_toledo8217,
            ),
            ScaleProtocol(
                name="cas_type6",
                words="CAS PD-II tipo 6 y AP-1",
                baud=9600,
                bits=8,
                parity=serial.PARITY_NONE,
                request=b"\x05",
                ready=b"\x06",
                then=b"\x11",
                ends=b"\x03\x04",
                read=read_cas_type6,
            ),
            ScaleProtocol(
                name="cas_w",
                words="CAS PD-II tipos 2 y 5",
                baud=9600,
                bits=7,
                parity=serial.PARITY_EVEN,
                request=b"W",
                ends=b"\r",
                read=read_cas_w,
                is_twice=True,
            ),
            ScaleProtocol(
                name="cas22",
                words="Indicadores CAS que envían solos",
                baud=9600,
                bits=8,
                parity=serial.PARITY_NONE,
                request=b"",
                ends=b"\r\n",
                read=read_cas22,
            ),
            ScaleProtocol(
                name="prix5",
                words="Toledo Prix, Filizola y Urano",
                baud=9600,
                bits=8,
                parity=serial.PARITY_NONE,
                request=b"\x05",
                ends=b"\x03",
                read=read_prix5,
                is_twice=True,
            ),
            ScaleProtocol(
                name="epelsa",
                words="Epelsa que envían solas",
                baud=9600,
                bits=8,
                parity=serial.PARITY_NONE,
                request=b"",
                ends=b"\x03",
                read=read_epelsa,
            ),
        )
    }
)


class Scale:
    """A scale on a serial port: asked when somebody weighs, opened once, found again by itself."""

    def __init__(self, port: str, protocol: ScaleProtocol) -> None:
        self._port = port
        self._protocol = protocol
        self._lock = threading.Lock()
        self._line: serial.Serial | None = None
        self._try_after = 0.0

    def read(self) -> Reading:
        """Ask for the weight now."""
        with self._lock:
            try:
                return self._read()
            except _UNPLUGGED:
                self._hang_up()
                return AWAY

    def close(self) -> None:
        """Let go of the port."""
        with self._lock:
            self._hang_up()

    def _read(self) -> Reading:
        line = self._open()
        if line is None:
            return AWAY
        first = self._ask(line)
        if not self._protocol.is_twice or first.state is not ScaleState.STABLE:
            return first
        time.sleep(_AGAIN_SECONDS)
        second = self._ask(line)
        return second if second in {first, AWAY} else _MOVING

    def _ask(self, line: serial.Serial) -> Reading:
        protocol = self._protocol
        line.reset_input_buffer()
        if protocol.request:
            line.write(protocol.request)
        if protocol.ready:
            if line.read(len(protocol.ready)) != protocol.ready:
                return AWAY
            line.write(protocol.then)
        if not protocol.request:
            # The stream was cut anywhere: what comes before the next end is half a frame.
            line.read_until(protocol.ends, _MOST_BYTES)
        return protocol.read(line.read_until(protocol.ends, _MOST_BYTES)) or AWAY

    def _open(self) -> serial.Serial | None:
        if self._line is None and time.monotonic() >= self._try_after:
            self._try_after = time.monotonic() + _REOPEN_SECONDS
            self._line = serial.Serial(
                self._port,
                baudrate=self._protocol.baud,
                bytesize=self._protocol.bits,
                parity=self._protocol.parity,
                timeout=_ANSWER_SECONDS,
                write_timeout=_ANSWER_SECONDS,
            )
        return self._line

    def _hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
