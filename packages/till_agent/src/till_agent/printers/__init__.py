"""Printers: what a printer promises (`Printer`), the models (`profiles`), the bytes (`escpos`).

`network` speaks TCP port 9100; `dummy` keeps what it is given, for tests and for trying out.
"""

import enum
from typing import Protocol

from till_agent.errors import AgentError


class PrinterState(enum.StrEnum):
    """What is known of a printer. UNKNOWN is no fault: many printers never answer."""

    READY = "ready"
    PAPER_LOW = "paper_low"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    OFFLINE = "offline"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"

    @property
    def can_print(self) -> bool:
        return self in {PrinterState.READY, PrinterState.PAPER_LOW, PrinterState.UNKNOWN}


STATE_WORDS = {
    PrinterState.READY: "La impresora está lista.",
    PrinterState.PAPER_LOW: "Queda poco papel en la impresora. Ten un rollo a mano.",
    PrinterState.PAPER_OUT: "La impresora no tiene papel. Pon un rollo y cierra la tapa.",
    PrinterState.COVER_OPEN: "La tapa de la impresora está abierta. Ciérrala.",
    PrinterState.OFFLINE: "La impresora está fuera de línea. Revisa que esté en línea.",
    PrinterState.UNREACHABLE: "La impresora no contesta en la red. Revisa que esté encendida.",
    PrinterState.UNKNOWN: "La impresora no informa su estado.",
}


class NotSent(AgentError):
    """Nothing was printed: trying again later is harmless. `state` says why."""

    def __init__(self, state: PrinterState) -> None:
        super().__init__("not_sent", STATE_WORDS[state])
        self.state = state


class FateUnknown(AgentError):
    """Part or all of the paper may have come out; nobody can tell from here."""

    def __init__(self) -> None:
        super().__init__(
            "fate_unknown",
            "No se sabe si el papel salió completo. La próxima impresión será una copia.",
        )


class Printer(Protocol):
    def state(self) -> PrinterState:
        """Ask the printer how it is; never raises."""

    def send(self, content: bytes) -> None:
        """Print. Raises NotSent before anything went out, FateUnknown after."""
