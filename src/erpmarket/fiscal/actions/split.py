"""Find the document at fault in an envelope that the SII turned down as a whole.

The SII names none. What our own check finds is set aside; if it finds nothing the envelope goes
again in two halves, with the same signed documents, until the one at fault stands alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dte.admission import sort_out
from dte.errors import DteError
from dte.schemas import SchemasMissing
from dte.sii import EnvelopeState as SiiState
from erpmarket.fiscal.actions.envelopes import (
    Issuing,
    SealedEnvelope,
    seal_envelope,
    store_envelope,
)
from erpmarket.fiscal.actions.leases import HeldDocument, HeldEnvelope
from erpmarket.fiscal.actions.sii_events import EventName, Happening, append_events
from erpmarket.fiscal.actions.verdicts import Verdict
from erpmarket.fiscal.models import Envelope, SubmissionState
from erpmarket.fiscal.outbox_queries import read_copies
from erpmarket.fiscal.sii_gateway import Gateway, GatewayClosed
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

# Not RCT: a wrong cover is the company's, and each half would have the same one.
BLAMES_A_DOCUMENT: Final = frozenset(
    {SiiState.RSC, SiiState.RFR, SiiState.RPT, SiiState.RCH, SiiState.RCO, SiiState.VOF}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What becomes of the suspects: verdicts of our own check, and the envelopes of the rest."""

    verdicts: tuple[Verdict, ...]
    parts: tuple[SealedEnvelope, ...]


def split(
    held: HeldEnvelope,
    suspects: Sequence[HeldDocument],
    gateway: Gateway,
    *,
    is_culprit_known: bool,
    code: str,
    words: str,
    at: datetime,
) -> Split:
    """Divide the suspects of an envelope of several documents; nothing is written.

    With a known culprit, who is not among them, the rest stays together. `code` and `words` are
    what the SII said. Call it outside a scope. Raises GatewayClosed.
    """
    with company_scope(held.company_id):
        company = get_company()
        copies = read_copies([document.document_id for document in suspects])
    issuing = Issuing(
        rut=held.issuer,
        resolution_date=company.resolution_date,
        resolution_number=company.resolution_number,
    )
    signed = [copies[document.document_id].signed_xml for document in suspects]
    unfit = {each.place: each for each in sort_out(signed, issuer=held.issuer).refused}
    verdicts = tuple(
        Verdict(
            document=suspects[place],
            state=SubmissionState.REJECTED,
            words=f"{words}. {each.message}",
            said_code=code,
        )
        for place, each in unfit.items()
    )
    rest = [place for place in range(len(suspects)) if place not in unfit]
    groups = [rest] if is_culprit_known or unfit or len(rest) < _TWO else _halves(rest)
    parts = []
    for group in groups:
        if group:
            documents = [(suspects[place], signed[place]) for place in group]
            parts.append(_seal(held, documents, issuing, gateway, at=at))
    return Split(verdicts=verdicts, parts=tuple(parts))


def store_split(row: Envelope, found: Split, *, at: datetime) -> None:
    """Store the envelopes of a split; the caller holds the lock and writes the verdicts."""
    for part in found.parts:
        store_envelope(part, at=at, split_from_id=row.id)
    if found.parts:
        counts = " y ".join(str(len(part.document_ids)) for part in found.parts)
        words = (
            "El SII rechazó el envío entero sin decir por cuál documento: va otra vez en partes,"
            f" de {counts}."
        )
        append_events([Happening(name=EventName.SPLIT, words=words, envelope_id=row.id)], at=at)


_TWO: Final = 2


def _halves(places: Sequence[int]) -> list[Sequence[int]]:
    middle = len(places) // _TWO
    return [places[:middle], places[middle:]]


def _seal(
    held: HeldEnvelope,
    documents: Sequence[tuple[HeldDocument, bytes]],
    issuing: Issuing,
    gateway: Gateway,
    *,
    at: datetime,
) -> SealedEnvelope:
    try:
        xml = seal_envelope(
            held.channel, [signed for _, signed in documents], issuing, gateway.certificate, at=at
        )
    except (DteError, SchemasMissing) as error:
        raise GatewayClosed(error.code, error.message) from error
    return SealedEnvelope(
        channel=held.channel,
        environment=held.environment,
        sender=gateway.certificate.rut,
        document_ids=tuple(document.document_id for document, _ in documents),
        xml=xml,
    )
