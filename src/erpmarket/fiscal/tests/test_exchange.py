"""The exchange with suppliers and customers: real mails, the SII's register, hostile files."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from dte.codes import TransferReason
from dte.exchange import Approval, EnvelopeReception, read_answer, read_receipts
from dte.sii.claim_codes import ClaimAction
from erpmarket.fiscal import sii_gateway
from erpmarket.fiscal.actions import exchange_work
from erpmarket.fiscal.actions.answer_received import AnswerNotPossible, answer_received
from erpmarket.fiscal.actions.issue_guia import issue_guia
from erpmarket.fiscal.actions.receive_file import AlreadyReceived, receive_file
from erpmarket.fiscal.exchange_models import ReceivedFile
from erpmarket.fiscal.exchange_queries import claim_clock, exchange_troubles
from erpmarket.fiscal.models import Certificate
from erpmarket.fiscal.tests.exchange_pair import Pair, open_pair
from erpmarket.fiscal.tests.outbox_shop import OutboxShop
from erpmarket.fiscal.tests.trade_factories import guia_order, trade_item
from erpmarket.notifications.tests.mail_server import USER, PostOffice, make_authority
from erpmarket.tenancy.models import Company
from erpmarket.tenancy.scope import company_scope
from sii_simulator.faults import Endpoint, FaultKind
from sii_simulator.records import Claim


@pytest.fixture
def pair(
    outbox_shops: tuple[OutboxShop, OutboxShop], sii_office: Any, tmp_path: Path, settings: Any
) -> Iterator[Pair]:
    authority = make_authority(tmp_path)
    settings.MAIL_CA_FILE = str(authority.certificate)
    with (
        PostOffice(authority) as post,
        open_pair(outbox_shops, sii_office.pfx, post) as made,
    ):
        yield made


def mail_with(content: bytes, *, name: str = "ENVIO.xml", sender: str = USER) -> bytes:
    message = EmailMessage()
    message["Subject"] = "DTE"
    message["From"] = sender
    message["To"] = "intercambio@donarosa.example"
    message.set_content("Adjunto.\n")
    message.add_attachment(content, maintype="text", subtype="xml", filename=name)
    return message.as_bytes()


def say(pair: Pair, action: ClaimAction, note: str = "") -> None:
    [document] = pair.received()
    with company_scope(pair.customer.company_id):
        answer_received(
            document_id=document.id,
            action=action,
            note=note,
            made_by_id=None,
            at=pair.clock(),
        )


def test_a_factura_goes_by_mail_and_its_reception_comes_back_into_the_story(pair: Pair) -> None:
    document_id = pair.issue()
    pair.deliver(pair.mail_document(document_id))
    [row] = pair.received()
    assert (row.kind, row.state, row.issuer_rut, row.file.sender) == (
        33,
        0,
        pair.supplier.rut,
        USER,
    )
    pair.work()
    answer = read_answer(pair.attachment("RespuestaDTE")).answer
    assert answer.envelopes[0].state == EnvelopeReception.ACCEPTED
    assert [one.document.folio for one in answer.envelopes[0].documents] == [row.folio]
    [job_look, job_reception] = pair.jobs()
    assert (job_look.state, job_reception.state) == ("done", "done")
    back = pair.post.received[-1][2]
    pair.deliver(back, to=pair.supplier)
    pair.deliver(back, to=pair.supplier)
    told = [event for event in pair.supplier.events() if event.name == "customer_answered"]
    assert [event.document_id for event in told] == [document_id]
    assert "exchanged" in pair.supplier.event_names()


def test_the_pdf_and_the_envelope_are_in_the_customers_mail(pair: Pair) -> None:
    pair.mail_document(pair.issue())
    assert pair.attachment("EnvioDTE_").startswith(b"<?xml")
    assert pair.attachment("factura-").startswith(b"%PDF")


def test_the_same_mail_twice_is_one_document_and_one_answer(pair: Pair) -> None:
    raw = pair.mail_document(pair.issue())
    pair.deliver(raw)
    pair.deliver(raw)
    pair.work()
    assert len(pair.received()) == 1
    assert len(pair.mails()) == 1


def test_the_same_document_in_another_envelope_is_repeated_and_not_taken_again(
    pair: Pair,
) -> None:
    document_id = pair.issue()
    pair.deliver(pair.mail_document(document_id))
    pair.clock.forward(60)
    pair.deliver(pair.mail_document(document_id))
    assert [row.state for row in pair.received()] == [0, 4]


def test_an_upload_of_the_same_file_is_refused_kindly(pair: Pair) -> None:
    pair.mail_document(pair.issue())
    xml = pair.attachment("EnvioDTE_")
    with company_scope(pair.customer.company_id):
        receive_file(raw=xml, name="factura.xml", at=pair.clock())
    with company_scope(pair.customer.company_id), pytest.raises(AlreadyReceived) as refusal:
        receive_file(raw=xml, name="otra.xml", at=pair.clock())
    assert "ya lo tienes" in refusal.value.message
    assert len(pair.received()) == 1


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ((b"", b""), EnvelopeReception.WRONG_RECEIVER),
        ((b"Cemento 25 kg", b"Cemento 99 kg"), EnvelopeReception.WRONG_SIGNATURE),
        ((b"<SetDTE", b"<SetXXX"), EnvelopeReception.UNREADABLE),
        ((b"<Folio>", b"<Foglio>"), EnvelopeReception.UNREADABLE),
    ],
)
def test_a_bad_file_is_kept_with_its_reason_and_gives_no_document(
    pair: Pair, change: tuple[bytes, bytes], state: EnvelopeReception
) -> None:
    pair.mail_document(pair.issue())
    xml = pair.attachment("EnvioDTE_").replace(*change)
    # Without a change the file is right, and for somebody else.
    shop = pair.supplier if not change[0] else pair.customer
    with company_scope(shop.company_id):
        row = receive_file(raw=xml, name="mala.xml", sender=USER, at=pair.clock())
        stored = ReceivedFile.objects.get()
        assert bytes(stored.raw) == xml
    assert (row.state, pair.received()) == (state, [])
    assert row.note.startswith("Envío rechazado")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b"<a>" * 5000,
        b"<RespuestaDTE><Resultado/></RespuestaDTE>",
        b"<EnvioRecibos/>",
    ],
)
def test_a_hostile_attachment_gives_no_document_and_no_mail(pair: Pair, content: bytes) -> None:
    pair.deliver(mail_with(content, name="../../x.xml"))
    pair.work()
    assert (pair.received(), pair.mails()) == ([], [])


def test_an_answer_whose_signature_is_wrong_changes_no_story(pair: Pair) -> None:
    document_id = pair.issue()
    pair.deliver(pair.mail_document(document_id))
    pair.work()
    forged = pair.attachment("RespuestaDTE").replace(b"Documento recibido", b"Documento extraviado")
    before = len(pair.supplier.events())
    pair.deliver(mail_with(forged), to=pair.supplier)
    assert len(pair.supplier.events()) == before


def test_accepting_registers_it_at_the_sii_and_tells_the_supplier(pair: Pair) -> None:
    document_id = pair.issue()
    pair.deliver(pair.mail_document(document_id))
    pair.work()
    say(pair, ClaimAction.ACCEPT_CONTENT)
    pair.work()
    [row] = pair.received()
    assert row.said == ["ACD"]
    assert row.sii_received_at is not None
    assert row.accepted_at == pair.clock()
    result = read_answer(pair.attachment("RespuestaDTE")).answer.results[0]
    assert (result.state, result.document.folio) == (Approval.ACCEPTED, row.folio)
    registered = pair.customer.simulator.registry.claims_on((pair.supplier.rut, 33, row.folio))
    assert [claim.action for claim in registered] == ["ACD"]
    pair.deliver(pair.post.received[-1][2], to=pair.supplier)
    told = [event.words for event in pair.supplier.events() if event.document_id == document_id]
    assert "Documento aceptado" in told


def test_a_receipt_of_goods_is_a_signed_envio_recibos(pair: Pair) -> None:
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    say(pair, ClaimAction.RECEIVED_GOODS)
    pair.work()
    [one] = read_receipts(pair.attachment("EnvioRecibos")).receipts
    assert one.is_lawful
    assert pair.received()[0].said == ["ERM"]


def test_no_claim_follows_an_acceptance_and_nothing_is_written(pair: Pair) -> None:
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    say(pair, ClaimAction.ACCEPT_CONTENT)
    before = len(pair.jobs())
    with pytest.raises(AnswerNotPossible) as refusal:
        say(pair, ClaimAction.CLAIM_CONTENT)
    assert "ya fue aceptado" in refusal.value.message
    assert len(pair.jobs()) == before


def test_a_claim_goes_with_its_reason_to_the_supplier(pair: Pair) -> None:
    document_id = pair.issue()
    pair.deliver(pair.mail_document(document_id))
    pair.work()
    say(pair, ClaimAction.CLAIM_PART, "Faltaron 2 sacos")
    pair.work()
    result = read_answer(pair.attachment("RespuestaDTE")).answer.results[0]
    assert (result.state, result.reason_code) == (Approval.REJECTED, -1)
    assert "Faltaron 2 sacos" in result.note
    pair.deliver(pair.post.received[-1][2], to=pair.supplier)
    assert "customer_objected" in pair.supplier.event_names()


def test_a_guia_is_answered_by_mail_alone_for_the_register_holds_none(pair: Pair) -> None:
    pair.supplier.open_trade(52)
    receiver = pair.customer_as_receiver()
    lines = (trade_item(price="1000"),)
    order = guia_order(reason=TransferReason.SALE, receiver=receiver, lines=lines)
    with company_scope(pair.supplier.company_id):
        guia = issue_guia(
            order=order, branch=pair.supplier.branch(), issued_by=None, at=pair.clock()
        ).row
    pair.supplier.work_until_final()
    pair.deliver(pair.mail_document(guia.id))
    pair.work()

    say(pair, ClaimAction.RECEIVED_GOODS)
    say(pair, ClaimAction.CLAIM_CONTENT, "Faltan 2 cajas")
    pair.work()

    [receipt] = read_receipts(pair.attachment("EnvioRecibos")).receipts
    assert (receipt.receipt.document.kind, receipt.is_lawful) == (52, True)
    result = read_answer(pair.attachment("RespuestaDTE")).answer.results[0]
    assert (result.state, result.document.folio) == (Approval.REJECTED, guia.folio)
    assert "Faltan 2 cajas" in result.note
    for action in (ClaimAction.ACCEPT_CONTENT, ClaimAction.RECEIVED_GOODS, ClaimAction.CLAIM_ALL):
        with pytest.raises(AnswerNotPossible):
            say(pair, action)
    registered = pair.customer.simulator.registry.claims_on((pair.supplier.rut, 52, guia.folio))
    assert (pair.received()[0].said, list(registered)) == ([], [])


def test_after_eight_days_nothing_can_be_said_any_more(pair: Pair) -> None:
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    pair.clock.at += timedelta(days=8)
    with pytest.raises(AnswerNotPossible, match="8 días"):
        say(pair, ClaimAction.CLAIM_CONTENT)
    clock = claim_clock(pair.received()[0], pair.clock())
    assert clock is not None
    assert clock.is_over


def test_the_owner_is_told_two_days_before_the_end_and_no_more_once_answered(pair: Pair) -> None:
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    with company_scope(pair.customer.company_id):
        assert exchange_troubles(pair.clock()) == ()
    pair.clock.at += timedelta(days=6, minutes=1)
    with company_scope(pair.customer.company_id):
        [trouble] = exchange_troubles(pair.clock())
    assert trouble.kind == "exchange.deadline"
    say(pair, ClaimAction.ACCEPT_CONTENT)
    pair.work()
    with company_scope(pair.customer.company_id):
        assert exchange_troubles(pair.clock()) == ()


def test_a_lost_answer_of_the_register_is_asked_again_and_registered_once(pair: Pair) -> None:
    """A retry must not turn into a second claim, nor the silence into "not registered"."""
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    pair.customer.break_sii(Endpoint.CLAIM, FaultKind.DROP_AFTER)
    say(pair, ClaimAction.ACCEPT_CONTENT)
    pair.work()
    assert pair.received()[0].said == []
    pair.clock.forward(1200)
    pair.work()
    [row] = pair.received()
    assert row.said == ["ACD"]
    registered = pair.customer.simulator.registry.claims_on((pair.supplier.rut, 33, row.folio))
    assert len(registered) == 1
    names = [event.name for event in pair.events()]
    assert names.count("registered") == 1
    assert "no_answer" in names


def test_a_worker_killed_before_it_writes_leaves_one_mail_in_the_end(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.deliver(pair.mail_document(pair.issue()))

    def die(*_facts: object, **_more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(exchange_work, "close_job", die)
        with pytest.raises(SystemExit):
            pair.work()
    assert pair.mails() == []
    assert pair.work() == 1, "the other job is free, this one is held"
    pair.clock.forward(600)
    pair.work()
    assert len(pair.mails()) == 1
    assert {job.state for job in pair.jobs()} == {"done"}


def test_without_a_certificate_the_answer_waits_and_says_why(
    pair: Pair,
) -> None:
    with company_scope(pair.customer.company_id):
        Certificate.objects.update(is_active=False)
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    jobs = pair.jobs()
    assert {job.state for job in jobs} == {"pending"}
    assert all("Falta el certificado" in job.words for job in jobs)
    assert pair.mails() == []


def test_what_somebody_else_said_at_the_sii_is_learned_from_its_refusal(pair: Pair) -> None:
    pair.deliver(pair.mail_document(pair.issue()))
    pair.work()
    [row] = pair.received()
    pair.customer.simulator.registry.add_claim(
        (pair.supplier.rut, 33, row.folio),
        Claim(action="RCD", responsible=pair.customer.rut, at=pair.clock()),
        refuse=lambda _earlier: 0,
    )
    say(pair, ClaimAction.ACCEPT_CONTENT)
    pair.work()
    [row] = pair.received()
    assert row.said == ["RCD"]
    assert "not_registered" in [event.name for event in pair.events()]
    assert [job.state for job in pair.jobs() if job.kind == "claim"] == ["failed"]


def test_what_came_in_the_demo_is_never_said_to_the_real_sii(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = sii_gateway.open_gateway

    def watched(**facts: Any) -> Any:
        asked.append(facts["environment"])
        return real(**facts)

    pair.deliver(pair.mail_document(pair.issue()))
    with company_scope(pair.customer.company_id):
        Company.objects.filter(id=pair.customer.company_id).update(environment="production")
    monkeypatch.setattr(exchange_work, "open_gateway", watched)
    pair.work()
    assert set(asked) == {"demo"}
