"""Rules of moved goods: why they travel, and with whom.

Source: Formato DTE v2.4.2 (2024-02), IndTraslado; Res. Ex. SII 154 of 2025-11-05 (transport data,
from 2026-05-01; known through its summary only, hence a remark that settings can silence).
"""

from datetime import date

from lxml import etree

from . import rules
from .envelope import SII, text
from .facts import Facts
from .findings import Finding

GUIA = 52
_FACTURAS = (33, 34)
_INTERNAL = "5"
# TipoDespacho when the issuer carries; with 1 the receiver fetches the goods.
_CARRIED = ("2", "3")
# Each piece, and the places that may hold it.
_PIECES = (
    ("direccion de origen", ("Emisor/DirOrigen",)),
    ("comuna de origen", ("Emisor/CmnaOrigen",)),
    ("direccion de destino", ("Transporte/DirDest", "Receptor/DirRecep")),
    ("comuna de destino", ("Transporte/CmnaDest", "Receptor/CmnaRecep")),
    ("patente", ("Transporte/Patente",)),
    ("RUT del transportista", ("Transporte/RUTTrans",)),
    ("RUT del chofer", ("Transporte/Chofer/RUTChofer",)),
    ("nombre del chofer", ("Transporte/Chofer/NombreChofer",)),
)


def transport_findings(document: etree._Element, facts: Facts, *, since: date) -> list[Finding]:
    """List the objections to a document that covers goods on the road."""
    head = document.find(f"{{{SII}}}Encabezado")
    assert head is not None, "the schema demands an Encabezado"
    reason = text(head, "IdDoc/IndTraslado")
    found = []
    if facts.kind == GUIA and not reason:
        found.append(rules.NO_TRANSFER_REASON.at(head))
    if facts.kind == GUIA and reason == _INTERNAL and facts.receiver != facts.issuer:
        found.append(rules.INTERNAL_ELSEWHERE.differs(head, facts.receiver, facts.issuer))
    travels = facts.kind == GUIA or (
        facts.kind in _FACTURAS
        and (text(head, "IdDoc/TipoDespacho") in _CARRIED or _has_transport(head))
    )
    if travels and date.fromisoformat(facts.issue_date) >= since:
        missing = [name for name, places in _PIECES if not any(text(head, at) for at in places)]
        if missing:
            found.append(rules.TRANSPORT.at(head, f"[{', '.join(missing)}]"))
    return found


def _has_transport(head: etree._Element) -> bool:
    return head.find(f"{{{SII}}}Transporte") is not None
