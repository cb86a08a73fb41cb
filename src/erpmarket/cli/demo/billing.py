"""What a supplier's factura says of its goods: pure; net, VAT and additional taxes to the peso."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from dte.taxes import find_additional_tax, vat_percent
from erpmarket.cli.demo.catalogue import DemoProduct
from erpmarket.cli.demo.restocking import Delivery, OrderedLine
from erpmarket.purchasing.actions import PurchaseLine
from erpmarket.purchasing.costs import PaperTerms

_PESO = Decimal(1)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A factura: its goods as they come in, and what it says once."""

    lines: tuple[PurchaseLine, ...]
    terms: PaperTerms


def bill_of(delivery: Delivery, products: Mapping[int, DemoProduct], *, on: date) -> Bill:
    """Write the factura of a delivery; `products` are by id of the shop's own products.

    The cost of the demo's list holds the additional tax already: it is taken out to bill it.
    """
    lines, taxes = [], defaultdict[str, int](int)
    net_clp = exempt_clp = 0
    for line in delivery.lines:
        product = products[line.product_id]
        tax_clp = _tax_clp(line, product, on)
        billed = int(line.value) - tax_clp
        code = "" if product.additional_tax_code is None else str(product.additional_tax_code)
        if tax_clp:
            taxes[code] += tax_clp
        if product.is_exempt:
            exempt_clp += billed
        else:
            net_clp += billed
        lines.append(
            PurchaseLine(
                product_id=line.product_id,
                packs=Decimal(line.packs),
                units_per_pack=Decimal(line.pack_size),
                value=line.value,
                amount_clp=billed,
                tax_code=code,
                is_exempt=product.is_exempt,
            )
        )
    vat_clp = _round(net_clp * vat_percent(on) / _HUNDRED)
    terms = PaperTerms(
        issued_on=on,
        total_clp=net_clp + exempt_clp + vat_clp + sum(taxes.values()),
        vat_clp=vat_clp,
        taxes=tuple(sorted(taxes.items())),
    )
    return Bill(lines=tuple(lines), terms=terms)


def _tax_clp(line: OrderedLine, product: DemoProduct, on: date) -> int:
    code = product.additional_tax_code
    tax = None if code is None else find_additional_tax(code, on)
    if tax is None:
        return 0
    return int(line.value) - _round(line.value * _HUNDRED / (_HUNDRED + tax.percent))


def _round(amount: Decimal) -> int:
    return int(amount.quantize(_PESO, rounding=ROUND_HALF_UP))
