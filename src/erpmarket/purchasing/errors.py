"""Refusals of purchasing. Nothing is written when one of them is raised."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from erpmarket.common.errors import DomainError
from erpmarket.ui.formats import clp, whole


@dataclass(kw_only=True, eq=False)
class PaperAlreadyReceived(DomainError):
    """The supplier's paper came in before."""

    document_kind: int
    document_folio: int

    code: ClassVar[str] = "paper_already_received"

    @property
    def message(self) -> str:
        return f"El documento {self.document_folio} ya está recibido. No hay que hacer nada."


class EmptyReceipt(DomainError):
    """A paper without goods."""

    code = "empty_receipt"

    @property
    def message(self) -> str:
        return "La recepción está vacía. Agrega al menos un producto."


@dataclass(kw_only=True, eq=False)
class ReceiptUidConflict(DomainError):
    """The uid belongs to the receipt of another paper; nothing may be overwritten."""

    uid: UUID

    code: ClassVar[str] = "receipt_uid_conflict"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return "Esta recepción ya se guardó con otro documento. Empieza una recepción nueva."


@dataclass(kw_only=True, eq=False)
class UidTaken(DomainError):
    """The uid belongs to something else; nothing may be overwritten."""

    uid: UUID

    code: ClassVar[str] = "purchase_uid_taken"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return "Esta página ya guardó otra cosa. Ábrela de nuevo y repite lo que falta."


@dataclass(kw_only=True, eq=False)
class SupplierKnown(DomainError):
    """The RUT is of a supplier that is there already."""

    name: str

    code: ClassVar[str] = "supplier_known"

    @property
    def message(self) -> str:
        return f"Ese RUT ya está en tus proveedores: {self.name}. Búscalo en la lista."


class EmptyOrder(DomainError):
    """An order without goods."""

    code = "empty_order"

    @property
    def message(self) -> str:
        return "El pedido está vacío. Agrega al menos un producto."


@dataclass(kw_only=True, eq=False)
class OrderNotOpen(DomainError):
    """What was asked is not for an order in this state."""

    number: int
    state: str

    code: ClassVar[str] = "order_not_open"

    @property
    def message(self) -> str:
        words = {
            "draft": "todavía es un borrador: envíalo primero",
            "sent": "ya se envió",
            "partly": "ya llegó en parte",
            "received": "ya llegó completo",
            "closed": "ya está cerrado",
            "cancelled": "está anulado",
        }
        return f"El pedido {whole(self.number)} {words[self.state]}."


@dataclass(kw_only=True, eq=False)
class OrderOfAnother(DomainError):
    """The order went to another supplier than who brought the goods."""

    number: int

    code: ClassVar[str] = "order_of_another_supplier"

    @property
    def message(self) -> str:
        return f"El pedido {whole(self.number)} es de otro proveedor. Recibe sin pedido."


@dataclass(kw_only=True, eq=False)
class OrderChanged(DomainError):
    """Somebody else changed the draft since it was opened."""

    number: int

    code: ClassVar[str] = "order_changed"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return f"Otra persona cambió el pedido {whole(self.number)}. Ábrelo de nuevo y revisa."


class NothingChanged(DomainError):
    """A correction that changes no line."""

    code = "nothing_changed"

    @property
    def message(self) -> str:
        return "Ningún costo cambia. Escribe el costo nuevo de al menos un producto."


class NothingReturned(DomainError):
    """A return without goods."""

    code = "nothing_returned"

    @property
    def message(self) -> str:
        return "No elegiste qué vuelve. Escribe la cantidad de al menos un producto."


class NothingPaid(DomainError):
    """A payment that names no paper."""

    code = "nothing_paid"

    @property
    def message(self) -> str:
        return "Elige qué documento pagas y cuánto."


@dataclass(kw_only=True, eq=False)
class MoreThanOwed(DomainError):
    """A payment of more than is left of a paper."""

    words: str
    left_clp: int

    code: ClassVar[str] = "more_than_owed"

    @property
    def message(self) -> str:
        if self.left_clp <= 0:
            return f"{self.words} ya está pagada. No hay que hacer nada."
        return f"De {self.words} quedan {clp(self.left_clp)}. Escribe eso o menos."


@dataclass(kw_only=True, eq=False)
class CreditMoved(DomainError):
    """What is left of a nota is not what somebody saw."""

    left_clp: int

    code: ClassVar[str] = "credit_moved"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        if self.left_clp <= 0:
            return "Esa nota de crédito ya se usó entera. No hay que hacer nada."
        return f"De esa nota de crédito quedan {clp(self.left_clp)}. Revisa los montos y repite."


@dataclass(kw_only=True, eq=False)
class PaperOwedAlready(DomainError):
    """The paper is in the supplier's account already."""

    document_folio: int

    code: ClassVar[str] = "paper_owed_already"

    @property
    def message(self) -> str:
        return f"El documento {whole(self.document_folio)} ya está en la cuenta. No se repite."


class NotReversible(DomainError):
    """Only payments can be undone, and once."""

    code = "payment_not_reversible"

    @property
    def message(self) -> str:
        return "Ese pago ya está anulado, o no es un pago. Revisa la cuenta del proveedor."


class BadAmounts(DomainError):
    """Amounts of a paper that no line carries, or a discount of more than there is."""

    code = "bad_paper_amounts"

    @property
    def message(self) -> str:
        return (
            "Los montos del documento no calzan con sus líneas: revisa descuentos, impuestos"
            " y flete."
        )
