"""Check a stamp (TED): its CAF by the authority's key, its signature by the CAF's key, its facts.

Source: Formato Boletas Electrónicas (SII), TED; FRMT and FRMA are SHA1withRSA over the flattened
`<DD>` and `<DA>`: white space between tags dropped, ISO-8859-1, entities kept.
"""

import re
from dataclasses import dataclass

from lxml import etree

from . import rsa_sha1
from .caf_office import AuthorityKey
from .envelope import line_of, text
from .findings import LIGHT, REJECT, Finding

_BETWEEN_TAGS = re.compile(rb">\s+<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the document itself says and its stamp must repeat, as text."""

    issuer: str
    kind: str
    folio: str
    issue_date: str
    receiver: str
    total: str


def forgeries(document_text: bytes, ted: etree._Element, *, authority: AuthorityKey) -> list[str]:
    """List what is not signed by whom it claims; a forged stamp turns the envelope down."""
    found = []
    grant = _flat(document_text, b"DA")
    if text(ted, "DD/CAF/DA/IDK") != str(authority.key_id) or not rsa_sha1.verifies(
        modulus=authority.modulus,
        exponent=authority.exponent,
        message=grant,
        signature_b64=text(ted, "DD/CAF/FRMA"),
    ):
        found.append("CAF: Firma del SII incorrecta")
    try:
        modulus = rsa_sha1.number(text(ted, "DD/CAF/DA/RSAPK/M"))
        exponent = rsa_sha1.number(text(ted, "DD/CAF/DA/RSAPK/E"))
    except ValueError:
        return [*found, "CAF: RSAPK ilegible"]
    if not rsa_sha1.verifies(
        modulus=modulus,
        exponent=exponent,
        message=_flat(document_text, b"DD"),
        signature_b64=text(ted, "FRMT"),
    ):
        found.append("TED: Firma TED no coincide")
    return found


def disagreements(ted: etree._Element, facts: Facts) -> list[Finding]:
    """List where the stamp, its CAF and the document do not say the same."""
    pairs = (
        (601, "RUT Emisor", "RE", facts.issuer),
        (602, "Tipo DTE", "TD", facts.kind),
        (603, "Folio", "F", facts.folio),
        (604, "Fecha Emision", "FE", facts.issue_date),
        (605, "RUT Receptor", "RR", facts.receiver),
        (640, "Monto", "MNT", facts.total),
    )
    found = [
        _refusal(
            ted, code, f"{name} del TED distinto al del documento", text(ted, f"DD/{tag}"), own
        )
        for code, name, tag, own in pairs
        if text(ted, f"DD/{tag}") != own
    ]
    for code, name, tag, own in (
        (611, "RUT del CAF", "RE", facts.issuer),
        (612, "Tipo del CAF", "TD", facts.kind),
    ):
        granted = text(ted, f"DD/CAF/DA/{tag}")
        if granted != own:
            found.append(_refusal(ted, code, f"{name} distinto al del documento", granted, own))
    first, last = text(ted, "DD/CAF/DA/RNG/D"), text(ted, "DD/CAF/DA/RNG/H")
    if not int(first) <= int(facts.folio) <= int(last):
        found.append(
            _refusal(ted, 613, "Folio fuera del rango autorizado", f"{first}-{last}", facts.folio)
        )
    authorized_on, stamped_at = text(ted, "DD/CAF/DA/FA"), text(ted, "DD/TSTED")
    if stamped_at[:10] < authorized_on:
        found.append(
            Finding(
                section="TED",
                level=LIGHT,
                code=646,
                text="Fecha del timbre anterior a la autorizacion del CAF",
                detail=f"[{stamped_at}] < [{authorized_on}]",
                line=line_of(ted),
            )
        )
    return found


def _refusal(ted: etree._Element, code: int, words: str, stamped: str, own: str) -> Finding:
    return Finding(
        section="TED",
        level=REJECT,
        code=code,
        text=words,
        detail=f"[{stamped}] <> [{own}]",
        line=line_of(ted),
    )


def _flat(document_text: bytes, tag: bytes) -> bytes:
    # Cut out of the file, not written again from the tree: entities stay as they were signed.
    # A start tag written in another way than SII's is nothing that could have been signed.
    found = re.search(b"<%b>.*</%b>" % (tag, tag), document_text, re.DOTALL)
    return _BETWEEN_TAGS.sub(b"><", found[0]) if found else b""
