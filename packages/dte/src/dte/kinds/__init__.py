"""What each document type demands and forbids: one file per family, one table for all."""

from collections.abc import Mapping

from dte.codes import DocumentType
from dte.errors import DraftRefused
from dte.kinds.boleta import BOLETA, BOLETA_EXENTA
from dte.kinds.factura import FACTURA, FACTURA_EXENTA
from dte.kinds.guia import GUIA
from dte.kinds.kind import Kind
from dte.kinds.nota import NOTA_CREDITO, NOTA_DEBITO

KINDS: Mapping[DocumentType, Kind] = {
    kind.type: kind
    for kind in (
        BOLETA,
        BOLETA_EXENTA,
        FACTURA,
        FACTURA_EXENTA,
        GUIA,
        NOTA_DEBITO,
        NOTA_CREDITO,
    )
}


def get_kind(kind: DocumentType) -> Kind:
    """Return the rules of a document type. Raises DraftRefused for one we only read.

    Source: SiiTypes_v10.xsd, DTEType (43 and 46 are documents of other businesses).
    """
    found = KINDS.get(kind)
    if found is None:
        raise DraftRefused(
            "kind_not_issued",
            f"Aquí no se emite: {kind.title}. Esos documentos solo se leen; emite una factura.",
        )
    return found
