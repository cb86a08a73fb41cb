"""Make the papers of a certification's stage: stamped and stored, not sent before a person says so.

Nothing of it is a sale: no stock moves and no money is expected, and its environment keeps it out
of the books.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.db import transaction

from dte.build import prepare
from dte.certification.boleta_set import draft_boleta_cases
from dte.certification.bound_draft import BoundDraft
from dte.certification.case_drafts import SetParties, draft_cases
from dte.certification.simulation import MIN_DOCUMENTS, Trade, simulate
from dte.codes import DocumentType
from dte.errors import DteError
from erpmarket.common.clock import local_date
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.certify_carriage import transport_of
from erpmarket.fiscal.actions.certify_start import CertificationRefused, lock_open_run
from erpmarket.fiscal.actions.issue_document import PaperOrigin, PaperRefused, stamp_taken
from erpmarket.fiscal.actions.issue_paper import write_references
from erpmarket.fiscal.actions.take_folio import CafExhausted, TakenFolio, take_folio
from erpmarket.fiscal.certification_models import (
    CertificationDocument,
    CertificationRun,
    CertificationStage,
    Step,
)
from erpmarket.fiscal.certification_parties import list_goods, list_receivers
from erpmarket.fiscal.certification_queries import (
    StepStanding,
    WantedStep,
    find_test_set,
    list_open_folios,
    list_standings,
    moves_goods,
)
from erpmarket.fiscal.draft_maps import trade_issuer
from erpmarket.fiscal.law import paper_rules
from erpmarket.fiscal.models import IssuedDocument, Submission, SubmissionState
from erpmarket.fiscal.pace import NOT_YET
from erpmarket.fiscal.words import paper_name
from erpmarket.tenancy.models import Branch

REPLACED_CODE = "REPLACED"


@dataclass(slots=True, kw_only=True)
class _Folios:
    """Takes folios of the certification's environment and remembers whose they are."""

    environment: str
    branch: Branch
    on: date
    taken: dict[tuple[int, int], TakenFolio] = field(default_factory=dict)

    def take(self, kind: DocumentType) -> int:
        found = take_folio(
            kind=kind, environment=self.environment, branch_id=self.branch.id, on=self.on
        )
        self.taken[kind, found.folio] = found
        return found.folio


@transaction.atomic
def prepare_papers(
    *, key: str, by: int | None, at: datetime, seen: str | None = None
) -> CertificationStage:
    """Make the papers of a step with new folios; an earlier try is kept and takes no more part.

    `seen` is the try that the person had before their eyes: a second press makes no other.
    Raises CertificationRefused; then no folio is gone and nothing has changed.
    """
    run = lock_open_run()
    standing = find_step(run, key)
    if (newer := prepared_since(standing, seen)) is not None:
        return newer
    branch = Branch.objects.select_related("company").order_by("id").first()
    assert branch is not None, "a company is founded with its first branch"
    folios = _Folios(environment=run.environment, branch=branch, on=local_date(at))
    stage = replace_stage(standing, run, by=by, at=at)
    try:
        for position, bound in enumerate(_drafts(run, standing.wanted, folios), start=1):
            row = _issue(bound, stage, folios, at=at)
            CertificationDocument.objects.create(
                stage=stage, document=row, position=position, case_number=bound.case_number
            )
    except CafExhausted as error:
        raise CertificationRefused(
            reason="no_folios",
            words=f"Faltan folios de {paper_name(error.kind).lower()} ({int(error.kind)}) para la"
            " certificación. Pídelos al SII en el sitio de certificación y cárgalos aquí, en"
            " Folios de certificación.",
        ) from error
    except DteError as error:
        raise CertificationRefused(reason=error.code, words=error.message) from error
    except PaperRefused as error:
        raise CertificationRefused(reason=error.reason, words=error.words) from error
    Submission.objects.filter(
        document__in=CertificationDocument.objects.filter(stage=stage).values("document_id")
    ).update(parcel=stage.parcel, available_at=NOT_YET)
    return stage


def find_step(run: CertificationRun, key: str) -> StepStanding:
    """Find a step by its word; raises CertificationRefused for one that is not there any more."""
    found = next((each for each in list_standings(run) if each.wanted.key == key), None)
    if found is None:
        raise CertificationRefused(
            reason="nothing_prepared",
            words="Ese paso ya no está en tu set. Vuelve a Certificación y elige otro.",
        )
    return found


def prepared_since(standing: StepStanding, seen: str | None) -> CertificationStage | None:
    """Return the try in force when it is not the one that was seen; None says anything goes.

    Somebody prepared it meanwhile, or the same person with a second press.
    """
    stage = standing.stage
    if seen is None or stage is None or str(stage.id) == seen:
        return None
    return stage


def replace_stage(
    standing: StepStanding, run: CertificationRun, *, by: int | None, at: datetime
) -> CertificationStage:
    """Open a new try at a step; the former is over. Raises CertificationRefused (on_its_way)."""
    if not standing.can_prepare:
        raise CertificationRefused(
            reason="on_its_way",
            words="El SII todavía trabaja con lo que enviaste, o ya lo aprobó. Espera su respuesta"
            " antes de preparar este paso otra vez.",
        )
    former = standing.stage
    if former is not None:
        former.replaced_at = at
        former.save(update_fields=["replaced_at"])
        Submission.objects.filter(parcel=former.parcel, state=SubmissionState.PENDING).update(
            state=SubmissionState.REJECTED,
            said_code=REPLACED_CODE,
            words="No se envió: se preparó de nuevo con otros folios.",
            final_at=at,
        )
    wanted = standing.wanted
    row: CertificationStage = CertificationStage.objects.create(
        run=run,
        test_set=find_test_set(run) if wanted.section is not None else None,
        step=wanted.step,
        attention=wanted.attention,
        title=wanted.title,
        parcel=uuid7(),
        prepared_at=at,
        prepared_by_id=by,
    )
    return row


def _drafts(run: CertificationRun, wanted: WantedStep, folios: _Folios) -> Sequence[BoundDraft]:
    issuer, take = trade_issuer(folios.branch), folios.take
    if wanted.step == Step.BOLETAS:
        plain = replace(issuer, activities=(), phones=(), email="")
        return draft_boleta_cases(plain, on=folios.on, take_folio=take)
    if wanted.step == Step.SIMULATION:
        return _simulation(run, folios)
    if wanted.section is None or not wanted.section.cases:
        raise CertificationRefused(
            reason="nothing_prepared", words="Este paso no tiene documentos que preparar."
        )
    parties = SetParties(
        issuer=issuer,
        receivers=list_receivers(),
        transport=transport_of(run) if moves_goods(run, wanted, on=folios.on) else None,
    )
    return draft_cases(wanted.section, parties, on=folios.on, take_folio=take)


def _simulation(run: CertificationRun, folios: _Folios) -> Sequence[BoundDraft]:
    goods = list_goods()
    if not any(line.exemption is None for line in goods):
        raise CertificationRefused(
            reason="no_goods",
            words="La simulación vende tus propios productos y todavía no hay ninguno afecto a"
            " IVA. Agrega algunos en Productos y vuelve.",
        )
    kinds = frozenset(DocumentType(row.kind) for row in list_open_folios(run, on=folios.on))
    if DocumentType.FACTURA not in kinds:
        raise CafExhausted(kind=DocumentType.FACTURA)
    trade = Trade(
        issuer=trade_issuer(folios.branch),
        receivers=list_receivers(),
        goods=goods,
        kinds=kinds,
        transport=transport_of(run) if DocumentType.GUIA in kinds else None,
    )
    return simulate(trade, on=folios.on, take_folio=folios.take, count=MIN_DOCUMENTS)


def _issue(
    bound: BoundDraft, stage: CertificationStage, folios: _Folios, *, at: datetime
) -> IssuedDocument:
    draft = bound.draft
    taken = folios.taken[draft.kind, bound.folio]
    origin = PaperOrigin(source_uid=uuid7(), branch=folios.branch, issued_by=stage.prepared_by_id)
    prepared = prepare(draft, rules=paper_rules(draft), at=at)
    row = stamp_taken(prepared, taken, origin, environment=folios.environment, at=at).row
    # A boleta of the set names its case without a date: it refers to no paper.
    write_references(row, [each for each in draft.references if each.issue_date is not None])
    return row
