"""What the real SII does not have: orders for CAFs, certificates and faults, and the register."""

from dataclasses import asdict
from datetime import datetime
from typing import cast

from . import DEMO_KEY_ID
from .caf_office import CafOffice
from .certificates import RutPlace
from .clock import CHILE
from .errors import BadOrder
from .faults import Fault, FaultPlan
from .records import Judged, Received
from .registry import Registry
from .replies import Reply, json_reply
from .rut import same_form
from .settings import Settings

LIST_LIMIT = 500
DOCUMENT_LIMIT = 5000
_PLACES = ("subject", "san", "none")


class Control:
    """Answer the /simulador requests; every refusal is a SimulatorError."""

    def __init__(
        self, *, registry: Registry, office: CafOffice, faults: FaultPlan, settings: Settings
    ) -> None:
        self._registry = registry
        self._office = office
        self._faults = faults
        self._settings = settings

    def key(self) -> Reply:
        """Answer the authority's public key and the environment's resolution."""
        key = self._office.authority_key
        return json_reply(
            {
                "idk": DEMO_KEY_ID,
                "modulus_hex": f"{key.modulus:x}",
                "exponent": key.exponent,
                "resolution_number": self._settings.resolution_number,
                "resolution_date": self._settings.resolution_date.isoformat(),
            }
        )

    def caf(self, order: dict[str, object]) -> Reply:
        """Answer a new CAF: {rut, name, kind, quantity, first?, authorized_on?}.

        With a limit of unused folios it grants no more than MAX_AUTOR, as the SII does.
        """
        day = order.get("authorized_on")
        self._check_stock(order)
        xml = self._office.issue_caf(
            rut=_text(order, "rut"),
            name=_text(order, "name"),
            kind=_number(order, "kind", 39),
            quantity=_number(order, "quantity", 100),
            first=_number(order, "first", 0) or None,
            authorized_on=_moment(str(day)).date() if day else None,
        )
        return Reply(status=200, content_type="application/xml; charset=ISO-8859-1", body=xml)

    def caf_again(self, order: dict[str, object]) -> Reply:
        """Answer a granted CAF once more ("reobtención"): {rut, kind, folio}."""
        xml = self._office.caf_again(
            rut=_rut(order), kind=_number(order, "kind", 39), folio=_number(order, "folio", 0)
        )
        return Reply(status=200, content_type="application/xml; charset=ISO-8859-1", body=xml)

    def annul(self, order: dict[str, object]) -> Reply:
        """Annul folios that were never issued: {rut, kind, first, last?}; answers the stock."""
        rut, kind = _rut(order), _number(order, "kind", 39)
        first = _number(order, "first", 0)
        last = _number(order, "last", first)
        if self._registry.used_folios(issuer=rut, kind=kind, first=first, last=last):
            raise BadOrder(
                "folio_used",
                "En ese rango hay documentos recibidos: se anulan con una nota de crédito.",
            )
        self._office.annul(rut=rut, kind=kind, first=first, last=last)
        return self.folios(issuer=rut, kind=kind)

    def folios(self, *, issuer: str, kind: int) -> Reply:
        """Answer the granted ranges of a type, how many are left and how many may be asked for."""
        grants = self._office.grants(rut=issuer, kind=kind)
        left = self._left(issuer, kind)
        limit = self._settings.unused_folio_limit
        lapses = kind in self._settings.expiring_kinds
        return json_reply(
            {
                "folios_disp": left,
                "max_autor": None if limit is None else max(limit - left, 0),
                "ranges": [
                    {
                        "first": grant.first,
                        "last": grant.last,
                        "authorized_on": grant.authorized_on.isoformat(),
                        "lapses_on": grant.lapses_on.isoformat() if lapses else None,
                        "annulled": grant.annulled,
                    }
                    for grant in grants
                ],
            }
        )

    def _check_stock(self, order: dict[str, object]) -> None:
        limit = self._settings.unused_folio_limit
        if limit is None:
            return
        left = self._left(_rut(order), _number(order, "kind", 39))
        if _number(order, "quantity", 100) > limit - left:
            raise BadOrder(
                "too_many_folios",
                f"Quedan {left} folios sin usar: puedes pedir hasta {max(limit - left, 0)}.",
            )

    def _left(self, issuer: str, kind: int) -> int:
        grants = self._office.grants(rut=issuer, kind=kind)
        stock = sum(grant.count - grant.annulled for grant in grants)
        return stock - self._registry.used_folios(issuer=issuer, kind=kind)

    def certificate(self, order: dict[str, object]) -> Reply:
        """Answer a new .pfx: {rut, name, password, rut_place?, valid_from?, valid_to?}."""
        place = str(order.get("rut_place", "subject"))
        if place not in _PLACES:
            raise BadOrder("bad_rut_place", f"`rut_place` es uno de {_PLACES}.")
        starts, ends = (order.get(name) for name in ("valid_from", "valid_to"))
        pfx = self._office.issue_certificate(
            rut=_text(order, "rut"),
            name=_text(order, "name"),
            password=_text(order, "password"),
            valid_from=_moment(str(starts)) if starts else None,
            valid_to=_moment(str(ends)) if ends else None,
            # Checked just above.
            rut_place=cast("RutPlace", place),
        )
        return Reply(status=200, content_type="application/x-pkcs12", body=pfx)

    def break_things(self, order: dict[str, object]) -> Reply:
        """Queue faults: {clear?, faults?: [fault], random?: {seed, chances: [{percent, ...}]}}."""
        faults = [Fault.read(item) for item in _items(order, "faults")]
        chance = order.get("random")
        rolls: list[tuple[int, Fault]] = []
        if isinstance(chance, dict):
            for item in _items(chance, "chances"):
                row = dict(item) if isinstance(item, dict) else {}
                percent = _number(row, "percent", 0)
                row.pop("percent", None)
                rolls.append((percent, Fault.read(row)))
        if order.get("clear"):
            self._faults.clear()
        self._faults.add(*faults)
        if isinstance(chance, dict):
            self._faults.roll(seed=_number(chance, "seed", 0), chances=tuple(rolls))
        return self.pending_faults()

    def pending_faults(self) -> Reply:
        """Answer the scripted faults still to happen."""
        return json_reply({"faults": [asdict(fault) for fault in self._faults.pending()]})

    def register(self, *, issuer: str, limit: int) -> Reply:
        """Answer what was received, newest first."""
        envelopes = self._registry.list_latest(limit=min(max(limit, 1), LIST_LIMIT), issuer=issuer)
        return json_reply(
            {
                "envelopes": [
                    _envelope_shape(envelope, self._registry.documents_of(envelope.id))
                    for envelope in envelopes
                ]
            }
        )

    def documents(self, *, issuer: str, kind: int, after: int, limit: int) -> Reply:
        """Answer judged documents with their verdicts, oldest first; `next` is null at the end."""
        limit = min(max(limit, 1), DOCUMENT_LIMIT)
        filed = self._registry.list_documents(after=after, limit=limit, issuer=issuer, kind=kind)
        return json_reply(
            {
                "documents": [
                    {
                        "id": document.id,
                        "channel": document.channel,
                        "track_id": document.track_id,
                        **_document_shape(document.judged),
                    }
                    for document in filed
                ],
                "next": filed[-1].id if len(filed) == limit else None,
            }
        )


def _envelope_shape(envelope: Received, judged: list[Judged]) -> dict[str, object]:
    return {
        "track_id": envelope.track_id,
        "channel": envelope.channel,
        "issuer": envelope.issuer,
        "sender": envelope.sender,
        "file_name": envelope.file_name,
        "received_at": envelope.received_at.isoformat(),
        "copies": envelope.copies,
        "state": envelope.state,
        "glosa": envelope.glosa,
        "documents": [_document_shape(document) for document in judged],
    }


def _document_shape(document: Judged) -> dict[str, object]:
    return {
        **asdict(document.facts),
        "state": document.state,
        "errors": [asdict(finding) for finding in document.findings],
    }


def _rut(order: dict[str, object]) -> str:
    return same_form(_text(order, "rut"))


def _text(order: dict[str, object], name: str) -> str:
    value = order.get(name)
    if not isinstance(value, str) or not value.strip():
        raise BadOrder("missing", f"Falta `{name}`.")
    return value


def _number(order: dict[str, object], name: str, default: int) -> int:
    value = order.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadOrder("not_a_number", f"`{name}` debe ser un número entero.")
    return value


def _moment(written: str) -> datetime:
    try:
        found = datetime.fromisoformat(written)
    except ValueError as error:
        raise BadOrder("bad_date", f"No es una fecha: {written}.") from error
    return found if found.tzinfo else found.replace(tzinfo=CHILE)


def _items(order: dict[str, object], name: str) -> list[object]:
    value = order.get(name, [])
    if not isinstance(value, list):
        raise BadOrder("not_a_list", f"`{name}` debe ser una lista.")
    return value
