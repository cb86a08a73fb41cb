"""The stamp (TED): made, verified, and taken out of a document."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from lxml import etree

from dte.amounts import read_integer
from dte.caf import Caf, PublicCaf, SiiKey, read_caf_element, verify_caf
from dte.clock import chile_time, read_local
from dte.codes import DocumentType
from dte.errors import DteError, StampWrong, XmlRefused
from dte.keys import rsa_fits_sha1, rsa_sign_sha1
from dte.rut import Rut
from dte.text import clean_text, escape, fold_ascii, read_base64
from dte.xml.canonical import flat_text, flatten
from dte.xml.parse import child, child_text, local_name, parse_text, parse_xml

# Source: EnvioBOLETA_v11.xsd, TED/DD/RSR and IT1 maxLength.
NAME_LIMIT = 40

_HEAD = b'<TED version="1.0">'
_SEAL = b'<FRMT algoritmo="SHA1withRSA">'
_TAIL = b"</FRMT></TED>"
_DD_TEXT = re.compile(r"<DD>.*</DD>", re.DOTALL)
_CAF_TEXT = re.compile(r"<CAF\b.*</CAF>", re.DOTALL)
_REFERENCE = re.compile(r"&#([0-9]{1,5});")
_TEXT_NODE = re.compile(r">([^<]+)<")
_EMPTY = re.compile(r"<([A-Z0-9]+)></\1>")


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFacts:
    """What a stamp says beyond its authorization. Names are folded to ASCII when stamped."""

    folio: int
    issue_date: date
    receiver: Rut
    receiver_name: str
    total_clp: int
    first_item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A stamp that was read and verified. `stamped_at` is Chilean local time, naive."""

    issuer: Rut
    kind: DocumentType
    facts: StampFacts
    caf: PublicCaf
    stamped_at: datetime


def stamp(caf: Caf, facts: StampFacts, *, at: datetime, fold: bool = True) -> bytes:
    """Return the flat TED in ISO-8859-1: these bytes go into the XML and into the PDF417.

    `fold` writes the two names in plain ASCII without quotes: readers at the SII were seen to
    lose accents out of the bar code. Names are cut to 40 after that and before escaping.
    Without `fold`, raises TextRefused for a name outside ISO-8859-1.
    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, TED; signature SHA1withRSA over the flat DD.
    """
    content = stamp_content(caf, facts, at=at, fold=fold)
    signature = base64.b64encode(rsa_sign_sha1(caf.private_key, content))
    return b"%b%b%b%b%b" % (_HEAD, content, _SEAL, signature, _TAIL)


def adopt_stamp(
    caf: PublicCaf, facts: StampFacts, ted: bytes, *, at: datetime, fold: bool = True
) -> None:
    """Check that a stamp made elsewhere is, byte for byte, the one `stamp` would make.

    A till without a network stamps with a key of its own copy. Raises StampWrong: other_facts when
    anything but the signature differs, signature when that is not of the authorization's key.
    """
    content = stamp_content(caf, facts, at=at, fold=fold)
    head, tail = _HEAD + content + _SEAL, _TAIL
    if not (ted.startswith(head) and ted.endswith(tail)):
        _refuse("other_facts", "El timbre es de otra venta: no dice lo mismo que el documento.")
    try:
        signature = read_base64(ted[len(head) : -len(tail)].decode("ascii"))
    except ValueError as error:
        _refuse("unreadable", "La firma del timbre está dañada.", error)
    if not rsa_fits_sha1(caf.public_key, signature, content):
        _refuse("signature", "El timbre no está firmado con la clave de estos folios.")


def stamp_content(caf: PublicCaf, facts: StampFacts, *, at: datetime, fold: bool) -> bytes:
    """Write the flat DD, the bytes that are signed."""
    name = _stamp_name(facts.receiver_name, "el nombre del cliente", fold=fold)
    item = _stamp_name(facts.first_item, "el nombre del producto", fold=fold) or "-"
    if not (name or caf.kind.is_boleta):
        # Only a boleta may leave RSR empty.
        name = "-"
    return (
        f"<DD><RE>{caf.issuer}</RE><TD>{caf.kind:d}</TD><F>{facts.folio}</F>"
        f"<FE>{facts.issue_date.isoformat()}</FE><RR>{facts.receiver}</RR>"
        f"<RSR>{escape(name)}</RSR><MNT>{facts.total_clp}</MNT><IT1>{escape(item)}</IT1>"
        f"{caf.element}<TSTED>{chile_time(at).isoformat()}</TSTED></DD>"
    ).encode("iso-8859-1")


def verify_ted(ted: bytes, *, trusted: Mapping[int, SiiKey] | None = None) -> Stamp:
    """Check a stamp with the key of its CAF, and the CAF itself when `trusted` keys are given.

    Raises StampWrong (also when issuer, type or folio are not those of the CAF), BadCaf,
    CafSignatureWrong and CafUnknownAuthority.
    Source: EnvioBOLETA_v11.xsd, TED/FRMT; DTE_v10.xsd, the same.
    """
    flat = flatten(ted.decode("iso-8859-1"))
    try:
        root = parse_text(flat)
    except XmlRefused as error:
        _refuse("unreadable", "El timbre está dañado.", error)
    facts, signed, granted = child(root, "DD"), _DD_TEXT.search(flat), _CAF_TEXT.search(flat)
    if local_name(root) != "TED" or facts is None or signed is None or granted is None:
        _refuse("not_a_stamp", "El documento no trae un timbre electrónico (TED).")
    caf = _verify_authorization(granted[0], trusted)
    signature = _read_signature(root)
    if not any(rsa_fits_sha1(caf.public_key, signature, form) for form in _forms(signed[0])):
        _refuse("signature", "El timbre no corresponde a los datos: fueron modificados.")
    stamp_read = _read_stamp(facts, caf)
    if (
        stamp_read.issuer != caf.issuer
        or stamp_read.kind != caf.kind
        or not caf.holds(stamp_read.facts.folio)
    ):
        _refuse("outside_caf", "El folio del timbre no es de su autorización (CAF).")
    return stamp_read


def ted_from_document(xml: bytes) -> bytes:
    """Return the flat TED of the first document in a file. Raises XmlRefused and StampWrong."""
    return ted_from_element(parse_xml(xml))


def ted_from_element(root: etree._Element) -> bytes:
    """Return the flat TED (ISO-8859-1) of the first document at or below an element.

    Raises StampWrong when there is none.
    """
    found = next(root.iter("{*}TED"), None)
    if found is None:
        _refuse("not_a_stamp", "El documento no trae un timbre electrónico (TED).")
    return flat_text(found).encode("iso-8859-1", "xmlcharrefreplace")


def _stamp_name(text: str, field: str, *, fold: bool) -> str:
    if fold:
        return fold_ascii(text, limit=NAME_LIMIT)
    return clean_text(text, field=field, limit=NAME_LIMIT)


def _verify_authorization(element: str, trusted: Mapping[int, SiiKey] | None) -> PublicCaf:
    caf = read_caf_element(element)
    if trusted is None:
        return caf
    try:
        verify_caf(caf, trusted=trusted)
    except DteError:
        literal, escaped = element, _escape_quotes(element)
        if literal == escaped:
            raise
        caf = read_caf_element(escaped)
        verify_caf(caf, trusted=trusted)
    return caf


def _forms(signed: str) -> tuple[bytes, ...]:
    """Return the ways issuers write what they sign: quotes literal, or as entities.

    Some leave `>` as it is, some close an empty name in its own tag; reading loses which.
    What ISO-8859-1 lacks stands here as a reference to its character; a file in windows-1252
    held it as a byte.
    """
    letters = _REFERENCE.sub(lambda match: chr(int(match[1])), signed)
    literal = signed.replace("&gt;", ">")
    short = [_EMPTY.sub(closed, signed) for closed in (r"<\1/>", r"<\1 />")]
    forms = dict.fromkeys((signed, _escape_quotes(signed), literal, *short))
    encoded = [form.encode("iso-8859-1", "replace") for form in forms]
    return (*encoded, letters.encode("cp1252", "replace"))


def _escape_quotes(text: str) -> str:
    return _TEXT_NODE.sub(
        lambda match: match[0].replace("'", "&apos;").replace('"', "&quot;"), text
    )


def _read_signature(root: etree._Element) -> bytes:
    try:
        return read_base64(child_text(root, "FRMT"))
    except ValueError as error:
        _refuse("unreadable", "La firma del timbre está dañada.", error)


def _read_stamp(facts: etree._Element, caf: PublicCaf) -> Stamp:
    try:
        return Stamp(
            issuer=Rut.parse(child_text(facts, "RE")),
            kind=DocumentType(read_integer(child_text(facts, "TD"))),
            facts=StampFacts(
                folio=read_integer(child_text(facts, "F")),
                issue_date=date.fromisoformat(child_text(facts, "FE")),
                receiver=Rut.parse(child_text(facts, "RR")),
                receiver_name=child_text(facts, "RSR"),
                total_clp=read_integer(child_text(facts, "MNT")),
                first_item=child_text(facts, "IT1"),
            ),
            caf=caf,
            stamped_at=read_local(child_text(facts, "TSTED")),
        )
    except (ValueError, DteError) as error:
        _refuse("bad_field", "El timbre trae un dato que no se entiende.", error)


def _refuse(code: str, problem: str, cause: Exception | None = None) -> NoReturn:
    raise StampWrong(
        code, f"{problem} No uses este documento; pídelo otra vez a quien lo emitió."
    ) from cause
