"""Begin a certification, take in the SII's test set, and end it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db import transaction

from dte.certification.set_text import MAX_BYTES, TestSet, read_test_set
from dte.errors import DteError
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.certification_models import CertificationRun, CertificationSet
from erpmarket.fiscal.certification_queries import find_open_run
from erpmarket.tenancy.models import Company, Environment
from erpmarket.tenancy.scope import current_company

_QUOTED = re.compile(r"'([^']{3,})'")
_CASE = re.compile(r"[Cc]aso (\d+-\d+)")


@dataclass(kw_only=True, eq=False)
class CertificationRefused(DomainError):
    """A step of the certification cannot be taken now; `reason` is stable.

    Reasons: no_run, already_open, unreadable_set, spoiled_names, no_folios, bad_case, no_goods,
    no_carriage, on_its_way, nothing_prepared, already_sent, not_final, not_made, and those of
    `dte`.
    """

    reason: str
    words: str

    code: ClassVar[str] = "certification_refused"

    @property
    def message(self) -> str:
        return self.words


def certification_environment(company: Company) -> Environment:
    """Tell where a company is certified: in the demo before the simulated SII."""
    is_demo = company.environment == Environment.DEMO
    return Environment.REHEARSAL if is_demo else Environment.CERTIFICATION


def needs_resolution_day(company: Company) -> bool:
    """Tell whether the company's own resolution is not that of its certification."""
    return bool(company.environment == Environment.PRODUCTION)


@transaction.atomic
def start_certification(
    *, by: int | None, at: datetime, resolution_date: date | None = None
) -> CertificationRun:
    """Open a certification. `resolution_date` is that of the certification site, resolution 0.

    Without a date the company's own resolution counts. Raises CertificationRefused.
    """
    # Two people may start at once; the second waits here, and then finds the first one's.
    company = Company.objects.select_for_update(no_key=True).get(id=current_company())
    if find_open_run() is not None:
        raise CertificationRefused(
            reason="already_open",
            words="Tu certificación ya está abierta: sigue donde quedó, en SII, Certificación.",
        )
    own = resolution_date is None
    row: CertificationRun = CertificationRun.objects.create(
        environment=certification_environment(company),
        resolution_number=company.resolution_number if own else 0,
        resolution_date=company.resolution_date if own else resolution_date,
        started_at=at,
        started_by_id=by,
    )
    return row


@transaction.atomic
def load_test_set(*, content: bytes, name: str, by: int | None, at: datetime) -> CertificationSet:
    """Take in the file of test cases; the newest one counts. Raises CertificationRefused."""
    run = lock_open_run()
    test_set = _read(content)
    if test_set.spoiled_names:
        raise CertificationRefused(
            reason="spoiled_names",
            words=f"El archivo perdió los acentos: trae «{test_set.spoiled_names[0]}» y el SII"
            " rechaza nombres cambiados. Descárgalo otra vez y súbelo sin abrirlo.",
        )
    row: CertificationSet = CertificationSet.objects.create(
        run=run, name=name[:80], text=content, loaded_at=at, loaded_by_id=by
    )
    return row


def _read(content: bytes) -> TestSet:
    if len(content) > MAX_BYTES:
        raise CertificationRefused(
            reason="unreadable_set",
            words="Ese archivo es demasiado grande para ser un set de pruebas. Sube el .txt que el"
            " SII entrega al generar el set.",
        )
    try:
        return read_test_set(content)
    except DteError as error:
        words = f"{_where(content, error.message)}{error.message}"
        raise CertificationRefused(reason=error.code, words=words) from error


def _where(content: bytes, message: str) -> str:
    """Name the line of the file that a refusal is about: the one it quotes, else its case's."""
    quoted, case = _QUOTED.search(message), _CASE.search(message)
    lines = content.decode("iso-8859-1").splitlines()
    start = _find_line(lines, f"CASO {case[1]}") if case else 0
    line = None if quoted is None else _find_line(lines, quoted[1].strip(), start=start or 0)
    found = line or start
    return f"Línea {found}: " if found else ""


def _find_line(lines: Sequence[str], text: str, *, start: int = 0) -> int | None:
    """Return the number of the first line after `start` that holds a text."""
    rest = enumerate(lines[start:], start=start + 1)
    return next((number for number, line in rest if text in line), None)


@transaction.atomic
def end_certification(*, at: datetime) -> CertificationRun:
    """Close the certification; what it made stays. Raises CertificationRefused."""
    run = lock_open_run()
    run.ended_at = at
    run.save(update_fields=["ended_at"])
    return run


def lock_open_run() -> CertificationRun:
    """Lock the open certification, so that one person's step waits for another's.

    Raises CertificationRefused (no_run).
    """
    run: CertificationRun | None = (
        CertificationRun.objects.select_for_update().filter(ended_at=None).first()
    )
    if run is None:
        raise CertificationRefused(
            reason="no_run", words="No hay una certificación abierta. Empieza una primero."
        )
    return run
