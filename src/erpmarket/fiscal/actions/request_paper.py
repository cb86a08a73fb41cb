"""Ask for a PDF: a row now, the drawing later in the worker; the same paper is drawn once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from django.db import transaction

from dte.certification.sample_prints import sample_prints
from dte.errors import DteError
from dte.printable.legal import wanted_mark
from dte.printable.receipt import CopyMark, SaleFacts
from dte.xml.read import read_document
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.models import IssuedDocument, PaperJob
from erpmarket.fiscal.paper_queries import PaperLook, current_file, current_xml, find_paper_look
from erpmarket.fiscal.pdf import Drawable, PdfPaper, PdfRefused
from erpmarket.fiscal.public_links import is_worth_printing, public_url
from erpmarket.fiscal.receipts import find_sale_facts, paper_shop, payment_notes
from erpmarket.fiscal.wake import wake
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.queries import get_company

BUNDLE_LIMIT: Final = 50
# Another number when the templates change, so that no paper of the former look is shown.
LOOK_VERSION: Final = 2
# The form of a reprint: the 80 mm paper, marked COPIA with the hour when it was asked for.
COPY_FORM: Final = "copia"
# The papers that the SII looks at in a certification: each document's copies, one after the other.
SAMPLES_FORM: Final = "muestras"
SAMPLES_LIMIT: Final = 100
_NOTED_KINDS: Final = frozenset({33, 34})


@dataclass(kw_only=True, eq=False)
class BundleTooLarge(DomainError):
    """More documents than one PDF holds."""

    limit: int

    code: ClassVar[str] = "bundle_too_large"

    @property
    def message(self) -> str:
        return f"Un PDF junta hasta {self.limit} documentos. Elige menos, por ejemplo por día."


def request_paper(
    documents: Sequence[IssuedDocument],
    *,
    paper: PdfPaper,
    at: datetime,
    copy_uid: UUID | None = None,
) -> PaperJob:
    """Find or ask for the PDF of stored documents, in their order; returns without drawing.

    `copy_uid` asks for a reprint marked COPIA, a paper of its own. Raises PdfRefused when a
    document has no such paper, BundleTooLarge.
    """
    if len(documents) > BUNDLE_LIMIT:
        raise BundleTooLarge(limit=BUNDLE_LIMIT)
    company = get_company()
    drawables = [_drawable(document, company) for document in documents]
    _check(drawables, paper)
    form = paper if copy_uid is None else COPY_FORM
    return _ask(documents, drawables, form=form, copy_uid=copy_uid, at=at)


def request_samples(documents: Sequence[IssuedDocument], *, at: datetime) -> PaperJob:
    """Find or ask for the sample prints of documents: tax copy, then cedible where there is one.

    Raises PdfRefused and BundleTooLarge.
    Source: Manual de muestras impresas v3.0.
    """
    if len(documents) > SAMPLES_LIMIT:
        raise BundleTooLarge(limit=SAMPLES_LIMIT)
    return _ask(documents, _samples(documents, get_company()), form=SAMPLES_FORM, at=at)


def _ask(
    documents: Sequence[IssuedDocument],
    drawables: Sequence[Drawable],
    *,
    form: str,
    at: datetime,
    copy_uid: UUID | None = None,
) -> PaperJob:
    job, is_new = PaperJob.objects.get_or_create(
        key=_key(documents, drawables, form, copy_uid),
        defaults={
            "documents": [document.id for document in documents],
            "form": form,
            "wanted_at": at,
            "available_at": at,
        },
    )
    if is_new:
        transaction.on_commit(wake, robust=True)
    found: PaperJob = job
    return found


def _samples(documents: Sequence[IssuedDocument], company: Company) -> list[Drawable]:
    found = []
    for document in documents:
        plain = _drawable(document, company)
        try:
            prints = sample_prints([current_file(document)])
        except DteError as error:
            raise PdfRefused(reason=error.code, words=error.message) from error
        found += [
            replace(plain, document_xml=each.xml, is_cedible=each.is_cedible, notes=())
            for each in prints
        ]
    return found


def drawables_of(job: PaperJob) -> tuple[list[Drawable], PdfPaper]:
    """Read what a job draws, in its order, inside the company's scope."""
    company = get_company()
    found = IssuedDocument.objects.in_bulk(job.documents)
    if job.form == SAMPLES_FORM:
        return _samples([found[each] for each in job.documents], company), PdfPaper.LETTER
    copy = CopyMark(reprinted_at=job.wanted_at) if job.form == COPY_FORM else None
    paper = PdfPaper.ROLL if copy else PdfPaper(job.form)
    drawables = [_drawable(found[each], company, copy=copy) for each in job.documents]
    return drawables, paper


def _drawable(
    document: IssuedDocument, company: Company, *, copy: CopyMark | None = None
) -> Drawable:
    look = find_paper_look(document.branch_id)
    sale = _sale(document, look)
    return Drawable(
        document_xml=current_xml(document),
        shop=paper_shop(document, company, look),
        sale=sale,
        notes=_notes(document, look, sale),
        copy=copy,
    )


def _sale(document: IssuedDocument, look: PaperLook) -> SaleFacts | None:
    sale = find_sale_facts(document)
    if sale is None or not (look.prints_qr and is_worth_printing(document)):
        return sale
    return replace(sale, lookup_url=public_url(document))


def _notes(document: IssuedDocument, look: PaperLook, sale: SaleFacts | None) -> tuple[str, ...]:
    if document.kind not in _NOTED_KINDS:
        return ()
    if sale is not None:
        # Paid at a till: nobody needs to know where to transfer the money.
        return payment_notes(read_document(current_xml(document)), sale)
    return tuple(look.bank_note.splitlines())


def _check(drawables: Sequence[Drawable], paper: PdfPaper) -> None:
    """Refuse at once what could never be drawn."""
    for drawable in drawables:
        try:
            wanted_mark(read_document(drawable.document_xml), cedible=paper.is_cedible)
        except DteError as error:
            raise PdfRefused(reason=error.code, words=error.message) from error


def _key(
    documents: Sequence[IssuedDocument],
    drawables: Sequence[Drawable],
    form: str,
    copy_uid: UUID | None,
) -> bytes:
    shown = [
        LOOK_VERSION,
        str(form),
        str(copy_uid or ""),
        [document.id for document in documents],
        [
            [
                hashlib.sha256(each.document_xml).hexdigest(),
                repr((each.shop, each.sale, each.notes, each.is_cedible)),
            ]
            for each in drawables
        ],
    ]
    return hashlib.sha256(json.dumps(shown).encode()).digest()
