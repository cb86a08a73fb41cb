"""Reads for the certification assistant: the steps of a run, and how each stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from django.db import connections
from django.db.models import F, Sum

from dte.certification.boleta_set import BOLETA_CASES
from dte.certification.set_text import Section, SectionKind, TestSet, read_test_set
from dte.codes import DocumentType
from erpmarket.fiscal.certification_models import (
    CertificationDocument,
    CertificationFile,
    CertificationRun,
    CertificationSet,
    CertificationStage,
    StageVerdict,
    Step,
)
from erpmarket.fiscal.models import (
    FINAL_STATES,
    Envelope,
    EnvelopeState,
    FolioRange,
    SiiEvent,
    Submission,
    SubmissionState,
)
from erpmarket.fiscal.words import STATE_CHIPS, buyer_name, paper_name

_DUE_COMPANIES: Final = """
SELECT DISTINCT company_id FROM fiscal_certificationfile
 WHERE made_at IS NULL AND available_at <= %(at)s
 ORDER BY company_id
"""
_SECTION_STEPS: Final = {
    SectionKind.DOCUMENTS: Step.DOCUMENTS,
    SectionKind.SALES_BOOK: Step.SALES_BOOK,
    SectionKind.PURCHASE_BOOK: Step.PURCHASE_BOOK,
    SectionKind.GUIA_BOOK: Step.GUIA_BOOK,
}
BOOK_STEPS: Final = frozenset({Step.SALES_BOOK, Step.PURCHASE_BOOK, Step.GUIA_BOOK})
PAPER_STEPS: Final = frozenset({Step.DOCUMENTS, Step.BOLETAS, Step.SIMULATION})
# The SII's words for a book that adds up; another end is a no.
_BOOK_IS_FINE: Final = "LOK"


class Progress(StrEnum):
    """How far the try in force of a step is."""

    AHEAD = "todo"
    MAKING = "making"
    READY = "ready"
    ON_ITS_WAY = "on_its_way"
    ACCEPTED = "accepted"
    REMARKS = "remarks"
    REJECTED = "rejected"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedStep:
    """A step that this company has to take; `key` is its word in the address."""

    key: str
    step: Step
    title: str
    attention: str = ""
    section: Section | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStanding:
    """A step, the try in force and how that stands."""

    wanted: WantedStep
    stage: CertificationStage | None
    progress: Progress
    envelope: Envelope | None = None
    words: str = ""

    @property
    def is_sent(self) -> bool:
        """Whether the SII has it, or gets it now."""
        return self.stage is not None and self.stage.sent_at is not None

    @property
    def can_prepare(self) -> bool:
        """Whether another try may take the place of this one; never while the SII works on it."""
        return self.progress not in (Progress.ON_ITS_WAY, Progress.MAKING, Progress.PASSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A paper of a stage beside what the SII said about it."""

    document_id: int
    case_number: str
    kind: int
    name: str
    folio: int
    receiver_name: str
    net_clp: int
    exempt_clp: int
    vat_clp: int
    total_clp: int
    expected_clp: int | None
    state: str
    said: str

    @property
    def tone(self) -> str:
        """Tone of the chip."""
        return STATE_CHIPS[SubmissionState(self.state)][0]

    @property
    def state_words(self) -> str:
        """Words of the chip."""
        return STATE_CHIPS[SubmissionState(self.state)][1]

    @property
    def adds_up(self) -> bool:
        """Whether the total is that which the SII expects, where it tells one."""
        return self.expected_clp in (None, self.total_clp)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFolios:
    """The folios of one type that a certification may still use."""

    kind: int
    name: str
    left: int


def find_open_run() -> CertificationRun | None:
    """Find the certification that the bound company is in."""
    row: CertificationRun | None = CertificationRun.objects.filter(ended_at=None).first()
    return row


def find_run_of_parcel(parcel: UUID) -> CertificationRun:
    """Find the certification that an envelope belongs to."""
    stage = CertificationStage.objects.select_related("run").get(parcel=parcel)
    run: CertificationRun = stage.run
    return run


def list_ended_runs() -> Sequence[CertificationRun]:
    """List the certifications that are over, newest first."""
    return list(CertificationRun.objects.filter(ended_at__isnull=False).order_by("-ended_at")[:5])


def find_test_set(run: CertificationRun) -> CertificationSet | None:
    """Find the file that counts: the last one that was brought."""
    row: CertificationSet | None = CertificationSet.objects.filter(run=run).order_by("-id").first()
    return row


def read_set(row: CertificationSet) -> TestSet:
    """Read a stored file; it was readable when it came."""
    return read_test_set(bytes(row.text))


def list_wanted_steps(run: CertificationRun) -> Sequence[WantedStep]:
    """List what this company has to bring, in the SII's order."""
    row = find_test_set(run)
    sections = () if row is None else read_set(row).sections
    found = [
        WantedStep(
            key=f"set-{section.attention}",
            step=_SECTION_STEPS[section.kind],
            title=_section_title(section),
            attention=section.attention,
            section=section,
        )
        for section in sections
    ]
    # Papers first: the books are made of them.
    found.sort(key=lambda each: each.step in BOOK_STEPS)
    return (
        *found,
        WantedStep(key="simulacion", step=Step.SIMULATION, title="Simulación"),
        WantedStep(key="intercambio", step=Step.EXCHANGE, title="Intercambio"),
        WantedStep(key="boletas", step=Step.BOLETAS, title="Set de boletas"),
    )


def moves_goods(run: CertificationRun, wanted: WantedStep, *, on: date) -> bool:
    """Tell whether a step makes guías, which say who carries the goods."""
    if wanted.step == Step.SIMULATION:
        return any(row.kind == DocumentType.GUIA for row in list_open_folios(run, on=on))
    cases = () if wanted.section is None else wanted.section.cases
    return any(case.kind is DocumentType.GUIA for case in cases)


def _section_title(section: Section) -> str:
    name = section.title.lower().replace("basico", "básico").replace("guia", "guía")
    return f"Set {name}" if section.kind is SectionKind.DOCUMENTS else name.capitalize()


def list_standings(run: CertificationRun) -> Sequence[StepStanding]:
    """List the steps of a run, each with the try in force."""
    stages = {
        (row.step, row.attention): row
        for row in CertificationStage.objects.filter(run=run, replaced_at=None)
    }
    parcels = [row.parcel for row in stages.values()]
    envelopes = {
        row.parcel: row
        for row in Envelope.objects.filter(parcel__in=parcels).defer("xml").order_by("id")
    }
    files: dict[int, list[CertificationFile]] = {}
    for file in CertificationFile.objects.filter(stage__in=stages.values()).defer("xml", "source"):
        files.setdefault(file.stage_id, []).append(file)
    states: dict[UUID, list[str]] = {}
    for parcel, state in Submission.objects.filter(parcel__in=parcels).values_list(
        "parcel", "state"
    ):
        states.setdefault(parcel, []).append(state)
    found = []
    for wanted in list_wanted_steps(run):
        stage = stages.get((wanted.step, wanted.attention))
        if stage is None:
            found.append(StepStanding(wanted=wanted, stage=None, progress=Progress.AHEAD))
            continue
        end = _progress(
            stage,
            envelopes.get(stage.parcel),
            states=states.get(stage.parcel, []),
            files=files.get(stage.id, []),
        )
        found.append(_standing(wanted, stage, envelopes.get(stage.parcel), *end))
    return found


def _standing(
    wanted: WantedStep,
    stage: CertificationStage,
    envelope: Envelope | None,
    progress: Progress,
    words: str,
) -> StepStanding:
    if stage.verdict:
        passed = stage.verdict == StageVerdict.PASSED
        progress = Progress.PASSED if passed else Progress.FAILED
    return StepStanding(
        wanted=wanted,
        stage=stage,
        progress=progress,
        envelope=envelope,
        words=words or ("" if envelope is None else envelope.words),
    )


def _progress(
    stage: CertificationStage,
    envelope: Envelope | None,
    *,
    states: Sequence[str],
    files: Sequence[CertificationFile],
) -> tuple[Progress, str]:
    if stage.step in PAPER_STEPS:
        if stage.sent_at is None:
            return Progress.READY, ""
        return _paper_progress(states), ""
    refusal = next((each.refusal for each in files if each.refusal), "")
    if any(each.made_at is None for each in files):
        return Progress.MAKING, refusal
    if refusal:
        return Progress.REJECTED, refusal
    if stage.step == Step.EXCHANGE or stage.sent_at is None:
        return Progress.READY, ""
    if envelope is None or envelope.state != EnvelopeState.CLOSED:
        return Progress.ON_ITS_WAY, ""
    fine = envelope.said_code == _BOOK_IS_FINE
    return (Progress.ACCEPTED if fine else Progress.REJECTED), _last_words(envelope)


def _paper_progress(states: Sequence[str]) -> Progress:
    if any(state not in FINAL_STATES for state in states):
        return Progress.ON_ITS_WAY
    if SubmissionState.REJECTED in states:
        return Progress.REJECTED
    remarked = SubmissionState.ACCEPTED_WITH_REMARKS in states
    return Progress.REMARKS if remarked else Progress.ACCEPTED


def _last_words(envelope: Envelope) -> str:
    found = SiiEvent.objects.filter(envelope=envelope).order_by("-id")
    words: str | None = found.values_list("words", flat=True).first()
    return words or ""


def list_stage_events(envelope: Envelope | None) -> Sequence[SiiEvent]:
    """List what was asked and answered about a stage's envelope, oldest first."""
    if envelope is None:
        return ()
    rows = SiiEvent.objects.filter(envelope=envelope, document__isnull=True)
    return list(rows.order_by("happened_at", "id"))


def list_cases(stage: CertificationStage) -> Sequence[CaseRow]:
    """List the papers of a stage in their order, each beside the SII's answer."""
    expected: Mapping[str, int] = {}
    if stage.step == Step.BOLETAS:
        expected = {str(case.number): case.total_clp for case in BOLETA_CASES}
    submissions = {
        row.document_id: row
        for row in Submission.objects.filter(parcel=stage.parcel)
        .select_related("document")
        .defer("document__xml", "document__signed_xml")
    }
    rows = CertificationDocument.objects.filter(stage=stage).order_by("position")
    return [_case(row, submissions[row.document_id], expected.get(row.case_number)) for row in rows]


def _case(row: CertificationDocument, submission: Submission, expected_clp: int | None) -> CaseRow:
    paper = submission.document
    return CaseRow(
        document_id=paper.id,
        case_number=row.case_number,
        kind=paper.kind,
        name=paper_name(paper.kind),
        folio=paper.folio,
        receiver_name=buyer_name(paper.receiver_rut, paper.receiver_name),
        net_clp=paper.net_clp,
        exempt_clp=paper.exempt_clp,
        vat_clp=paper.vat_clp,
        total_clp=paper.total_clp,
        expected_clp=expected_clp,
        state=submission.state,
        said=submission.words,
    )


def list_document_ids(stages: Sequence[CertificationStage]) -> Sequence[int]:
    """List the papers of stages, stage by stage, each in its order."""
    rows = CertificationDocument.objects.filter(stage__in=stages).order_by("stage_id", "position")
    return list(rows.values_list("document_id", flat=True))


def list_former_stages(stage: CertificationStage) -> Sequence[CertificationStage]:
    """List the earlier tries at the same step, newest first."""
    rows = CertificationStage.objects.filter(
        run_id=stage.run_id, step=stage.step, attention=stage.attention
    )
    return list(rows.exclude(replaced_at=None).order_by("-id"))


def list_files(stage: CertificationStage) -> Sequence[CertificationFile]:
    """List the files of a stage without their bytes."""
    rows = CertificationFile.objects.filter(stage=stage).defer("xml", "source")
    return list(rows.order_by("id"))


def get_file(file_id: int) -> CertificationFile:
    """Return a file with its bytes; raises CertificationFile.DoesNotExist for strangers."""
    row: CertificationFile = CertificationFile.objects.defer("source").get(id=file_id)
    return row


def list_open_folios(run: CertificationRun, *, on: date) -> Sequence[OpenFolios]:
    """List the types of which this certification has folios, and how many are left."""
    rows = (
        FolioRange.objects.filter(environment=run.environment, next_folio__lte=F("last_folio"))
        .exclude(expires_on__lte=on)
        .values_list("kind")
        .annotate(left=Sum(F("last_folio") - F("next_folio") + 1))
        .order_by("kind")
    )
    return [OpenFolios(kind=kind, name=paper_name(kind), left=left) for kind, left in rows]


def list_companies_with_files_due(at: datetime) -> Sequence[int]:
    """List the companies that wait for a signed file; needs the `sys` role, outside any scope."""
    with connections["sys"].cursor() as cursor:
        cursor.execute(_DUE_COMPANIES, {"at": at})
        return [row[0] for row in cursor.fetchall()]
