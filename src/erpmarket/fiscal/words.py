"""What people in a shop call papers and states."""

from typing import Final

from dte.codes import DocumentType
from dte.document import CONSUMER
from erpmarket.fiscal.models import SubmissionState

_PAPERS: Final = {
    DocumentType.FACTURA: "Factura",
    DocumentType.FACTURA_EXENTA: "Factura exenta",
    DocumentType.BOLETA: "Boleta",
    DocumentType.BOLETA_EXENTA: "Boleta exenta",
    DocumentType.GUIA: "Guía de despacho",
    DocumentType.NOTA_DEBITO: "Nota de débito",
    DocumentType.NOTA_CREDITO: "Nota de crédito",
}
# In the order that a shop meets them.
ISSUED_KINDS: Final = (
    DocumentType.BOLETA,
    DocumentType.BOLETA_EXENTA,
    DocumentType.FACTURA,
    DocumentType.FACTURA_EXENTA,
    DocumentType.GUIA,
    DocumentType.NOTA_CREDITO,
    DocumentType.NOTA_DEBITO,
)
# State → tone and words of its chip.
STATE_CHIPS: Final = {
    SubmissionState.PENDING: ("plain", "Por enviar"),
    SubmissionState.SIGNED: ("plain", "Lista para enviar"),
    SubmissionState.SENT: ("info", "Enviada, esperando"),
    SubmissionState.UNKNOWN: ("warn", "Sin respuesta"),
    SubmissionState.ACCEPTED: ("ok", "Aceptada"),
    SubmissionState.ACCEPTED_WITH_REMARKS: ("warn", "Con reparos"),
    SubmissionState.REJECTED: ("danger", "Rechazada"),
}


def paper_name(kind: int) -> str:
    """Name a type of paper: `Boleta`; a type nobody here issues keeps its number."""
    try:
        return _PAPERS[DocumentType(kind)]
    except ValueError:
        return f"Documento {kind}"


def signed_total(kind: int, total_clp: int) -> int:
    """Give a paper's total with the sign it has in the books: a nota de crédito takes back."""
    return -total_clp if kind == DocumentType.NOTA_CREDITO else total_clp


def reference_name(kind: str) -> str:
    """Name the type of paper that a reference states; one that is no number keeps its letters."""
    return paper_name(int(kind)) if kind.isdecimal() else kind


def paper_words(kind: int, folio: int) -> str:
    """Name one paper as a list shows it: `Boleta 58.445`."""
    return f"{paper_name(kind)} {folio:,}".replace(",", ".")


def buyer_name(rut: str, name: str) -> str:
    """Give the name of who buys; empty when the paper is made out to nobody in particular."""
    return "" if rut == str(CONSUMER.rut) else name
