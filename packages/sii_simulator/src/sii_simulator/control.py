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
from .registry import Judged, Received, Registry
from .replies import Reply, json_reply
from .settings import Settings

LIST_LIMIT = 500
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
        """Answer a new CAF: {rut, name, kind, quantity, first?, authorized_on?}."""
        day = order.get("authorized_on")
        xml = self._office.issue_caf(
            rut=_text(order, "rut"),
            name=_text(order, "name"),
            kind=_number(order, "kind", 39),
            quantity=_number(order, "quantity", 100),
            first=_number(order, "first", 0) or None,
            authorized_on=_moment(str(day)).date() if day else None,
        )
        return Reply(status=200, content_type="application/xml; charset=ISO-8859-1", body=xml)

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


def _envelope_shape(envelope: Received, judged: list[Judged]) -> dict[str, object]:
    return {
        "track_id": envelope.track_id,
        "issuer": envelope.issuer,
        "sender": envelope.sender,
        "file_name": envelope.file_name,
        "received_at": envelope.received_at.isoformat(),
        "copies": envelope.copies,
        "state": envelope.state,
        "glosa": envelope.glosa,
        "documents": [
            {
                **asdict(document.boleta),
                "state": document.state,
                "errors": [asdict(finding) for finding in document.findings],
            }
            for document in judged
        ],
    }


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
