"""Refusals of receiving suppliers' electronic papers. Nothing is written when one is raised."""

from dataclasses import dataclass
from typing import ClassVar

from erpmarket.common.errors import DomainError
from erpmarket.fiscal.words import paper_words


@dataclass(kw_only=True, eq=False)
class LinesOpen(DomainError):
    """Some lines have no answer, or one that cannot be."""

    names: tuple[str, ...]

    code: ClassVar[str] = "dte_lines_open"

    @property
    def message(self) -> str:
        first = self.names[0]
        if len(self.names) == 1:
            return f"Falta una respuesta: di qué es «{first}». Después podrás recibir."
        return f"Faltan {len(self.names)} respuestas: empieza por «{first}»."


class NothingComesIn(DomainError):
    """No line becomes stock."""

    code: ClassVar[str] = "dte_nothing_comes_in"

    @property
    def message(self) -> str:
        return "Ninguna línea entra a stock. Si no trae mercadería, elige «No trae mercadería»."


@dataclass(kw_only=True, eq=False)
class PaperIsIn(DomainError):
    """The paper came in before, by this page or by hand."""

    kind: int
    folio: int
    receipt_id: int

    code: ClassVar[str] = "dte_is_in"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return f"{paper_words(self.kind, self.folio)} ya está recibida. No hay que hacer nada."


@dataclass(kw_only=True, eq=False)
class GoodsCameWithGuia(DomainError):
    """The goods of a factura came in with the guía that it bills."""

    folio: int
    receipt_id: int

    code: ClassVar[str] = "dte_goods_came_with_guia"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return (
            f"La mercadería de esta factura ya entró con la guía {self.folio}."
            " Anota solo la deuda: así no se cuenta dos veces."
        )


@dataclass(kw_only=True, eq=False)
class NotReceivable(DomainError):
    """The document was refused when it came, or is of a kind that brings nothing."""

    words: str

    code: ClassVar[str] = "dte_not_receivable"

    @property
    def message(self) -> str:
        return self.words
