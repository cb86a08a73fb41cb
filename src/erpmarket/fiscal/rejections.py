"""Why the SII turned a document down, in words of the shop, and what to do about it.

Pure: from the code that `Submission.said_code` keeps.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Cure(StrEnum):
    """What helps: `resend_corrected`, `send_again`, or somebody else."""

    CORRECT = "correct"
    SEND_AGAIN = "send_again"
    NEW_DOCUMENT = "new_document"
    SUPPORT = "support"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A rejection for a person: what happened and the next step; `cure` is what the page offers."""

    what: str
    todo: str
    cure: Cure


_AGAIN: Final = "Cuando esté resuelto, usa «Enviar otra vez»: conserva el mismo folio."
_CORRECT: Final = "Corrige los datos y envíalo con el mismo folio: el SII no lo recibió."
_BY_STATE: Final[Mapping[str, Rejection]] = {
    "RSC": Rejection(
        what="El archivo no cumple el formato oficial.",
        todo=f"Revisa los textos del documento (símbolos raros, datos que faltan). {_CORRECT}",
        cure=Cure.CORRECT,
    ),
    "STATUS 7": Rejection(
        what="El archivo no cumple el formato oficial.",
        todo=f"Revisa los textos del documento (símbolos raros, datos que faltan). {_CORRECT}",
        cure=Cure.CORRECT,
    ),
    "OWN": Rejection(
        what="Nuestra propia revisión lo detuvo: nunca se envió.",
        todo=_CORRECT,
        cure=Cure.CORRECT,
    ),
    "RFR": Rejection(
        what="El SII no aceptó la firma o el timbre.",
        todo="Revisa que el certificado esté vigente y que quien firma tenga permiso en el SII."
        f" {_AGAIN}",
        cure=Cure.SEND_AGAIN,
    ),
    "STATUS 8": Rejection(
        what="El SII no aceptó la firma.",
        todo="Revisa que el certificado esté vigente y que quien firma tenga permiso en el SII."
        f" {_AGAIN}",
        cure=Cure.SEND_AGAIN,
    ),
    "RCT": Rejection(
        what="La carátula del envío no coincide con lo que el SII sabe de la empresa.",
        todo="Revisa la fecha y el número de resolución en Ajustes, y el permiso de quien envía. Si"
        f" el SII habla del futuro (TmstFirmaEnv), pon en hora este computador. {_AGAIN}",
        cure=Cure.SEND_AGAIN,
    ),
    "RPT": Rejection(
        what="El SII dice que el envío está repetido, pero no tiene este folio.",
        todo="Usa «Enviar otra vez».",
        cure=Cure.SEND_AGAIN,
    ),
    "RCO": Rejection(
        what="El SII encontró datos que no calzan entre sí en el envío.",
        todo=f"Revisa montos y referencias. {_CORRECT}",
        cure=Cure.CORRECT,
    ),
    "VOF": Rejection(
        what="El SII perdió el archivo del envío.",
        todo="Usa «Enviar otra vez».",
        cure=Cure.SEND_AGAIN,
    ),
    "RCH": Rejection(
        what="El SII revisó el documento y no lo aceptó.",
        todo=f"Lee el motivo. {_CORRECT}",
        cure=Cure.CORRECT,
    ),
    "DNK": Rejection(
        what="El SII ya tiene otro documento con este folio.",
        todo="No lo corrijas ni lo emitas de nuevo: pide ayuda a soporte.",
        cure=Cure.SUPPORT,
    ),
    "FNA": Rejection(
        what="El SII no autorizó este folio.",
        todo="Revisa los folios cargados en SII, Folios, y emite el documento con otro folio.",
        cure=Cure.NEW_DOCUMENT,
    ),
    "FAN": Rejection(
        what="El folio está anulado en el SII.",
        todo="Emite el documento de nuevo: tomará otro folio.",
        cure=Cure.NEW_DOCUMENT,
    ),
}
# The section of the first grave objection: which part of the paper it is about.
_BY_SECTION: Final[Mapping[str, str]] = {
    "HED": "El problema está en los datos del encabezado: emisor, cliente, fechas o totales.",
    "DET": "El problema está en el detalle: una línea, su cantidad, precio o monto.",
    "DSC": "El problema está en los descuentos o recargos del documento.",
    "REF": "El problema está en las referencias a otros documentos.",
    "TED": "El problema está en el timbre.",
    "CAF": "El problema está en los folios autorizados.",
    "SIG": "El problema está en la firma.",
    "DTE": "El problema está en el documento completo.",
}
_UNKNOWN: Final = Rejection(
    what="El SII no aceptó el documento.",
    todo="Lee el motivo que dio el SII y pide ayuda a soporte si no se entiende.",
    cure=Cure.SUPPORT,
)


def explain(said_code: str) -> Rejection:
    """Explain a rejection by its code; one that nobody knows is for support."""
    if said_code.startswith("STATUS "):
        return _BY_STATE.get(said_code, _UNKNOWN)
    state, _, rule = said_code.partition(" ")
    found = _BY_STATE.get(state, _UNKNOWN)
    place = _BY_SECTION.get(rule.partition("-")[0])
    if place is None:
        return found
    return Rejection(what=f"{found.what} {place}", todo=found.todo, cure=found.cure)
