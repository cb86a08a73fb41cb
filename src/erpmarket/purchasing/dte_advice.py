"""What to do with a file or a document that cannot be received."""

from collections.abc import Mapping
from typing import Final

from dte.exchange import DocumentReception, EnvelopeReception
from erpmarket.fiscal.words import paper_words
from erpmarket.purchasing.dte_queries import RECEIVABLE

_FORGED: Final = (
    "La firma o el timbre no corresponden: alguien lo cambió o no lo emitió quien dice. No lo"
    " pagues ni lo recibas; pide el XML original a tu proveedor."
)
_OTHERS: Final = (
    "No es para esta empresa: viene a otro RUT. Pide a tu proveedor que lo anule y lo emita a tu"
    " RUT, o entra con la empresa a la que le facturó."
)
_DOCUMENTS: Final[Mapping[int, str]] = {
    DocumentReception.WRONG_SIGNATURE: _FORGED,
    DocumentReception.WRONG_ISSUER: _FORGED,
    DocumentReception.WRONG_RECEIVER: _OTHERS,
    DocumentReception.REPEATED: "Este documento ya había llegado: usa el que está en la lista.",
    DocumentReception.OTHER: "No se pudo comprobar. Pide a tu proveedor que lo envíe otra vez.",
}
_FILES: Final[Mapping[int, str]] = {
    EnvelopeReception.WRONG_SCHEMA: (
        "No cumple el formato del SII. Pide a tu proveedor el XML que él le envió al SII."
    ),
    EnvelopeReception.WRONG_SIGNATURE: _FORGED,
    EnvelopeReception.WRONG_RECEIVER: _OTHERS,
    EnvelopeReception.REPEATED: "Este envío ya había llegado: sus facturas están en la lista.",
    EnvelopeReception.UNREADABLE: (
        "No es un XML de factura. Busca en el correo de tu proveedor el archivo que termina en"
        " .xml; el PDF no sirve."
    ),
    EnvelopeReception.OTHER: "No se pudo recibir. Pide a tu proveedor que lo envíe otra vez.",
}


def document_advice(state: int, kind: int, folio: int) -> str:
    """Say what to do about a document that cannot become stock; empty when it can."""
    if state:
        return _DOCUMENTS.get(state, _DOCUMENTS[DocumentReception.OTHER])
    if kind not in RECEIVABLE:
        return (
            f"{paper_words(kind, folio)} no trae mercadería ni baja lo que debes. Puedes verla y"
            " responderla en Recibidas."
        )
    return ""


def file_advice(state: int) -> str:
    """Say what to do about a file that was not taken in; empty when it was."""
    return _FILES.get(state, _FILES[EnvelopeReception.OTHER]) if state else ""
