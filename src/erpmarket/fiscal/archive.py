"""The papers of a period as a zip: each as it was sent, and a manifest that tells them all.

Whoever sells keeps papers for six years. The file is written while it is read: no month is too
large for memory, and no transaction stays open while somebody's slow line takes the file.
Source: DL 825 de 1974, Art. 58 (six years).
"""

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import connection

from erpmarket.fiscal.actions.note_archive import note_archive
from erpmarket.fiscal.archive_check import (
    FORMAT,
    HASH_NAME,
    MANIFEST_NAME,
    document_name,
    hash_line,
)
from erpmarket.fiscal.books_models import MadeArchive
from erpmarket.fiscal.books_queries import BookMark
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import company_scope, current_company

BATCH: Final = 200
SHOWN: Final = 24
CHUNK_BYTES: Final = 65536
_DECLARATION: Final = b'<?xml version="1.0" encoding="ISO-8859-1"?>\n'
_PAPERS: Final = """
SELECT d.id, d.kind, d.folio, d.issue_date, d.total_clp, s.state,
       CASE WHEN r.id IS NULL THEN coalesce(d.signed_xml, d.xml)
            ELSE coalesce(r.signed_xml, r.xml) END,
       CASE WHEN r.id IS NULL THEN d.signed_xml ELSE r.signed_xml END IS NOT NULL
  FROM fiscal_issueddocument d
  JOIN fiscal_submission s ON s.company_id = d.company_id AND s.document_id = d.id
  LEFT JOIN LATERAL (
       SELECT v.id, v.xml, v.signed_xml FROM fiscal_documentrevision v
        WHERE v.company_id = d.company_id AND v.document_id = d.id
        ORDER BY v.number DESC LIMIT 1) r ON true
 WHERE d.company_id = %(company)s AND d.environment = %(environment)s
   AND d.issue_date >= %(first)s AND d.issue_date < %(until)s
   AND (%(after_day)s::date IS NULL OR (d.issue_date, d.id) > (%(after_day)s::date, %(after_id)s))
 ORDER BY d.issue_date, d.id
 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePeriod:
    """Legal issue dates from `first` up to `until`, that day not included."""

    first: date
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedPaper:
    """A paper with the file of its version in force; `is_signed` when it was made to be sent."""

    id: int
    kind: int
    folio: int
    issue_date: date
    total_clp: int
    state: str
    xml: bytes
    is_signed: bool


class _Pipe:
    """A file that only grows at its end; what was written is taken off in front."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        return len(part)

    def flush(self) -> None:
        """Nothing waits anywhere else."""

    def take(self) -> bytes:
        taken = b"".join(self._parts)
        self._parts.clear()
        return taken


def list_archived_papers(
    environment: str, period: ArchivePeriod, *, after: BookMark | None, limit: int
) -> list[ArchivedPaper]:
    """List every paper of a period with its file, rejected ones and guías too, by day."""
    facts: dict[str, int | str | date | None] = {
        "company": current_company(),
        "environment": environment,
        "first": period.first,
        "until": period.until,
        "after_day": None if after is None else after.day,
        "after_id": 0 if after is None else after.id,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAPERS, facts)
        return [
            ArchivedPaper(
                id=row[0],
                kind=row[1],
                folio=row[2],
                issue_date=row[3],
                total_clp=row[4],
                state=row[5],
                xml=bytes(row[6]),
                is_signed=row[7],
            )
            for row in cursor.fetchall()
        ]


def list_made_archives() -> Sequence[MadeArchive]:
    """List the latest backups that were made, newest first."""
    rows = MadeArchive.objects.filter(environment=get_company().environment)
    return list(rows.select_related("made_by").order_by("-id")[:SHOWN])


def write_archive(
    company_id: int, period: ArchivePeriod, *, made_by: int | None = None, at: datetime
) -> Iterator[bytes]:
    """Write the zip of a period, part by part; the manifest and its hash come last.

    Who made it and its hash are written down when the last part is taken: a download that breaks
    off is no archive.
    """
    with company_scope(company_id):
        company = get_company()
    head = {
        "format": FORMAT,
        "company_rut": company.rut,
        "company_name": company.name,
        "environment": company.environment,
        "first": period.first.isoformat(),
        "until": period.until.isoformat(),
        "made_at": at.isoformat(),
    }
    pipe, digest, count = _Pipe(), hashlib.sha256(), 0
    with (
        tempfile.TemporaryFile() as manifest,
        zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive,  # type: ignore[call-overload]  # it asks for no more than write and flush
    ):

        def tell(text: str) -> None:
            line = text.encode()
            digest.update(line)
            manifest.write(line)

        tell(json.dumps(head, ensure_ascii=False)[:-1] + ', "documents": [')
        separator = "\n"
        for paper in _papers(company_id, company.environment, period):
            content = _file(paper.xml)
            name = document_name(paper.kind, paper.folio)
            archive.writestr(_entry(name, paper.issue_date), content)
            tell(separator + json.dumps(_facts(paper, name, content)))
            separator = ",\n"
            count += 1
            yield pipe.take()
        tell("\n]}\n")
        manifest.seek(0)
        with archive.open(_entry(MANIFEST_NAME, period.first), "w", force_zip64=True) as entry:
            while chunk := manifest.read(CHUNK_BYTES):
                entry.write(chunk)
                yield pipe.take()
        archive.writestr(_entry(HASH_NAME, period.first), hash_line(digest.hexdigest()))
    last = pipe.take()
    with company_scope(company_id):
        note_archive(
            MadeArchive(
                environment=company.environment,
                first=period.first,
                until=period.until,
                document_count=count,
                manifest_sha256=digest.hexdigest(),
                made_at=at,
                made_by_id=made_by,
            )
        )
    yield last


def _papers(company_id: int, environment: str, period: ArchivePeriod) -> Iterator[ArchivedPaper]:
    after: BookMark | None = None
    while True:
        # Never across a yield: whoever stops reading would leave the company bound.
        with company_scope(company_id):
            found = list_archived_papers(environment, period, after=after, limit=BATCH)
        yield from found
        if len(found) < BATCH:
            return
        after = BookMark(day=found[-1].issue_date, id=found[-1].id)


def _file(xml: bytes) -> bytes:
    """Return a document that says its encoding, as a file must that stands alone."""
    return xml if xml.lstrip().startswith(b"<?xml") else _DECLARATION + xml


def _entry(name: str, day: date) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=(day.year, day.month, day.day, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _facts(paper: ArchivedPaper, name: str, content: bytes) -> dict[str, object]:
    return {
        "file": name,
        "kind": paper.kind,
        "folio": paper.folio,
        "issue_date": paper.issue_date.isoformat(),
        "total_clp": paper.total_clp,
        "state": paper.state,
        "signed": paper.is_signed,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
