"""The one door: draft, folio, authorization and instant in; stamped document out."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import NoReturn

from dte.caf import Caf
from dte.clock import chile_time
from dte.document import Document, Draft, Issuer, ItemCode, Line, Receiver, Reference, Totals
from dte.errors import DraftRefused, DteError
from dte.kinds import get_kind
from dte.kinds.kind import TextLimits
from dte.rut import Rut
from dte.ted import StampFacts, stamp
from dte.text import clean_text
from dte.xml.write import write_document


class FolioRefused(DteError):
    """A folio and its authorization do not fit the document.

    Codes: caf_of_other_issuer, caf_of_other_kind, folio_outside_caf, caf_not_yet_valid,
    caf_expired.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A draft that passed every rule, its texts cleaned and cut, with its totals.

    Prepare before taking a folio: after this only the folio, the CAF and the clock can refuse.
    """

    draft: Draft
    totals: Totals


def prepare(draft: Draft) -> Prepared:
    """Clean a draft's texts and check it against the rules of its type.

    Raises DraftRefused and TextRefused.
    Source: Formato Boletas Electrónicas v4.2 (2025-09-08); EnvioBOLETA_v11.xsd.
    """
    kind = get_kind(draft.kind)
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
    limits = kind.limits
    cleaned = replace(
        draft,
        issuer=_clean_issuer(draft.issuer, limits),
        receiver=_clean_receiver(draft.receiver, limits),
        lines=tuple(_clean_line(line, limits) for line in draft.lines),
        references=tuple(_clean_reference(reference, limits) for reference in draft.references),
    )
    kind.check(cleaned)
    return Prepared(draft=cleaned, totals=kind.totals(cleaned))


def build(*, draft: Draft | Prepared, folio: int, caf: Caf, at: datetime) -> Document:
    """Stamp a draft: totals, TED and XML of the document, ready to be signed.

    `at` is aware; stamp and TmstFirma are written as Chilean local time. Raises what `prepare`
    raises, FolioRefused, and DraftRefused for an issue date after `at`.
    Source: EnvioBOLETA_v11.xsd, Documento and TED.
    """
    prepared = draft if isinstance(draft, Prepared) else prepare(draft)
    ready, totals = prepared.draft, prepared.totals
    local = chile_time(at)
    _check_folio(ready, folio, caf, local)
    kind = get_kind(ready.kind)
    facts = StampFacts(
        folio=folio,
        issue_date=ready.issue_date,
        receiver=ready.receiver.rut,
        receiver_name=ready.receiver.name,
        total_clp=totals.total_clp,
        first_item=ready.lines[0].name,
    )
    ted = stamp(caf, facts, at=at)
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
        xml=write_document(document_id=document_id, body=body, ted=ted, stamped_at=local),
        stamped_at=at,
    )


def _check_folio(draft: Draft, folio: int, caf: Caf, local: datetime) -> None:
    if draft.issue_date > local.date():
        raise DraftRefused(
            "issue_date_in_future", "La fecha de emisión no puede ser posterior a hoy. Corrígela."
        )
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


@lru_cache(maxsize=256)
def _clean_issuer(issuer: Issuer, limits: TextLimits) -> Issuer:
    return replace(
        issuer,
        name=clean_text(issuer.name, field="la razón social", limit=limits.issuer_name),
        giro=clean_text(issuer.giro, field="el giro", limit=limits.issuer_giro),
        address=clean_text(issuer.address, field="la dirección", limit=limits.address),
        commune=clean_text(issuer.commune, field="la comuna", limit=limits.commune),
        city=clean_text(issuer.city, field="la ciudad", limit=limits.city),
    )


@lru_cache(maxsize=256)
def _clean_receiver(receiver: Receiver, limits: TextLimits) -> Receiver:
    who = "del cliente"
    return replace(
        receiver,
        name=clean_text(receiver.name, field=f"el nombre {who}", limit=limits.receiver_name),
        giro=clean_text(receiver.giro, field=f"el giro {who}", limit=limits.receiver_giro),
        email=clean_text(receiver.email, field=f"el correo {who}", limit=limits.email),
        address=clean_text(receiver.address, field=f"la dirección {who}", limit=limits.address),
        commune=clean_text(receiver.commune, field=f"la comuna {who}", limit=limits.commune),
        city=clean_text(receiver.city, field=f"la ciudad {who}", limit=limits.city),
    )


def _clean_line(line: Line, limits: TextLimits) -> Line:
    return replace(
        line,
        name=clean_text(line.name, field="el nombre del producto", limit=limits.item_name),
        unit=clean_text(line.unit, field="la unidad del producto", limit=limits.unit),
        description=clean_text(
            line.description, field="la descripción del producto", limit=limits.item_description
        ),
        codes=tuple(
            ItemCode(
                kind=clean_text(code.kind, field="el tipo de código", limit=limits.code_kind),
                value=clean_text(code.value, field="el código", limit=limits.code_value),
            )
            for code in line.codes
        ),
    )


def _clean_reference(reference: Reference, limits: TextLimits) -> Reference:
    where = "de la referencia"
    return replace(
        reference,
        kind=clean_text(reference.kind, field=f"el tipo {where}", limit=limits.reference_kind),
        folio=clean_text(reference.folio, field=f"el folio {where}", limit=limits.reference_folio),
        code=clean_text(reference.code, field=f"el código {where}", limit=limits.reference_code),
        reason=clean_text(
            reference.reason, field=f"la razón {where}", limit=limits.reference_reason
        ),
    )
