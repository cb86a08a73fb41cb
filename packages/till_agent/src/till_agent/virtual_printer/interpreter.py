"""Read ESC/POS bytes, split anywhere, and draw what a printer of the model would."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from till_agent.virtual_printer.models import MISSING_PAGE_CODEC, Model
from till_agent.virtual_printer.roll import CELL_HEIGHT, CELL_WIDTH, Paper, Roll

ESC, GS, DLE, LINE_FEED = 0x1B, 0x1D, 0x10, 0x0A
DEFAULT_LINE_SPACING = 30
CUT_FEED_DOTS = 96
FIRST_PRINTABLE = 0x20
# GS V 65 and 66 feed by one more byte before they cut.
CUT_WITH_FEED = frozenset({65, 66})
RASTER_HEAD = 8

Event = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    sign: str
    wide: int
    tall: int
    bold: bool


class Interpreter:
    """One printer's mind: feed it bytes, take finished rolls, read its answers.

    `on_roll` gets each roll as it is cut or torn off; `on_status` answers a real-time question.
    """

    def __init__(
        self,
        model: Model,
        *,
        on_roll: Callable[[Roll], None],
        on_status: Callable[[int], bytes] = lambda _which: b"",
        font_folder: Path | None = None,
    ) -> None:
        self.model = model
        self._on_roll = on_roll
        self._on_status = on_status
        self._font_folder = font_folder
        self._pending = b""
        self._start_paper()
        self._reset()

    def feed(self, received: bytes) -> bytes:
        """Take bytes, return the answers to the questions in them. Keeps half commands."""
        self._pending += received
        answers = bytearray()
        at = 0
        while at < len(self._pending):
            used, answer = self._step(self._pending, at)
            if used == 0:
                break
            at += used
            answers += answer
        self._pending = self._pending[at:]
        return bytes(answers)

    def tear_off(self, *, complete: bool = True) -> None:
        """End the paper as a hand would, if anything is on it; forget a half command."""
        self._pending = b""
        if self._cells:
            self._print_line()
        if not self._paper.is_blank or any(kind == "drawer" for kind, _ in self._events):
            roll = Roll(
                image=self._paper.cut(),
                text_lines=tuple(self._lines),
                events=tuple(self._events),
                complete=complete,
            )
            self._on_roll(roll)
        self._start_paper()

    def _start_paper(self) -> None:
        self._paper = Paper(self.model, self._font_folder)
        self._lines: list[str] = []
        self._events: list[Event] = []
        self._cells: list[_Cell] = []

    def _reset(self) -> None:
        self._codec = self.model.pages[min(self.model.pages)]
        self._align = 0
        self._bold = False
        self._wide = self._tall = 1
        self._line_spacing = DEFAULT_LINE_SPACING
        self._cells = []

    def _step(self, buffer: bytes, at: int) -> tuple[int, bytes]:
        """Run one command; used bytes 0 means that more must arrive first."""
        lead = buffer[at]
        if lead == ESC:
            return self._escape(buffer, at), b""
        if lead == GS:
            return self._group(buffer, at), b""
        if lead == DLE:
            return self._real_time(buffer, at)
        if lead == LINE_FEED:
            self._print_line()
        elif lead >= FIRST_PRINTABLE:
            self._put(bytes((lead,)))
        else:
            self._events.append(("unknown", f"{lead:02X}"))
        return 1, b""

    def _escape(self, buffer: bytes, at: int) -> int:
        command = buffer[at + 1 : at + 2]
        if command == b"@":
            self._reset()
            return 2
        length = {b"t": 3, b"a": 3, b"E": 3, b"d": 3, b"J": 3, b"3": 3, b"p": 5}.get(command)
        if not command or (length is not None and len(buffer) < at + length):
            return 0
        if length is None:
            self._events.append(("unknown", f"1B {command.hex().upper()}"))
            return 2
        value = buffer[at + 2]
        if command == b"t":
            self._choose_page(value)
        elif command == b"a":
            self._align = value % 48
        elif command == b"E":
            self._bold = bool(value & 1)
        elif command == b"3":
            self._line_spacing = value
        elif command == b"p":
            self._events.append(("drawer", f"pin {5 if value % 48 else 2}"))
        else:
            self._print_line_if_any()
            self._paper.feed(value * self._line_spacing if command == b"d" else value)
        return length

    def _group(self, buffer: bytes, at: int) -> int:
        command = buffer[at + 1 : at + 2]
        if command == b"!":
            if len(buffer) < at + 3:
                return 0
            size = buffer[at + 2]
            self._wide, self._tall = (size >> 4) + 1, (size & 15) + 1
            return 3
        if command == b"V":
            return self._cut(buffer, at)
        if command == b"v":
            return self._raster(buffer, at)
        if not command:
            return 0
        self._events.append(("unknown", f"1D {command.hex().upper()}"))
        return 2

    def _cut(self, buffer: bytes, at: int) -> int:
        if len(buffer) < at + 3:
            return 0
        mode = buffer[at + 2]
        length = 4 if mode in CUT_WITH_FEED else 3
        if len(buffer) < at + length:
            return 0
        self._print_line_if_any()
        if not self.model.cuts:
            self._events.append(("unknown", "cut without cutter"))
            return length
        if mode in CUT_WITH_FEED:
            self._paper.feed(CUT_FEED_DOTS + buffer[at + 3])
        self._events.append(("cut", "partial" if mode in {1, 49, 66} else "full"))
        rest, self._pending = self._pending, b""
        self.tear_off()
        self._pending = rest
        return length

    def _raster(self, buffer: bytes, at: int) -> int:
        head = buffer[at : at + RASTER_HEAD]
        if len(head) < RASTER_HEAD:
            return 0
        width_bytes, height = (
            int.from_bytes(head[4:6], "little"),
            int.from_bytes(head[6:8], "little"),
        )
        end = at + RASTER_HEAD + width_bytes * height
        if len(buffer) < end:
            return 0
        self._print_line_if_any()
        if width_bytes * 8 > self.model.dots:
            self._events.append(("overflow", f"raster {width_bytes * 8}"))
        self._events.append(("raster", f"{width_bytes * 8}x{height}"))
        free = max(self.model.dots - width_bytes * 8, 0)
        x_dots = (0, free // 2, free)[min(self._align, 2)]
        rows = buffer[at + RASTER_HEAD : end]
        self._paper.draw_raster(rows, width_bytes=width_bytes, x_dots=x_dots)
        return RASTER_HEAD + width_bytes * height

    def _real_time(self, buffer: bytes, at: int) -> tuple[int, bytes]:
        if len(buffer) < at + 3:
            return 0, b""
        return 3, self._on_status(buffer[at + 2])

    def _choose_page(self, number: int) -> None:
        known = self.model.pages.get(number)
        self._codec = known or MISSING_PAGE_CODEC
        self._events.append(("code_page", f"{number} {known or 'missing'}"))

    def _put(self, raw: bytes) -> None:
        sign = raw.decode(self._codec, errors="replace")
        used = sum(CELL_WIDTH * cell.wide for cell in self._cells)
        if used + CELL_WIDTH * self._wide > self.model.dots:
            self._events.append(("overflow", "".join(cell.sign for cell in self._cells)))
            self._print_line()
        self._cells.append(_Cell(sign=sign, wide=self._wide, tall=self._tall, bold=self._bold))

    def _print_line_if_any(self) -> None:
        if self._cells:
            self._print_line()

    def _print_line(self) -> None:
        cells, self._cells = self._cells, []
        self._lines.append("".join(cell.sign for cell in cells))
        tallest = max((cell.tall for cell in cells), default=1)
        free = self.model.dots - sum(CELL_WIDTH * cell.wide for cell in cells)
        x_dots = (0, free // 2, free)[min(self._align, 2)]
        for cell in cells:
            self._paper.draw_cell(cell.sign, x_dots, wide=cell.wide, tall=cell.tall, bold=cell.bold)
            x_dots += CELL_WIDTH * cell.wide
        self._paper.feed(max(self._line_spacing, CELL_HEIGHT * tallest))
