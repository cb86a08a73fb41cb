"""Who the parties are and how goods travel, as labels with words, one or two to a row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dte.document import CONSUMER, PaymentTerms, Transport
from dte.printable import words
from dte.printable.shop import Shop
from dte.rut import Rut
from dte.xml.read import ReadDocument

UNKNOWN_RECEIVER = "Sin identificar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label with its words."""

    label: str
    words: str


# How and when a document is paid, beside who receives it.
MEANS_LABEL = "Medio de pago"
PAYMENT_LABELS = frozenset({"Forma de pago", "Vencimiento", MEANS_LABEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRow:
    """One fact, or two beside each other."""

    left: Fact
    right: Fact | None = None


def issuer_addresses(document: ReadDocument, shop: Shop) -> Iterator[str]:
    """Yield the issuer's addresses in words, that of the document's own place among them.

    Source: Manual de muestras impresas v3.0: head office and branches of the issuer.
    """
    issuer = document.issuer
    own = words.place_text(issuer.address, issuer.commune, issuer.city)
    is_boleta = document.kind.is_boleta
    if shop.head_office:
        yield f"Casa matriz: {shop.head_office}"
    if own:
        is_branch = shop.is_branch or bool(shop.head_office)
        label = "Sucursal: " if is_branch else "" if is_boleta else "Casa matriz: "
        yield f"{label}{own}"
    for branch in shop.branches:
        yield f"Sucursal: {branch}"


def issuer_contact(document: ReadDocument) -> str:
    """Return phones and mail of the issuer on one line, or ""."""
    issuer = document.issuer
    phones = " / ".join(issuer.phones)
    return " · ".join(
        part for part in (f"Teléfono {phones}" if phones else "", issuer.email) if part
    )


def boleta_facts(document: ReadDocument, given: Sequence[Fact]) -> tuple[FactRow, ...]:
    """Return the buyer, where known, and what the sale told.

    Source: Res. Ex. SII 74 of 2020, letter G; Formato Boletas Electrónicas v4.2, column I.
    """
    receiver = document.receiver
    facts: list[Fact] = []
    # The consumer's placeholder RUT means "unknown": on paper it would only confuse.
    if receiver.rut != CONSUMER.rut:
        address = words.place_text(receiver.address, receiver.commune, receiver.city)
        facts = [
            Fact(label="Cliente", words=receiver.name),
            Fact(label="R.U.T. cliente", words=receiver.rut.dotted),
            Fact(label="Dirección", words=address),
        ]
    shown = [fact for fact in (*facts, *given) if fact.words]
    return tuple(
        FactRow(left=shown[at], right=shown[at + 1] if at + 1 < len(shown) else None)
        for at in range(0, len(shown), 2)
    )


def receiver_facts(document: ReadDocument) -> tuple[FactRow, ...]:
    """Return the receiver and the terms of payment of a document between companies.

    Source: Manual de muestras impresas v3.0, datos del receptor.
    """
    receiver, draft = document.receiver, document.draft
    is_unknown = receiver.rut == CONSUMER.rut
    contact = ", ".join(part for part in (receiver.contact, receiver.email) if part)
    requester = "" if draft.requester is None else draft.requester.dotted
    due = "" if draft.due_date is None else words.day_text(draft.due_date)
    means = "" if draft.payment_means is None else words.MEANS_WORDS[draft.payment_means]
    pairs = (
        (("Señor(es)", UNKNOWN_RECEIVER if is_unknown else receiver.name), ("", "")),
        (("R.U.T.", "" if is_unknown else receiver.rut.dotted), ("Comuna", receiver.commune)),
        (("Giro", receiver.giro), ("Ciudad", receiver.city)),
        (("Dirección", receiver.address), ("Forma de pago", _terms_words(draft.payment_terms))),
        (("Contacto", contact), ("Vencimiento", due)),
        (("Solicitado por", requester), (MEANS_LABEL, means)),
    )
    return _rows(pairs)


def _terms_words(terms: PaymentTerms) -> str:
    form = "" if terms.form is None else words.FORM_WORDS[terms.form]
    days = "" if terms.term_days is None else f"{terms.term_days} días"
    return " ".join(part for part in (form, days, terms.term_text) if part)


def transport_facts(document: ReadDocument) -> tuple[FactRow, ...]:
    """Return how the goods travel; empty for a document that moves none.

    Source: DTE_v10.xsd (2026-02-06), Transporte; Res. Ex. SII 154 of 2025 (from 2026-05-01).
    """
    draft, issuer = document.draft, document.issuer
    moves = draft.transport or draft.dispatch or draft.transfer_reason
    if moves is None:
        return ()
    transport = draft.transport or Transport()
    receiver = draft.receiver
    reason = ""
    if draft.transfer_reason is not None:
        reason = f"{draft.transfer_reason:d} · {words.TRANSFER_WORDS[draft.transfer_reason]}"
    dispatch = "" if draft.dispatch is None else words.DISPATCH_WORDS[draft.dispatch]
    carrier = _rut(transport.carrier)
    origin = words.place_text(issuer.address, issuer.commune, issuer.city)
    destination = words.place_text(transport.address, transport.commune, transport.city)
    pairs = (
        (("Motivo", reason), ("Despacho", dispatch)),
        (("Origen", origin), ("", "")),
        (
            (
                "Destino",
                destination or words.place_text(receiver.address, receiver.commune, receiver.city),
            ),
            ("", ""),
        ),
        (("Transportista", f"R.U.T. {carrier}" if carrier else ""), ("", "")),
        (("Chofer", transport.driver_name), ("R.U.T. chofer", _rut(transport.driver))),
        (("Patente", transport.plate), ("Patente carro", transport.trailer_plate)),
        (("Salida", _departure(transport)), ("Llegada", _arrival(transport))),
    )
    return _rows(pairs)


def _rut(rut: Rut | None) -> str:
    return "" if rut is None else rut.dotted


def _departure(transport: Transport) -> str:
    day = "" if transport.departs_on is None else words.day_text(transport.departs_on)
    hour = "" if transport.departs_at is None else f"{transport.departs_at:%H:%M}"
    return " ".join(part for part in (day, hour) if part)


def _arrival(transport: Transport) -> str:
    return "" if transport.arrives_on is None else words.day_text(transport.arrives_on)


_Pair = tuple[tuple[str, str], tuple[str, str]]


def _rows(pairs: Sequence[_Pair]) -> tuple[FactRow, ...]:
    """Drop what is empty; a right fact without its left one moves to the left."""
    rows: list[FactRow] = []
    for pair in pairs:
        facts = [Fact(label=label, words=said) for label, said in pair if said]
        if facts:
            rows.append(FactRow(left=facts[0], right=facts[1] if len(facts) > 1 else None))
    return tuple(rows)
