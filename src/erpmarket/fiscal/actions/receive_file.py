"""Take in a file of documents that somebody sent: kept whole first, then judged, then answered."""

import hashlib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final

from django.db import connection, transaction

from dte.caf import SiiKey
from dte.exchange import (
    Arrival,
    DocumentReception,
    ReceivedEnvelope,
    judge_envelope,
)
from dte.exchange import ReceivedDocument as JudgedDocument
from dte.rut import Rut
from dte.sii.claims import CLAIMABLE
from dte.xml.parse import parse_xml
from dte.xml.read import find_documents, read_element
from erpmarket.common.errors import DomainError
from erpmarket.fiscal.actions.exchange_jobs import ExchangeEventName, JobWish, tell, wish
from erpmarket.fiscal.authorities import trusted_keys
from erpmarket.fiscal.exchange_models import JobKind, ReceivedDocument, ReceivedFile
from erpmarket.tenancy.queries import get_company
from erpmarket.tenancy.scope import current_company

SIZE_LIMIT_BYTES: Final = 10 * 1024 * 1024
NAME_LIMIT: Final = 80
_ODD: Final = re.compile(r"[^A-Za-z0-9._ -]+")
# One key of PostgreSQL's advisory locks for this work; the other is the company.
_LOCK: Final = 8_401


@dataclass(kw_only=True, eq=False)
class AlreadyReceived(DomainError):
    name: str
    received_at: datetime

    code: ClassVar[str] = "already_received"

    @property
    def message(self) -> str:
        return (
            f"Este archivo ya lo tienes: llegó el {self.received_at:%d-%m-%Y} como «{self.name}»."
            " No hace falta subirlo de nuevo."
        )


class FileTooLarge(DomainError):
    code: ClassVar[str] = "file_too_large"

    @property
    def message(self) -> str:
        return "El archivo pesa más de 10 MB. Pide a tu proveedor que lo envíe en partes."


class EmptyFile(DomainError):
    code: ClassVar[str] = "empty_file"

    @property
    def message(self) -> str:
        return "El archivo está vacío. Bájalo de nuevo del correo de tu proveedor."


class _KnownDigests(Collection[str]):
    """The digests of the envelopes we took in, asked one by one."""

    def __init__(self, environment: str) -> None:
        self._rows = ReceivedFile.objects.filter(environment=environment, state=0)

    def __contains__(self, digest: object) -> bool:
        return bool(digest) and self._rows.filter(set_digest=digest).exists()

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows.values_list("set_digest", flat=True))

    def __len__(self) -> int:
        return int(self._rows.count())


@transaction.atomic
def receive_file(*, raw: bytes, name: str, sender: str = "", at: datetime) -> ReceivedFile:
    """Keep a file and what we find of it; ask the worker to answer whoever mailed it.

    `sender` is the address to answer, empty for a file that a person brought. What is wrong with
    the file is in the row, never raised. Raises AlreadyReceived, EmptyFile, FileTooLarge and
    SchemasMissing.
    """
    if not raw:
        raise EmptyFile
    if len(raw) > SIZE_LIMIT_BYTES:
        raise FileTooLarge
    _wait_for_turn()
    company = get_company()
    environment = company.environment
    digest = hashlib.sha256(raw).hexdigest()
    same = ReceivedFile.objects.filter(environment=environment, digest=digest).first()
    if same is not None:
        raise AlreadyReceived(name=same.name, received_at=same.received_at)
    arrival = Arrival(xml=raw, file_name=plain_name(name), received_at=at, code=0)
    judged = _judge(arrival, Rut.parse(company.rut), environment, trusted_keys(environment))
    row: ReceivedFile = ReceivedFile.objects.create(
        environment=environment,
        digest=digest,
        name=arrival.file_name,
        sender=sender,
        received_at=at,
        raw=raw,
        state=int(judged.state),
        note=judged.note,
        issuer_rut="" if judged.issuer is None else str(judged.issuer),
        set_id=judged.set_id[:80],
        set_digest=judged.digest[:64],
    )
    words = f"Llegó por correo de {sender}." if sender else "Se subió a mano."
    tell(ExchangeEventName.RECEIVED, words, file_id=row.id, at=at)
    for document in _keep_documents(row, judged.documents, at=at):
        if document.state == DocumentReception.RECEIVED and document.kind in CLAIMABLE:
            wish(JobWish(kind=JobKind.LOOK, document=document), at=at)
    if sender and row.issuer_rut:
        wish(JobWish(kind=JobKind.RECEPTION, file=row, recipient=sender), at=at)
    return row


def plain_name(name: str) -> str:
    """Cut a file's name down to what answers and headers can carry."""
    return (
        _ODD.sub("_", name.rsplit("/", 1)[-1].rsplit("\\", 1)[-1]).strip()[-NAME_LIMIT:]
        or "archivo.xml"
    )


def _wait_for_turn() -> None:
    """Let one file of a company be judged at a time: which one is repeated depends on the other."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s::int)", [_LOCK, current_company() % 2**31]
        )


def _judge(
    arrival: Arrival, receiver: Rut, environment: str, trusted: Mapping[int, SiiKey]
) -> ReceivedEnvelope:
    judged = judge_envelope(
        arrival, receiver=receiver, known_digests=_KnownDigests(environment), trusted=trusted
    )
    taken: set[tuple[str, int, int]] = set()
    documents = []
    for one in judged.documents:
        key = (str(one.document.issuer), int(one.document.kind), one.document.folio)
        is_good = one.state == DocumentReception.RECEIVED
        if is_good and (key in taken or _is_here(environment, key)):
            repeated = DocumentReception.REPEATED
            documents.append(replace(one, state=repeated, note=repeated.meaning))
        else:
            documents.append(one)
        if is_good:
            taken.add(key)
    return replace(judged, documents=tuple(documents))


def _is_here(environment: str, key: tuple[str, int, int]) -> bool:
    issuer, kind, folio = key
    return bool(
        ReceivedDocument.objects.filter(
            environment=environment, issuer_rut=issuer, kind=kind, folio=folio, state=0
        ).exists()
    )


def _keep_documents(
    row: ReceivedFile, judged: Sequence[JudgedDocument], *, at: datetime
) -> list[ReceivedDocument]:
    if not judged:
        return []
    kept = []
    nodes = find_documents(parse_xml(bytes(row.raw)))
    for position, (node, one) in enumerate(zip(nodes, judged, strict=True)):
        paper = read_element(node)
        kept.append(
            ReceivedDocument.objects.create(
                file=row,
                position=position,
                environment=row.environment,
                issuer_rut=str(paper.issuer.rut),
                issuer_name=paper.issuer.name[:100],
                kind=int(paper.kind),
                folio=paper.folio,
                issue_date=paper.issue_date,
                net_clp=paper.totals.net_clp,
                exempt_clp=paper.totals.exempt_clp,
                vat_clp=paper.totals.vat_clp,
                total_clp=paper.totals.total_clp,
                state=int(one.state),
                note=one.note,
                received_at=at,
            )
        )
    return kept
