"""The factura channel: SOAP login and queries, and the upload gateway."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from . import factura_replies as replies
from . import soap
from .caf_office import CafOffice
from .document_state import Wanted, document_code
from .faults import Endpoint, Fault
from .forced import forced_by
from .login import Login, TokenState, is_known_program, token_in
from .multipart import BadFormError, UploadForm, read_upload
from .records import FACTURA, OPEN_STATES, Received
from .registry import Registry
from .replies import Reply
from .rut import is_rut
from .schemas import ROOTS, schema_errors
from .settings import Settings

UPLOAD_PATH = "/cgi_dte/UPL/DTEUpload"
_ENDPOINTS = {
    "getSeed": Endpoint.DTE_SEED,
    "getToken": Endpoint.DTE_TOKEN,
    "getEstUp": Endpoint.DTE_ENVELOPE_STATUS,
    "getEstDte": Endpoint.DTE_DOCUMENT_STATUS,
    "getEstDteAv": Endpoint.DTE_ADVANCED_STATUS,
    "reenvioCorreo": Endpoint.DTE_MAIL,
}
_PAGE = (
    b"<html><head><title>Recepcion de Documentos</title></head><body>"
    b"<h3>Envio de Documentos Tributarios Electronicos</h3></body></html>"
)
_ASKERS_FAULT, _PROCESS_FAULT = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Codes:
    """How a service says no: token too old, token unknown, wrong question, no permission."""

    inactive: str
    unknown: str
    wrong: str
    denied: str


_STATES = _Codes(inactive="001", unknown="003", wrong="-11", denied="-6")
# Source: manuals QueryEstUp, QueryEstDte, QueryEstDteAv (OIFE2006) and wsDTECorreo (OIFE2005).
_CODES = {
    "getEstUp": _STATES,
    "getEstDte": _STATES,
    "getEstDteAv": _Codes(inactive="1", unknown="2", wrong="5", denied="9"),
    "reenvioCorreo": _Codes(inactive="104", unknown="104", wrong="105", denied="106"),
}
_MAIL_NOT_READY = "114"


def endpoint_of(path: str) -> Endpoint:
    """Tell the endpoint that a service's path is for faults."""
    return _ENDPOINTS[soap.SERVICES[path].name]


def refusal(endpoint: Endpoint, path: str, fault: Fault, *, at: datetime) -> Reply:
    """Answer with an ordered STATUS or ESTADO, whatever was asked."""
    code = fault.code
    if endpoint is Endpoint.DTE_UPLOAD:
        return replies.upload_reply(code, at=at, words=replies.UPLOAD_WORDS.get(code, ""))
    if endpoint in (Endpoint.DTE_SEED, Endpoint.DTE_TOKEN):
        return soap.answer(path, replies.login_xml(code, fault.text, ""))
    return soap.answer(path, _query_refusal(code, err_code=_PROCESS_FAULT, at=at))


class _QueryRefusedError(Exception):
    """A query goes no further; the text is the answer's XML."""


class FacturaChannel:
    """Answer the channel's requests. Headers come with lower-case names."""

    def __init__(
        self, *, registry: Registry, login: Login, office: CafOffice, settings: Settings
    ) -> None:
        self._registry = registry
        self._login = login
        self._office = office
        self._settings = settings

    def call(self, path: str, headers: dict[str, str], body: bytes, *, at: datetime) -> Reply:
        """Answer a SOAP call to one of the services."""
        try:
            arguments = soap.read_call(path, headers, body)
        except soap.SoapFaultError as error:
            return soap.fault(str(error))
        answers: dict[str, Callable[..., str]] = {
            "getSeed": self._seed,
            "getToken": self._token,
            "getEstUp": self._envelope_status,
            "getEstDte": self._document_status,
            "getEstDteAv": self._advanced_status,
            "reenvioCorreo": self._mail,
        }
        try:
            inner = answers[soap.SERVICES[path].name](arguments, at=at)
        except _QueryRefusedError as error:
            inner = str(error)
        return soap.answer(path, inner)

    def upload(
        self, headers: dict[str, str], body: bytes, *, fault: Fault | None, at: datetime
    ) -> Reply:
        """Answer POST DTEUpload; the body is what the gateway read of it."""
        if not is_known_program(headers):
            return Reply(status=200, content_type="text/html", body=_PAGE)
        try:
            form = read_upload(headers.get("content-type", ""), body)
        except BadFormError:
            return replies.upload_reply("3", at=at)
        status, errors = self._gate(headers, form, at=at)
        if status != "0":
            return _upload_answer(form, status, at=at, errors=errors)
        envelope, repeated = self._registry.receive(
            form.content,
            issuer=form.issuer,
            sender=form.sender,
            file_name=form.file_name,
            at=at,
            first_step_at=at + timedelta(milliseconds=self._settings.stage_ms),
            repeat_since=at - timedelta(seconds=self._settings.repeat_seconds),
            forced=forced_by(fault),
            channel=FACTURA,
        )
        if repeated:
            words = (
                f"Archivo ya fue enviado {envelope.copies} veces con Trackid"
                f" {envelope.track_id}. Debe esperar {self._settings.repeat_seconds} segundos"
                " antes de reintentar"
            )
            return _upload_answer(form, "99", at=at, words=words)
        return _upload_answer(form, "0", at=at, track_id=envelope.track_id)

    def _gate(
        self, headers: dict[str, str], form: UploadForm, *, at: datetime
    ) -> tuple[str, tuple[str, ...]]:
        state, person = self._login.look_up(token_in(headers), channel=FACTURA, at=at)
        if state is not TokenState.GOOD:
            return "5", ()
        if form.sender != person or not self._settings.may_sign(person, company=form.issuer):
            return "1", ()
        if not is_rut(form.issuer) or not self._office.has_company(form.issuer):
            return "6", ()
        if self._settings.schema_at_upload:
            errors = schema_errors(form.content, names=ROOTS[FACTURA])
            if errors:
                return "7", errors
        return "0", ()

    def _seed(self, _arguments: dict[str, str], *, at: datetime) -> str:
        return replies.seed_xml(self._login.seed(at=at))

    def _token(self, arguments: dict[str, str], *, at: datetime) -> str:
        signed = arguments["pszXml"].strip()
        try:
            # The string travels in UTF-8 already, whatever its declaration says.
            found = self._login.token(signed.encode("iso-8859-1"), channel=FACTURA, at=at)
        except UnicodeEncodeError:
            return replies.login_xml("01", "XML Inválido", "")
        return replies.login_xml(found.state, found.words, found.token)

    def _envelope_status(self, arguments: dict[str, str], *, at: datetime) -> str:
        asked = _Asked(operation="getEstUp", arguments=arguments, at=at)
        envelope = self._own_envelope(
            asked, issuer=_rut(arguments["RutCompania"], arguments["DvCompania"])
        )
        judged = self._registry.documents_of(envelope.id)
        return replies.envelope_xml(envelope, judged, at=at)

    def _document_status(self, arguments: dict[str, str], *, at: datetime) -> str:
        asked = _Asked(operation="getEstDte", arguments=arguments, at=at)
        issuer = _rut(arguments["RutCompania"], arguments["DvCompania"])
        code, _ = self._document(asked, issuer=issuer, signature=None)
        return replies.document_xml(code, at=at)

    def _advanced_status(self, arguments: dict[str, str], *, at: datetime) -> str:
        asked = _Asked(operation="getEstDteAv", arguments=arguments, at=at)
        issuer = _rut(arguments["RutEmpresa"], arguments["DvEmpresa"])
        signature = "".join(arguments["FirmaDte"].split())
        code, track_id = self._document(asked, issuer=issuer, signature=signature)
        return replies.advanced_xml(code, track_id=track_id, at=at)

    def _mail(self, arguments: dict[str, str], *, at: datetime) -> str:
        asked = _Asked(operation="reenvioCorreo", arguments=arguments, at=at)
        envelope = self._own_envelope(
            asked, issuer=_rut(arguments["RutEmpresa"], arguments["DvEmpresa"])
        )
        if envelope.state in OPEN_STATES:
            raise asked.refused(_MAIL_NOT_READY)
        return replies.mail_xml(at=at)

    def _demand_permission(self, asked: "_Asked", *, issuer: str) -> None:
        token = asked.arguments["Token"]
        state, person = self._login.look_up(token, channel=FACTURA, at=asked.at)
        if state is TokenState.INACTIVE:
            raise asked.refused(asked.codes.inactive)
        if state is TokenState.UNKNOWN:
            raise asked.refused(asked.codes.unknown)
        if not self._settings.may_sign(person, company=issuer):
            raise asked.refused(asked.codes.denied)

    def _own_envelope(self, asked: "_Asked", *, issuer: str) -> Received:
        self._demand_permission(asked, issuer=issuer)
        envelope = self._registry.find(asked.arguments["TrackId"])
        if envelope is None or envelope.channel != FACTURA or envelope.issuer != issuer:
            raise asked.refused(asked.codes.wrong)
        return envelope

    def _document(self, asked: "_Asked", *, issuer: str, signature: str | None) -> tuple[str, str]:
        """Tell the code and the track id of the document asked for."""
        # Anybody may ask for a document: its receiver does so to check it.
        self._demand_permission(asked, issuer="")
        arguments = asked.arguments
        try:
            day, total_clp = _day(arguments["FechaEmisionDte"]), int(arguments["MontoDte"])
            kind, folio = int(arguments["TipoDte"]), int(arguments["FolioDte"])
        except ValueError as error:
            raise asked.refused(asked.codes.wrong) from error
        wanted = Wanted(
            receiver=_rut(arguments["RutReceptor"], arguments["DvReceptor"]),
            total_clp=total_clp,
            issue_date=day.isoformat(),
            signature=signature,
        )
        code = document_code(
            self._registry,
            self._office,
            issuer=issuer,
            kind=kind,
            folio=folio,
            wanted=wanted,
            channel=FACTURA,
        )
        filed = self._registry.received(issuer=issuer, kind=kind, folio=folio, channel=FACTURA)
        return code, filed.track_id if filed else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A query: which service, with what, when."""

    operation: str
    arguments: dict[str, str]
    at: datetime

    @property
    def codes(self) -> _Codes:
        return _CODES[self.operation]

    def refused(self, code: str) -> _QueryRefusedError:
        return _QueryRefusedError(_query_refusal(code, err_code=_ASKERS_FAULT, at=self.at))


def _query_refusal(code: str, *, err_code: int, at: datetime) -> str:
    if code.startswith("-"):
        return replies.query_error_xml(code, err_code=err_code, at=at)
    return replies.state_xml(code, at=at)


def _rut(number: str, check: str) -> str:
    return f"{number}-{check.upper()}"


def _upload_answer(
    form: UploadForm,
    status: str,
    *,
    at: datetime,
    track_id: str = "",
    words: str = "",
    errors: tuple[str, ...] = (),
) -> Reply:
    return replies.upload_reply(
        status,
        at=at,
        sender=form.sender,
        issuer=form.issuer,
        file_name=form.file_name,
        track_id=track_id,
        words=words,
        errors=errors,
    )


def _day(written: str) -> date:
    # DDMMAAAA; the advanced query was also seen with dashes.
    found = re.fullmatch(r"([0-9]{2})(-?)([0-9]{2})\2([0-9]{4})", written)
    if not found:
        raise ValueError(written)
    return date(int(found[4]), int(found[3]), int(found[1]))
