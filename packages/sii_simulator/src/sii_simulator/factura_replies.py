"""The factura channel's answers: the XML inside the SOAP strings, and RECEPCIONDTE.

Source: the SII's manuals of autenticación v1.9, envío v1.5, QueryEstUp and QueryEstDte, in their
examples.
"""

from datetime import datetime
from xml.sax.saxutils import escape

from .clock import chile
from .records import Judged, Received
from .replies import DOCUMENT_WORDS, Counts, Reply, counts_by_kind

_WORDS = {
    "REC": "Envio Recibido",
    "SOK": "Esquema Validado",
    "CRT": "Caratula OK",
    "FOK": "Firma de Envio Validada",
    "PDR": "Envio en Proceso",
    "EPR": "Envio Procesado",
    "RSC": "Rechazado por Error en Schema",
    "RFR": "Rechazado por Error en Firma",
    "RCT": "Rechazado por Error en Caratula",
    "RPT": "Rechazado por Repetido",
    "RCO": "Rechazado por Consistencia",
    "VOF": "Archivo No Encontrado",
    "LSO": "Libro con Schema Correcto",
    "LOK": "Libro Correcto",
    "LRH": "Libro Rechazado",
    "001": "TOKEN INACTIVO",
    "002": "TOKEN INACTIVO",
    "003": "TOKEN NO EXISTE",
    "104": "TOKEN NO VALIDO",
    "105": "TRACKID NO EXISTE",
    "106": "USUARIO AUTENTICADO NO TIENE PERMISOS EN LA EMPRESA",
    "107": "USUARIO NO AUTORIZADO",
    "114": "ENVIO AUN NO PROCESADO",
}
# The ERR_CODE of each ESTADO. Source: manual QueryEstDte.
_ERR_CODES = {
    "DOK": 0,
    "DNK": 1,
    "FAU": 3,
    "FNA": 4,
    "FAN": 5,
    "EMP": 6,
    "TMD": 10,
    "TMC": 11,
    "MMD": 12,
    "MMC": 13,
    "AND": 14,
    "ANC": 15,
}
_NOT_RECEIVED = ("FAU", "FNA", "FAN", "EMP")
UPLOAD_WORDS = {
    "99": "Error Interno",
}


def seed_xml(seed: str) -> str:
    """Answer a seed."""
    return _answer("<ESTADO>00</ESTADO>", f"<SEMILLA>{seed}</SEMILLA>", body_first=True)


def login_xml(state: str, words: str, token: str) -> str:
    """Answer a token, or why there is none."""
    head = f"<ESTADO>{state}</ESTADO><GLOSA>{escape(words)}</GLOSA>"
    return _answer(head, f"<TOKEN>{token}</TOKEN>" if token else "")


def state_xml(state: str, *, at: datetime) -> str:
    """Answer a query that got no further than a state of its own (token, permission)."""
    words = _WORDS.get(state, "Error en la Consulta")
    return _answer(f"<ESTADO>{state}</ESTADO><GLOSA>{words}</GLOSA>{_number(at)}")


def query_error_xml(state: str, *, err_code: int, at: datetime) -> str:
    """Answer a query that failed: ERR_CODE 1 is the asker's fault, 2 the process's."""
    return _answer(
        f"<ESTADO>{state}</ESTADO><ERR_CODE>{err_code}</ERR_CODE><SQL_CODE>0</SQL_CODE>"
        f"<SRV_CODE>0</SRV_CODE>{_number(at)}"
    )


def envelope_xml(envelope: Received, judged: list[Judged], *, at: datetime) -> str:
    """Answer how an upload is going; counters come with EPR, one group after another."""
    head = (
        f"<TRACKID>{envelope.track_id}</TRACKID><ESTADO>{envelope.state}</ESTADO>"
        f"<GLOSA>{_WORDS.get(envelope.state, envelope.state)}</GLOSA>{_number(at)}"
    )
    counted = [row for row in counts_by_kind(judged) if row.kind != envelope.hidden_kind]
    return _answer(head, "".join(map(_counters, counted)))


def document_xml(code: str, *, at: datetime) -> str:
    """Answer getEstDte."""
    short = "DTE No Recibido" if code in _NOT_RECEIVED else "DTE Recibido"
    return _answer(
        f"<ESTADO>{code}</ESTADO><GLOSA>{short}</GLOSA><ERR_CODE>{_ERR_CODES[code]}</ERR_CODE>"
        f"<GLOSA_ERR>{DOCUMENT_WORDS[code]}</GLOSA_ERR>{_number(at)}"
    )


def advanced_xml(code: str, *, track_id: str, at: datetime) -> str:
    """Answer getEstDteAv."""
    received = "NO" if code in _NOT_RECEIVED else "SI"
    return _answer(
        "<ESTADO>0</ESTADO>",
        f"<RECIBIDO>{received}</RECIBIDO><ESTADO>{code}</ESTADO>"
        f"<GLOSA>{DOCUMENT_WORDS[code]}</GLOSA><TRACKID>{track_id}</TRACKID>"
        f"<NUMATENCION>{_attention(at)}</NUMATENCION>",
    )


def mail_xml(*, at: datetime) -> str:
    """Answer that the validation mail goes out again."""
    return _answer(f"<ESTADO>0</ESTADO><GLOSA>Correo reenviado</GLOSA>{_number(at)}")


def upload_reply(
    status: str,
    *,
    at: datetime,
    sender: str = "",
    issuer: str = "",
    file_name: str = "",
    track_id: str = "",
    words: str = "",
    errors: tuple[str, ...] = (),
) -> Reply:
    """Answer an upload with RECEPCIONDTE."""
    lines = [
        f" <RUTSENDER>{escape(sender)}</RUTSENDER>",
        f" <RUTCOMPANY>{escape(issuer)}</RUTCOMPANY>",
        f" <FILE>{escape(file_name)}</FILE>",
        f" <TIMESTAMP>{chile(at):%Y-%m-%d %H:%M:%S}</TIMESTAMP>",
        f" <STATUS>{status}</STATUS>",
    ]
    if track_id:
        lines.append(f" <TRACKID>{track_id}</TRACKID>")
    if errors:
        listed = "\n".join(f"  <ERROR>{escape(error)}</ERROR>" for error in errors)
        lines.append(f" <DETAIL>\n{listed}\n </DETAIL>")
    if words:
        lines.append(f" {escape(words)}")
    inside = "\n".join(lines)
    body = f'<?xml version="1.0"?>\n<RECEPCIONDTE>\n{inside}\n</RECEPCIONDTE>\n'
    # Nothing declares an encoding, so it is UTF-8, whatever the file name was written in.
    return Reply(status=200, content_type="text/xml", body=body.encode("utf-8"))


def _counters(row: Counts) -> str:
    return (
        f"<TIPO_DOCTO>{row.kind}</TIPO_DOCTO><INFORMADOS>{row.informed}</INFORMADOS>"
        f"<ACEPTADOS>{row.accepted}</ACEPTADOS><RECHAZADOS>{row.rejected}</RECHAZADOS>"
        f"<REPAROS>{row.remarked}</REPAROS>"
    )


def _number(at: datetime) -> str:
    return f"<NUM_ATENCION>{_attention(at)}</NUM_ATENCION>"


def _attention(at: datetime) -> str:
    return f"{int(at.timestamp()) % 10_000} ( {chile(at):%Y/%m/%d %H:%M:%S})"


def _answer(head: str, body: str = "", *, body_first: bool = False) -> str:
    header = f"<SII:RESP_HDR>{head}</SII:RESP_HDR>"
    inside = f"<SII:RESP_BODY>{body}</SII:RESP_BODY>" if body else ""
    both = inside + header if body_first else header + inside
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<SII:RESPUESTA xmlns:SII="http://www.sii.cl/XMLSchema">{both}</SII:RESPUESTA>'
    )
