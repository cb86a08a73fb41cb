"""The register of acceptances and claims, which a receiver speaks to about a supplier's factura.

Source: SII, WS registro de reclamo v1.2 (operations, codResp); Ley 19.983, art. 3 (eight days).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

from lxml import etree

from .clock import chile
from .envelope import safe_parser
from .ledger import ANNULS, CREDIT_NOTE
from .login import Login, token_in
from .records import FACTURA, Claim, Filed
from .registry import Registry
from .replies import Reply, unauthenticated_reply
from .rut import is_rut
from .settings import Settings

CLAIM_PATHS = (
    "/WSREGISTRORECLAMODTE/registroreclamodteservice",
    "/WSREGISTRORECLAMODTECERT/registroreclamodteservice",
)
NAMESPACE = "http://ws.registroreclamodte.diii.sdi.sii.cl"
CLAIM_DAYS = 8
CLAIMABLE = ("33", "34", "43")
ASSIGNABLE = ("33", "34", "43", "46")
ACCEPTS, RECEIVED, OBJECTS, LACKS_PART, LACKS_ALL = "ACD", "ERM", "RCD", "RFP", "RFT"
_LACKS = (LACKS_PART, LACKS_ALL)
_CLAIMS = (OBJECTS, *_LACKS)
EVENT_WORDS = {
    ACCEPTS: "Acepta Contenido del Documento",
    RECEIVED: "Otorga Recibo de Mercaderías o Servicios",
    OBJECTS: "Reclamo al Contenido del Documento",
    LACKS_PART: "Reclamo por Falta Parcial de Mercaderías",
    LACKS_ALL: "Reclamo por Falta Total de Mercaderías",
}
WORDS = {
    0: "Acción Completada OK.",
    1: "Rut Emisor Erróneo.",
    2: "Número de Folio Erróneo.",
    3: "Tipo de documento no corresponde.",
    4: "Acción no corresponde.",
    5: "DTE previamente reclamado.",
    6: "No se puede dar recibo de un DTE previamente reclamado.",
    7: "Evento registrado previamente",
    8: "Pasados 8 días después de la recepción no es posible registrar reclamos o eventos.",
    11: "No se puede reclamar DTE previamente aceptado.",
    12: "No se puede dar por aceptado DTE previamente reclamado.",
    13: "No se puede reclamar DTE previamente registrado con acuse de recibo de mercadería.",
    14: "Acción autorizada sólo para empresa receptora o emisora.",
    15: "Listado de eventos del documento",
    16: "Documento no presenta eventos de reclamos o acuse de recibo.",
    17: "Acción autorizada solo para empresa receptora.",
    18: "Documento no ha sido recibido.",
    19: "Reclamo de mercaderías ya realizado.",
    20: "Tipo de documento no es cedible.",
    21: "DTE No Cedible, referenciado por nota de crédito.",
    22: "No existe registro de reclamo o de recepción de mercaderías o servicios.",
    23: "DTE Cedible, sin reclamos.",
    24: "DTE No Cedible, reclamado por el receptor.",
    25: "DTE Cedible, pasados 8 días se entiende dado el acuse de recibo.",
    -1: "Error Interno, reintente más tarde.",
}
_SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
_FIELDS = ("rutEmisor", "dvEmisor", "tipoDoc", "folio")


class _RefusedError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One call: who asks, what about."""

    person: str
    fields: dict[str, str]
    at: datetime

    @property
    def issuer(self) -> str:
        return f"{self.fields['rutEmisor']}-{self.fields['dvEmisor'].upper()}"


class Claims:
    """Answer the claims service. Headers come with lower-case names."""

    def __init__(self, *, registry: Registry, login: Login, settings: Settings) -> None:
        self._registry = registry
        self._login = login
        self._settings = settings

    def answer(self, headers: dict[str, str], body: bytes, *, at: datetime) -> Reply:
        """Answer a SOAP call; the token is that of the factura channel."""
        _, person = self._login.look_up(token_in(headers), channel=FACTURA, at=at)
        if not person:
            return unauthenticated_reply()
        operations: dict[str, Callable[[_Question], str]] = {
            "ingresarAceptacionReclamoDoc": self._register,
            "listarEventosHistDoc": self._list,
            "consultarDocDteCedible": self._assignable,
            "consultarFechaRecepcionSii": self._reception,
        }
        call = _read_call(body)
        if call is None or call[0] not in operations:
            return _fault("Cannot find dispatch method")
        name, fields = call
        question = _Question(person=person, fields=fields, at=at)
        try:
            return _response(name, operations[name](question))
        except _RefusedError as refusal:
            return _response(name, _code(refusal.code))

    def refusal(self, body: bytes, code: str) -> Reply:
        """Answer with an ordered codResp, whatever was asked."""
        call = _read_call(body)
        number = int(code) if re.fullmatch(r"-?[0-9]+", code) else -1
        return _response(call[0] if call else "ingresarAceptacionReclamoDoc", _code(number))

    def _register(self, question: _Question) -> str:
        filed = self._document(question, kinds=CLAIMABLE, wrong_kind=3)
        action = question.fields.get("accionDoc", "")
        if action not in EVENT_WORDS:
            return _code(4)
        if not self._is_receiver(question, filed):
            return _code(17)
        late = question.at >= self._deadline(filed)
        code = self._registry.add_claim(
            filed.judged.facts.key,
            Claim(action=action, responsible=filed.judged.facts.receiver, at=question.at),
            refuse=lambda earlier: _obstacle(action, earlier, late=late),
        )
        return _code(code)

    def _list(self, question: _Question) -> str:
        filed = self._document(question, kinds=CLAIMABLE, wrong_kind=3)
        facts = filed.judged.facts
        if not any(
            self._settings.may_sign(question.person, company=company)
            for company in (facts.receiver, facts.issuer)
        ):
            return _code(14)
        events = self._registry.claims_on(facts.key)
        return _code(15 if events else 16) + "".join(map(_event, events))

    def _assignable(self, question: _Question) -> str:
        filed = self._document(question, kinds=ASSIGNABLE, wrong_kind=20)
        actions = {claim.action for claim in self._registry.claims_on(filed.judged.facts.key)}
        if actions.intersection(_CLAIMS):
            return _code(24)
        if self._is_annulled_in_time(filed):
            return _code(21)
        if actions:
            return _code(23)
        return _code(25 if question.at >= self._deadline(filed) else 22)

    def _reception(self, question: _Question) -> str:
        try:
            filed = self._document(question, kinds=None, wrong_kind=3)
        except _RefusedError:
            return ""
        return f"{chile(self._received_at(filed)):%d-%m-%Y %H:%M:%S}"

    def _document(
        self, question: _Question, *, kinds: tuple[str, ...] | None, wrong_kind: int
    ) -> Filed:
        kind, folio = question.fields["tipoDoc"], question.fields["folio"]
        if not is_rut(question.issuer):
            raise _RefusedError(1)
        if not re.fullmatch(r"[0-9]{1,10}", folio) or int(folio) == 0:
            raise _RefusedError(2)
        if not kind.isdigit() or (kinds is not None and kind not in kinds):
            raise _RefusedError(wrong_kind)
        filed = self._registry.received(
            issuer=question.issuer, kind=int(kind), folio=int(folio), channel=FACTURA
        )
        if filed is None:
            raise _RefusedError(18)
        return filed

    def _is_receiver(self, question: _Question, filed: Filed) -> bool:
        """Who may act for the receiver: those on its list, else anybody but the sender."""
        receiver = filed.judged.facts.receiver
        if any(company == receiver for company, _ in self._settings.signers):
            return self._settings.may_sign(question.person, company=receiver)
        envelope = self._registry.find(filed.track_id)
        return envelope is None or envelope.sender != question.person

    def _received_at(self, filed: Filed) -> datetime:
        envelope = self._registry.find(filed.track_id)
        assert envelope is not None, "a filed document came in an envelope"
        return envelope.received_at

    def _deadline(self, filed: Filed) -> datetime:
        # Eight days of the calendar at the same hour, also over a change of clocks.
        return chile(self._received_at(filed)) + timedelta(days=CLAIM_DAYS)

    def _is_annulled_in_time(self, filed: Filed) -> bool:
        issuer, kind, folio = filed.judged.facts.key
        for note in self._registry.notes_on(issuer=issuer, kind=kind, folio=folio):
            if note.kind == CREDIT_NOTE and note.reason == ANNULS:
                by = self._registry.received(issuer=issuer, kind=note.kind, folio=note.folio)
                if by is not None and self._received_at(by) < self._deadline(filed):
                    return True
        return False


def _obstacle(action: str, earlier: tuple[str, ...], *, late: bool) -> int:
    """Tell why an action cannot follow the earlier ones; 0 when it can."""
    if action in earlier:
        return 7
    if late:
        return 8
    claimed = any(event in _CLAIMS for event in earlier)
    if action == ACCEPTS:
        return 12 if claimed else 0
    if action == RECEIVED:
        return 6 if claimed else 0
    if ACCEPTS in earlier:
        return 11
    if RECEIVED in earlier:
        return 13
    if action in _LACKS and any(event in _LACKS for event in earlier):
        return 19
    return 5 if claimed else 0


def _read_call(body: bytes) -> tuple[str, dict[str, str]] | None:
    try:
        root = etree.fromstring(body, safe_parser())
    except (etree.XMLSyntaxError, ValueError):
        return None
    call = next(iter(root.iterfind(f"{{{_SOAP}}}Body/{{{NAMESPACE}}}*")), None)
    if root.tag != f"{{{_SOAP}}}Envelope" or call is None:
        return None
    fields = {
        etree.QName(child).localname: (child.text or "").strip()
        for child in call.iterchildren(etree.Element)
    }
    if any(name not in fields for name in _FIELDS):
        return None
    return etree.QName(call).localname, fields


def _code(code: int) -> str:
    words = WORDS.get(code, "Código ordenado al simulador")
    return f"<codResp>{code}</codResp><descResp>{words}</descResp>"


def _event(claim: Claim) -> str:
    number, _, check = claim.responsible.partition("-")
    return (
        f"<listaEventosDoc><codEvento>{claim.action}</codEvento>"
        f"<descEvento>{EVENT_WORDS[claim.action]}</descEvento>"
        f"<rutResponsable>{number}</rutResponsable><dvResponsable>{check}</dvResponsable>"
        f"<fechaEvento>{chile(claim.at):%d-%m-%Y %H:%M:%S}</fechaEvento></listaEventosDoc>"
    )


def _response(operation: str, inside: str) -> Reply:
    return _soap(
        200,
        f'<ns2:{operation}Response xmlns:ns2="{NAMESPACE}"><return>{inside}</return>'
        f"</ns2:{operation}Response>",
    )


def _fault(words: str) -> Reply:
    return _soap(
        500,
        f"<S:Fault><faultcode>S:Client</faultcode><faultstring>{escape(words)}</faultstring>"
        "</S:Fault>",
    )


def _soap(status: int, inside: str) -> Reply:
    body = (
        f"<?xml version='1.0' encoding='UTF-8'?><S:Envelope xmlns:S=\"{_SOAP}\"><S:Body>{inside}"
        "</S:Body></S:Envelope>"
    )
    return Reply(status=status, content_type="text/xml; charset=utf-8", body=body.encode("utf-8"))
