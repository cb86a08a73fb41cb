"""What becomes of a guía: its factura, filled in from it; no nota takes a guía back."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from dte.codes import DocumentType, PriceBasis, TransferReason
from dte.document import Line
from erpmarket.fiscal.models import DocumentReference, IssuedDocument
from erpmarket.fiscal.nota_queries import find_buyer, list_dead, read_paper
from erpmarket.fiscal.words import paper_words

# Goods that are sold; what moves for another reason gets no factura.
SOLD_REASONS: Final = frozenset(
    {TransferReason.SALE, TransferReason.SALE_TO_COME, TransferReason.CONSIGNMENT}
)
_FACTURAS: Final = (DocumentType.FACTURA, DocumentType.FACTURA_EXENTA)
# Digits that a price may have behind the comma (PrcItem of DTE_v10.xsd).
_PRICE_STEP: Final = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class FacturaStart:
    """What a factura's forms say at first when it bills a guía."""

    facts: dict[str, object]
    buyer: dict[str, object]
    lines: Sequence[dict[str, object]]


NOTHING: Final = FacturaStart(facts={}, buyer={}, lines=())


def is_to_bill(guia: IssuedDocument) -> bool:
    """Say whether a guía carries goods that are sold."""
    return read_paper(guia).draft.transfer_reason in SOLD_REASONS


def find_factura_of(guia: IssuedDocument) -> IssuedDocument | None:
    """Find the factura that billed a guía; one that was refused or annulled is none."""
    rows = DocumentReference.objects.select_related("document").filter(
        target_id=guia.id, document__kind__in=_FACTURAS
    )
    found = {reference.document_id: reference.document for reference in rows}
    live = [found[row_id] for row_id in sorted(found.keys() - list_dead(set(found)))]
    return live[-1] if live else None


def way_of_guia(guia: IssuedDocument) -> str:
    """Say what to do instead of a return, which a guía does not know."""
    factura = find_factura_of(guia)
    if factura is not None:
        name = paper_words(factura.kind, factura.folio)
        return (
            "Una guía no se devuelve ni se anula con una nota, y esta ya se facturó: si algo"
            f" volvió, haz la nota de crédito en {name}, en Documentos."
        )
    return (
        "Una guía no se devuelve ni se anula con una nota. Abre su página en Documentos, emite la"
        " factura con «Facturar» y haz ahí la nota de crédito por lo que volvió. Lo fiado se baja"
        " en la cuenta de tu cliente, y el stock se arregla contando esos productos."
    )


def factura_start(guia: IssuedDocument) -> FacturaStart:
    """Fill in the factura of a guía: receiver, lines at what they came to, the reference."""
    paper = read_paper(guia)
    receiver, known = paper.receiver, find_buyer(guia.receiver_rut)
    is_gross = paper.draft.price_basis is PriceBasis.GROSS
    return FacturaStart(
        facts={
            "branch": str(guia.branch_id),
            "basis": "gross" if is_gross else "net",
            # Who took goods with a guía owes them still.
            "payment": "2",
            "reference_kind": str(guia.kind),
            "reference_folio": str(guia.folio),
            "reference_date": guia.issue_date,
        },
        buyer={
            "rut": receiver.rut.dotted,
            "name": receiver.name,
            "giro": receiver.giro,
            "address": receiver.address,
            "commune": receiver.commune,
            "city": receiver.city,
            "email": receiver.email or ("" if known is None else known.email),
        },
        lines=[_typed_line(line) for line in paper.lines],
    )


def _typed_line(line: Line) -> dict[str, object]:
    quantity = line.quantity or Decimal(1)
    price = line.unit_price or Decimal(0)
    if price and line.amount_clp != line.priced_clp:
        # A form knows no discount in pesos: the price says what the line came to.
        price = (line.amount_clp / quantity).quantize(_PRICE_STEP, rounding=ROUND_HALF_UP)
    return {
        "name": line.name,
        "quantity": _typed(quantity),
        "price": _typed(price) if price else "",
        "exempt": line.exempt,
    }


def _typed(number: Decimal) -> str:
    """Write a number as people here type it."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace(".", ",")
