"""The books that a test set dictates: purchases and guías.

That of sales holds every document of the basic set, each by `dte.books.enter_sale`.
"""

import re
from collections.abc import Sequence
from datetime import date

from dte.books import (
    GuiaEntry,
    GuiaFate,
    PurchaseEntry,
    VatUse,
    enter_guia,
    enter_purchase,
)
from dte.certification.set_text import DictatedPurchase, Section, TestSetRefused
from dte.rut import Rut
from dte.xml.read import ReadDocument

# Source: LibroCV_v10.xsd, TpoDoc: papers have numbers of their own.
_KINDS = {
    "FACTURA": 30,
    "FACTURA EXENTA": 32,
    "FACTURA ELECTRONICA": 33,
    "FACTURA NO AFECTA O EXENTA ELECTRONICA": 34,
    "FACTURA EXENTA ELECTRONICA": 34,
    "FACTURA DE COMPRA": 45,
    "FACTURA DE COMPRA ELECTRONICA": 46,
    "NOTA DE DEBITO": 55,
    "NOTA DE DEBITO ELECTRONICA": 56,
    "NOTA DE CREDITO": 60,
    "NOTA DE CREDITO ELECTRONICA": 61,
}
_USES = {
    "USO COMUN": VatUse.SHARED,
    "ENTREGA GRATUITA": VatUse.FREE_DELIVERY,
    "RETENCION TOTAL": VatUse.RETAINED,
}
_GUIA_NOTE = re.compile(r"EL CASO (\d+) CORRESPONDE A UNA GUIA (.+)")


def enter_set_purchases(
    section: Section, *, on: date, supplier: Rut, supplier_name: str
) -> tuple[PurchaseEntry, ...]:
    """Return the entries that the set dictates; `supplier` may be any taxpayer.

    The factor of shared VAT is the section's `shared_vat_factor`. Raises TestSetRefused for a
    type of document that we do not know.
    Source: SII, instructivo del set de pruebas, libro de compras.
    """
    return tuple(
        enter_purchase(
            kind=_kind_of(purchase),
            folio=purchase.folio,
            issue_date=on,
            supplier=supplier,
            supplier_name=supplier_name,
            net_clp=purchase.affected_clp,
            exempt_clp=purchase.exempt_clp,
            use=_use_of(purchase),
        )
        for purchase in section.purchases
    )


def enter_set_guias(
    section: Section,
    documents: Sequence[ReadDocument],
    *,
    billed_by: tuple[int, int, date],
) -> tuple[GuiaEntry, ...]:
    """Return the entries of the guía book, with the fates that the section's notes dictate.

    `documents` are the guías of the set in the order of their cases; `billed_by` is the factura
    that stands for the one that was billed: type, folio and date.
    Source: SII, instructivo del set de pruebas, libro de guías.
    """
    notes = {int(case): words for case, words in _GUIA_NOTE.findall(section.notes)}
    return tuple(
        enter_guia(
            document,
            fate=GuiaFate.ANNULLED if "ANULAD" in notes.get(place, "") else None,
            billed_by=billed_by if "FACTUR" in notes.get(place, "") else None,
        )
        for place, document in enumerate(documents, start=1)
    )


def _kind_of(purchase: DictatedPurchase) -> int:
    kind = _KINDS.get(purchase.kind_name)
    if kind is None:
        raise TestSetRefused(
            "unsupported_kind",
            f"El libro de compras trae un documento desconocido: {purchase.kind_name}."
            " Avisa a soporte.",
        )
    return kind


def _use_of(purchase: DictatedPurchase) -> VatUse:
    found = (use for words, use in _USES.items() if words in purchase.remark)
    return next(found, VatUse.CREDIT)
