"""The mail that tells a company what became of an envelope, document by document.

Of the factura channel this is the only place that says why: the queries just count.
That the detail comes by mail is known, its layout is not: subject, text and tags are our own.
"""

from email.message import EmailMessage
from email.utils import format_datetime
from xml.sax.saxutils import escape

from .clock import chile
from .errors import SimulatorError
from .findings import Finding
from .records import OPEN_STATES, Judged, Received
from .registry import Registry
from .replies import Counts, Reply, counts_by_kind

SENDER = "siidte@simulador.example"
_STATE_WORDS = {
    "RCH": "DTE Rechazado",
    "RPR": "DTE Aceptado con Reparos",
    "RLV": "DTE Aceptado con Reparos Leves",
}


def result_mail(envelope: Received, judged: list[Judged]) -> EmailMessage:
    """Write the mail of an envelope that is at its end, with the details as XML attached.

    Accepted documents are only counted; the others are listed with their objections.
    """
    number = envelope.issuer.partition("-")[0]
    mail = EmailMessage()
    mail["Subject"] = f"Resultado de Revision Envio {envelope.track_id} - {envelope.issuer}"
    mail["From"] = SENDER
    mail["To"] = f"intercambio@{number}.example"
    mail["Date"] = format_datetime(chile(envelope.received_at))
    mail["Message-ID"] = f"<{envelope.track_id}@simulador.example>"
    mail.set_content(_text(envelope, judged))
    mail.add_attachment(
        _xml(envelope, judged).encode("iso-8859-1", "xmlcharrefreplace"),
        maintype="text",
        subtype="xml",
        filename=f"ResultadoEnvio_{envelope.track_id}.xml",
    )
    return mail


def mail_reply(registry: Registry, track_id: str) -> Reply:
    """Answer the mail of an envelope as an .eml file. Raises SimulatorError."""
    envelope = registry.find(track_id)
    if envelope is None:
        raise SimulatorError("no_envelope", f"No hay un envío con el número {track_id}.")
    if envelope.state in OPEN_STATES:
        raise SimulatorError(
            "mail_not_ready", "El envío sigue en revisión: su correo sale cuando termina."
        )
    mail = result_mail(envelope, registry.documents_of(envelope.id))
    return Reply(status=200, content_type="message/rfc822", body=mail.as_bytes())


def _code(finding: Finding) -> str:
    return f"({finding.section}-{finding.level}-{finding.code}) {finding.text} {finding.detail}"


def _objected(judged: list[Judged]) -> list[Judged]:
    return [document for document in judged if document.state != "DOK"]


def _subtotal(counts: Counts) -> str:
    return (
        f"<SUBTOTAL><TIPODOC>{counts.kind}</TIPODOC><INFORMADO>{counts.informed}</INFORMADO>"
        f"<ACEPTADO>{counts.accepted}</ACEPTADO><RECHAZO>{counts.rejected}</RECHAZO>"
        f"<REPARO>{counts.remarked}</REPARO></SUBTOTAL>"
    )


def _text(envelope: Received, judged: list[Judged]) -> str:
    lines = [
        f"Identificador de envio : {envelope.track_id}",
        f"Fecha de recepcion     : {chile(envelope.received_at):%d/%m/%Y %H:%M:%S}",
        f"Estado del envio       : {envelope.state} {envelope.glosa}".rstrip(),
    ]
    for document in _objected(judged):
        facts = document.facts
        words = _STATE_WORDS[document.state]
        lines += ["", f"Tipo {facts.kind} Folio {facts.folio} : {document.state} - {words}"]
        lines += [f"    {_code(finding).rstrip()}" for finding in document.findings]
    return "\n".join(lines) + "\n"


def _xml(envelope: Received, judged: list[Judged]) -> str:
    counts = "".join(map(_subtotal, counts_by_kind(judged)))
    revisions = "".join(
        f"<REVISIONDTE><TIPODTE>{document.facts.kind}</TIPODTE>"
        f"<FOLIO>{document.facts.folio}</FOLIO>"
        f"<ESTADO>{document.state} - {_STATE_WORDS[document.state]}</ESTADO>"
        + "".join(f"<DETALLE>{escape(_code(f).rstrip())}</DETALLE>" for f in document.findings)
        + "</REVISIONDTE>\n"
        for document in _objected(judged)
    )
    glosa = f"<DETERRENVIO>{escape(envelope.glosa)}</DETERRENVIO>" if envelope.glosa else ""
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<RESULTADO_ENVIO>\n<IDENTIFICACION>'
        f"<RUTEMISOR>{envelope.issuer}</RUTEMISOR><RUTENVIA>{envelope.sender}</RUTENVIA>"
        f"<TRACKID>{envelope.track_id}</TRACKID>"
        f"<TMSTRECEPCION>{chile(envelope.received_at):%d/%m/%Y %H:%M:%S}</TMSTRECEPCION>"
        f"<ESTADO>{envelope.state}</ESTADO></IDENTIFICACION>\n"
        f"<ERRORENVIO>{glosa}</ERRORENVIO>\n<ESTADISTICA>{counts}</ESTADISTICA>\n"
        f"<REVISIONENVIO>{revisions}</REVISIONENVIO>\n</RESULTADO_ENVIO>\n"
    )
