"""The SOAP side against a strict simulator over real HTTP: each path, each fault, the register."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from dte.build import build
from dte.caf import Caf, load_caf
from dte.certificate import Certificate, load_certificate
from dte.codes import DocumentType
from dte.document import Document, Draft, Issuer, Line, Receiver
from dte.envelope import Cover, pack_documents
from dte.folio_usage import sum_usage, write_folio_usage
from dte.rut import Rut
from dte.signer import sign_document
from dte.sii import (
    ClaimAction,
    ClaimCode,
    ClaimRefused,
    ClaimRegister,
    DocumentCode,
    DocumentState,
    EnvelopeState,
    FacturaChannel,
    FacturaTokenSource,
    HttpTransport,
    LoginRefused,
    MailCode,
    OutcomeUnknown,
    ReceivedDocument,
    Refused,
    Response,
    TokenSource,
    Unavailable,
    claim_deadline,
    demo_hosts,
)
from sii_simulator.faults import Endpoint, Fault, FaultKind

SHOP, ROSA, BUYER = (Rut.parse(rut) for rut in ("76918245-4", "12345678-5", "76543210-3"))
DAY = date(2026, 11, 22)
ACD, ERM, RCD = ClaimAction.ACCEPT_CONTENT, ClaimAction.RECEIVED_GOODS, ClaimAction.CLAIM_CONTENT
COVER = Cover(issuer=SHOP, sender=ROSA, resolution_date=date(2014, 8, 22), resolution_number=0)
_folios = itertools.count(1)


class Log:
    """The real transport with a note of each path, and a shorter patience if wished."""

    def __init__(self) -> None:
        self.inner = HttpTransport()
        self.calls: list[str] = []
        self.timeout_seconds: int | None = None

    def request(self, **facts: Any) -> Response:
        self.calls.append(facts["url"].rsplit("/", 1)[1])
        if self.timeout_seconds is not None:
            facts["timeout_seconds"] = self.timeout_seconds
        return self.inner.request(**facts)


@dataclasses.dataclass(kw_only=True)
class Office:
    """A shop that sends facturas, and the talk it has with its simulated SII."""

    simulator: Any
    clock: Any
    certificate: Certificate
    caf: Caf
    log: Log
    channel: FacturaChannel

    def factura(self) -> Document:
        draft = Draft(
            kind=DocumentType.FACTURA,
            issuer=Issuer(
                rut=SHOP,
                name="Almacén Doña Rosa",
                giro="Minimarket",
                address="Av. Ñuble 123",
                commune="Ñuñoa",
                activities=(472101,),
            ),
            receiver=Receiver(
                rut=BUYER,
                name="Comercial Ñandú",
                giro="Restaurante",
                address="Los Ñires 5",
                commune="Ñuñoa",
            ),
            lines=(Line(name="Harina & sal", quantity=Decimal(2), unit_price=Decimal(500)),),
            issue_date=DAY,
        )
        return build(draft=draft, folio=next(_folios), caf=self.caf, at=self.clock())

    def envelope(self, *documents: Document, cover: Cover | None = None) -> bytes:
        signed = [sign_document(document.xml, self.certificate) for document in documents]
        return pack_documents(signed, cover or COVER, self.certificate, self.clock())

    def upload(self, xml: bytes) -> Any:
        return self.channel.upload(xml, issuer=SHOP, at=self.clock())

    def status(self, track_id: str) -> Any:
        return self.channel.envelope_status(SHOP, track_id, at=self.clock())

    def facts(self, document: Document) -> dict[str, Any]:
        return {
            "issuer": SHOP,
            "kind": 33,
            "folio": document.folio,
            "receiver": BUYER,
            "total_clp": document.totals.total_clp,
            "issue_date": DAY,
            "at": self.clock(),
        }

    def ask(self, document: Document, **other: Any) -> Any:
        return self.channel.document_status(**(self.facts(document) | other))

    def finish(self) -> None:
        while self.simulator.worker.step():
            pass

    def break_next(self, **fault: Any) -> None:
        self.simulator.faults.add(Fault(**fault))

    def received(self) -> int:
        return len(self.simulator.registry.list_latest(limit=10_000))

    def register_of(self, certificate: Certificate) -> ClaimRegister:
        hosts = demo_hosts(self.simulator.url)
        session = FacturaTokenSource(hosts=hosts, transport=self.log, certificate=certificate)
        return ClaimRegister(hosts=hosts, transport=self.log, session=session)

    def channel_of(self, certificate: Certificate) -> FacturaChannel:
        hosts = demo_hosts(self.simulator.url)
        session = FacturaTokenSource(hosts=hosts, transport=self.log, certificate=certificate)
        return FacturaChannel(hosts=hosts, transport=self.log, session=session)


@pytest.fixture(scope="module")
def factura_caf(premises: Any) -> Caf:
    paper = premises.simulator.office.issue_caf(
        rut=str(SHOP), name="Doña Rosa", kind=33, quantity=500
    )
    return load_caf(paper)


@pytest.fixture(scope="module")
def buyer_certificate(premises: Any) -> Certificate:
    pfx = premises.simulator.office.issue_certificate(
        rut="11111111-1", name="Beto Díaz", password="x"
    )
    return load_certificate(pfx, "x")


@pytest.fixture
def office(premises: Any, factura_caf: Caf, noon: Any) -> Iterator[Office]:
    premises.clock.at = noon
    made = Office(
        simulator=premises.simulator,
        clock=premises.clock,
        certificate=premises.certificate,
        caf=factura_caf,
        log=Log(),
        channel=None,  # type: ignore[arg-type]  # set by the next line
    )
    made.channel = made.channel_of(premises.certificate)
    yield made
    made.simulator.faults.clear()
    made.finish()


def test_a_factura_is_received_and_accepted(office: Office) -> None:
    factura = office.factura()

    before = office.ask(factura)
    uploaded = office.upload(office.envelope(factura))
    waiting = office.status(uploaded.track_id)
    office.finish()
    done = office.status(uploaded.track_id)

    assert (before.code, before.code.is_final) == (DocumentCode.FAU, False)
    assert (uploaded.repeated, uploaded.received_at) == (False, "2026-11-22 12:00:00")
    assert (waiting.state, waiting.final) == (EnvelopeState.REC, False)
    assert (done.state, done.final) == (EnvelopeState.EPR, True)
    assert [dataclasses.astuple(count) for count in done.counts] == [(33, 1, 1, 0, 0)]
    assert done.state_of(33, factura.folio) is DocumentState.DOK
    assert office.ask(factura).code is DocumentCode.DOK
    assert office.ask(factura, total_clp=1).code is DocumentCode.DNK


def test_the_signed_question_tells_this_very_document_from_a_twin(office: Office) -> None:
    factura = office.factura()
    xml = office.envelope(factura)
    uploaded = office.upload(xml)
    office.finish()
    values = etree.fromstring(xml).iter("{http://www.w3.org/2000/09/xmldsig#}SignatureValue")
    signature = next(values).text or ""

    same = office.channel.signed_document_status(**office.facts(factura), signature=signature)
    other = office.channel.signed_document_status(**office.facts(factura), signature="QUJD")

    assert (same.code, same.track_id) == (DocumentCode.DOK, uploaded.track_id)
    assert other.code is DocumentCode.DNK


def test_the_mail_comes_again(office: Office) -> None:
    track_id = office.upload(office.envelope(office.factura())).track_id
    office.finish()

    assert office.channel.resend_mail(SHOP, track_id, at=office.clock()) is MailCode.ACCEPTED


def test_one_login_serves_uploads_and_questions(office: Office) -> None:
    track_id = office.upload(office.envelope(office.factura())).track_id
    for _ in range(3):
        office.status(track_id)

    assert office.log.calls == [
        "CrSeed.jws",
        "GetTokenFromSeed.jws",
        "DTEUpload",
        *["QueryEstUp.jws"] * 3,
    ]


def test_a_folio_sent_in_another_envelope_turns_that_one_down(office: Office) -> None:
    factura, fresh = office.factura(), office.factura()
    office.upload(office.envelope(factura))
    office.finish()

    second = office.upload(office.envelope(fresh, factura))
    office.finish()

    assert office.status(second.track_id).state is EnvelopeState.RFR
    assert office.ask(factura).code is DocumentCode.DOK
    assert office.ask(fresh).code is DocumentCode.FAU


def test_another_companys_track_is_not_known(office: Office) -> None:
    track_id = office.upload(office.envelope(office.factura())).track_id

    found = office.channel.envelope_status(BUYER, track_id, at=office.clock())

    assert (found.state, found.code, found.final) == (EnvelopeState.NOT_KNOWN, "-11", False)


@pytest.mark.parametrize("stored", [False, True])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.HTML},
        {"kind": FaultKind.ALERT},
        {"kind": FaultKind.EMPTY},
        {"kind": FaultKind.STATUS, "status": 502},
        {"kind": FaultKind.REFUSE, "code": "99"},
    ],
)
def test_an_upload_answered_with_nonsense_is_unknown_and_the_same_bytes_tell(
    office: Office, fault: dict[str, Any], stored: bool
) -> None:
    xml, received = office.envelope(office.factura()), office.received()
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, stored=stored, **fault)

    with pytest.raises(OutcomeUnknown):
        office.upload(xml)

    assert office.upload(xml).repeated is stored
    assert office.received() == received + 1


@pytest.mark.parametrize(
    ("kind", "repeated"), [(FaultKind.DROP_BEFORE, False), (FaultKind.DROP_AFTER, True)]
)
def test_a_connection_cut_during_an_upload_is_unknown(
    office: Office, kind: FaultKind, repeated: bool
) -> None:
    factura = office.factura()
    xml = office.envelope(factura)
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, kind=kind)

    with pytest.raises(OutcomeUnknown):
        office.upload(xml)
    again = office.upload(xml)
    office.finish()

    assert again.repeated is repeated
    assert office.ask(factura).code is DocumentCode.DOK


def test_the_former_track_is_told_for_900_seconds(office: Office) -> None:
    xml = office.envelope(office.factura())
    first = office.upload(xml)
    office.clock.forward(seconds=899)

    again = office.upload(xml)

    assert (again.track_id, again.repeated) == (first.track_id, True)


@pytest.mark.parametrize(
    ("code", "error"), [("7", Refused), ("8", Refused), ("6", Refused), ("9", Unavailable)]
)
def test_an_upload_turned_away_stores_nothing(office: Office, code: str, error: Any) -> None:
    xml, received = office.envelope(office.factura()), office.received()
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REFUSE, code=code)

    with pytest.raises(error):
        office.upload(xml)

    assert office.received() == received


def test_a_file_off_the_schema_is_refused_with_the_gateways_words(office: Office) -> None:
    xml = (
        office.envelope(office.factura())
        .replace(b"<GiroEmis>", b"<Giro>")
        .replace(b"</GiroEmis>", b"</Giro>")
    )

    with pytest.raises(Refused) as refusal:
        office.upload(xml)

    assert refusal.value.status == "7"
    assert "Giro" in refusal.value.text


def test_a_forgotten_token_is_renewed_once(office: Office) -> None:
    office.upload(office.envelope(office.factura()))
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.DROP_TOKENS)
    office.break_next(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.DROP_TOKENS)

    uploaded = office.upload(office.envelope(office.factura()))
    found = office.status(uploaded.track_id)

    assert (uploaded.repeated, found.state) == (False, EnvelopeState.REC)
    assert office.log.calls.count("CrSeed.jws") == 3


def test_a_token_of_the_rest_side_is_not_taken(office: Office, premises: Any) -> None:
    """The two sides keep tokens apart: a REST token is an unknown one here."""
    hosts = demo_hosts(office.simulator.url)
    rest = TokenSource(hosts=hosts, transport=HttpTransport(), certificate=premises.certificate)

    class Wrong(FacturaTokenSource):
        def token(self, at: Any) -> str:
            return rest.token(at)

        def renew(self, at: Any, *, refused: str) -> str:
            return rest.renew(at, refused=refused)

    session = Wrong(hosts=hosts, transport=office.log, certificate=premises.certificate)
    mixed = FacturaChannel(hosts=hosts, transport=office.log, session=session)

    with pytest.raises(LoginRefused):
        mixed.envelope_status(SHOP, "1", at=office.clock())
    with pytest.raises(LoginRefused):
        mixed.upload(office.envelope(office.factura()), issuer=SHOP, at=office.clock())


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": FaultKind.HTML},
        {"kind": FaultKind.ALERT},
        {"kind": FaultKind.EMPTY},
        {"kind": FaultKind.STATUS, "status": 500},
        {"kind": FaultKind.STATUS, "status": 503},
        {"kind": FaultKind.DROP_BEFORE},
        {"kind": FaultKind.DROP_AFTER},
        {"kind": FaultKind.REFUSE, "code": "-11"},
    ],
)
@pytest.mark.parametrize(
    "endpoint",
    [
        Endpoint.DTE_SEED,
        Endpoint.DTE_TOKEN,
        Endpoint.DTE_ENVELOPE_STATUS,
        Endpoint.DTE_DOCUMENT_STATUS,
        Endpoint.DTE_ADVANCED_STATUS,
        Endpoint.DTE_MAIL,
    ],
)
def test_a_question_without_an_answer_is_unavailable_and_the_next_one_works(
    office: Office, endpoint: Endpoint, fault: dict[str, Any]
) -> None:
    factura = office.factura()
    at = office.clock()
    questions: dict[Endpoint, Callable[[], object]] = {
        Endpoint.DTE_SEED: lambda: office.ask(factura),
        Endpoint.DTE_TOKEN: lambda: office.ask(factura),
        Endpoint.DTE_DOCUMENT_STATUS: lambda: office.ask(factura),
        Endpoint.DTE_ENVELOPE_STATUS: lambda: office.status("1"),
        Endpoint.DTE_ADVANCED_STATUS: lambda: office.channel.signed_document_status(
            **office.facts(factura), signature="QUJD"
        ),
        Endpoint.DTE_MAIL: lambda: office.channel.resend_mail(SHOP, "1", at=at),
    }
    office.break_next(endpoint=endpoint, **fault)

    with pytest.raises(Unavailable):
        questions[endpoint]()

    assert office.ask(factura).code is DocumentCode.FAU


def test_a_slow_upload_is_unknown_after_the_time_limit(office: Office) -> None:
    xml = office.envelope(office.factura())
    office.upload(xml)
    office.log.timeout_seconds = 1
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.SLOW, seconds=3)

    with pytest.raises(OutcomeUnknown):
        office.upload(xml)


def test_permission_that_is_missing_is_not_pending(office: Office) -> None:
    track_id = office.upload(office.envelope(office.factura())).track_id
    office.break_next(endpoint=Endpoint.DTE_ENVELOPE_STATUS, kind=FaultKind.REFUSE, code="106")

    found = office.status(track_id)

    assert (found.state, found.state.needs_person) == (EnvelopeState.NO_PERMISSION, True)


def test_a_type_left_out_of_the_counters_is_no_failure(office: Office) -> None:
    factura = office.factura()
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.HIDE_KIND, document_kind=33)
    track_id = office.upload(office.envelope(factura)).track_id
    office.finish()

    found = office.status(track_id)

    assert (found.state, found.counts) == (EnvelopeState.EPR, ())
    assert found.state_of(33, factura.folio) is None
    assert office.ask(factura).code is DocumentCode.DOK


@pytest.mark.parametrize(
    ("state", "each"), [("RCH", DocumentState.RCH), ("RLV", DocumentState.RPR)]
)
def test_what_befell_all_documents_befell_each(
    office: Office, state: str, each: DocumentState
) -> None:
    documents = [office.factura(), office.factura()]
    office.break_next(endpoint=Endpoint.DTE_UPLOAD, kind=FaultKind.REJECT, state=state)
    track_id = office.upload(office.envelope(*documents)).track_id
    office.finish()

    found = office.status(track_id)

    assert found.state is EnvelopeState.EPR
    assert [found.state_of(33, document.folio) for document in documents] == [each, each]


def test_the_resolution_of_the_other_environment_turns_an_envelope_down(office: Office) -> None:
    production = dataclasses.replace(COVER, resolution_number=80)
    track_id = office.upload(office.envelope(office.factura(), cover=production)).track_id
    office.finish()

    found = office.status(track_id)

    assert (found.state, found.state.is_rejection) == (EnvelopeState.RCT, True)


def test_a_days_report_of_folios_goes_through_the_same_door(office: Office) -> None:
    report = write_folio_usage(sum_usage((), DAY), DAY, COVER, office.certificate, office.clock())

    track_id = office.upload(report).track_id
    office.finish()
    found = office.status(track_id)

    assert (found.state, found.final, found.counts) == (EnvelopeState.EPR, True, ())


# The register of claims


def bill_of(office: Office) -> ReceivedDocument:
    factura = office.factura()
    office.upload(office.envelope(factura))
    office.finish()
    return ReceivedDocument(issuer=SHOP, kind=33, folio=factura.folio)


def test_a_buyer_accepts_and_then_acknowledges_the_goods(
    office: Office, buyer_certificate: Certificate
) -> None:
    bill, register = bill_of(office), office.register_of(buyer_certificate)
    at = office.clock()

    first = register.register(ACD, bill, at=at)
    again = register.register(ACD, bill, at=at)
    goods = register.register(ERM, bill, at=at)
    with pytest.raises(ClaimRefused) as refusal:
        register.register(RCD, bill, at=at)

    assert [first.repeated, again.repeated, goods.repeated] == [False, True, False]
    assert refusal.value.claim_code is ClaimCode.ACCEPTED_NO_CLAIM
    history = register.list_events(bill, at=at)
    assert history.actions == (ACD, ERM)
    assert [(event.responsible, event.at) for event in history.events] == [(BUYER, at)] * 2
    assert register.ask_assignability(bill, at=at).code.is_assignable


def test_a_claim_ends_the_matter(office: Office, buyer_certificate: Certificate) -> None:
    bill, register = bill_of(office), office.register_of(buyer_certificate)
    register.register(RCD, bill, at=office.clock())

    with pytest.raises(ClaimRefused) as refusal:
        register.register(ACD, bill, at=office.clock())

    assert refusal.value.claim_code is ClaimCode.CLAIMED_NO_ACCEPTANCE
    assert not register.ask_assignability(bill, at=office.clock()).code.is_assignable


def test_the_deadline_is_the_registers_own(office: Office, buyer_certificate: Certificate) -> None:
    bill, register = bill_of(office), office.register_of(buyer_certificate)
    received_at = register.find_reception(bill, at=office.clock())
    assert received_at == office.clock()
    until = claim_deadline(received_at)

    office.clock.at = until
    with pytest.raises(ClaimRefused) as refusal:
        register.register(RCD, bill, at=until)
    office.clock.at = until - timedelta(seconds=1)
    in_time = register.register(RCD, bill, at=office.clock())

    assert refusal.value.claim_code is ClaimCode.TOO_LATE
    assert not in_time.repeated


def test_what_the_sii_has_not_received_cannot_be_accepted_yet(
    office: Office, buyer_certificate: Certificate
) -> None:
    register = office.register_of(buyer_certificate)
    nothing = ReceivedDocument(issuer=SHOP, kind=33, folio=999_999)

    with pytest.raises(ClaimRefused) as refusal:
        register.register(ACD, nothing, at=office.clock())

    assert refusal.value.claim_code is ClaimCode.NOT_RECEIVED
    assert not refusal.value.claim_code.is_final
    assert register.find_reception(nothing, at=office.clock()) is None


def test_the_issuer_cannot_accept_its_own_bill(office: Office) -> None:
    bill, register = bill_of(office), office.register_of(office.certificate)

    with pytest.raises(ClaimRefused) as refusal:
        register.register(ACD, bill, at=office.clock())

    assert refusal.value.claim_code is ClaimCode.ONLY_THE_RECEIVER
    assert register.list_events(bill, at=office.clock()).events == ()


def test_an_acceptance_whose_answer_got_lost_is_registered_once(
    office: Office, buyer_certificate: Certificate
) -> None:
    bill, register = bill_of(office), office.register_of(buyer_certificate)
    office.break_next(endpoint=Endpoint.CLAIM, kind=FaultKind.DROP_AFTER)

    with pytest.raises(OutcomeUnknown):
        register.register(ACD, bill, at=office.clock())

    assert register.register(ACD, bill, at=office.clock()).repeated
    assert register.list_events(bill, at=office.clock()).actions == (ACD,)
