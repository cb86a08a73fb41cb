"""The factura channel: SOAP login and queries, and the upload gateway."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

from . import factura_replies as replies
from . import soap
from .caf_office import CafOffice
from .document_state import Wanted, document_code
from .faults import Endpoint, Fault
from .forced import forced_by
from .login import Login, TokenState
from .multipart import BadFormError, UploadForm, read_upload
from .registry import FACTURA, Received, Registry
from .replies import Reply
from .rut import is_rut
from .settings import Settings
from .worker import NAMES, schema_errors

UPLOAD_PATH = "/cgi_dte/UPL/DTEUpload"
_ENDPOINTS = {
    "getSeed": Endpoint.DTE_SEED,
    "getToken": Endpoint.DTE_TOKEN,
    "getEstUp": Endpoint.DTE_ENVELOPE_STATUS,
    "getEstDte": Endpoint.DTE_DOCUMENT_STATUS,
    "getEstDteAv": Endpoint.DTE_ADVANCED_STATUS,
    "reenvioCorreo": Endpoint.DTE_MAIL,
}
# The name that makes the gateway answer XML; a browser gets a page.
_PROGRAM = re.compile(r"Mozilla/4\.0 \(\s*compatible;\s*PROG 1\.0\b")
_TOKEN = re.compile(r"(?:^|;\s*)TOKEN=([^;\s]+)")
_PAGE = (
    b"<html><head><title>Recepcion de Documentos</title></head><body>"
    b"<h3>Envio de Documentos Tributarios Electronicos</h3></body></html>"
)
# Query errors. Source: manual QueryEstUp, -11 with ERR_CODE 1.
_WRONG_QUESTION, _ASKERS_FAULT = "-11", 1


def endpoint_of(path: str) -> Endpoint:
    """Tell the endpoint that a service's path is for faults."""
    return _ENDPOINTS[soap.SERVICES[path].name]


def refusal(endpoint: Endpoint, path: str, code: str, *, at: datetime) -> Reply:
    """Answer with an ordered STATUS or ESTADO, whatever was asked."""
    if endpoint is Endpoint.DTE_UPLOAD:
        return replies.upload_reply(code, at=at, words=replies.UPLOAD_WORDS.get(code, ""))
    if code.startswith("-") and endpoint is not Endpoint.DTE_TOKEN:
        return soap.answer(path, replies.query_error_xml(code, err_code=2, at=at))
    return soap.answer(path, replies.state_xml(code, at=at))


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
        if not _PROGRAM.match(headers.get("user-agent", "")):
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
        found = _TOKEN.search(headers.get("cookie", ""))
        state, person = self._login.look_up(found[1] if found else "", channel=FACTURA, at=at)
        if state is not TokenState.GOOD:
            return "5", ()
        if form.sender != person:
            return "1", ()
        if not is_rut(form.issuer) or not self._office.has_company(form.issuer):
            return "6", ()
        if self._settings.schema_at_upload:
            errors = schema_errors(form.content, names=NAMES[FACTURA])
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
        self._demand_token(arguments, at=at)
        envelope = self._own_envelope(
            arguments["RutCompania"], arguments["DvCompania"], arguments["TrackId"], at=at
        )
        judged = self._registry.documents_of(envelope.id)
        return replies.envelope_xml(envelope, judged, at=at)

    def _demand_token(self, arguments: dict[str, str], *, at: datetime) -> None:
        state, _ = self._login.look_up(arguments["Token"], channel=FACTURA, at=at)
        if state is not TokenState.GOOD:
            raise _QueryRefusedError(replies.state_xml(state, at=at))

    def _own_envelope(self, rut: str, check: str, track_id: str, *, at: datetime) -> Received:
        envelope = self._registry.find(track_id)
        issuer = f"{rut}-{check.upper()}"
        if envelope is None or envelope.channel != FACTURA or envelope.issuer != issuer:
            raise _wrong_question(at=at)
        return envelope

    def _document_status(self, arguments: dict[str, str], *, at: datetime) -> str:
        asked = {"RutEmpresa": arguments["RutCompania"], "DvEmpresa": arguments["DvCompania"]}
        code, _ = self._document(arguments | asked, signature=None, at=at)
        return replies.document_xml(code, at=at)

    def _advanced_status(self, arguments: dict[str, str], *, at: datetime) -> str:
        signature = "".join(arguments["FirmaDte"].split())
        code, track_id = self._document(arguments, signature=signature, at=at)
        return replies.advanced_xml(code, track_id=track_id, at=at)

    def _document(
        self, arguments: dict[str, str], *, signature: str | None, at: datetime
    ) -> tuple[str, str]:
        """Tell the code and the track id of the document asked for."""
        self._demand_token(arguments, at=at)
        try:
            day, total_clp = _day(arguments["FechaEmisionDte"]), int(arguments["MontoDte"])
            kind, folio = int(arguments["TipoDte"]), int(arguments["FolioDte"])
        except ValueError as error:
            raise _wrong_question(at=at) from error
        issuer = f"{arguments['RutEmpresa']}-{arguments['DvEmpresa'].upper()}"
        wanted = Wanted(
            receiver=f"{arguments['RutReceptor']}-{arguments['DvReceptor'].upper()}",
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

    def _mail(self, arguments: dict[str, str], *, at: datetime) -> str:
        self._demand_token(arguments, at=at)
        self._own_envelope(
            arguments["RutEmpresa"], arguments["DvEmpresa"], arguments["TrackId"], at=at
        )
        return replies.mail_xml(at=at)


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


def _wrong_question(*, at: datetime) -> _QueryRefusedError:
    return _QueryRefusedError(
        replies.query_error_xml(_WRONG_QUESTION, err_code=_ASKERS_FAULT, at=at)
    )


def _day(written: str) -> date:
    # DDMMAAAA, the form of this channel alone.
    if not re.fullmatch(r"[0-9]{8}", written):
        raise ValueError(written)
    return date(int(written[4:]), int(written[2:4]), int(written[:2]))
