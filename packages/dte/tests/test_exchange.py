"""What a receiver of invoices sends back, and what we understand of what is sent back to us."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import xmlsec

from dte.build import build
from dte.caf import Caf, SiiKey
from dte.certificate import Certificate, CertificateExpired
from dte.codes import DocumentType
from dte.document import Draft
from dte.envelope import Cover, pack_documents
from dte.errors import SchemaRefused, SignatureWrong, XmlRefused
from dte.exchange import (
    LAW_19983_DECLARATION,
    Answer,
    Approval,
    Arrival,
    Contact,
    DocumentIdentity,
    DocumentReception,
    DocumentResult,
    EnvelopeReception,
    ExchangeRefused,
    Parties,
    Receipt,
    ReceivedDocument,
    ReceivedEnvelope,
    judge_envelope,
    read_answer,
    read_receipts,
    write_answer,
    write_receipts,
)
from dte.rut import Rut
from dte.schemas import SchemasMissing
from dte.sealing import open_file, seal_file
from dte.signatures import verify_enclosed_signature
from dte.signer import SignatureForm, sign_document
from dte.xml.parse import parse_xml
from dte.xml.read import read_document
from dte.xml.validate import check_file

Sign = Callable[..., bytes]
Judge = Callable[..., ReceivedEnvelope]

SHOP = Rut.parse("76918245-4")
CUSTOMER = Rut.parse("76543210-3")
OTHER = Rut.parse("11111111-1")
LOCAL_NOON = datetime.fromisoformat("2026-11-22T12:00:00")
COVER = Cover(
    issuer=SHOP,
    sender=Rut.parse("12345678-5"),
    resolution_date=date(2014, 8, 22),
    resolution_number=80,
    receiver=CUSTOMER,
)
PARTIES = Parties(
    responder=CUSTOMER,
    recipient=SHOP,
    contact=Contact(name="Inés Ñancupil", phone="+56 2 2345 6789", email="dte@nandu.example"),
)
DOCUMENT = DocumentIdentity(
    kind=DocumentType.FACTURA,
    folio=1,
    issue_date=date(2026, 11, 22),
    issuer=SHOP,
    receiver=CUSTOMER,
    total_clp=1190,
)
ENVELOPE = ReceivedEnvelope(
    file_name="envío & más.xml",
    received_at=datetime.fromisoformat("2026-11-22T12:05:00"),
    code=77,
    set_id="SetDoc",
    digest="2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
    issuer=SHOP,
    receiver=CUSTOMER,
    state=EnvelopeReception.ACCEPTED,
    note="Envío recibido conforme",
    documents=(
        ReceivedDocument(document=DOCUMENT, state=DocumentReception.RECEIVED, note="Bien"),
        ReceivedDocument(
            document=replace(DOCUMENT, folio=2), state=DocumentReception.REPEATED, note=""
        ),
    ),
)
UNREADABLE = ReceivedEnvelope(
    file_name="roto.xml",
    received_at=datetime.fromisoformat("2026-11-22T12:06:00"),
    code=78,
    set_id="",
    digest="",
    issuer=None,
    receiver=None,
    state=EnvelopeReception.UNREADABLE,
    note=EnvelopeReception.UNREADABLE.meaning,
)
RESULT = DocumentResult(
    document=DOCUMENT, code=77, state=Approval.REJECTED, note="Precio errado", reason_code=-3
)


def xmlsec_verifies(xml: bytes, name: str, certificate: Certificate) -> None:
    """Ask another library whether the signature over the element of that name fits, in place."""
    root: Any = parse_xml(xml)
    signed = root if root.tag.endswith(f"}}{name}") else root.find(f".//{{*}}{name}")
    xmlsec.tree.add_ids(signed, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(certificate.der, xmlsec.constants.KeyDataFormatCertDer)
    context.verify(signed.getnext())


@pytest.fixture(scope="session")
def arrive(factura: Sign, certificate: Certificate, noon: datetime) -> Callable[..., Arrival]:
    def make(xml: bytes | None = None) -> Arrival:
        packed = xml or pack_documents([factura(1), factura(2)], COVER, certificate, noon)
        return Arrival(xml=packed, file_name="envio.xml", received_at=noon, code=77)

    return make


@pytest.fixture(scope="session")
def judge(trusted: dict[int, SiiKey]) -> Judge:
    """Judge with the key of the authority that the tests make up."""
    return partial(judge_envelope, trusted=trusted)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(parties=PARTIES, answer_id=1, envelopes=(ENVELOPE, UNREADABLE)),
        Answer(parties=PARTIES, answer_id=2_000_000_000, results=(RESULT,)),
        Answer(
            parties=Parties(responder=CUSTOMER, recipient=SHOP),
            answer_id=3,
            results=(replace(RESULT, state=Approval.ACCEPTED, note="", reason_code=None),),
        ),
    ],
)
def test_answer_is_valid_signed_and_reads_back_the_same(
    answer: Answer, certificate: Certificate, noon: datetime
) -> None:
    xml = write_answer(answer, certificate, noon, check=True)

    check_file(xml)
    xmlsec_verifies(xml, "Resultado", certificate)
    assert max(len(row) for row in xml.split(b"\n")) < 4000
    read = read_answer(xml)
    assert read.answer == answer
    assert read.signed_at == LOCAL_NOON


def test_changed_answer_is_found_out(certificate: Certificate, noon: datetime) -> None:
    xml = write_answer(
        Answer(parties=PARTIES, answer_id=1, results=(RESULT,)), certificate, noon
    ).replace(b"<EstadoDTE>2", b"<EstadoDTE>0")

    with pytest.raises(xmlsec.Error):
        xmlsec_verifies(xml, "Resultado", certificate)


@pytest.mark.parametrize("state", list(EnvelopeReception))
def test_every_state_of_an_envelope_has_words_and_survives(
    state: EnvelopeReception, certificate: Certificate, noon: datetime
) -> None:
    envelope = replace(UNREADABLE, state=state, note=state.meaning)

    xml = write_answer(
        Answer(parties=PARTIES, answer_id=1, envelopes=(envelope,)), certificate, noon, check=True
    )

    assert read_answer(xml).answer.envelopes == (envelope,)
    assert ("rechazado" in state.meaning) == (state is not EnvelopeReception.ACCEPTED)


@pytest.mark.parametrize("state", list(DocumentReception))
def test_every_state_of_a_document_has_words_and_survives(
    state: DocumentReception, certificate: Certificate, noon: datetime
) -> None:
    received = ReceivedDocument(document=DOCUMENT, state=state, note=state.meaning)
    envelope = replace(ENVELOPE, documents=(received,))

    xml = write_answer(
        Answer(parties=PARTIES, answer_id=1, envelopes=(envelope,)), certificate, noon, check=True
    )

    assert read_answer(xml).answer.envelopes[0].documents == (received,)
    assert ("no recibido" in state.meaning) == (state is not DocumentReception.RECEIVED)


def test_every_approval_has_its_words() -> None:
    assert {state: state.meaning for state in Approval} == {
        Approval.ACCEPTED: "Documento aceptado",
        Approval.WITH_DISCREPANCIES: "Documento aceptado con discrepancias",
        Approval.REJECTED: "Documento rechazado",
    }


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(parties=PARTIES, answer_id=1), "empty"),
        (Answer(parties=PARTIES, answer_id=1, envelopes=(ENVELOPE,), results=(RESULT,)), "mixed"),
        (Answer(parties=PARTIES, answer_id=1, results=(RESULT,) * 10_000), "too_many"),
    ],
)
def test_answer_that_no_schema_holds_is_refused(
    answer: Answer, code: str, certificate: Certificate, noon: datetime
) -> None:
    with pytest.raises(ExchangeRefused) as refusal:
        write_answer(answer, certificate, noon)

    assert refusal.value.code == code


def test_nothing_is_answered_with_an_expired_certificate(certificate: Certificate) -> None:
    late = certificate.valid_to + timedelta(days=1)

    with pytest.raises(CertificateExpired):
        write_answer(Answer(parties=PARTIES, answer_id=1, results=(RESULT,)), certificate, late)
    with pytest.raises(CertificateExpired):
        write_receipts([Receipt(document=DOCUMENT, place="x")], PARTIES, certificate, late)


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<EnvioDTE/>", "other_file"),
        (b"<RespuestaDTE/>", "bad_field"),
        (b"<RespuestaDTE><Resultado/></RespuestaDTE>", "bad_field"),
        (b"<RespuestaDTE><Resultado><Caratula/></Resultado></RespuestaDTE>", "bad_field"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><RespuestaDTE>&b;</RespuestaDTE>', "dtd"),
        (b"<RespuestaDTE>", "malformed"),
    ],
)
def test_hostile_or_broken_answers_are_refused(xml: bytes, code: str) -> None:
    with pytest.raises(XmlRefused) as refusal:
        read_answer(xml)

    assert refusal.value.code == code


def test_answer_with_a_state_nobody_knows_is_refused(
    certificate: Certificate, noon: datetime
) -> None:
    xml = write_answer(Answer(parties=PARTIES, answer_id=1, results=(RESULT,)), certificate, noon)

    with pytest.raises(XmlRefused) as refusal:
        read_answer(xml.replace(b"<EstadoDTE>2", b"<EstadoDTE>7"))

    assert "EstadoDTE" in refusal.value.message


@pytest.mark.parametrize("form", list(SignatureForm))
def test_receipts_are_valid_and_read_back_the_same(
    form: SignatureForm, certificate: Certificate, noon: datetime
) -> None:
    receipts = [
        Receipt(document=DOCUMENT, place="Bodega Ñuñoa & patio"),
        Receipt(document=replace(DOCUMENT, folio=2), place="Bodega"),
    ]

    xml = write_receipts(receipts, PARTIES, certificate, noon, form=form, check=True)

    check_file(xml)
    xmlsec_verifies(xml, "SetRecibos", certificate)
    read = read_receipts(xml)
    assert [receipt.receipt for receipt in read.receipts] == receipts
    assert read.parties == PARTIES
    assert read.signed_at == LOCAL_NOON
    for receipt in read.receipts:
        assert receipt.is_lawful
        assert receipt.declaration == LAW_19983_DECLARATION
        assert receipt.signer == certificate.rut
        assert receipt.signed_at == LOCAL_NOON


@pytest.mark.parametrize("form", list(SignatureForm))
def test_each_receipt_verifies_by_itself_and_by_default_in_its_place_too(
    form: SignatureForm, certificate: Certificate, noon: datetime
) -> None:
    receipts = [Receipt(document=replace(DOCUMENT, folio=folio), place="Local") for folio in (1, 2)]

    xml = write_receipts(receipts, PARTIES, certificate, noon, form=form)

    alone = re.findall(rb"<Recibo.*?</Recibo>", xml, re.DOTALL)
    assert len(alone) == 2
    for receipt in alone:
        xmlsec_verifies(receipt, "DocumentoRecibo", certificate)
    if form is SignatureForm.DEFAULT_XSI:
        xmlsec_verifies(xml, "DocumentoRecibo", certificate)
        assert xml == write_receipts(receipts, PARTIES, certificate, noon)


def test_receipt_that_declares_something_else_is_told(
    certificate: Certificate, noon: datetime
) -> None:
    xml = write_receipts([Receipt(document=DOCUMENT, place="x")], PARTIES, certificate, noon)

    wrapped = read_receipts(xml.replace(b"de la Ley 19.983", b"de la\n  Ley 19.983"))
    other = read_receipts(xml.replace(b"ha(n) sido", b"no ha(n) sido"))

    assert wrapped.receipts[0].is_lawful
    assert not other.receipts[0].is_lawful


def test_receipts_are_for_documents_of_one_supplier(
    certificate: Certificate, noon: datetime
) -> None:
    foreign = Receipt(document=replace(DOCUMENT, issuer=OTHER), place="x")

    own = Receipt(document=DOCUMENT, place="x")
    elsewhere = Receipt(document=DOCUMENT, place="y")

    for receipts, code in (
        ([], "empty"),
        ([own, foreign], "foreign_document"),
        ([own, elsewhere], "repeated"),
    ):
        with pytest.raises(ExchangeRefused) as refusal:
            write_receipts(receipts, PARTIES, certificate, noon)
        assert refusal.value.code == code


def test_receipt_without_place_is_stopped_by_nobody_but_a_long_one_is_cut(
    certificate: Certificate, noon: datetime
) -> None:
    xml = write_receipts(
        [Receipt(document=DOCUMENT, place="x" * 90)], PARTIES, certificate, noon, check=True
    )

    assert read_receipts(xml).receipts[0].receipt.place == "x" * 80


def test_schema_stops_a_receipt_of_a_document_that_has_no_folio(
    certificate: Certificate, noon: datetime
) -> None:
    with pytest.raises(SchemaRefused):
        write_receipts(
            [Receipt(document=replace(DOCUMENT, folio=0), place="x")],
            PARTIES,
            certificate,
            noon,
            check=True,
        )


def test_good_envelope_is_accepted_with_its_documents(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate, noon: datetime
) -> None:
    judged = judge(arrive(), receiver=CUSTOMER)

    assert judged.state is EnvelopeReception.ACCEPTED
    assert judged.note == "Envío recibido conforme"
    assert (judged.set_id, judged.issuer, judged.receiver) == ("SetDoc", SHOP, CUSTOMER)
    assert judged.received_at == LOCAL_NOON
    assert judged.digest.encode() in arrive().xml
    assert judged.documents == tuple(
        ReceivedDocument(
            document=replace(DOCUMENT, folio=folio),
            state=DocumentReception.RECEIVED,
            note="Documento recibido",
        )
        for folio in (1, 2)
    )
    answer = Answer(parties=PARTIES, answer_id=9, envelopes=(judged,))
    assert read_answer(write_answer(answer, certificate, noon, check=True)).answer == answer


@pytest.mark.parametrize(
    ("spoil", "state"),
    [
        (lambda _: b"hola", EnvelopeReception.UNREADABLE),
        (lambda xml: xml[:-20], EnvelopeReception.UNREADABLE),
        (lambda _: b"<EnvioBOLETA/>", EnvelopeReception.WRONG_SCHEMA),
        (lambda xml: xml.replace(b"<NroResol>80", b"<NroResol>x"), EnvelopeReception.WRONG_SCHEMA),
        (
            lambda xml: xml.replace(b"<NroResol>80", b"<NroResol>81"),
            EnvelopeReception.WRONG_SIGNATURE,
        ),
    ],
)
def test_bad_envelope_is_refused_and_says_nothing_of_documents(
    arrive: Callable[..., Arrival],
    judge: Judge,
    spoil: Callable[[bytes], bytes],
    state: EnvelopeReception,
) -> None:
    judged = judge(arrive(spoil(arrive().xml)), receiver=CUSTOMER)

    assert judged.state is state
    assert judged.documents == ()
    assert judged.note.startswith(state.meaning)
    assert len(judged.note) <= 256


def test_envelope_for_somebody_else_and_one_that_came_before_are_refused(
    arrive: Callable[..., Arrival],
    judge: Judge,
) -> None:
    first = judge(arrive(), receiver=CUSTOMER)

    foreign = judge(arrive(), receiver=OTHER)
    again = judge(arrive(), receiver=CUSTOMER, known_digests={first.digest})

    assert foreign.state is EnvelopeReception.WRONG_RECEIVER
    assert foreign.receiver == CUSTOMER
    assert again.state is EnvelopeReception.REPEATED
    assert foreign.documents == again.documents == ()


def test_cover_whose_rut_has_a_wrong_check_digit_is_for_nobody(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate
) -> None:
    xml = resealed(
        arrive().xml, b"<RutReceptor>76543210-3", b"<RutReceptor>76543210-4", certificate
    )

    judged = judge(arrive(xml), receiver=CUSTOMER)

    assert judged.state is EnvelopeReception.WRONG_RECEIVER
    assert judged.receiver is None


def test_envelope_whose_documents_cannot_be_read_is_refused(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate
) -> None:
    xml = resealed(arrive().xml, b"<RUTRecep>76543210-3", b"<RUTRecep>76543210-4", certificate)

    judged = judge(arrive(xml), receiver=CUSTOMER)

    assert judged.state is EnvelopeReception.OTHER
    assert judged.documents == ()


def states(judged: ReceivedEnvelope) -> list[DocumentReception]:
    return [received.state for received in judged.documents]


def test_document_changed_after_it_was_signed_is_not_received(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate
) -> None:
    xml = resealed(arrive().xml, b"<NmbItem>Harina", b"<NmbItem>Azucar", certificate)

    judged = judge(arrive(xml), receiver=CUSTOMER)

    assert judged.state is EnvelopeReception.ACCEPTED
    assert states(judged) == [DocumentReception.WRONG_SIGNATURE, DocumentReception.RECEIVED]


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        (b"<RutEmisor>76918245-4", b"<RutEmisor>11111111-1", DocumentReception.WRONG_ISSUER),
        (b"<RutReceptor>76543210-3", b"<RutReceptor>11111111-1", DocumentReception.WRONG_RECEIVER),
    ],
)
def test_documents_must_be_of_and_for_those_on_the_cover(
    arrive: Callable[..., Arrival],
    judge: Judge,
    certificate: Certificate,
    old: bytes,
    new: bytes,
    state: DocumentReception,
) -> None:
    xml = resealed(arrive().xml, old, new, certificate)
    receiver = OTHER if state is DocumentReception.WRONG_RECEIVER else CUSTOMER

    judged = judge(arrive(xml), receiver=receiver)

    assert judged.state is EnvelopeReception.ACCEPTED
    assert states(judged) == [state, state]


def test_document_that_we_have_already_is_repeated(
    arrive: Callable[..., Arrival], judge: Judge
) -> None:
    judged = judge(arrive(), receiver=CUSTOMER, known_documents=[DOCUMENT])

    assert states(judged) == [DocumentReception.REPEATED, DocumentReception.RECEIVED]


def test_same_document_twice_in_an_envelope_is_repeated(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate, factura: Sign
) -> None:
    # xs:ID is unique in the file, so a twin needs another ID and its own signature.
    twin = re.sub(rb"<Signature .*</Signature>", b"", factura(1), flags=re.DOTALL)
    twin = sign_document(twin.replace(b'ID="F1T33"', b'ID="F1T33b"'), certificate)
    xml = resealed(arrive().xml, factura(2), twin, certificate)

    judged = judge(arrive(xml), receiver=CUSTOMER)

    assert states(judged) == [DocumentReception.RECEIVED, DocumentReception.REPEATED]


def test_document_whose_stamp_contradicts_it_is_not_received(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate, factura: Sign
) -> None:
    bare = re.sub(rb"<Signature .*</Signature>", b"", factura(1), flags=re.DOTALL)
    dearer = sign_document(bare.replace(b"<MntTotal>1190", b"<MntTotal>9190"), certificate)
    xml = resealed(arrive().xml, factura(1), dearer, certificate)

    judged = judge(arrive(xml), receiver=CUSTOMER)

    assert states(judged) == [DocumentReception.OTHER, DocumentReception.RECEIVED]
    assert "timbre" in judged.documents[0].note


def test_folios_that_the_sii_never_granted_are_not_received(
    arrive: Callable[..., Arrival],
) -> None:
    judged = judge_envelope(arrive(), receiver=CUSTOMER)

    assert states(judged) == [DocumentReception.OTHER] * 2
    assert judged.documents[0].note.startswith("Documento no recibido por otro motivo. ")


def test_what_mail_systems_append_to_documents_hinders_nothing(
    arrive: Callable[..., Arrival], judge: Judge, certificate: Certificate
) -> None:
    xml = resealed(
        arrive().xml, b"</DTE>", b"<DocPersonalizado><x/></DocPersonalizado></DTE>", certificate
    )

    judged = judge(arrive(xml), receiver=CUSTOMER)

    assert judged.state is EnvelopeReception.ACCEPTED
    assert states(judged) == [DocumentReception.RECEIVED] * 2


def test_signatures_of_what_arrives_can_be_verified_by_us(
    certificate: Certificate, noon: datetime
) -> None:
    answer = Answer(parties=PARTIES, answer_id=1, results=(RESULT,))
    receipts = [Receipt(document=DOCUMENT, place="x")]

    answered = parse_xml(write_answer(answer, certificate, noon))
    received = parse_xml(write_receipts(receipts, PARTIES, certificate, noon))
    single = received.find(".//{*}Recibo")

    assert single is not None
    for root, name in (
        (answered, "Resultado"),
        (received, "SetRecibos"),
        (single, "DocumentoRecibo"),
    ):
        verdict = verify_enclosed_signature(root, name)
        assert verdict.certificate_fits
        assert verdict.certificate is not None
        assert verdict.certificate.rut == certificate.rut
    note = answered.find(".//{*}EstadoDTEGlosa")
    assert note is not None
    note.text = "otra"
    with pytest.raises(SignatureWrong):
        verify_enclosed_signature(answered, "Resultado")


def test_missing_schemas_are_not_the_senders_fault(
    arrive: Callable[..., Arrival], judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    arrival = arrive()
    monkeypatch.setenv("DTE_SCHEMAS_DIR", str(tmp_path))

    with pytest.raises(SchemasMissing):
        judge(arrival, receiver=CUSTOMER)


def test_identity_is_the_same_of_a_document_written_and_read(
    make_draft: Callable[..., Draft], caf: Caf, noon: datetime
) -> None:
    document = build(draft=make_draft(), folio=7, caf=caf, at=noon)

    identity = DocumentIdentity.of(document)

    assert identity == DocumentIdentity.of(read_document(document.xml))
    assert identity == DocumentIdentity(
        kind=DocumentType.BOLETA,
        folio=7,
        issue_date=date(2026, 11, 22),
        issuer=SHOP,
        receiver=Rut.parse("66666666-6"),
        total_clp=1990,
    )


def resealed(xml: bytes, old: bytes, new: bytes, certificate: Certificate) -> bytes:
    """Change the first occurrence inside an envelope's set and sign the set again."""
    found = re.search(rb"<SetDTE.*</SetDTE>", xml, re.DOTALL)
    assert found
    changed = found[0].replace(old, new, 1)
    assert changed != found[0]
    return seal_file(open_file("EnvioDTE", changed.decode("iso-8859-1")), certificate)
