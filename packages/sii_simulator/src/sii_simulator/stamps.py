"""Check a stamp (TED): its CAF by the authority's key, its signature by the CAF's key, its facts.

Source: Formato Boletas Electrónicas (SII), TED; FRMT and FRMA are SHA1withRSA over the flattened
`<DD>` and `<DA>`: white space between tags dropped, ISO-8859-1, entities kept.
"""

import re
from dataclasses import dataclass
from datetime import date

from lxml import etree

from . import rsa_sha1, rules
from .caf_office import AuthorityKey, lapses_on
from .envelope import text
from .findings import Finding

_BETWEEN_TAGS = re.compile(rb">\s+<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
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
    if text(ted, "DD/CAF/DA/IDK") != str(authority.key_id):
        found.append("CAF: IDK de otro ambiente")
    elif not rsa_sha1.verifies(
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


def disagreements(ted: etree._Element, stated: Stated, *, expires: bool) -> list[Finding]:
    """List where the stamp, its CAF and the document do not say the same.

    `expires` tells whether folios of this type lapse. Source: Res. Ex. SII 58 of 2017.
    """
    pairs = (
        (rules.STAMP_ISSUER, "DD/RE", stated.issuer),
        (rules.STAMP_KIND, "DD/TD", stated.kind),
        (rules.STAMP_FOLIO, "DD/F", stated.folio),
        (rules.STAMP_DATE, "DD/FE", stated.issue_date),
        (rules.STAMP_RECEIVER, "DD/RR", stated.receiver),
        (rules.STAMP_TOTAL, "DD/MNT", stated.total),
        (rules.CAF_ISSUER, "DD/CAF/DA/RE", stated.issuer),
        (rules.CAF_KIND, "DD/CAF/DA/TD", stated.kind),
    )
    found = [
        rule.differs(ted, stamped, own)
        for rule, path, own in pairs
        if (stamped := text(ted, path)) != own
    ]
    first, last = text(ted, "DD/CAF/DA/RNG/D"), text(ted, "DD/CAF/DA/RNG/H")
    if not int(first) <= int(stated.folio) <= int(last):
        found.append(rules.CAF_RANGE.differs(ted, f"{first}-{last}", stated.folio))
    authorized_on, stamped_at = text(ted, "DD/CAF/DA/FA"), text(ted, "DD/TSTED")
    if stamped_at[:10] < authorized_on:
        found.append(rules.STAMP_BEFORE_CAF.at(ted, f"[{stamped_at}] < [{authorized_on}]"))
    if expires and date.fromisoformat(stated.issue_date) >= lapses_on(
        date.fromisoformat(authorized_on)
    ):
        found.append(rules.CAF_EXPIRED.differs(ted, authorized_on, stated.issue_date))
    return found


def _flat(document_text: bytes, tag: bytes) -> bytes:
    # Cut out of the file, not written again from the tree: entities stay as they were signed.
    # A start tag written in another way than SII's is nothing that could have been signed.
    found = re.search(b"<%b>.*</%b>" % (tag, tag), document_text, re.DOTALL)
    return _BETWEEN_TAGS.sub(b"><", found[0]) if found else b""
