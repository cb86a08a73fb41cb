"""What a rejected paper could say instead, before and after, where its folio allows it.

Pure. Type, day, RUTs, amounts and what is referred to stay as issued; names, addresses, giros, the
days of references and of payment may change. See `actions.resend`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from dte.document import Draft, Issuer, Reference
from erpmarket.fiscal.words import reference_name
from erpmarket.ui.formats import day

BUYER_FIELDS: Final = {
    "name": ("Razón social", 100),
    "giro": ("Giro", 40),
    "address": ("Dirección", 70),
    "commune": ("Comuna", 20),
    "city": ("Ciudad", 20),
}
TRANSPORT_FIELDS: Final = {
    "plate": ("Patente", 8),
    "driver_name": ("Chofer", 30),
    "address": ("Dirección de destino", 70),
    "commune": ("Comuna de destino", 20),
    "city": ("Ciudad de destino", 20),
}
_ISSUER_LABELS: Final = {
    "name": "Tu razón social",
    "giro": "Tu giro",
    "address": "Tu dirección",
    "commune": "Tu comuna",
    "city": "Tu ciudad",
    "branch_code": "Código de tu sucursal",
    "activities": "Tus actividades",
    "phones": "Tu teléfono",
    "email": "Tu correo",
}
_ALWAYS_SAID: Final = frozenset({"giro", "address", "commune"})
# What programs of offices write and the SII's letters (ISO 8859-1) do not have.
_LATIN: Final = str.maketrans(
    {"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "...", "•": "-", "€": "EUR"}
)
_SPACES: Final = re.compile(r"\s+")
# A word of the SII's text → the field that it is about.
_CUES: Final = (
    ("giro", "giro"),
    ("direcc", "address"),
    ("comuna", "commune"),
    ("cmna", "commune"),
    ("ciudad", "city"),
    ("razon social", "name"),
    ("rznsoc", "name"),
    ("patente", "plate"),
    ("chofer", "driver_name"),
    ("vencimiento", "due_date"),
    ("fecha", "ref1"),
    ("fch", "ref1"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One datum of a paper: what it says, what it should say, and why we think so."""

    field: str
    label: str
    before: str
    after: str
    why: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFacts:
    """What the shop knows better than the paper.

    `buyer` is the taxpayer as the last paper names it, by field; `issued_on` says of references to
    papers of ours, by position from 1, when those were issued.
    """

    issuer: Issuer
    buyer: Mapping[str, str]
    issued_on: Mapping[int, date]


def propose(draft: Draft, known: KnownFacts, *, has_buyer: bool) -> tuple[Proposal, ...]:
    """List what the paper should say instead, in the order of the paper; nothing when all fits."""
    found: list[Proposal] = []
    if has_buyer:
        found += _buyer(draft, known.buyer)
    found += issuer_changes(draft.issuer, known.issuer)
    found += _days(draft, known.issued_on)
    for number, line in enumerate(draft.lines, start=1):
        found += _cleaned(f"line{number}", f"Línea {number}", line.name)
    if draft.transport is not None:
        for name, (label, _) in TRANSPORT_FIELDS.items():
            found += _cleaned(f"transport_{name}", label, getattr(draft.transport, name))
    return tuple(found)


def issuer_changes(former: Issuer, now: Issuer) -> tuple[Proposal, ...]:
    """List what the company says of itself today and the paper does not; its RUT is not asked."""
    return tuple(
        Proposal(
            field="issuer",
            label=_ISSUER_LABELS[name],
            before=_shown(getattr(former, name)),
            after=_shown(getattr(now, name)),
            why="Así está hoy en Ajustes, Empresa.",
        )
        for name in _changed(former, now)
    )


def renewed_issuer(former: Issuer, now: Issuer) -> Issuer:
    """Return the issuer of a paper with what the company says of itself today."""
    return replace(former, **{name: getattr(now, name) for name in _changed(former, now)})


def changes_between(former: Draft, now: Draft) -> tuple[Proposal, ...]:
    """List what a corrected paper says and the one before did not."""
    found = [
        *_differences(former.receiver, now.receiver, BUYER_FIELDS, prefix=""),
        *issuer_changes(former.issuer, now.issuer),
    ]
    for number, (old, new) in enumerate(zip(former.references, now.references, strict=True), 1):
        if old.issue_date != new.issue_date:
            found.append(_day(f"ref{number}", reference_label(old), old.issue_date, new.issue_date))
    if former.due_date != now.due_date:
        found.append(_day("due_date", "Vence", former.due_date, now.due_date))
    found += [
        Proposal(field=f"line{number}", label=f"Línea {number}", before=old.name, after=new.name)
        for number, (old, new) in enumerate(zip(former.lines, now.lines, strict=True), 1)
        if old.name != new.name
    ]
    if former.transport is not None and now.transport is not None:
        found += _differences(former.transport, now.transport, TRANSPORT_FIELDS, "transport_")
    return tuple(found)


def in_words(changes: Iterable[Proposal]) -> str:
    """Say changes in one line: `Giro: «» → «Ferretería»`."""
    return "; ".join(f"{each.label}: «{each.before}» → «{each.after}»" for each in changes)


def point_at(said: str) -> str:
    """Name the field that the SII's text is about; empty when it says none."""
    plain = unicodedata.normalize("NFKD", said).encode("ascii", "ignore").decode().lower()
    return next((field for word, field in _CUES if word in plain), "")


def reference_label(reference: Reference) -> str:
    """Name the day of a reference: `Fecha de boleta 58213`."""
    return f"Fecha de {reference_name(reference.kind).lower()} {reference.folio}"


def clean(text: str) -> str:
    """Write a text with letters that the SII reads, and single spaces."""
    plain = _SPACES.sub(" ", text.translate(_LATIN)).strip()
    composed = unicodedata.normalize("NFC", plain)
    return "".join(
        each
        for each in composed
        if each.encode("latin-1", "ignore") and unicodedata.category(each) != "Cc"
    )


def _buyer(draft: Draft, known: Mapping[str, str]) -> Iterator[Proposal]:
    for name, (label, limit) in BUYER_FIELDS.items():
        before = getattr(draft.receiver, name)
        after = known.get(name, "")[:limit]
        if after and after != before:
            why = "Falta, y lo tienes anotado." if not before else "Así lo escribiste después."
            yield Proposal(field=name, label=label, before=before, after=after, why=why)
        else:
            yield from _cleaned(name, label, before)


def _days(draft: Draft, issued_on: Mapping[int, date]) -> Iterator[Proposal]:
    for number, reference in enumerate(draft.references, start=1):
        right = issued_on.get(number)
        if right is not None and right != reference.issue_date:
            label = reference_label(reference)
            why = "Es el día en que emitiste ese documento."
            yield _day(f"ref{number}", label, reference.issue_date, right, why)
    if draft.due_date is not None and draft.due_date < draft.issue_date:
        why = "No puede vencer antes del día del documento."
        yield _day("due_date", "Vence", draft.due_date, draft.issue_date, why)


def _cleaned(field: str, label: str, before: str) -> Iterator[Proposal]:
    after = clean(before)
    if after and after != before:
        why = "Sin símbolos que el SII no lee."
        yield Proposal(field=field, label=label, before=before, after=after, why=why)


def _day(
    field: str, label: str, before: date | None, after: date | None, why: str = ""
) -> Proposal:
    shown = ["" if each is None else day(each) for each in (before, after)]
    return Proposal(field=field, label=label, before=shown[0], after=shown[1], why=why, day=after)


def _differences(
    former: object, now: object, wanted: Mapping[str, tuple[str, int]], prefix: str
) -> Iterator[Proposal]:
    for name, (label, _) in wanted.items():
        before, after = getattr(former, name), getattr(now, name)
        if before != after:
            yield Proposal(field=f"{prefix}{name}", label=label, before=before, after=after)


def _changed(former: Issuer, now: Issuer) -> list[str]:
    """Name what differs; what a kind of paper does not say (a boleta's activities) stays unsaid."""
    return [
        name
        for name in _ISSUER_LABELS
        if (getattr(former, name) or name in _ALWAYS_SAID)
        and getattr(now, name)
        and getattr(former, name) != getattr(now, name)
    ]


def _shown(value: object) -> str:
    if value is None:
        return ""
    return ", ".join(str(each) for each in value) if isinstance(value, tuple) else str(value)
