"""What the factura channel's SOAP services answered, read or refused; nothing is guessed."""

from http import HTTPStatus

from dte.sii import answers
from dte.sii.answers import XmlAnswer, number
from dte.sii.errors import LoginRefused, Refused, Unavailable
from dte.sii.query_codes import (
    TOKEN_CODES,
    DocumentErrorCode,
    MailCode,
    QueryError,
    SignedQueryCode,
)
from dte.sii.results import DocumentStatus, EnvelopeStatus, TypeCount
from dte.sii.soap import read_return
from dte.sii.statuses import DocumentCode, EnvelopeState
from dte.sii.transport import Response

# ERR_CODE beside ESTADO -11: the track is another company's, or not known yet.
_NOT_THIS_COMPANYS = "1"


def query_refuses_token(answer: Response, operation: str) -> bool:
    """Tell whether the answer to a query asks for a new token.

    Source: SII, manuals QueryEstUp, QueryEstDte, QueryEstDteAv and wsDTECorreo.
    """
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return True
    found = read_return(answer, operation)
    code = found.leaf("ESTADO") if found else None
    if code is None or code in TOKEN_CODES:
        return code is not None
    # Two services have token codes of their own, which mean other things elsewhere.
    if operation == "getEstDteAv":
        return SignedQueryCode.read(_header(found, code)).wants_new_token
    return operation == "reenvioCorreo" and MailCode.read(code) is MailCode.TOKEN_INACTIVE


def read_envelope_status(answer: Response, found: XmlAnswer) -> EnvelopeStatus:
    """Read how an upload is going. Raises Unavailable and LoginRefused.

    Source: SII, manual QueryEstUp, getEstUp.
    """
    code = _state(answer, found)
    state = EnvelopeState.read(code)
    if QueryError.read(code) is QueryError.QUERY and found.leaf("ERR_CODE") == _NOT_THIS_COMPANYS:
        state = EnvelopeState.NOT_KNOWN
    elif QueryError.read(code) is QueryError.NOT_AUTHORIZED:
        state = EnvelopeState.NOT_AUTHORIZED
    else:
        _refuse_query_error(code, found)
    return EnvelopeStatus(
        state=state,
        code=code,
        text=found.leaf("GLOSA") or "",
        counts=tuple(_type_count(row) for row in found.rows("TIPO_DOCTO")),
        details=(),
        raw=answer.body,
    )


def read_document_status(answer: Response, found: XmlAnswer) -> DocumentStatus:
    """Read what the SII has under a folio. Raises Unavailable and LoginRefused.

    Source: SII, manual QueryEstDte, getEstDte.
    """
    code = _state(answer, found)
    _refuse_query_error(code, found)
    error = found.leaf("ERR_CODE")
    return DocumentStatus(
        code=DocumentCode.read(code),
        raw_code=code,
        text=found.leaf("GLOSA_ERR") or found.leaf("GLOSA") or "",
        raw=answer.body,
        error=DocumentErrorCode.read(error) if error else None,
        attention=found.leaf("NUM_ATENCION") or "",
    )


def read_signed_status(answer: Response, found: XmlAnswer) -> DocumentStatus:
    """Read the same of one signed document. Raises Unavailable and Refused.

    Source: SII, manual QueryEstDteAv (OIFE2006), getEstDteAv.
    """
    header = _header(found, _state(answer, found))
    asked = SignedQueryCode.read(header)
    words = found.leaf("GLOSA", under="RESP_HDR") or asked.meaning
    if asked.is_refusal:
        raise Refused(header, words)
    code = found.leaf("ESTADO", under="RESP_BODY")
    if asked is not SignedQueryCode.OK or not code:
        raise Unavailable(f"ESTADO {header}: {words}")
    return DocumentStatus(
        code=DocumentCode.read(code),
        raw_code=code,
        text=found.leaf("GLOSA", under="RESP_BODY") or "",
        raw=answer.body,
        track_id=answers.digits(found.leaf("TRACKID")) or "",
        attention=found.leaf("NUMATENCION") or "",
    )


def read_mail_code(answer: Response, found: XmlAnswer) -> MailCode:
    """Read whether the mail goes out again or has to wait. Raises Unavailable and Refused.

    Source: SII, manual wsDTECorreo (OIFE2005), reenvioCorreo.
    """
    code = _state(answer, found)
    mail = MailCode.read(code)
    if mail.is_refusal:
        raise Refused(code, found.leaf("GLOSA") or mail.meaning)
    if mail not in (MailCode.ACCEPTED, MailCode.NOT_FINISHED):
        raise Unavailable(f"ESTADO {code}: {mail.meaning}")
    return mail


def _header(found: XmlAnswer | None, code: str) -> str:
    return (found.leaf("ESTADO", under="RESP_HDR") if found else None) or code


def _state(answer: Response, found: XmlAnswer) -> str:
    code = found.leaf("ESTADO")
    if not code:
        raise Unavailable(f"no state: {answers.short_text(answer)}")
    return code


def _refuse_query_error(code: str, found: XmlAnswer) -> None:
    """Turn an error of the question into what the caller may do next."""
    error = QueryError.read(code)
    if error is QueryError.UNKNOWN:
        return
    words = found.leaf("GLOSA_ERR") or found.leaf("GLOSA") or error.meaning
    if error.needs_person:
        raise LoginRefused(code, words)
    numbers = (f"{name} {found.leaf(name)}" for name in ("ERR_CODE", "SQL_CODE", "SRV_CODE"))
    raise Unavailable(f"ESTADO {code}: {words} ({', '.join(numbers)})")


def _type_count(row: dict[str, str]) -> TypeCount:
    return TypeCount(
        kind=number(row.get("TIPO_DOCTO")),
        informed=number(row.get("INFORMADOS")),
        accepted=number(row.get("ACEPTADOS")),
        rejected=number(row.get("RECHAZADOS")),
        with_remarks=number(row.get("REPAROS")),
    )
