"""Move each envelope from state to state, as the SII does behind its counter.

REC -> SOK (schema) -> CRT (carátula) -> FOK (signature) -> PRD -> EPR, or out at RSC, RCT, RFR;
the factura channel calls PRD PDR. Books: REC -> LSO (schema) -> LOK (signature), or out at LRH.
Each step reads the stored bytes again and commits on its own, so it may die anywhere.
"""

import logging
import threading
from datetime import datetime, timedelta

from . import books, signatures
from .caf_office import CafOffice
from .certificates import is_current, rut_of
from .clock import Clock
from .covers import cover_errors
from .envelope import (
    BOOKS,
    CONSUMPTION,
    Envelope,
    UnreadableEnvelopeError,
    read_cover,
    read_envelope,
)
from .forced import STUCK
from .records import FACTURA, Judged, Received
from .registry import Registry
from .schemas import ROOTS, schema_errors
from .settings import Settings
from .verdicts import Judge

logger = logging.getLogger(__name__)

GLOSA_LIMIT = 1000
_IDLE_SECONDS = 1
_RETRY_AFTER_FAILURE = timedelta(seconds=5)


class Worker:
    """Do the due steps, in one background thread or by hand."""

    def __init__(
        self, *, registry: Registry, office: CafOffice, settings: Settings, clock: Clock
    ) -> None:
        self._registry = registry
        self._office = office
        self._settings = settings
        self._clock = clock
        self._judge = Judge(registry=registry, office=office, settings=settings)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Work in the background until stop()."""
        self._thread = threading.Thread(target=self._run, name="sii-worker", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the step in hand and end the thread."""
        self._stopping.set()
        self._wake.set()
        if self._thread:
            self._thread.join()

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def step(self) -> bool:
        """Do one due step; tell whether there was one."""
        at = self._clock()
        envelope = self._registry.next_due(at=at)
        if envelope is None:
            return False
        if envelope.forced_state == STUCK + envelope.state.replace("PDR", "PRD"):
            self._registry.postpone(envelope.id, until=at + timedelta(days=3650))
            return True
        try:
            self._advance(envelope, at=at)
        except Exception:
            # The edge of this thread: one bad envelope must not stop the others.
            logger.exception("sii_simulator.step.failed", extra={"track": envelope.track_id})
            self._registry.postpone(envelope.id, until=at + _RETRY_AFTER_FAILURE)
        return True

    def _run(self) -> None:
        pause = max(self._settings.stage_ms, 20) / 1000
        while not self._stopping.is_set():
            if not self.step():
                self._wake.wait(timeout=min(pause, _IDLE_SECONDS))
                self._wake.clear()

    def _advance(self, envelope: Received, *, at: datetime) -> None:
        xml = self._registry.xml_of(envelope.id)
        state, glosa = envelope.state, ""
        judged: tuple[Judged, ...] = ()
        match envelope.state:
            case "REC":
                state, glosa = _schema_verdict(xml, names=ROOTS[envelope.channel])
            case "SOK":
                state, glosa = self._after_cover(envelope, _read(xml), at=at)
            case "CRT":
                state, glosa = self._after_signature(envelope, _read(xml), at=at)
            case "LSO":
                state, glosa = self._after_book(envelope, _read(xml), at=at)
            case "FOK":
                state = "PDR" if envelope.channel == FACTURA else "PRD"
            case "PRD" | "PDR":
                state = "EPR"
                judged = self._judge.verdicts(envelope, _read(xml), at=at)
        if _FORCED_INSTEAD_OF.get(envelope.forced_state) == state:
            state, glosa, judged = envelope.forced_state, envelope.forced_text, ()
        self._registry.advance(
            envelope,
            state=state,
            next_at=at + timedelta(milliseconds=self._settings.stage_ms),
            glosa=glosa[:GLOSA_LIMIT],
            judged=judged,
        )

    def _after_cover(
        self, received: Received, envelope: Envelope, *, at: datetime
    ) -> tuple[str, str]:
        if envelope.name == CONSUMPTION:
            errors = self._summary_cover_errors(received, envelope)
        else:
            errors = cover_errors(
                envelope,
                read_cover(envelope),
                sender=received.sender,
                issuer=received.issuer,
                settings=self._settings,
                at=at,
            )
        return ("RCT", "; ".join(errors)) if errors else ("CRT", "")

    def _summary_cover_errors(self, received: Received, envelope: Envelope) -> list[str]:
        return books.cover_errors(
            envelope.root, sender=received.sender, issuer=received.issuer, settings=self._settings
        )

    def _summary_signature_errors(
        self, received: Received, envelope: Envelope, *, at: datetime
    ) -> list[str]:
        authority = self._office.certificate_authority
        return books.signature_errors(
            envelope.root, sender=received.sender, authority=authority, at=at
        )

    def _after_book(
        self, received: Received, envelope: Envelope, *, at: datetime
    ) -> tuple[str, str]:
        errors = self._summary_cover_errors(received, envelope)
        errors += self._summary_signature_errors(received, envelope, at=at)
        return ("LRH", "; ".join(errors)) if errors else ("LOK", "")

    def _after_signature(
        self, received: Received, envelope: Envelope, *, at: datetime
    ) -> tuple[str, str]:
        if envelope.name == CONSUMPTION:
            errors = self._summary_signature_errors(received, envelope, at=at)
        else:
            errors = self._envelope_signature_errors(envelope, at=at)
            errors += self._judge.breakers(received, envelope)
        return ("RFR", "; ".join(errors[:5])) if errors else ("FOK", "")

    def _envelope_signature_errors(self, envelope: Envelope, *, at: datetime) -> list[str]:
        try:
            certificate = signatures.check_set(envelope.root).certificate
        except signatures.BadSignatureError as error:
            return [f"Firma del envio incorrecta: {error.reason}"]
        errors = []
        if not self._office.certificate_authority.trusts(certificate):
            errors.append("Certificado no autorizado")
        elif not is_current(certificate, at=at):
            errors.append("Certificado no vigente")
        cover, signer = read_cover(envelope), rut_of(certificate)
        if signer != cover.sender:
            errors.append("RUT del certificado distinto a RutEnvia")
        elif not self._settings.may_sign(signer, company=cover.issuer):
            errors.append("Firmante no autorizado por la empresa")
        return errors


# The step that an ordered end of the whole envelope replaces: where it would have got to.
_FORCED_INSTEAD_OF = {
    "VOF": "SOK",
    "RSC": "SOK",
    "RCT": "CRT",
    "RFR": "FOK",
    "RPT": "EPR",
    "RCO": "EPR",
}


def _schema_verdict(xml: bytes, *, names: tuple[str, ...]) -> tuple[str, str]:
    errors = schema_errors(xml, names=names)
    try:
        book = read_envelope(xml, names=names).name in BOOKS
    except UnreadableEnvelopeError:
        book = False
    if errors:
        return "LRH" if book else "RSC", "; ".join(errors)
    return "LSO" if book else "SOK", ""


def _read(xml: bytes) -> Envelope:
    # The schema step took it, so its root is one of those of the channel.
    return read_envelope(xml, names=ROOTS[FACTURA])
