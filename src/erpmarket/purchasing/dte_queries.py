"""Reads of suppliers' electronic papers: what is to be received, what was learned."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.urls import reverse
from lxml import etree

from dte.xml.parse import parse_xml
from dte.xml.read import find_documents
from erpmarket.fiscal.exchange_queries import ReceivedLine, list_received
from erpmarket.notifications.levels import Level, Trouble
from erpmarket.purchasing.models import (
    DteDraft,
    DteState,
    Receipt,
    ReceiptLine,
    Supplier,
    SupplierCode,
)
from erpmarket.tenancy.models import Role

# Facturas, guías and notas de crédito: what brings goods, or lowers what is owed.
RECEIVABLE: Final = frozenset({33, 34, 52, 61})
NOTA: Final = 61
GUIA: Final = 52
# Older ones came in before this page existed, or by hand.
_LOOK_BACK: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A supplier's paper in the list of Compras; `receipt_id` when its goods are in."""

    line: ReceivedLine
    state: str
    receipt_id: int | None

    @property
    def is_open(self) -> bool:
        return self.state == DteState.OPEN


def list_arrived(at: datetime) -> tuple[Arrived, ...]:
    """List the papers that can be received or were, the newest first; refused ones are left out."""
    lines = [one for one in list_received(at) if not one.row.state and one.row.kind in RECEIVABLE]
    drafts = _drafts([one.row.id for one in lines])
    by_hand = _receipts_by_paper(
        {one.row.issuer_rut for one in lines}, {one.row.folio for one in lines}
    )
    found = []
    for one in lines:
        draft = drafts.get(one.row.id)
        known = by_hand.get((one.row.issuer_rut, one.row.kind, one.row.folio))
        is_done = known is not None and (draft is None or draft.state == DteState.OPEN)
        state = DteState.DONE if is_done else (DteState.OPEN if draft is None else draft.state)
        receipt_id = known if draft is None or draft.receipt_id is None else draft.receipt_id
        found.append(Arrived(line=one, state=str(state), receipt_id=receipt_id))
    return tuple(found)


def count_to_receive(at: datetime) -> int:
    """Count the papers that wait for somebody to receive them."""
    return sum(_waits(one, at) for one in list_arrived(at))


def dte_troubles(at: datetime) -> tuple[Trouble, ...]:
    """Tell that suppliers' papers wait to become stock."""
    count = count_to_receive(at)
    if not count:
        return ()
    words = "Una factura por recibir" if count == 1 else f"{count} facturas por recibir"
    return (
        Trouble(
            kind="purchasing.to_receive",
            level=Level.INFO,
            title=words,
            words="Revisa lo que llegó y recíbelo: entra a stock con su costo y sus precios.",
            link=reverse("purchasing:dtes"),
            roles=(Role.OWNER, Role.STOCK_KEEPER),
        ),
    )


def find_draft(received_id: int) -> DteDraft | None:
    """Find what people answered about a paper; None when nobody did."""
    found: DteDraft | None = (
        DteDraft.objects.select_related("receipt").filter(received_id=received_id).first()
    )
    return found


def find_supplier(rut: str) -> Supplier | None:
    """Find a supplier by RUT."""
    found: Supplier | None = Supplier.objects.filter(rut=rut).first()
    return found


def find_receipt_of_paper(rut: str, kind: int, folio: int) -> Receipt | None:
    """Find the receipt of a supplier's paper, however it came in."""
    found: Receipt | None = Receipt.objects.filter(
        supplier__rut=rut, document_kind=kind, document_folio=folio
    ).first()
    return found


def find_receipt_of_guia(rut: str, folios: Sequence[int]) -> Receipt | None:
    """Find the receipt of one of the guías that a factura bills."""
    found: Receipt | None = (
        Receipt.objects.filter(
            supplier__rut=rut, document_kind=GUIA, document_folio__in=list(folios)
        )
        .order_by("id")
        .first()
    )
    return found


def find_learned(
    supplier_id: int | None, keys: Collection[str]
) -> Mapping[str, tuple[int, Decimal]]:
    """Return key → (product, units per pack) of what was learned of a supplier."""
    if supplier_id is None:
        return {}
    rows = SupplierCode.objects.filter(supplier_id=supplier_id, key__in=set(keys))
    return {row.key: (row.product_id, row.units_per_pack) for row in rows}


def get_last_costs(product_ids: Collection[int]) -> Mapping[int, Decimal]:
    """Return what a unit cost when it came in last, in pesos; products never bought are absent."""
    rows = (
        ReceiptLine.objects.filter(product_id__in=set(product_ids))
        .order_by("company_id", "product_id", "-id")
        .distinct("company_id", "product_id")
    )
    return {row.product_id: row.value / row.quantity for row in rows}


def element_of(received: Any) -> etree._Element:  # noqa: ANN401  (a row of another room)
    """Return the `<DTE>` of a received document, out of the file it came in."""
    elements: list[etree._Element] = find_documents(parse_xml(bytes(received.file.raw)))
    return elements[int(received.position)]


def _drafts(received_ids: Sequence[int]) -> dict[int, DteDraft]:
    return {row.received_id: row for row in DteDraft.objects.filter(received_id__in=received_ids)}


def _receipts_by_paper(
    ruts: Collection[str], folios: Collection[int]
) -> dict[tuple[str, int, int], int]:
    rows = Receipt.objects.filter(supplier__rut__in=ruts, document_folio__in=folios)
    found = rows.values_list("supplier__rut", "document_kind", "document_folio", "id")
    return {(rut, kind, folio): row_id for rut, kind, folio, row_id in found}


def _waits(one: Arrived, at: datetime) -> bool:
    return one.is_open and one.line.row.received_at > at - _LOOK_BACK
