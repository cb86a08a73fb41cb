"""What costing refuses: nothing is written, and the code says which rule was met."""

from dataclasses import dataclass
from typing import ClassVar

from erpmarket.common.errors import DomainError


@dataclass(kw_only=True, eq=False)
class CostingRefused(DomainError):
    """An entry that the ledger of a product cannot take."""

    event: int | str | None = None

    code: ClassVar[str] = "costing_refused"


class BadQuantity(CostingRefused):
    code = "bad_quantity"
    message = "Escribe una cantidad mayor que cero, con tres decimales como máximo."


class BadValue(CostingRefused):
    code = "bad_value"
    message = "El valor no puede ser negativo: revisa el monto y los costos ya agregados."


class UnknownReference(CostingRefused):
    code = "unknown_reference"
    message = "No encontramos el movimiento al que te refieres: búscalo de nuevo en el kárdex."


class BeforeReference(CostingRefused):
    code = "before_reference"
    message = "La fecha es anterior al movimiento al que te refieres: elige una posterior."


class BeforeClosing(CostingRefused):
    code = "before_closing"
    message = "Ese período está cerrado: registra el movimiento con fecha posterior al cierre."


class OverReturn(CostingRefused):
    code = "over_return"
    message = "Se devolvería más de lo que queda por devolver: baja la cantidad."


class AlreadyReceived(CostingRefused):
    code = "already_received"
    message = "Ese traslado ya se recibió: si faltó o sobró algo, haz un conteo."


class OverReceive(CostingRefused):
    code = "over_receive"
    message = "Llegaría más de lo que salió: revisa la cantidad recibida."


class InsufficientStock(CostingRefused):
    code = "insufficient_stock"
    message = (
        "No hay stock suficiente en la bodega a esa hora: cuenta el producto o baja la cantidad."
    )


class DuplicateEntry(CostingRefused):
    code = "duplicate_entry"
    message = "Ese movimiento ya está registrado: revisa el kárdex antes de repetirlo."


class UnknownMethod(CostingRefused):
    code = "unknown_method"
    message = "Ese método de costeo no existe: elige precio promedio o primero en entrar."


class BadCase(CostingRefused):
    """A case of the command that cannot be read; nobody meets it on a screen."""

    code = "bad_case"
    message = "El caso no se puede leer: compara sus campos con la guía del formato."
