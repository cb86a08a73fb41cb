"""What the SII says of documents and envelopes over SOAP."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from lxml import etree

from dte.rut import Rut
from dte.sii import (
    DocumentCode,
    EnvelopeState,
    Refused,
)

SHOP = Rut.parse("76918245-4")
BUYER = Rut.parse("77211233-5")
ROSA = Rut.parse("12345678-5")


def test_tells_what_it_knows_of_a_folio(shop: Any) -> None:
    known, other = shop.document(33, 1), shop.document(33, 2)
    shop.deliver(known)
    outside = replace(other, folio=101)
    shop.simulator.office.annul(rut=str(SHOP), kind=33, first=50, last=50)

    assert shop.ask(known) is DocumentCode.DOK
    assert shop.ask(replace(known, receiver=ROSA)) is DocumentCode.DNK
    assert shop.ask(replace(known, issue_date=date(2026, 11, 21))) is DocumentCode.DNK
    assert shop.ask(other) is DocumentCode.FAU
    assert shop.ask(outside) is DocumentCode.FNA
    assert shop.ask(replace(other, folio=50)) is DocumentCode.FAN


def test_knows_no_company_without_folios(shop: Any) -> None:
    answer = shop.channel.document_status(
        issuer=BUYER, kind=33, folio=1, receiver=SHOP, total_clp=1,
        issue_date=date(2026, 11, 22), at=shop.clock(),
    )  # fmt: skip

    assert answer.code is DocumentCode.EMP
    assert answer.error is not None
    assert answer.error == "6"


def test_compares_the_signature_when_it_is_told(shop: Any) -> None:
    factura = shop.document(33, 1)
    signed = etree.fromstring(shop.signed(factura).decode("iso-8859-1"))
    signature = signed.findtext(".//{http://www.w3.org/2000/09/xmldsig#}SignatureValue") or ""
    track_id = shop.deliver(factura)

    same = shop.ask_signed(factura, signature)
    other = shop.ask_signed(factura, signature[:-8] + "AAAAAAA=")

    assert (same.code, same.track_id) == (DocumentCode.DOK, track_id)
    assert other.code is DocumentCode.DNK


@pytest.mark.parametrize(
    ("kind", "code", "wanted"),
    [(61, "1", DocumentCode.ANC), (61, "3", DocumentCode.MMC), (56, "3", DocumentCode.MMD)],
)
def test_a_later_note_changes_the_answer(
    shop: Any, kind: int, code: str, wanted: DocumentCode
) -> None:
    factura = shop.document(33, 1)
    shop.deliver(factura)
    shop.deliver(shop.note(kind, 1, factura, code=code))

    assert shop.ask(factura) is wanted


def test_an_annulled_note_changes_nothing(shop: Any) -> None:
    factura = shop.document(33, 1)
    credit = shop.note(61, 1, factura)
    shop.deliver(factura)
    shop.deliver(credit)
    shop.deliver(shop.note(56, 1, credit))

    assert shop.ask(credit) is DocumentCode.AND
    assert shop.ask(factura) is DocumentCode.DOK


def test_another_companys_track_is_a_wrong_question(shop: Any, wire: Any) -> None:
    track_id = shop.deliver(shop.document(33, 1))
    token = shop.session.token(shop.clock())

    answer = wire.soap("/DTEWS/QueryEstUp.jws", "getEstUp", "77211233", "5", track_id, token)

    found = answer.returned()
    assert [found.findtext(f".//{name}") for name in ("ESTADO", "ERR_CODE")] == ["-11", "1"]
    assert shop.status("9999999999").state is EnvelopeState.NOT_KNOWN


def test_sends_the_mail_again_once_the_envelope_is_done(shop: Any) -> None:
    track_id = shop.upload(shop.envelope(shop.document(33, 1))).track_id
    early = shop.channel.resend_mail(SHOP, track_id, at=shop.clock())
    shop.finish()

    assert early.name == "NOT_FINISHED"
    assert shop.channel.resend_mail(SHOP, track_id, at=shop.clock()).name == "ACCEPTED"
    with pytest.raises(Refused):
        shop.channel.resend_mail(SHOP, "1", at=shop.clock())
