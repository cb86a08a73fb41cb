"""What goes wrong on request: scripted per endpoint and count, or at random from a seed."""

import random
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
    ANY = "*"


class FaultKind(StrEnum):
    """What goes wrong."""

    SLOW = "slow"
    STATUS = "status"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    HTML = "html"
    REJECT = "reject"
    STUCK = "stuck"
    DROP_TOKENS = "drop_tokens"


STATUSES = (500, 502, 503, 504)
REJECT_STATES = ("RSC", "RCT", "RFR", "RCH", "RPR")
_UPLOAD_ONLY = (FaultKind.REJECT, FaultKind.STUCK)


class BadFault(SimulatorError):
    """Refuse a fault script that means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault, for the next `count` requests to its endpoint.

    `seconds` is the delay of SLOW, `status` the HTTP status of STATUS; with `stored` STATUS and
    HTML do the work first and only the answer is lost. REJECT ends the envelope in `state` with
    `text` (RSC, RCT, RFR the whole, RCH and RPR each document); STUCK leaves it in REC for ever;
    DROP_TOKENS forgets all tokens before the request is looked at.
    """

    endpoint: Endpoint
    kind: FaultKind
    count: int = 1
    seconds: int = 0
    status: int = 503
    stored: bool = False
    state: str = "RFR"
    text: str = "Rechazo ordenado al simulador"

    def __post_init__(self) -> None:
        if not 1 <= self.count <= COUNT_LIMIT:
            raise BadFault("bad_count", f"`count` va de 1 a {COUNT_LIMIT}.")
        if not 0 <= self.seconds <= SECONDS_LIMIT:
            raise BadFault("bad_seconds", f"`seconds` va de 0 a {SECONDS_LIMIT}.")
        if self.status not in STATUSES:
            raise BadFault("bad_status", f"`status` es uno de {STATUSES}.")
        if self.state not in REJECT_STATES:
            raise BadFault("bad_state", f"`state` es uno de {REJECT_STATES}.")
        if self.kind in _UPLOAD_ONLY and self.endpoint is not Endpoint.UPLOAD:
            raise BadFault("bad_endpoint", f"`{self.kind}` solo existe en `envio`.")

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
                if fault.endpoint in (endpoint, Endpoint.ANY):
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
