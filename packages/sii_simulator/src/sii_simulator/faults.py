"""What goes wrong on request: scripted per endpoint and count, or at random from a seed."""

import random
import re
import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from .errors import SimulatorError

SECONDS_LIMIT = 300
COUNT_LIMIT = 1_000_000


class Endpoint(StrEnum):
    """Where a fault can sit; ANY matches each of them."""

    SEED = "semilla"
    TOKEN = "token"  # noqa: S105  # the name of an endpoint
    UPLOAD = "envio"
    ENVELOPE_STATUS = "estado_envio"
    DOCUMENT_STATUS = "estado_documento"
    DTE_SEED = "dte_semilla"
    DTE_TOKEN = "dte_token"  # noqa: S105  # the name of an endpoint
    DTE_UPLOAD = "dte_envio"
    DTE_ENVELOPE_STATUS = "dte_estado_envio"
    DTE_DOCUMENT_STATUS = "dte_estado_documento"
    DTE_ADVANCED_STATUS = "dte_estado_avanzado"
    DTE_MAIL = "dte_correo"
    CLAIM = "reclamo"
    ANY = "*"


class FaultKind(StrEnum):
    """What goes wrong."""

    SLOW = "slow"
    STATUS = "status"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    HTML = "html"
    ALERT = "alert"
    EMPTY = "empty"
    REFUSE = "refuse"
    REJECT = "reject"
    STUCK = "stuck"
    HIDE_KIND = "hide_kind"
    DROP_TOKENS = "drop_tokens"


STATUSES = (500, 502, 503, 504)
REJECT_STATES = ("RSC", "RCT", "RFR", "RPT", "RCO", "VOF", "RCH", "RPR", "RLV")
STAGES = ("REC", "SOK", "CRT", "FOK", "PRD")
UPLOADS = (Endpoint.UPLOAD, Endpoint.DTE_UPLOAD)
_UPLOAD_ONLY = (FaultKind.REJECT, FaultKind.STUCK, FaultKind.HIDE_KIND)
# Where REFUSE can say something in the channel's own words.
_REFUSING = (
    Endpoint.DTE_SEED,
    Endpoint.DTE_TOKEN,
    Endpoint.DTE_UPLOAD,
    Endpoint.DTE_ENVELOPE_STATUS,
    Endpoint.DTE_DOCUMENT_STATUS,
    Endpoint.DTE_ADVANCED_STATUS,
    Endpoint.DTE_MAIL,
    Endpoint.CLAIM,
)
_CODE = re.compile(r"-?[0-9]{1,3}|[A-Z]{3}")


class BadFault(SimulatorError):
    """Refuse a fault script that means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, for `count` requests to its endpoint after the first `after` of them.

    `seconds` is the delay of SLOW, `status` the HTTP status of STATUS; with `stored` STATUS, HTML,
    ALERT, EMPTY and REFUSE do the work first and only the answer is lost. REFUSE answers `code`
    as STATUS or ESTADO of the factura channel ("99", "-11", "106", "001"), a login also `text`
    as its GLOSA. REJECT ends the
    envelope in `state` with `text` (RCH, RPR and RLV: each document, the others: the whole);
    STUCK leaves it in `stage` for ever; HIDE_KIND leaves `document_kind` out of its counters;
    DROP_TOKENS forgets all tokens before the request is looked at.
    """

    endpoint: Endpoint
    kind: FaultKind
    count: int = 1
    after: int = 0
    seconds: int = 0
    status: int = 503
    stored: bool = False
    code: str = "99"
    state: str = "RFR"
    stage: str = "REC"
    document_kind: int = 61
    text: str = "Rechazo ordenado al simulador"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= COUNT_LIMIT:
            raise BadFault("bad_count", f"`count` va de 1 a {COUNT_LIMIT}.")
        if not 0 <= self.after <= COUNT_LIMIT:
            raise BadFault("bad_after", f"`after` va de 0 a {COUNT_LIMIT}.")
        if not 0 <= self.seconds <= SECONDS_LIMIT:
            raise BadFault("bad_seconds", f"`seconds` va de 0 a {SECONDS_LIMIT}.")
        if self.status not in STATUSES:
            raise BadFault("bad_status", f"`status` es uno de {STATUSES}.")
        if not _CODE.fullmatch(self.code):
            raise BadFault("bad_code", "`code` es un número como 99, -11 o 106, o tres letras.")
        self._check_verdict()

    def _check_verdict(self) -> None:
        if self.state not in REJECT_STATES:
            raise BadFault("bad_state", f"`state` es uno de {REJECT_STATES}.")
        if self.stage not in STAGES:
            raise BadFault("bad_stage", f"`stage` es uno de {STAGES}.")
        if self.kind in _UPLOAD_ONLY and self.endpoint not in UPLOADS:
            raise BadFault("bad_endpoint", f"`{self.kind}` solo existe en `envio` y `dte_envio`.")
        if self.kind is FaultKind.REFUSE and self.endpoint not in _REFUSING:
            raise BadFault(
                "bad_endpoint", "`refuse` solo existe en `reclamo` y en los puntos `dte_…`."
            )

    @classmethod
    def read(cls, order: object) -> Self:
        """Read a fault from JSON. Raises BadFault."""
        if not isinstance(order, dict):
            raise BadFault("bad_fault", "Cada falla es un objeto con `endpoint` y `kind`.")
        try:
            return cls(
                **{
                    **order,
                    "endpoint": Endpoint(str(order.get("endpoint"))),
                    "kind": FaultKind(str(order.get("kind"))),
                }
            )
        except (TypeError, ValueError) as error:
            raise BadFault("bad_fault", f"No se entiende la falla: {error}") from error


class FaultPlan:
    """The faults still to happen; scripted ones first, in order, then random ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._script: list[Fault] = []
        self._random: random.Random | None = None
        self._chances: tuple[tuple[int, Fault], ...] = ()

    def add(self, *faults: Fault) -> None:
        """Queue faults."""
        with self._lock:
            self._script.extend(faults)

    def clear(self) -> None:
        """Forget every fault, scripted and random."""
        with self._lock:
            self._script.clear()
            self._random, self._chances = None, ()

    def roll(self, *, seed: int, chances: tuple[tuple[int, Fault], ...]) -> None:
        """From now on let each fault happen to so many percent of its endpoint's requests.

        The same seed and the same requests give the same faults. Raises BadFault.
        """
        if any(not 0 <= percent <= 100 for percent, _ in chances):  # noqa: PLR2004  # per cent
            raise BadFault("bad_percent", "`percent` va de 0 a 100.")
        with self._lock:
            self._random = random.Random(seed)  # noqa: S311  # repeatable on purpose
            self._chances = chances

    def pending(self) -> tuple[Fault, ...]:
        """List the scripted faults still to happen."""
        with self._lock:
            return tuple(self._script)

    def take(self, endpoint: Endpoint) -> Fault | None:
        """Use up the fault that hits this request, if any."""
        with self._lock:
            for place, fault in enumerate(self._script):
                if fault.endpoint not in (endpoint, Endpoint.ANY):
                    continue
                if fault.after:
                    self._script[place] = replace(fault, after=fault.after - 1)
                    continue
                self._script[place : place + 1] = (
                    [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                )
                return fault
            return self._take_random(endpoint)

    def _take_random(self, endpoint: Endpoint) -> Fault | None:
        if self._random is None:
            return None
        for percent, fault in self._chances:
            if fault.endpoint in (endpoint, Endpoint.ANY) and self._random.randrange(100) < percent:
                return fault
        return None
