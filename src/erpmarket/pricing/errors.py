"""What pricing refuses: nothing is written, the code says which rule was met."""

from dataclasses import dataclass
from typing import ClassVar

from erpmarket.common.errors import DomainError


@dataclass(kw_only=True, eq=False)
class PricingRefused(DomainError):
    """A ticket, payment or return that cannot be; `line` is the id of the line at fault."""

    line: str | None = None

    code: ClassVar[str] = "pricing_refused"


class NoPrice(PricingRefused):
    code = "no_price"
    message = "Este producto no tiene precio vigente: pide que lo pongan en el catálogo."


class ZeroPrice(PricingRefused):
    code = "zero_price"
    message = "El precio debe ser mayor que cero: corrígelo en el catálogo."


class BadQuantity(PricingRefused):
    code = "bad_quantity"
    message = "Revisa la cantidad: mayor que cero, y entera si se vende por unidad."


class NotDiscountable(PricingRefused):
    code = "not_discountable"
    message = "Este producto no admite descuentos: quita el descuento de la línea."


class DiscountOverAmount(PricingRefused):
    code = "discount_over_amount"
    message = "El descuento no puede ser negativo ni mayor que lo que queda por pagar."


class DiscountOverLimit(PricingRefused):
    code = "discount_over_limit"
    message = "El descuento supera tu límite: pide el PIN de un supervisor."


class BadCashAmount(PricingRefused):
    code = "bad_cash_amount"
    message = "En efectivo escribe un monto que termine en 0: ya no hay monedas menores de $10."


class BadAmount(PricingRefused):
    code = "bad_amount"
    message = "Escribe un monto mayor que cero."


class OverTender(PricingRefused):
    code = "over_tender"
    message = "Los pagos superan el total: baja el monto de la tarjeta o quita el efectivo."


class UnderTender(PricingRefused):
    code = "under_tender"
    message = "Falta dinero para cubrir el total: agrega otro pago o corrige el monto."


class OverRefund(PricingRefused):
    code = "over_refund"
    message = "No se puede devolver por ese medio más de lo que se pagó con él."


class TotalZero(PricingRefused):
    code = "total_zero"
    message = "El total es $0 y así no hay boleta: revisa los descuentos."


class AdditionalTaxNeedsNet(PricingRefused):
    code = "additional_tax_needs_net"
    message = (
        "Con impuesto adicional la factura va en valores netos: cambia la forma de la factura."
    )


class NotEligible(PricingRefused):
    code = "not_eligible"
    message = "Con esa tarjeta solo se pagan alimentos: baja el monto o usa otro medio de pago."


class TendersDiffer(PricingRefused):
    code = "tenders_differ"
    message = "Los pagos no suman el total: corrige los montos."


class NothingLeft(PricingRefused):
    code = "nothing_left"
    message = "Ya se devolvió todo lo de este documento."


class OverReturn(PricingRefused):
    code = "over_return"
    message = "Se devolvería más de lo que queda por devolver: baja la cantidad."


class UnknownReference(PricingRefused):
    code = "unknown_reference"
    message = "Esa línea no está en el documento: elige una de la lista."
