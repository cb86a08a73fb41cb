"""The shapes of the SII's answers: XML for the login, JSON for the rest.

Source: SII's OpenAPI of the boleta channel and manual de autenticación v1.9, in their examples.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from .clock import chile
from .login import LoginAnswer
from .records import ACCEPTED_STATES, Judged, Received

_XML = "application/xml; charset=UTF-8"
_JSON = "application/json"
_STATE_WORDS = {
    "RCH": "Dte Rechazado",
    "RPR": "Dte con Reparo",
    "RLV": "Dte con Reparo Leve",
    "DOK": "Dte Aceptado",
}
DOCUMENT_WORDS = {
    "DOK": "Documento Recibido por el SII. Datos Coinciden con los Registrados",
    "DNK": "Documento Recibido por el SII pero Datos NO Coinciden con los registrados",
    "FAU": "Documento No Recibido por el SII",
    "FNA": "Documento No Autorizado",
    "FAN": "Documento Anulado",
    "EMP": "Empresa no autorizada a Emitir Documentos Tributarios Electronicos",
    "TMD": "Existe Nota de Debito que Modifica Texto Documento",
    "TMC": "Existe Nota de Credito que Modifica Textos Documento",
    "MMD": "Existe Nota de Debito que Modifica Montos Documento",
    "MMC": "Existe Nota de Credito que Modifica Montos Documento",
    "AND": "Existe Nota de Debito que Anula Documento",
    "ANC": "Existe Nota de Credito que Anula Documento",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP answer to be."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many documents of one type an envelope held, and what became of them."""

    kind: int
    informed: int
    accepted: int
    rejected: int
    remarked: int


def seed_reply(seed: str) -> Reply:
    """Answer a seed."""
    return _xml(
        f"<SII:RESP_BODY><SEMILLA>{seed}</SEMILLA></SII:RESP_BODY>"
        "<SII:RESP_HDR><ESTADO>00</ESTADO></SII:RESP_HDR>"
    )


def login_reply(answer: LoginAnswer) -> Reply:
    """Answer a token, or why there is none."""
    body = f"<SII:RESP_BODY><TOKEN>{answer.token}</TOKEN></SII:RESP_BODY>" if answer.token else ""
    return _xml(
        f"<SII:RESP_HDR><ESTADO>{answer.state}</ESTADO><GLOSA>{escape(answer.words)}</GLOSA>"
        f"</SII:RESP_HDR>{body}"
    )


def unauthenticated_reply() -> Reply:
    """Answer somebody without a good token, or with a program name the gateway does not know."""
    return Reply(status=401, content_type="text/plain", body=b"NO ESTA AUTENTICADO")


def refusal_reply(status: int, code: str, words: str) -> Reply:
    """Answer no, with a code of the upload manual (1 sender, 2 size, 3 cut, 6 company, 99)."""
    return json_reply({"codigo": code, "descripcion": words}, status=status)


def upload_reply(envelope: Received) -> Reply:
    """Answer a received upload."""
    return json_reply(
        {
            "rut_emisor": envelope.issuer,
            "rut_envia": envelope.sender,
            "trackid": int(envelope.track_id),
            "fecha_recepcion": f"{chile(envelope.received_at):%Y-%m-%d %H:%M:%S}",
            "estado": "REC",
            "file": envelope.file_name,
        }
    )


def repeated_reply(envelope: Received, *, at: datetime, wait_seconds: int) -> Reply:
    """Answer an upload whose bytes are already here, in the gateway's own XML."""
    words = (
        f"Archivo ya fue enviado {envelope.copies} veces con Trackid {envelope.track_id}."
        f" Debe esperar {wait_seconds} segundos antes de reintentar"
    )
    body = (
        '<?xml version="1.0"?>\n<RECEPCIONDTE>\n'
        f" <RUTSENDER>{envelope.sender}</RUTSENDER>\n <RUTCOMPANY>{envelope.issuer}</RUTCOMPANY>\n"
        f" <FILE>{escape(envelope.file_name)}</FILE>\n"
        f" <TIMESTAMP>{chile(at):%Y-%m-%d %H:%M:%S}</TIMESTAMP>\n <STATUS>99</STATUS>\n {words}\n"
        "</RECEPCIONDTE>\n"
    )
    return Reply(status=200, content_type=_XML, body=body.encode("utf-8"))


def envelope_reply(envelope: Received, judged: list[Judged]) -> Reply:
    """Answer how an envelope is going; remarks and rejections are listed, acceptance is not.

    `glosa` is an addition of the simulator for turned down envelopes: the real channel keeps its
    reasons for an e-mail.
    """
    shape: dict[str, object] = {
        "rut_emisor": envelope.issuer,
        "rut_envia": envelope.sender,
        "trackid": int(envelope.track_id),
        "fecha_recepcion": f"{chile(envelope.received_at):%d/%m/%Y %H:%M:%S}",
        "estado": envelope.state,
        "estadistica": _statistics(envelope, judged),
        "detalle_rep_rech": [_detail(document) for document in judged if document.state != "DOK"],
    }
    if envelope.glosa:
        shape["glosa"] = envelope.glosa
    # Live bodies come in ISO-8859-1 at times, without saying so.
    return Reply(
        status=200,
        content_type=_JSON,
        body=json.dumps(shape, ensure_ascii=False).encode("iso-8859-1", "replace"),
    )


def document_reply(code: str) -> Reply:
    """Answer what is known of a folio."""
    return json_reply({"codigo": code, "descripcion": DOCUMENT_WORDS[code]})


def json_reply(shape: object, *, status: int = 200) -> Reply:
    """Answer JSON in UTF-8."""
    body = json.dumps(shape, ensure_ascii=False).encode("utf-8")
    return Reply(status=status, content_type=_JSON, body=body)


def _xml(inside: str) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<SII:RESPUESTA xmlns:SII="http://www.sii.cl/XMLSchema">{inside}</SII:RESPUESTA>'
    )
    return Reply(status=200, content_type=_XML, body=body.encode("utf-8"))


def counts_by_kind(judged: list[Judged]) -> list[Counts]:
    """Count an envelope's documents per type; with remarks is not counted as accepted."""
    by_kind: dict[int, Counter[str]] = {}
    for document in judged:
        by_kind.setdefault(document.facts.kind, Counter())[document.state] += 1
    return [
        Counts(
            kind=kind,
            informed=states.total(),
            accepted=states["DOK"],
            rejected=states["RCH"],
            remarked=sum(states[state] for state in ACCEPTED_STATES if state != "DOK"),
        )
        for kind, states in sorted(by_kind.items())
    ]


def _statistics(envelope: Received, judged: list[Judged]) -> list[dict[str, int]]:
    return [
        {
            "tipo": row.kind,
            "informados": row.informed,
            "aceptados": row.accepted,
            "rechazados": row.rejected,
            "reparos": row.remarked,
        }
        for row in counts_by_kind(judged)
        if row.kind != envelope.hidden_kind
    ]


def _detail(document: Judged) -> dict[str, object]:
    return {
        "tipo": document.facts.kind,
        "folio": document.facts.folio,
        "estado": document.state,
        "descripcion": _STATE_WORDS[document.state],
        "error": [
            {
                "seccion": finding.section,
                "linea": finding.line,
                "nivel": finding.level,
                "codigo": finding.code,
                "descripcion": finding.text,
                "detalle": finding.detail,
            }
            for finding in document.findings
        ],
    }
