"""Turn the cases of a test set into drafts, in the file's order."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NoReturn

from dte.certification.bound_draft import BoundDraft
from dte.certification.set_text import Case, CaseItem, Section, TestSetRefused
from dte.codes import (
    AdjustmentKind,
    DocumentType,
    Exemption,
    PaymentForm,
    ReferenceReason,
    TransferReason,
)
from dte.document import (
    Adjustment,
    Draft,
    Issuer,
    Line,
    PaymentTerms,
    Receiver,
    Reference,
    Transport,
)

SET_REFERENCE = "SET"
_REASON_WORDS = {
    "ANULA": ReferenceReason.ANNULS,
    "CORRIGE": ReferenceReason.CORRECTS_TEXT,
    "DEVOLUCION": ReferenceReason.CORRECTS_AMOUNTS,
    "MODIFICA": ReferenceReason.CORRECTS_AMOUNTS,
    "DESCUENTO": ReferenceReason.CORRECTS_AMOUNTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetParties:
    """Who appears in the documents of a set.

    `receivers` are taken in turn, so that the documents have different ones. `old_giro` and
    `new_giro` are the words of a text correction. `transport` goes into the guías: the
    law asks for it since 2026, the SII's set (so far) does not; see `dte.rules.Rules`.
    """

    issuer: Issuer
    receivers: tuple[Receiver, ...]
    old_giro: str = "Comercio"
    new_giro: str = "Comercio al por menor"
    transport: Transport | None = None


def draft_cases(
    section: Section,
    parties: SetParties,
    *,
    on: date,
    take_folio: Callable[[DocumentType], int],
) -> tuple[BoundDraft, ...]:
    """Return the drafts of a section, each bound to its folio; `on` is the day of issue.

    `take_folio` is asked once per case, in order; a case that refers to another gets that one's
    type, folio and lines. Raises TestSetRefused before the first folio when a case cannot be
    drafted.
    Source: SII, instructivo del set de pruebas: first reference SET, then the case's own.
    """
    earlier: dict[str, Case] = {}
    for case in section.cases:
        _check(case, earlier)
        earlier[case.number] = case
    drafts: dict[str, BoundDraft] = {}
    for place, case in enumerate(section.cases):
        origin = drafts.get(case.refers_to)
        draft = (
            _own_draft(case, parties, place, on)
            if origin is None
            else _correction_draft(case, origin, parties, on)
        )
        drafts[case.number] = BoundDraft(
            case_number=case.number, folio=take_folio(case.kind), draft=draft
        )
    return tuple(drafts.values())


def _check(case: Case, earlier: Mapping[str, Case]) -> None:
    origin = earlier.get(case.refers_to)
    if case.refers_to and origin is None:
        _refuse(f"El caso {case.number} se refiere a {case.refers_to}, que no está antes.")
    if not case.kind.is_nota:
        if not case.items:
            _refuse(f"El caso {case.number} no trae ítems.")
        return
    if origin is None:
        _refuse(f"El caso {case.number} es una nota y no dice a qué documento se refiere.")
    if _reason_of(case) is not ReferenceReason.CORRECTS_AMOUNTS:
        return
    if not case.items:
        _refuse(f"El caso {case.number} corrige montos y no trae ítems.")
    for name in {item.name for item in case.items} - {item.name for item in origin.items}:
        _refuse(f"El caso {case.number} devuelve {name!r}, que no está en {case.refers_to}.")


def _own_draft(case: Case, parties: SetParties, place: int, on: date) -> Draft:
    internal = case.transfer is TransferReason.INTERNAL
    receiver = parties.receivers[place % len(parties.receivers)]
    wholly_exempt = case.kind.is_wholly_exempt
    terms = PaymentTerms(form=PaymentForm.CREDIT) if _is_factura(case.kind) else PaymentTerms()
    return Draft(
        kind=case.kind,
        issuer=parties.issuer,
        receiver=_as_receiver(parties.issuer) if internal else receiver,
        lines=tuple(_line(item, wholly_exempt=wholly_exempt) for item in case.items),
        adjustments=_global_discount(case.global_discount_percent),
        references=(_set_reference(case, on),),
        issue_date=on,
        payment_terms=terms,
        transfer_reason=case.transfer,
        dispatch=case.dispatch,
        transport=parties.transport if case.kind is DocumentType.GUIA else None,
    )


def _correction_draft(case: Case, origin: BoundDraft, parties: SetParties, on: date) -> Draft:
    reason = _reason_of(case)
    reference = Reference(
        kind=str(int(origin.draft.kind)),
        folio=str(origin.folio),
        issue_date=origin.draft.issue_date,
        code=str(int(reason)),
        reason=case.reason,
    )
    lines, adjustments = origin.draft.lines, origin.draft.adjustments
    if reason is ReferenceReason.CORRECTS_TEXT:
        words = f"Donde dice giro: {parties.old_giro}. Debe decir: {parties.new_giro}"
        lines, adjustments = (Line(name=words, fixed_amount_clp=0),), ()
    elif reason is ReferenceReason.CORRECTS_AMOUNTS:
        sold = {line.name: line for line in origin.draft.lines}
        lines = tuple(_returned_line(item, sold[item.name]) for item in case.items)
    return Draft(
        kind=case.kind,
        issuer=parties.issuer,
        receiver=origin.draft.receiver,
        lines=lines,
        adjustments=adjustments,
        references=(_set_reference(case, on), reference),
        issue_date=on,
    )


def _line(item: CaseItem, *, wholly_exempt: bool) -> Line:
    # The set marks what is exempt by the item's name alone.
    exempt = wholly_exempt or "EXENT" in item.name.upper()
    line = Line(
        name=item.name,
        quantity=item.quantity,
        unit=item.unit,
        unit_price=item.unit_price,
        discount_percent=item.discount_percent,
        exemption=Exemption.EXEMPT if exempt else None,
    )
    # Goods that are only moved have no price.
    return line if item.unit_price is not None else replace(line, fixed_amount_clp=0)


def _returned_line(item: CaseItem, sold: Line) -> Line:
    return replace(
        sold,
        quantity=item.quantity or sold.quantity,
        unit_price=item.unit_price or sold.unit_price,
        discount_percent=item.discount_percent or sold.discount_percent,
    )


def _global_discount(percent: Decimal | None) -> tuple[Adjustment, ...]:
    if percent is None:
        return ()
    return (
        Adjustment(
            kind=AdjustmentKind.DISCOUNT,
            value=percent,
            is_percent=True,
            reason="Descuento global ítemes afectos",
        ),
    )


def _set_reference(case: Case, on: date) -> Reference:
    return Reference(
        kind=SET_REFERENCE, folio=case.number, issue_date=on, reason=f"CASO {case.number}"
    )


def _reason_of(case: Case) -> ReferenceReason:
    found = [reason for word, reason in _REASON_WORDS.items() if word in case.reason]
    if not found:
        _refuse(f"El caso {case.number} corrige por un motivo desconocido: {case.reason!r}.")
    return found[0]


def _is_factura(kind: DocumentType) -> bool:
    return kind in (DocumentType.FACTURA, DocumentType.FACTURA_EXENTA)


def _as_receiver(issuer: Issuer) -> Receiver:
    return Receiver(
        rut=issuer.rut,
        name=issuer.name,
        # Source: DTE_v10.xsd, GiroRecep (40) is shorter than GiroEmis (80): prepare cuts it.
        giro=issuer.giro,
        address=issuer.address,
        commune=issuer.commune,
        city=issuer.city,
    )


def _refuse(problem: str) -> NoReturn:
    raise TestSetRefused(
        "bad_case", f"{problem} Genera el set de nuevo en el sitio del SII y sube ese archivo."
    )
