"""Upload a file and read its receipt: the form is the same on both channels."""

import hashlib
from dataclasses import dataclass
from http import HTTPStatus

from dte.rut import Rut
from dte.sii import answers
from dte.sii.errors import OutcomeUnknown, Refused, Unavailable
from dte.sii.transport import Response
from dte.sii.upload_status import UploadStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """The SII has the file. `track_id` is text of up to 15 digits, `received_at` its own words.

    `repeated` is true when it answered that it already had these very bytes.
    """

    track_id: str
    received_at: str
    repeated: bool
    raw: bytes


def check_size(content: bytes, *, limit_bytes: int) -> None:
    """Refuse a file as large as the SII would not take. Raises Refused, as it answers then.

    Source: Manual de envío automático v1.5, STATUS 2.
    """
    if len(content) > limit_bytes:
        raise Refused(UploadStatus.WRONG_SIZE.value, f"el envío pesa más de {limit_bytes} bytes")


def check_track(track_id: str) -> None:
    """Raise ValueError for what no receipt ever held: a track id is digits only.

    Source: Manual de envío automático v1.5, TRACKID.
    """
    if answers.digits(track_id) != track_id:
        raise ValueError("a track id is digits only")


def upload_form(envelope_xml: bytes, *, sender: Rut, issuer: Rut) -> tuple[str, bytes]:
    """Make the form of an upload: its Content-Type and its whole body.

    Raises nothing; the file travels byte by byte as it is.
    Source: Manual de envío automático v1.5, campos del formulario.
    """
    # A file cannot hold its own hash, so the boundary never occurs in it.
    mark = hashlib.sha256(envelope_xml).hexdigest()[:32]
    boundary = f"----dte-{mark}"
    fields = (
        ("rutSender", str(sender.number)),
        ("dvSender", sender.check),
        ("rutCompany", str(issuer.number)),
        ("dvCompany", issuer.check),
    )
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="archivo"; '
        f'filename="envio_{mark[:12]}.xml"\r\nContent-Type: text/xml\r\n\r\n'
    )
    body = head.encode("ascii") + envelope_xml + f"\r\n--{boundary}--\r\n".encode("ascii")
    return f"multipart/form-data; boundary={boundary}", body


def read_upload(answer: Response) -> Uploaded:
    """Read the receipt of an upload.

    "This file was already sent" within 900 seconds is a receipt with the former track. Raises
    Unavailable when the SII certainly did not take it, Refused when it said no, and
    OutcomeUnknown for anything else: a page, an empty body, a status nobody knows.
    """
    former = answers.former_track(answer)
    if former is not None:
        return Uploaded(track_id=former, received_at="", repeated=True, raw=answer.body)
    if answer.status == HTTPStatus.OK:
        return _read_receipt(answer)
    words = f"HTTP {answer.status}: {answers.short_text(answer)}"
    if not HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        # The whole file went out: a gateway's page, 503 as well, or a way elsewhere says nothing
        # about what the machine behind it stored.
        raise OutcomeUnknown(words)
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answers.is_web_page(answer):
        raise Unavailable(words)
    raise Refused(*read_refusal(answer))


def _read_receipt(answer: Response) -> Uploaded:
    found = answers.read_json(answer)
    if found is not None:
        track_id, received_at = (
            answers.digits(found.get("trackid")),
            found.get("fecha_recepcion", ""),
        )
        if track_id:
            return Uploaded(
                track_id=track_id, received_at=str(received_at), repeated=False, raw=answer.body
            )
        raise Refused(*read_refusal(answer))
    xml = answers.read_xml(answer)
    code = xml.leaf("STATUS") if xml else None
    if xml is None or code is None:
        raise OutcomeUnknown(f"no receipt: {answers.short_text(answer)}")
    return _read_status(answer, xml, code)


def _read_status(answer: Response, xml: answers.XmlAnswer, code: str) -> Uploaded:
    status, track_id = UploadStatus.read(code), answers.digits(xml.leaf("TRACKID"))
    if status is UploadStatus.RECEIVED and track_id:
        received_at = xml.leaf("TIMESTAMP") or ""
        return Uploaded(track_id=track_id, received_at=received_at, repeated=False, raw=answer.body)
    if status is UploadStatus.SYSTEM_BLOCKED:
        raise Unavailable("STATUS 9: the SII's system is blocked")
    if status.is_refusal:
        raise Refused(*read_refusal(answer))
    # Received but without its number, an internal error, a code that nobody knows.
    raise OutcomeUnknown(f"STATUS {code}: {answers.short_text(answer)}")


def read_refusal(answer: Response) -> tuple[str, str]:
    """Find the SII's code and words in an answer that says no."""
    found = answers.read_json(answer)
    if found is not None:
        status = found.get("codigo") or found.get("estado") or answer.status
        text = found.get("descripcion") or found.get("glosa") or answers.short_text(answer)
        return str(status), str(text)[: answers.TEXT_LIMIT]
    xml = answers.read_xml(answer)
    if xml is not None:
        status = xml.leaf("STATUS") or xml.leaf("ESTADO") or str(answer.status)
        errors = "; ".join(xml.all("ERROR")) or xml.leaf("GLOSA")
        return status, (errors or _meaning(xml) or xml.text)[: answers.TEXT_LIMIT]
    return str(answer.status), answers.short_text(answer)


def _meaning(xml: answers.XmlAnswer) -> str | None:
    code = xml.leaf("STATUS")
    return UploadStatus.read(code).meaning if code else None
