"""The one door: draft, folio, authorization and instant in; stamped document out."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NoReturn

from dte.bounds import check_bounds
from dte.caf import Caf, PublicCaf
from dte.cleaning import TextChange, clean_draft
from dte.clock import chile_date, chile_time
from dte.document import Document, Draft, Totals
from dte.errors import DraftRefused, DteError
from dte.kinds import get_kind
from dte.kinds.complete import complete_draft
from dte.kinds.kind import Kind
from dte.rules import DEFAULT_RULES, Rules
from dte.rut import Rut
from dte.ted import StampFacts, adopt_stamp, stamp
from dte.xml.write import write_document

# Source: observed at the SII in 2026: a signature more than three days after FchEmis is accepted
# with an objection (DTE-1-650).
LATE_AFTER_DAYS = 3


class FolioRefused(DteError):
    """A folio and its authorization do not fit the document.

    Codes: caf_of_other_issuer, caf_of_other_kind, folio_outside_caf, caf_not_yet_valid,
    caf_expired.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftWarning:
    """Something that the SII takes but objects to; `message` is Spanish and says what to do.

    Codes: stamped_late.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft that passed every rule, its texts cleaned and cut, with its totals.

    Prepare before taking a folio: after this only the folio, the CAF and the clock can refuse.
    `changes` are the texts that the document will say otherwise, in the order of the draft;
    `warnings` need the instant of the stamp.
    """

    draft: Draft
    totals: Totals
    changes: tuple[TextChange, ...] = ()
    warnings: tuple[DraftWarning, ...] = ()


def prepare(draft: Draft, *, rules: Rules = DEFAULT_RULES, at: datetime | None = None) -> Prepared:
    """Clean a draft's texts, fill in what its type implies and check it against its rules.

    `at` is the aware instant at which it will be stamped; without it the issue date is judged by
    `build` alone. Raises DraftRefused and TextRefused.
    Source: Formato DTE v2.4.2 (2024-02); Formato Boletas Electrónicas v4.2 (2025-09-08);
    DTE_v10.xsd and EnvioBOLETA_v11.xsd.
    """
    kind = get_kind(draft.kind)
    _check_counts(draft, kind)
    if at is not None:
        _check_date(draft.issue_date, chile_date(at))
    cleaned, changes = clean_draft(draft, kind.limits)
    check_bounds(cleaned)
    ready = complete_draft(cleaned, usual_basis=kind.usual_basis)
    kind.check(ready, rules)
    totals = kind.totals(ready)
    kind.check_totals(ready, totals, rules)
    if ready.vat_clp is not None:
        ready = _without_needless_vat(ready, totals, kind)
    return Prepared(
        draft=ready,
        totals=totals,
        changes=changes,
        warnings=() if at is None else _warnings(ready.issue_date, chile_date(at)),
    )


def build(
    *,
    draft: Draft | Prepared,
    folio: int,
    caf: Caf,
    at: datetime,
    rules: Rules = DEFAULT_RULES,
    fold_stamp: bool = True,
) -> Document:
    """Stamp a draft: totals, TED and XML of the document, ready to be signed.

    `at` is aware; stamp and TmstFirma are written as Chilean local time. `fold_stamp` writes the
    names in the stamp in plain ASCII (see `stamp`). Raises what `prepare` raises, FolioRefused,
    and DraftRefused for an issue date after `at`.
    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Documento and TED.
    """
    prepared = draft if isinstance(draft, Prepared) else prepare(draft, rules=rules)
    _check_folio(prepared.draft, folio, caf, chile_time(at))
    ted = stamp(caf, _stamp_facts(prepared, folio), at=at, fold=fold_stamp)
    return _compose(prepared, folio, ted, at=at)


def adopt(
    *,
    draft: Draft | Prepared,
    folio: int,
    caf: PublicCaf,
    ted: bytes,
    at: datetime,
    rules: Rules = DEFAULT_RULES,
    fold_stamp: bool = True,
) -> Document:
    """Build the document of a stamp that was made elsewhere, by a till without a network.

    `at` is the aware instant of the stamp. Raises what `build` raises, and StampWrong when the
    stamp is not the one that this draft, folio and instant have.
    Source: EnvioBOLETA_v11.xsd and DTE_v10.xsd, Documento and TED.
    """
    prepared = draft if isinstance(draft, Prepared) else prepare(draft, rules=rules)
    _check_folio(prepared.draft, folio, caf, chile_time(at))
    adopt_stamp(caf, _stamp_facts(prepared, folio), ted, at=at, fold=fold_stamp)
    return _compose(prepared, folio, ted, at=at)


def _stamp_facts(prepared: Prepared, folio: int) -> StampFacts:
    draft = prepared.draft
    return StampFacts(
        folio=folio,
        issue_date=draft.issue_date,
        receiver=draft.receiver.rut,
        receiver_name=draft.receiver.name,
        total_clp=prepared.totals.total_clp,
        first_item=draft.lines[0].name,
    )


def _compose(prepared: Prepared, folio: int, ted: bytes, *, at: datetime) -> Document:
    ready, totals = prepared.draft, prepared.totals
    kind = get_kind(ready.kind)
    document_id = f"F{folio}T{ready.kind:d}"
    body = kind.write_header(ready, folio, totals) + kind.write_lines(ready)
    return Document(
        kind=ready.kind,
        folio=folio,
        issue_date=ready.issue_date,
        issuer=ready.issuer.rut,
        receiver=ready.receiver.rut,
        totals=totals,
        document_id=document_id,
        ted=ted,
        xml=write_document(document_id=document_id, body=body, ted=ted, stamped_at=chile_time(at)),
        stamped_at=at,
    )


def _without_needless_vat(draft: Draft, totals: Totals, kind: Kind) -> Draft:
    # A document does not tell whether its VAT was stated or follows from its lines.
    plain = replace(draft, vat_clp=None)
    return plain if kind.totals(plain) == totals else draft


def _check_counts(draft: Draft, kind: Kind) -> None:
    if not 1 <= len(draft.lines) <= kind.max_lines:
        raise DraftRefused(
            "line_count",
            f"El documento debe tener entre 1 y {kind.max_lines} líneas y tiene"
            f" {len(draft.lines)}. Divide la venta en varias.",
        )
    if len(draft.references) > kind.max_references:
        raise DraftRefused(
            "reference_count",
            f"El documento admite hasta {kind.max_references} referencias. Quita algunas.",
        )


def _check_date(issue_date: date, today: date) -> None:
    if issue_date > today:
        raise DraftRefused(
            "issue_date_in_future", "La fecha de emisión no puede ser posterior a hoy. Corrígela."
        )


def _warnings(issue_date: date, today: date) -> tuple[DraftWarning, ...]:
    days = (today - issue_date).days
    if days <= LATE_AFTER_DAYS:
        return ()
    text = (
        f"El documento lleva fecha de hace {days} días: el SII pondrá un reparo."
        " Usa la fecha de hoy si puedes."
    )
    return (DraftWarning(code="stamped_late", message=text),)


def _check_folio(draft: Draft, folio: int, caf: PublicCaf, local: datetime) -> None:
    _check_date(draft.issue_date, local.date())
    if caf.issuer != draft.issuer.rut:
        _refuse_folio("caf_of_other_issuer", _other_issuer(caf.issuer, draft.issuer.rut))
    if caf.kind != draft.kind:
        _refuse_folio(
            "caf_of_other_kind",
            f"Los folios son de {caf.kind.title} y el documento es {draft.kind.title}.",
        )
    if not caf.holds(folio):
        _refuse_folio(
            "folio_outside_caf",
            f"El folio {folio} no está entre {caf.first} y {caf.last}, los autorizados.",
        )
    if local.date() < caf.authorized_on:
        _refuse_folio("caf_not_yet_valid", "La fecha del equipo es anterior a la de los folios.")
    if caf.expires_on is not None and local.date() >= caf.expires_on:
        _refuse_folio("caf_expired", f"Los folios vencieron el {caf.expires_on:%d-%m-%Y}.")


def _other_issuer(holder: Rut, issuer: Rut) -> str:
    return f"Los folios son de {holder.dotted} y la empresa es {issuer.dotted}."


def _refuse_folio(code: str, message: str) -> NoReturn:
    raise FolioRefused(code, f"{message} Revisa los folios cargados y sube un archivo nuevo.")
