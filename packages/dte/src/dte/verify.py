"""Judge files in words for people: documents, envelopes and folio authorizations, anybody's."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from lxml import etree

from dte.caf import SII_KEYS, CafUnknownAuthority, SiiKey, load_caf, load_public_caf, verify_caf
from dte.clock import read_local
from dte.errors import DteError, SchemaRefused, XmlRefused
from dte.signatures import (
    SignatureVerdict,
    verify_enclosed_signature,
    verify_set_signature,
)
from dte.verdict import (
    BOLETA_SCHEMA_SINCE,
    DOCUMENT_SCHEMA_SINCE,
    Verdict,
    is_false_certificate,
    verify_document,
    without_appendix,
)
from dte.xml.group import Group
from dte.xml.parse import local_name, mark_utf8, parse_xml
from dte.xml.read import find_documents, find_envelopes
from dte.xml.validate import check_envelope, check_tree

MAX_SCHEMA_LINES = 3

_FALSE_CERTIFICATE = "el que viene es de otra clave que la que firmó"
_AUTHORIZATIONS = frozenset({"AUTORIZACION", "CAF"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _SignedFile:
    """A file without documents inside: what of it is signed, and its name for people."""

    content: str
    title: str


# Source: the schemas in `dte.schemas.FILE_SCHEMAS`.
_SIGNED_FILES = {
    "RespuestaDTE": _SignedFile(content="Resultado", title="Respuesta de intercambio"),
    "EnvioRecibos": _SignedFile(content="SetRecibos", title="Envío de recibos"),
    "ConsumoFolios": _SignedFile(content="DocumentoConsumoFolios", title="Consumo de folios"),
    "LibroCompraVenta": _SignedFile(content="EnvioLibro", title="Libro de compras o ventas"),
    "LibroGuia": _SignedFile(content="EnvioLibro", title="Libro de guías"),
    "LibroBoleta": _SignedFile(content="EnvioLibro", title="Libro de boletas"),
}


class Answer(StrEnum):
    """How a question was answered; a notice is to be known and spoils nothing."""

    RIGHT = "sí"
    WRONG = "NO"
    NOTICE = "ojo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One question about a file and its answer, in Spanish."""

    question: str
    answer: Answer
    text: str

    @property
    def is_right(self) -> bool:
        """Say whether it is nothing wrong."""
        return self.answer is not Answer.WRONG


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
    """Judge a file: one report for an envelope, then one per document.

    A CAF, an answer, a folio report or a book makes one report; receipts one each, after that of
    their set. A file that does not declare its encoding is read as ISO-8859-1, and as UTF-8 when
    only so everything is right. Raises XmlRefused when the file is unreadable or something else.
    """
    reports = _report_file(xml, trusted)
    marked = mark_utf8(xml)
    if marked is None or all(report.is_right for report in reports):
        return reports
    as_utf8 = _report_file(marked, trusted)
    return as_utf8 if all(report.is_right for report in as_utf8) else reports


def _report_file(xml: bytes, trusted: Mapping[int, SiiKey]) -> tuple[Report, ...]:
    root = parse_xml(xml)
    if local_name(root) in _AUTHORIZATIONS:
        return (_report_caf(xml, root, trusted),)
    if local_name(root) in _SIGNED_FILES:
        return tuple(_report_signed_file(root))
    envelopes = find_envelopes(root)
    documents = find_documents(root)
    if not documents and not envelopes:
        raise XmlRefused(
            "nothing_to_verify",
            "El archivo no trae documentos (DTE), envíos, folios (CAF), respuestas ni libros."
            " Revisa cuál es.",
        )
    return (
        *(_report_envelope(envelope) for envelope in envelopes),
        *(_report_document(verify_document(dte, trusted=trusted)) for dte in documents),
    )


def _report_caf(xml: bytes, root: etree._Element, trusted: Mapping[int, SiiKey]) -> Report:
    try:
        caf = load_public_caf(xml)
    except DteError as error:
        return Report(title="Folios (CAF)", findings=(_wrong("contenido", error),))
    title = f"Folios {caf.first} a {caf.last} de {caf.kind.title}, {caf.issuer.dotted}"
    findings = [_right("contenido", "se entiende")]
    try:
        verify_caf(caf, trusted=trusted)
        findings.append(_right("firma del SII", _authority(caf.key_id, trusted[caf.key_id])))
    except DteError as error:
        findings.append(_wrong("firma del SII", error))
    if local_name(root) == "AUTORIZACION":
        try:
            load_caf(xml)
            findings.append(_right("clave privada", "es la de esta autorización"))
        except DteError as error:
            findings.append(_wrong("clave privada", error))
    return Report(title=title, findings=tuple(findings))


def _report_signed_file(root: etree._Element) -> Iterator[Report]:
    kind = _SIGNED_FILES[local_name(root)]
    try:
        check_tree(root)
        schema = _right("esquema", "cumple el formato oficial")
    except DteError as error:
        schema = _wrong("esquema", error)
    yield Report(title=kind.title, findings=(schema, _enclosed_signature(root, kind.content)))
    for place, receipt in enumerate(root.iterfind("{*}SetRecibos/{*}Recibo"), start=1):
        signature = _enclosed_signature(receipt, "DocumentoRecibo")
        yield Report(title=f"Recibo {place}", findings=(signature,))


def _enclosed_signature(parent: etree._Element, name: str) -> Finding:
    try:
        verdict = verify_enclosed_signature(parent, name)
    except DteError as error:
        return _wrong("firma", error)
    return _set_signature(verdict, None, question="firma")


def _report_envelope(envelope: etree._Element) -> Report:
    name, count = local_name(envelope), len(find_documents(envelope))
    xml, has_appendix = without_appendix(envelope)
    schema = _ask_schema(xml)
    try:
        verdict = verify_set_signature(envelope)
        since = BOLETA_SCHEMA_SINCE if name == "EnvioBOLETA" else DOCUMENT_SCHEMA_SINCE
        sent_on = _sent_on(envelope)
        is_older = sent_on is not None and sent_on < since
        signature = _set_signature(verdict, sent_on)
    except DteError as error:
        signature, is_older = _wrong("firma del envío", error), False
    return Report(
        title=f"Envío {name} con {count} documentos",
        findings=(_schema(schema, is_older=is_older, has_appendix=has_appendix), signature),
    )


def _set_signature(
    verdict: SignatureVerdict, sent_on: date | None, *, question: str = "firma del envío"
) -> Finding:
    if is_false_certificate(verdict, sent_on):
        text = f"{_form(verdict)}, pero el certificado: {_FALSE_CERTIFICATE}"
        return Finding(question=question, answer=Answer.WRONG, text=text)
    return _right(question, _form(verdict))


def _ask_schema(xml: bytes) -> DteError | None:
    try:
        check_envelope(xml)
    except DteError as error:
        return error
    return None


def _sent_on(envelope: etree._Element) -> date | None:
    cover = Group(envelope).group("SetDTE").group("Caratula")
    sent_at = cover.lenient("TmstFirmaEnv", read_local)
    return None if sent_at is None else sent_at.date()


def _report_document(verdict: Verdict) -> Report:
    document = verdict.document
    title = "Documento"
    if document is not None:
        title = f"{document.kind.title} {document.folio} de {document.issuer.rut.dotted}"
    is_older = verdict.is_authentic and verdict.is_older_than_schema
    return Report(
        title=title,
        findings=(
            _schema(verdict.schema_refusal, is_older=is_older, has_appendix=verdict.has_appendix),
            *_signature(verdict),
            *_content_and_stamp(verdict),
        ),
    )


def _schema(refusal: DteError | None, *, is_older: bool, has_appendix: bool) -> Finding:
    note = " (sin DocPersonalizado, que no es parte de él)" if has_appendix else ""
    if refusal is None:
        return _right("esquema", f"cumple el formato oficial{note}")
    if is_older and isinstance(refusal, SchemaRefused):
        lines = "; ".join(refusal.lines[:MAX_SCHEMA_LINES])
        text = f"es auténtico y anterior al formato de hoy, que no cumple{note}: {lines}"
        return Finding(question="esquema", answer=Answer.NOTICE, text=text)
    return _wrong("esquema", refusal)


def _signature(verdict: Verdict) -> Iterator[Finding]:
    signature = verdict.signature
    if signature is None:
        assert verdict.signature_refusal is not None, "a signature fits, or is refused"
        yield _wrong("firma", verdict.signature_refusal)
        return
    yield _right("firma", _form(signature))
    certificate = signature.certificate
    if not signature.certificate_fits:
        answer = Answer.WRONG if verdict.has_false_certificate else Answer.NOTICE
        yield Finding(question="certificado", answer=answer, text=_FALSE_CERTIFICATE)
    elif certificate is None:
        yield _notice("certificado", "no viene, o es de los que ya no se pueden leer")
    else:
        rut = "sin RUT" if certificate.rut is None else certificate.rut.dotted
        owner = f"de {certificate.name} ({rut})"
        if verdict.is_certificate_in_date is False:
            yield _notice("certificado", f"{owner}; no estaba vigente al firmar")
        else:
            yield _right("certificado", owner)


def _content_and_stamp(verdict: Verdict) -> Iterator[Finding]:
    if verdict.content_refusal is not None:
        yield _wrong("contenido", verdict.content_refusal)
        return
    if verdict.stamp_refusal is not None:
        yield _wrong("timbre", verdict.stamp_refusal)
        return
    if verdict.stamp_differences:
        text = f"dice otra cosa que el documento: {', '.join(verdict.stamp_differences)}"
        yield Finding(question="timbre", answer=Answer.WRONG, text=text)
    else:
        yield _right("timbre", "corresponde a sus datos y al documento")
    if verdict.authority_refusal is not None:
        yield _wrong("folios (CAF)", verdict.authority_refusal)
        return
    assert verdict.stamp is not None, "the folios are asked about when the stamp fits"
    assert verdict.authority is not None, "the folios are somebody's, or refused"
    yield _right("folios (CAF)", _authority(verdict.stamp.caf.key_id, verdict.authority))


def _form(verdict: SignatureVerdict) -> str:
    form = "en su contexto" if verdict.form is None else f"forma {verdict.form}"
    return f"corresponde ({form})"


def _authority(key_id: int, key: SiiKey) -> str:
    return f"corresponde (llave {key_id}, {key.environment})"


def _right(question: str, text: str) -> Finding:
    return Finding(question=question, answer=Answer.RIGHT, text=text)


def _notice(question: str, text: str) -> Finding:
    return Finding(question=question, answer=Answer.NOTICE, text=text)


def _wrong(question: str, error: DteError) -> Finding:
    hint = ""
    if isinstance(error, CafUnknownAuthority):
        hint = f" Si son folios de demostración, da su llave con --trust {error.key_id}:MODULO."
    return Finding(question=question, answer=Answer.WRONG, text=error.message + hint)
