"""Judge files: documents, envelopes and folio authorizations, ours or anybody's."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from lxml import etree

from dte.caf import SII_KEYS, SiiKey, load_caf, load_public_caf, verify_caf
from dte.errors import DteError, XmlRefused
from dte.ted import Stamp, verify_ted
from dte.verifier import SignatureVerdict, verify_document_signature, verify_set_signature
from dte.xml.parse import children, local_name, parse_text, parse_xml
from dte.xml.read import ReadDocument, find_documents, read_element
from dte.xml.validate import check_document, check_envelope
from dte.xml.write import ENCODING

_ENVELOPES = ("EnvioDTE", "EnvioBOLETA")
_AUTHORIZATIONS = ("AUTORIZACION", "CAF")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One question about a file and its answer, in Spanish."""

    question: str
    is_right: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All findings about one document, envelope or authorization."""

    title: str
    findings: tuple[Finding, ...]

    @property
    def is_right(self) -> bool:
        """Say whether nothing is wrong."""
        return all(finding.is_right for finding in self.findings)


def verify_file(xml: bytes, *, trusted: Mapping[int, SiiKey] = SII_KEYS) -> tuple[Report, ...]:
    """Judge a file: one report for an envelope, then one per document; or one for a CAF.

    Raises XmlRefused when the file is not readable or is something else.
    """
    root = parse_xml(xml)
    if local_name(root) in _AUTHORIZATIONS:
        return (_report_caf(xml, root, trusted),)
    documents = find_documents(root)
    reports = [_report_document(document, trusted) for document in documents]
    if local_name(root) in _ENVELOPES:
        return (_report_envelope(xml, root, len(documents)), *reports)
    if not documents:
        raise XmlRefused(
            "nothing_to_verify",
            "El archivo no trae documentos (DTE), envíos ni folios (CAF). Revisa cuál es.",
        )
    return tuple(reports)


def _report_caf(xml: bytes, root: etree._Element, trusted: Mapping[int, SiiKey]) -> Report:
    try:
        caf = load_public_caf(xml)
    except DteError as error:
        return Report(title="Folios (CAF)", findings=(_wrong("contenido", error),))
    title = f"Folios {caf.first} a {caf.last} de {caf.kind.title}, {caf.issuer.dotted}"
    findings = [_right("contenido", "se entiende")]
    try:
        verify_caf(caf, trusted=trusted)
        findings.append(_right("firma del SII", _authority(caf.key_id, trusted)))
    except DteError as error:
        findings.append(_wrong("firma del SII", error))
    if local_name(root) == "AUTORIZACION":
        try:
            load_caf(xml)
            findings.append(_right("clave privada", "es la de esta autorización"))
        except DteError as error:
            findings.append(_wrong("clave privada", error))
    return Report(title=title, findings=tuple(findings))


def _report_envelope(xml: bytes, root: etree._Element, count: int) -> Report:
    findings = [_judge_schema(check_envelope, xml)]
    try:
        findings.append(_right("firma del envío", _signature_text(verify_set_signature(root))))
    except DteError as error:
        findings.append(_wrong("firma del envío", error))
    return Report(
        title=f"Envío {local_name(root)} con {count} documentos", findings=tuple(findings)
    )


def _report_document(dte: etree._Element, trusted: Mapping[int, SiiKey]) -> Report:
    findings = [_judge_document_schema(dte)]
    try:
        verdict = verify_document_signature(dte)
        findings.append(_right("firma", _signature_text(verdict)))
    except DteError as error:
        findings.append(_wrong("firma", error))
    try:
        document = read_element(dte)
    except DteError as error:
        return Report(title="Documento", findings=(*findings, _wrong("contenido", error)))
    title = f"{document.kind.title} {document.folio} de {document.issuer.rut.dotted}"
    return Report(title=title, findings=(*findings, *_judge_stamp(document, trusted)))


def _judge_stamp(document: ReadDocument, trusted: Mapping[int, SiiKey]) -> Iterable[Finding]:
    try:
        stamp = verify_ted(document.ted)
    except DteError as error:
        return (_wrong("timbre", error),)
    differing = _differing(document, stamp)
    if differing:
        text = f"dice otra cosa que el documento: {', '.join(differing)}"
        first = Finding(question="timbre", is_right=False, text=text)
    else:
        first = _right("timbre", "corresponde a sus datos y al documento")
    try:
        verify_ted(document.ted, trusted=trusted)
    except DteError as error:
        return (first, _wrong("folios (CAF)", error))
    return (first, _right("folios (CAF)", _authority(stamp.caf.key_id, trusted)))


def _differing(document: ReadDocument, stamp: Stamp) -> list[str]:
    """Return the data in which stamp and document differ: the SII rejects such a document."""
    pairs = {
        "emisor": (stamp.issuer, document.issuer.rut),
        "tipo": (stamp.kind, document.kind),
        "folio": (stamp.facts.folio, document.folio),
        "fecha": (stamp.facts.issue_date, document.issue_date),
        "receptor": (stamp.facts.receiver, document.receiver.rut),
        "total": (stamp.facts.total_clp, document.totals.total_clp),
    }
    return [name for name, (stamped, written) in pairs.items() if stamped != written]


def _judge_document_schema(dte: etree._Element) -> Finding:
    alone = parse_text(_text_of(dte))
    # Mail systems of receivers append this after the signature; it is no part of the document.
    appended = children(alone, "DocPersonalizado")
    for node in appended:
        alone.remove(node)
    finding = _judge_schema(check_document, _text_of(alone).encode(ENCODING, "xmlcharrefreplace"))
    note = " (sin DocPersonalizado, que no es parte de él)" if appended else ""
    return replace(finding, text=f"{finding.text}{note}")


def _text_of(element: etree._Element) -> str:
    return str(etree.tostring(element, with_tail=False, encoding="unicode"))


def _judge_schema(check: Callable[[bytes], None], xml: bytes) -> Finding:
    try:
        check(xml)
    except DteError as error:
        return _wrong("esquema", error)
    return _right("esquema", "cumple el formato oficial")


def _signature_text(verdict: SignatureVerdict) -> str:
    form = "en su contexto" if verdict.form is None else f"forma {verdict.form}"
    if verdict.certificate_fits:
        return f"corresponde ({form})"
    return f"corresponde a su clave ({form}); el certificado adjunto es de otra clave"


def _authority(key_id: int, trusted: Mapping[int, SiiKey]) -> str:
    return f"corresponde (llave {key_id}, {trusted[key_id].environment})"


def _right(question: str, text: str) -> Finding:
    return Finding(question=question, is_right=True, text=text)


def _wrong(question: str, error: DteError) -> Finding:
    return Finding(question=question, is_right=False, text=error.message)
