"""Refusals about shifts and their cash. Nothing is written when one of them is raised."""

from dataclasses import dataclass
from typing import ClassVar

from erpmarket.common.errors import DomainError


@dataclass(kw_only=True, eq=False)
class BadMove(DomainError):
    """An amount that cannot be put into a drawer or taken out of it."""

    amount_clp: int

    code: ClassVar[str] = "bad_move"

    @property
    def message(self) -> str:
        return "Escribe cuánto efectivo entra o sale, en pesos y sobre cero."


class ReasonMissing(DomainError):
    """Money moved, or a difference explained, with no reason given."""

    code = "reason_missing"

    @property
    def message(self) -> str:
        return "Escribe el motivo en pocas palabras."


@dataclass(kw_only=True, eq=False)
class NeedsApproval(DomainError):
    """More money leaves the drawer than a cashier may take out alone."""

    above_clp: int

    code: ClassVar[str] = "needs_approval"

    @property
    def message(self) -> str:
        above = f"{self.above_clp:,}".replace(",", ".")
        return f"Sobre ${above} hace falta el PIN de quien autoriza. Pídelo y prueba de nuevo."


class ShiftStillOpen(DomainError):
    """What only a closed shift has was asked of an open one."""

    code = "shift_still_open"

    @property
    def message(self) -> str:
        return "Ese turno sigue abierto. Ciérralo con su conteo primero."


class NothingToExplain(DomainError):
    """The count was exact, nobody counted, or the difference has its reason already."""

    code = "nothing_to_explain"

    @property
    def message(self) -> str:
        return "Ese turno no tiene una diferencia por explicar. Recarga la página."
