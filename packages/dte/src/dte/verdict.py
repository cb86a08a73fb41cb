"""Judge one document that anybody sent: each question with its answer or refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from lxml import etree

from dte.caf import SII_KEYS, SiiKey
from dte.clock import chile_time
from dte.codes import DocumentType
from dte.errors import DteError, SchemaRefused
from dte.signatures import SignatureVerdict, verify_document_signature
from dte.ted import Stamp, verify_ted
from dte.xml.parse import children, parse_text, parse_xml
from dte.xml.read import ReadDocument, find_document, read_element
from dte.xml.validate import check_document
from dte.xml.write import ENCODING

_Answer = TypeVar("_Answer")

_APPENDED_TO = ("{*}DTE", "{*}EnvioDTE", "{*}EnvioBOLETA")

# The day of the schemas we hold. What was signed before met those of its own day, which allowed
# other things; nobody publishes them.
# Source: Formato Boletas Electrónicas v4.2 (2025-09-08); DTE_v10.xsd (2026-02-06).
BOLETA_SCHEMA_SINCE = date(2025, 9, 8)
DOCUMENT_SCHEMA_SINCE = date(2026, 2, 6)
# The certificate names who signed, so it must be that of the key. The tax office's own sample
# (2003-10-13) has another one; no real document after it was seen with that.
OWN_CERTIFICATE_SINCE = date(2004, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The judgement of one document; of each pair of answer and refusal exactly one is there.

    `schema_refusal` None means that it follows today's official schema; `has_appendix`, that a
    receiver's system put its own data after the document, which no question covers.
    `stamp_differences` are the data (Spanish names) in which the stamp contradicts the document.
    `authority` is the key of the SII that signed the folios.
    """

    schema_refusal: DteError | None
    has_appendix: bool
    document: ReadDocument | None
    content_refusal: DteError | None
    signature: SignatureVerdict | None
    signature_refusal: DteError | None
    stamp: Stamp | None
    stamp_refusal: DteError | None
    stamp_differences: tuple[str, ...]
    authority: SiiKey | None
    authority_refusal: DteError | None

    @property
    def is_authentic(self) -> bool:
        """Say whether signature, stamp and folios are right and agree with the document."""
        refusals = (
            self.content_refusal,
            self.signature_refusal,
            self.stamp_refusal,
            self.authority_refusal,
        )
        return (
            not self.stamp_differences
            and not self.has_false_certificate
            and all(refusal is None for refusal in refusals)
        )

    @property
    def has_false_certificate(self) -> bool:
        """Say whether the certificate is of another key than signed: it names somebody else."""
        if self.signature is None or self.document is None:
            return False
        return is_false_certificate(self.signature, self.document.issue_date)

    @property
    def is_older_than_schema(self) -> bool:
        """Say whether it fails a schema that was not yet in force when it was issued."""
        if self.document is None or not isinstance(self.schema_refusal, SchemaRefused):
            return False
        return self.document.issue_date < schema_since(self.document.kind)

    @property
    def is_right(self) -> bool:
        """Say whether it is authentic and follows the schema, or is older than it."""
        return self.is_authentic and (self.schema_refusal is None or self.is_older_than_schema)

    @property
    def is_certificate_in_date(self) -> bool | None:
        """Say whether the certificate held at TmstFirma; None without readable certificate."""
        certificate = None if self.signature is None else self.signature.certificate
        if certificate is None or self.document is None:
            return None
        signed_at = self.document.stamped_at
        return chile_time(certificate.valid_from) <= signed_at <= chile_time(certificate.valid_to)


def schema_since(kind: DocumentType) -> date:
    """Return the day from which a type's documents must follow the schemas we hold.

    Source: Formato Boletas Electrónicas v4.2 (2025-09-08); DTE_v10.xsd (2026-02-06).
    """
    return BOLETA_SCHEMA_SINCE if kind.is_boleta else DOCUMENT_SCHEMA_SINCE


def is_false_certificate(signature: SignatureVerdict, signed_on: date | None) -> bool:
    """Say whether a certificate of another key than signed spoils what was signed that day.

    Source: Manual de autenticación v1.9, state 21 (key and certificate differ).
    """
    is_first_year = signed_on is not None and signed_on < OWN_CERTIFICATE_SINCE
    return not signature.certificate_fits and not is_first_year


def verify_document(
    document: bytes | etree._Element, *, trusted: Mapping[int, SiiKey] = SII_KEYS
) -> Verdict:
    """Judge a document: its file, or its `<DTE>` element inside a file that was parsed.

    `trusted` are the keys that may have signed its folios, by number. Never raises for what the
    document says, only XmlRefused for a file that cannot be read or holds not exactly one.
    Source: DTE_v10.xsd and EnvioBOLETA_v11.xsd, DTE; xmldsignature_v10.xsd.
    """
    dte = find_document(parse_xml(document)) if isinstance(document, bytes) else document
    xml, has_appendix = without_appendix(dte)
    _, schema_refusal = _ask(lambda: check_document(xml))
    signature, signature_refusal = _ask(lambda: verify_document_signature(dte))
    read, content_refusal = _ask(lambda: read_element(dte))
    stamp, stamp_refusal = None, content_refusal
    if read is not None:
        ted = read.ted
        stamp, stamp_refusal = _ask(lambda: verify_ted(ted))
    # Without a stamp that fits, whose folios they are is no question.
    authority, authority_refusal = None, stamp_refusal
    if stamp is not None:
        caf = stamp.caf
        authority, authority_refusal = _ask(lambda: _find_authority(ted, caf.key_id, trusted))
    return Verdict(
        schema_refusal=schema_refusal,
        has_appendix=has_appendix,
        document=read,
        content_refusal=content_refusal,
        signature=signature,
        signature_refusal=signature_refusal,
        stamp=stamp,
        stamp_refusal=stamp_refusal,
        stamp_differences=() if read is None or stamp is None else _differences(read, stamp),
        authority=authority,
        authority_refusal=authority_refusal,
    )


def without_appendix(element: etree._Element) -> tuple[bytes, bool]:
    """Return a document's or envelope's file without DocPersonalizado, and whether it had one.

    Mail systems of receivers append it after the signature; it is no part of the document.
    """
    alone = parse_text(_text_of(element))
    appended = [
        (parent, node)
        for parent in alone.iter(*_APPENDED_TO)
        for node in children(parent, "DocPersonalizado")
    ]
    for parent, node in appended:
        parent.remove(node)
    return _text_of(alone).encode(ENCODING, "xmlcharrefreplace"), bool(appended)


def _ask(question: Callable[[], _Answer]) -> tuple[_Answer | None, DteError | None]:
    try:
        return question(), None
    except DteError as error:
        return None, error


def _find_authority(ted: bytes, key_id: int, trusted: Mapping[int, SiiKey]) -> SiiKey:
    verify_ted(ted, trusted=trusted)
    return trusted[key_id]


def _differences(document: ReadDocument, stamp: Stamp) -> tuple[str, ...]:
    """Return the data in which stamp and document differ: the SII rejects such a document."""
    pairs: dict[str, tuple[object, object]] = {
        "emisor": (stamp.issuer, document.issuer.rut),
        "tipo": (stamp.kind, document.kind),
        "folio": (stamp.facts.folio, document.folio),
        "fecha": (stamp.facts.issue_date, document.issue_date),
        "receptor": (stamp.facts.receiver, document.receiver.rut),
        "total": (stamp.facts.total_clp, document.totals.total_clp),
    }
    return tuple(name for name, (stamped, written) in pairs.items() if stamped != written)


def _text_of(element: etree._Element) -> str:
    return str(etree.tostring(element, with_tail=False, encoding="unicode"))
