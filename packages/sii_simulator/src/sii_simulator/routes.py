"""Which address goes where, and the faults in between."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import page, soap
from .claims import CLAIM_PATHS
from .errors import SimulatorError
from .factura_channel import UPLOAD_PATH, endpoint_of, refusal
from .faults import Endpoint, Fault, FaultKind
from .mailroom import mail_reply
from .replies import Reply, json_reply

if TYPE_CHECKING:
    from .app import Simulator

BASE = "/recursos/v1/boleta.electronica"
_ENVELOPE = re.compile(rf"{re.escape(BASE)}\.envio/([0-9]{{1,9}})-([0-9K])-([0-9]{{1,15}})")
_DOCUMENT = re.compile(
    rf"{re.escape(BASE)}/([0-9]{{1,9}})-([0-9K])-([0-9]{{2}})-([0-9]{{1,10}})/estado"
)
_PAGE_ENVELOPE = re.compile(r"/envio/([0-9]{1,15})(\.xml)?")
_HTML = "text/html; charset=ISO-8859-1"
_ALERT_PAGE = (
    b"<!DOCTYPE html><html><head><title>SII</title></head><body><script>"
    b"alert('Servicio no disponible');</script>Por favor reintente m\xe1s tarde</body></html>"
)
_LOGIN_PAGE = (
    b"<!DOCTYPE html><html><head><title>Autenticaci\xf3n</title></head><body>"
    b"<form method=post><h1>Ingresar a Mi Sii</h1><input name=rutcntr></form></body></html>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, read whole; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


def route(simulator: "Simulator", request: Request) -> Reply | None:
    """Answer a request; None stands for a dropped connection."""
    found = _boleta_route(simulator, request) or _factura_route(simulator, request)
    if found is not None:
        endpoint, answer = found
        return _with_faults(simulator, request, endpoint, answer)
    try:
        return _control_route(simulator, request) or _page_route(simulator, request)
    except SimulatorError as error:
        return json_reply({"code": error.code, "message": error.message}, status=422)


def _with_faults(
    simulator: "Simulator",
    request: Request,
    endpoint: Endpoint,
    answer: Callable[[Fault | None], Reply],
) -> Reply | None:
    """Answer, or go wrong as ordered; None stands for a dropped connection."""
    fault = simulator.faults.take(endpoint)
    if fault is None:
        return answer(None)
    if fault.kind is FaultKind.SLOW:
        simulator.stopping.wait(fault.seconds)
    if fault.kind is FaultKind.DROP_TOKENS:
        simulator.registry.drop_tokens()
    if fault.kind is FaultKind.DROP_BEFORE:
        return None
    broken = _broken_answer(simulator, request, endpoint, fault)
    if broken is not None and not fault.stored:
        return broken
    reply = answer(fault)
    if fault.kind is FaultKind.DROP_AFTER:
        return None
    return broken or reply


def _broken_answer(
    simulator: "Simulator", request: Request, endpoint: Endpoint, fault: Fault
) -> Reply | None:
    match fault.kind:
        case FaultKind.STATUS:
            return Reply(
                status=fault.status, content_type="text/html", body=b"<html>Proxy Error</html>"
            )
        case FaultKind.HTML:
            return Reply(status=200, content_type=_HTML, body=_LOGIN_PAGE)
        case FaultKind.ALERT:
            return Reply(status=200, content_type=_HTML, body=_ALERT_PAGE)
        case FaultKind.EMPTY:
            return Reply(status=200, content_type="text/xml", body=b"")
        case FaultKind.REFUSE if endpoint is Endpoint.CLAIM:
            return simulator.claims.refusal(request.body, fault.code)
        case FaultKind.REFUSE:
            return refusal(endpoint, request.path, fault, at=simulator.clock())
    return None


def _factura_route(
    simulator: "Simulator", request: Request
) -> tuple[Endpoint, Callable[[Fault | None], Reply]] | None:
    if request.path == UPLOAD_PATH and request.method == "POST":
        return Endpoint.DTE_UPLOAD, lambda fault: _factura_upload(simulator, request, fault)
    if request.path in CLAIM_PATHS and request.method == "POST":
        return Endpoint.CLAIM, lambda _: simulator.claims.answer(
            request.headers, request.body, at=simulator.clock()
        )
    if request.path in soap.SERVICES and request.method == "POST":
        return endpoint_of(request.path), lambda _: simulator.factura_channel.call(
            request.path, request.headers, request.body, at=simulator.clock()
        )
    return None


def _factura_upload(simulator: "Simulator", request: Request, fault: Fault | None) -> Reply:
    reply = simulator.factura_channel.upload(
        request.headers, request.body, fault=fault, at=simulator.clock()
    )
    simulator.worker.wake()
    return reply


def _boleta_route(
    simulator: "Simulator", request: Request
) -> tuple[Endpoint, Callable[[Fault | None], Reply]] | None:
    channel, headers, at = simulator.boleta_channel, request.headers, simulator.clock()
    match (request.method, request.path):
        case ("GET", path) if path == f"{BASE}.semilla":
            return Endpoint.SEED, lambda _: channel.seed(at=at)
        case ("POST", path) if path == f"{BASE}.token":
            return Endpoint.TOKEN, lambda _: channel.token(request.body, at=at)
        case ("POST", path) if path == f"{BASE}.envio":
            return Endpoint.UPLOAD, lambda fault: _upload(simulator, request, fault)
        case ("GET", path) if envelope := _ENVELOPE.fullmatch(path):
            issuer, track_id = f"{envelope[1]}-{envelope[2]}", envelope[3]
            return Endpoint.ENVELOPE_STATUS, lambda _: channel.envelope_status(
                headers, issuer=issuer, track_id=track_id, at=at
            )
        case ("GET", path) if document := _DOCUMENT.fullmatch(path):
            issuer, kind, folio = f"{document[1]}-{document[2]}", document[3], document[4]
            return Endpoint.DOCUMENT_STATUS, lambda _: channel.document_status(
                headers,
                issuer=issuer,
                kind=int(kind),
                folio=int(folio),
                facts=request.query,
                at=at,
            )
    return None


def _upload(simulator: "Simulator", request: Request, fault: Fault | None) -> Reply:
    reply = simulator.boleta_channel.upload(
        request.headers, request.body, fault=fault, at=simulator.clock()
    )
    simulator.worker.wake()
    return reply


def _control_route(simulator: "Simulator", request: Request) -> Reply | None:
    return _control_order(simulator, request) or _control_question(simulator, request)


def _control_question(simulator: "Simulator", request: Request) -> Reply | None:
    control, issuer = simulator.control, request.query.get("issuer", "")
    match (request.method, request.path):
        case ("GET", "/simulador/clave"):
            return control.key()
        case ("GET", "/simulador/fallas"):
            return control.pending_faults()
        case ("GET", "/simulador/registro"):
            return control.register(issuer=issuer, limit=_number(request, "limit", 100))
        case ("GET", "/simulador/documentos"):
            return control.documents(
                issuer=issuer,
                kind=_number(request, "kind", 0),
                after=_number(request, "after", 0),
                limit=_number(request, "limit", 1000),
            )
        case ("GET", "/simulador/correo"):
            return mail_reply(simulator.registry, request.query.get("trackid", ""))
        case ("GET", "/simulador/folios"):
            return control.folios(issuer=issuer, kind=_number(request, "kind", 39))
    return None


def _control_order(simulator: "Simulator", request: Request) -> Reply | None:
    control = simulator.control
    orders = {
        "/simulador/caf": control.caf,
        "/simulador/reobtencion": control.caf_again,
        "/simulador/anulacion": control.annul,
        "/simulador/certificado": control.certificate,
        "/simulador/fallas": control.break_things,
    }
    obey = orders.get(request.path) if request.method == "POST" else None
    return obey(_order(request)) if obey else None


def _number(request: Request, name: str, default: int) -> int:
    written = request.query.get(name, "")
    return int(written) if re.fullmatch("[0-9]{1,18}", written) else default


def _order(request: Request) -> dict[str, object]:
    # JSON only: a form on a foreign web page cannot send that without asking us first.
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise SimulatorError("not_json", "Envía la orden como application/json.")
    try:
        order = json.loads(request.body)
    except ValueError as error:
        raise SimulatorError("not_json", "La orden no es JSON.") from error
    if not isinstance(order, dict):
        raise SimulatorError("not_json", "La orden debe ser un objeto JSON.")
    return order


def _page_route(simulator: "Simulator", request: Request) -> Reply:
    registry = simulator.registry
    if request.method == "GET" and request.path in soap.SERVICES and "wsdl" in request.query:
        return soap.wsdl(request.path)
    if request.method == "GET" and request.path == "/":
        envelopes = registry.list_latest(limit=page.ROW_LIMIT)
        rows = [(envelope, registry.documents_of(envelope.id)) for envelope in envelopes]
        return page.overview(rows, pending=simulator.faults.pending())
    if request.method == "GET" and request.path == "/estilo.css":
        return page.stylesheet()
    if request.method == "GET" and request.path == "/icono.svg":
        return page.icon()
    found = _PAGE_ENVELOPE.fullmatch(request.path)
    envelope = registry.find(found[1]) if found and request.method == "GET" else None
    if found is None or envelope is None:
        return json_reply({"code": "not_found", "message": "Eso no existe aquí."}, status=404)
    if found[2]:
        xml = registry.xml_of(envelope.id)
        return Reply(status=200, content_type="text/xml; charset=ISO-8859-1", body=xml)
    return page.detail(envelope, registry.documents_of(envelope.id))
