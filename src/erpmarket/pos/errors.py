"""Refusals at the till. Nothing is written when one of them is raised."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from erpmarket.common.errors import DomainError


@dataclass(kw_only=True, eq=False)
class NoOpenShift(DomainError):
    """The till has no open shift."""

    till_name: str

    code: ClassVar[str] = "no_open_shift"

    @property
    def message(self) -> str:
        return (
            f"{self.till_name} está cerrada. Abre un turno para vender; la venta queda en pantalla."
        )


@dataclass(kw_only=True, eq=False)
class ShiftAlreadyOpen(DomainError):
    """Somebody opened the till before."""

    till_name: str
    cashier_name: str

    code: ClassVar[str] = "shift_already_open"

    @property
    def message(self) -> str:
        return (
            f"{self.till_name} ya está abierta por {self.cashier_name}."
            " Sigue vendiendo o cierra ese turno."
        )


@dataclass(kw_only=True, eq=False)
class ShiftClosedMeanwhile(DomainError):
    """The count is of a shift that is not the open one: somebody closed it on another screen."""

    till_name: str

    code: ClassVar[str] = "shift_closed_meanwhile"

    @property
    def message(self) -> str:
        return (
            f"Ese turno ya se cerró en otra pantalla, y en {self.till_name} hay otro abierto."
            " Abre de nuevo la página de cierre y cuenta el cajón del turno que está abierto."
        )


@dataclass(kw_only=True, eq=False)
class BadCount(DomainError):
    """An amount of money counted by hand is not possible."""

    amount_clp: int

    code: ClassVar[str] = "bad_count"

    @property
    def message(self) -> str:
        return "Escribe cuánto efectivo contaste, en pesos y sin decimales."


@dataclass(kw_only=True, eq=False)
class EmptySale(DomainError):
    """There is nothing to sell."""

    code: ClassVar[str] = "empty_sale"

    @property
    def message(self) -> str:
        return "La venta está vacía. Escanea o toca un producto."


@dataclass(kw_only=True, eq=False)
class TooManyLines(DomainError):
    """A boleta holds a thousand lines at most."""

    limit: int

    code: ClassVar[str] = "too_many_lines"

    @property
    def message(self) -> str:
        return f"Una boleta lleva hasta {self.limit} líneas. Cobra estas y sigue en otra venta."


@dataclass(kw_only=True, eq=False)
class ProductGone(DomainError):
    """A product of the cart is no longer sold here, or never was."""

    product_ids: tuple[int, ...]

    code: ClassVar[str] = "product_gone"

    @property
    def message(self) -> str:
        return "Un producto de la venta ya no está en el catálogo. Quítalo y cobra de nuevo."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """What a product costs now."""

    product_id: int
    price_clp: int


@dataclass(kw_only=True, eq=False)
class PriceChanged(DomainError):
    """What the cashier saw is not what it costs now; `lines` are the new prices."""

    total_clp: int
    lines: tuple[NewPrice, ...]

    code: ClassVar[str] = "price_changed"

    @property
    def message(self) -> str:
        total = f"{self.total_clp:,}".replace(",", ".")
        return (
            f"Cambió un precio mientras vendías: el total ahora es ${total}."
            " Revísalo con el cliente y cobra."
        )

    @property
    def details(self) -> dict[str, object]:
        return {
            "total_clp": self.total_clp,
            "lines": [
                {"product_id": line.product_id, "price_clp": line.price_clp} for line in self.lines
            ],
        }


@dataclass(kw_only=True, eq=False)
class UidConflict(DomainError):
    """The uid belongs to another sale: the device's memory is wrong, nothing may be overwritten."""

    uid: UUID

    code: ClassVar[str] = "uid_conflict"
    status: ClassVar[int] = 409

    @property
    def message(self) -> str:
        return (
            "Esta venta ya se guardó con otros datos. No la cobres de nuevo: revisa la última"
            " boleta y, si hace falta, empieza una venta nueva."
        )


@dataclass(kw_only=True, eq=False)
class ReturnRefused(DomainError):
    """A return that cannot be. Reasons: no_lines, over_return, nothing_left, conflict, guia."""

    reason: str
    words: str

    code: ClassVar[str] = "return_refused"

    @property
    def message(self) -> str:
        return self.words


class VoucherIsBoleta(DomainError):
    """The sale has no boleta of ours that could become a factura."""

    code = "voucher_is_boleta"

    @property
    def message(self) -> str:
        return (
            "En esta venta el voucher de la tarjeta es la boleta: no se cambia por factura. Anula"
            " la venta en la máquina y véndela de nuevo con factura."
        )


@dataclass(kw_only=True, eq=False)
class SoldWithFactura(DomainError):
    """The sale had a factura from the start."""

    folio: int

    code: ClassVar[str] = "sold_with_factura"

    @property
    def message(self) -> str:
        folio = f"{self.folio:,}".replace(",", ".")
        return (
            f"Esta venta ya salió con la Factura {folio}. Si está mal, devuélvela y véndela de"
            " nuevo."
        )


class NothingToReprint(DomainError):
    """The card's voucher was all of the sale's boleta."""

    code = "nothing_to_reprint"

    @property
    def message(self) -> str:
        return (
            "En esta venta el voucher de la tarjeta es la boleta: pide la copia en la máquina de"
            " tarjetas."
        )


class StrangerAtTill(DomainError):
    """A device names somebody who has nothing to do at a till of this company."""

    code = "stranger_at_till"

    @property
    def message(self) -> str:
        return "Esa persona ya no atiende en esta caja. Cambia de cajero y prueba otra vez."


class ApprovalMissing(DomainError):
    """Whoever asks may not do it alone, and nobody who may has approved it."""

    code = "approval_missing"

    @property
    def message(self) -> str:
        return "Esto lo autoriza quien administra: pídele que escriba su PIN."


@dataclass(kw_only=True, eq=False)
class BadMailAddress(DomainError):
    """A paper cannot go where somebody typed."""

    words: str

    code: ClassVar[str] = "bad_address"

    @property
    def message(self) -> str:
        return self.words


class DrawerClosed(DomainError):
    """No open drawer to take money from, or to put it back into."""

    code = "drawer_closed"

    @property
    def message(self) -> str:
        return "Ese cajón está cerrado. Abre un turno en esa caja, o elige otra forma de pago."


class NotEnoughCash(DomainError):
    """The drawer does not hold as much."""

    code = "not_enough_cash"

    @property
    def message(self) -> str:
        return "En el cajón no hay tanto. Paga menos en efectivo, o el resto por transferencia."


class CustomerMissing(DomainError):
    """Goods on credit, and nobody to owe them."""

    code = "customer_missing"

    @property
    def message(self) -> str:
        return "Elige a quién le fías antes de cobrar."


class VoucherTwice(DomainError):
    """One vale stands twice among the tenders of a sale."""

    code = "voucher_twice"

    @property
    def message(self) -> str:
        return "El mismo vale está dos veces en el pago. Quita uno."
