"""The books that a test set dictates: purchases and guías.

That of sales holds every document of the basic set, each by `dte.books.enter_sale`.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import NoReturn

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
# The remarks are sentences; these are the words in them that decide.
_USES = {
    "USO COMUN": VatUse.SHARED,
    "ENTREGA GRATUITA": VatUse.FREE_DELIVERY,
    "RETENCION TOTAL": VatUse.RETAINED,
    "DERECHO A CREDITO": VatUse.CREDIT,
    "POR DESCUENTO": VatUse.CREDIT,
    "EXENT": VatUse.CREDIT,
}
_GUIA_NOTE = re.compile(r"EL CASO (\d+) CORRESPONDE A UNA GUIA (.+)")


def enter_set_purchases(
    section: Section, *, on: date, supplier: Rut, supplier_name: str
) -> tuple[PurchaseEntry, ...]:
    """Return the entries that the set dictates; `supplier` may be any taxpayer.

    The factor of shared VAT is the section's `shared_vat_factor`. Raises TestSetRefused for a
    type of document or a remark that we do not know.
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

    `documents` are the guías of the set, whose first reference names their case; `billed_by` is
    the factura that stands for the one that was billed: type, folio and date.
    Source: SII, instructivo del set de pruebas, libro de guías.
    """
    notes = dict(_GUIA_NOTE.findall(section.notes))
    entries: list[GuiaEntry] = []
    for document in documents:
        note = notes.get(document.references[0].folio.rpartition("-")[2], "")
        entries.append(
            enter_guia(
                document,
                fate=GuiaFate.ANNULLED if "ANULAD" in note else None,
                billed_by=billed_by if "FACTUR" in note else None,
            )
        )
    return tuple(entries)


def _kind_of(purchase: DictatedPurchase) -> int:
    kind = _KINDS.get(purchase.kind_name)
    if kind is None:
        _refuse(f"un documento desconocido: {purchase.kind_name}")
    return kind


def _use_of(purchase: DictatedPurchase) -> VatUse:
    found = [use for words, use in _USES.items() if words in purchase.remark]
    if not found:
        _refuse(f"una compra que no se sabe tratar: {purchase.remark}")
    return found[0]


def _refuse(what: str) -> NoReturn:
    raise TestSetRefused(
        "unsupported_kind", f"El libro de compras del set trae {what}. Avisa a soporte."
    )
