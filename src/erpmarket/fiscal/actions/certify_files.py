"""Books and answers of the certification: asked for by a person, built and signed by the worker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction

from dte.books import (
    BookCover,
    enter_sale,
    write_guia_book,
    write_purchase_book,
    write_sales_book,
)
from dte.certificate import Certificate as SigningCertificate
from dte.certification.set_books import enter_set_guias, enter_set_purchases
from dte.certification.set_text import Section
from dte.codes import DocumentType
from dte.errors import DteError
from dte.rut import Rut
from dte.xml.read import ReadDocument, read_document
from erpmarket.common.clock import local_date
from erpmarket.fiscal.actions.certify_answers import answer_builder
from erpmarket.fiscal.actions.certify_prepare import find_step, prepared_since, replace_stage
from erpmarket.fiscal.actions.certify_start import CertificationRefused, lock_open_run
from erpmarket.fiscal.actions.leases import Clock
from erpmarket.fiscal.certification_models import (
    CertificationFile,
    CertificationRun,
    CertificationStage,
    FileKind,
    Step,
)
from erpmarket.fiscal.certification_parties import list_receivers
from erpmarket.fiscal.certification_queries import (
    BOOK_STEPS,
    Progress,
    StepStanding,
    list_document_ids,
    list_standings,
    read_set,
)
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.outbox_queries import SealedCertificate, find_certificate
from erpmarket.fiscal.pace import HOLD
from erpmarket.fiscal.paper_queries import current_file
from erpmarket.fiscal.sii_gateway import GatewayClosed, open_gateway
from erpmarket.fiscal.wake import wake
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope

# A killed worker's file is made by the next one after this pause.
LEASE: Final = timedelta(seconds=60)
ANSWERS: Final = (FileKind.RECEPTION, FileKind.RECEIPTS, FileKind.RESULT)
SOURCE_LIMIT_BYTES: Final = 5_000_000
_RECEIVED: Final = (Progress.ACCEPTED, Progress.REMARKS, Progress.PASSED)
_Build = Callable[[SigningCertificate, datetime], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    file_id: int
    environment: str
    attempts: int
    build: _Build
    certificate: SealedCertificate | None = field(repr=False)


@transaction.atomic
def prepare_book(
    *, key: str, by: int | None, at: datetime, seen: str | None = None
) -> CertificationStage:
    """Ask for the book of a step; `seen` as for papers.

    Raises CertificationRefused when its papers are not there yet.
    """
    run = lock_open_run()
    standing = find_step(run, key)
    if (newer := prepared_since(standing, seen)) is not None:
        return newer
    if standing.wanted.step not in BOOK_STEPS:
        raise CertificationRefused(reason="nothing_prepared", words="Ese paso no es un libro.")
    _check_papers(list_standings(run), standing.wanted.step)
    stage = replace_stage(standing, run, by=by, at=at)
    _want(stage, FileKind(stage.step), at=at)
    transaction.on_commit(wake, robust=True)
    return stage


@transaction.atomic
def prepare_answers(
    *, content: bytes, name: str, by: int | None, at: datetime, seen: str | None = None
) -> CertificationStage:
    """Ask for the three answers to the envelope that the SII gave; `seen` as for papers.

    Raises CertificationRefused.
    """
    run = lock_open_run()
    standing = find_step(run, "intercambio")
    if (newer := prepared_since(standing, seen)) is not None:
        return newer
    if not content or len(content) > SOURCE_LIMIT_BYTES:
        raise CertificationRefused(
            reason="nothing_prepared",
            words="Ese archivo no es un envío de documentos. Sube el XML que el SII te dio para el"
            " intercambio.",
        )
    stage = replace_stage(standing, run, by=by, at=at)
    for kind in ANSWERS:
        _want(stage, kind, at=at, source=content, source_name=name)
    transaction.on_commit(wake, robust=True)
    return stage


def _want(
    stage: CertificationStage,
    kind: FileKind,
    *,
    at: datetime,
    source: bytes | None = None,
    source_name: str = "",
) -> None:
    CertificationFile.objects.create(
        stage=stage,
        kind=kind,
        source=source,
        source_name=source_name[:80],
        wanted_at=at,
        available_at=at,
    )


def _check_papers(standings: Sequence[StepStanding], step: str) -> None:
    if step == Step.PURCHASE_BOOK:
        return
    wanted = [_find(standings, "BASICO")]
    if step == Step.GUIA_BOOK:
        wanted.append(_find(standings, "GUIA"))
    for each in wanted:
        if each is None or each.progress not in _RECEIVED:
            name = "el set básico" if each is None else each.wanted.title.lower()
            raise CertificationRefused(
                reason="nothing_prepared",
                words=f"Este libro se hace con {name}: envíalo primero y espera que el SII lo"
                " acepte.",
            )


def _find(standings: Sequence[StepStanding], word: str) -> StepStanding | None:
    return next(
        (
            each
            for each in standings
            if each.wanted.step == Step.DOCUMENTS
            and each.wanted.section is not None
            and word in each.wanted.section.title
        ),
        None,
    )


def make_next_file(*, company_id: int, clock: Clock) -> bool:
    """Build and sign one due file of the company; tell whether one was due.

    Call it outside a scope: claim, reading, signature and record are steps of their own. Without a
    usable certificate it waits; what cannot be built is told on the page of its step.
    """
    at = clock()
    with company_scope(company_id):
        row = _take(at)
    if row is None:
        return False
    # Not with the claim: what cannot be read would undo it and come first for ever.
    with company_scope(company_id):
        claim = _read(row, at)
    xml, refusal, wait = None, "", None
    try:
        gateway = open_gateway(
            company_id=company_id,
            sealed=claim.certificate,
            environment=claim.environment,
            at=at,
        )
        xml = claim.build(gateway.certificate, at)
    except GatewayClosed as closed:
        refusal, wait = closed.words, HOLD.wait(claim.attempts)
    except DteError as error:
        refusal = error.message
    with company_scope(company_id):
        _record(claim, xml, refusal, wait, at=clock())
    return True


def _take(at: datetime) -> CertificationFile | None:
    row: CertificationFile | None = (
        CertificationFile.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("stage__run", "stage__test_set")
        .filter(made_at=None, available_at__lte=at)
        .order_by("id")
        .first()
    )
    if row is None:
        return None
    row.attempts += 1
    row.available_at = at + LEASE
    row.save(update_fields=["attempts", "available_at"])
    return row


def _read(row: CertificationFile, at: datetime) -> _Claim:
    build = answer_builder(row) if row.stage.step == Step.EXCHANGE else _book_builder(row)
    return _Claim(
        file_id=row.id,
        environment=row.stage.run.environment,
        attempts=row.attempts,
        build=build,
        certificate=find_certificate(at=at),
    )


def _record(
    claim: _Claim, xml: bytes | None, refusal: str, wait: timedelta | None, *, at: datetime
) -> None:
    rows = CertificationFile.objects.filter(id=claim.file_id, made_at=None)
    if wait is not None:
        rows.update(refusal=refusal[:500], available_at=at + wait)
        return
    rows.update(xml=xml, refusal=refusal[:500], made_at=at)


def _book_builder(row: CertificationFile) -> _Build:
    """Read what a book holds, inside the company's scope; the signature comes outside of it."""
    stage, run = row.stage, row.stage.run
    section = _section_of(stage)
    standings = list_standings(run)
    on = local_date(row.wanted_at)
    if row.kind == FileKind.PURCHASE_BOOK:
        return _purchases(section, run, on=on)
    basic = _documents(_find(standings, "BASICO"))
    if row.kind == FileKind.SALES_BOOK:
        return _sales(section, run, basic, on=on)
    return _guias(section, run, basic, _documents(_find(standings, "GUIA")), on=on)


def _section_of(stage: CertificationStage) -> Section:
    test_set = read_set(stage.test_set)
    return next(each for each in test_set.sections if each.attention == stage.attention)


def _documents(standing: StepStanding | None) -> list[ReadDocument]:
    if standing is None or standing.stage is None:
        return []
    wanted = list_document_ids([standing.stage])
    rows = IssuedDocument.objects.in_bulk(wanted)
    return [read_document(current_file(rows[each])) for each in wanted]


def _sales(
    section: Section, run: CertificationRun, documents: Sequence[ReadDocument], *, on: date
) -> _Build:
    cover = _cover_maker(section, run, on=on)

    def build(certificate: SigningCertificate, at: datetime) -> bytes:
        entries = [enter_sale(document) for document in documents]
        return write_sales_book(entries, cover(certificate), certificate, at, check=True)

    return build


def _purchases(section: Section, run: CertificationRun, *, on: date) -> _Build:
    cover, supplier = _cover_maker(section, run, on=on), list_receivers()[0]

    def build(certificate: SigningCertificate, at: datetime) -> bytes:
        entries = enter_set_purchases(
            section, on=on, supplier=supplier.rut, supplier_name=supplier.name
        )
        return write_purchase_book(
            entries,
            cover(certificate),
            certificate,
            at,
            proportion=section.shared_vat_factor,
            check=True,
        )

    return build


def _guias(
    section: Section,
    run: CertificationRun,
    basic: Sequence[ReadDocument],
    guias: Sequence[ReadDocument],
    *,
    on: date,
) -> _Build:
    cover = _cover_maker(section, run, on=on)

    def build(certificate: SigningCertificate, at: datetime) -> bytes:
        factura = next(each for each in basic if each.kind is DocumentType.FACTURA)
        billed_by = (int(factura.kind), factura.folio, factura.issue_date)
        entries = enter_set_guias(section, guias, billed_by=billed_by)
        return write_guia_book(entries, cover(certificate), certificate, at, check=True)

    return build


def _cover_maker(
    section: Section, run: CertificationRun, *, on: date
) -> Callable[[SigningCertificate], BookCover]:
    issuer = Rut.parse(get_company().rut)

    def cover(certificate: SigningCertificate) -> BookCover:
        return BookCover(
            issuer=issuer,
            sender=certificate.rut,
            resolution_date=run.resolution_date,
            resolution_number=run.resolution_number,
            period=on,
            notification=int(section.attention),
        )

    return cover
