"""The three answers to the envelope that the SII gives a company in its certification."""

from collections.abc import Callable
from datetime import datetime

from dte.certificate import Certificate as SigningCertificate
from dte.exchange import (
    Answer,
    Approval,
    Arrival,
    Contact,
    DocumentReception,
    DocumentResult,
    ExchangeRefused,
    Parties,
    Receipt,
    ReceivedDocument,
    ReceivedEnvelope,
    judge_envelope,
    write_answer,
    write_receipts,
)
from dte.rut import Rut
from erpmarket.fiscal.authorities import trusted_keys
from erpmarket.fiscal.certification_models import CertificationFile, FileKind
from erpmarket.tenancy.queries import get_company, list_branches

_Build = Callable[[SigningCertificate, datetime], bytes]


def answer_builder(row: CertificationFile) -> _Build:
    """Read what an answer needs, inside the company's scope; it is signed outside of it."""
    company, stage_id, kind = get_company(), row.stage_id, FileKind(row.kind)
    receiver = Rut.parse(company.rut)
    contact = Contact(name=company.shop_name[:40], email=company.email)
    place = (list_branches()[0].address or company.shop_name)[:80]
    trusted = trusted_keys(row.stage.run.environment)
    arrival = Arrival(
        xml=bytes(row.source or b""),
        file_name=row.source_name,
        received_at=row.wanted_at,
        code=stage_id,
    )

    def build(certificate: SigningCertificate, at: datetime) -> bytes:
        judged = judge_envelope(arrival, receiver=receiver, trusted=trusted)
        if judged.issuer is None:
            raise ExchangeRefused(
                "empty", f"El archivo no es un envío que se pueda responder: {judged.note}."
            )
        parties = Parties(responder=receiver, recipient=judged.issuer, contact=contact)
        if kind is FileKind.RECEPTION:
            answer = Answer(parties=parties, answer_id=stage_id, envelopes=(judged,))
            return write_answer(answer, certificate, at, check=True)
        if kind is FileKind.RECEIPTS:
            receipts = [Receipt(document=each.document, place=place) for each in _taken(judged)]
            return write_receipts(receipts, parties, certificate, at, check=True)
        results = tuple(_result(each, stage_id) for each in _taken(judged))
        answer = Answer(parties=parties, answer_id=stage_id, results=results)
        return write_answer(answer, certificate, at, check=True)

    return build


def _taken(judged: ReceivedEnvelope) -> tuple[ReceivedDocument, ...]:
    """Return the documents that are ours; of the others the first answer has told already."""
    found = tuple(each for each in judged.documents if each.state is DocumentReception.RECEIVED)
    if not found:
        raise ExchangeRefused(
            "empty",
            "El envío no trae ningún documento válido para tu empresa. Descárgalo otra vez"
            " del SII y súbelo sin abrirlo.",
        )
    return found


def _result(document: ReceivedDocument, code: int) -> DocumentResult:
    return DocumentResult(
        document=document.document,
        code=code,
        state=Approval.ACCEPTED,
        note=Approval.ACCEPTED.meaning,
    )
