"""What each document type demands and forbids: one file per family, one table for all."""

from collections.abc import Mapping

from dte.codes import DocumentType
from dte.errors import DraftRefused
from dte.kinds.boleta import BOLETA, BOLETA_EXENTA
from dte.kinds.kind import Kind

KINDS: Mapping[DocumentType, Kind] = {kind.type: kind for kind in (BOLETA, BOLETA_EXENTA)}


def get_kind(kind: DocumentType) -> Kind:
    """Return the rules of a document type. Raises DraftRefused for one we cannot issue."""
    found = KINDS.get(kind)
    if found is None:
        raise DraftRefused(
            "kind_not_issued", f"Todavía no se puede emitir: {kind.title}. Usa una boleta."
        )
    return found
