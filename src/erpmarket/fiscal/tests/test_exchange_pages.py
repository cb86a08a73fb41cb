from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.common.clock import now
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.receive_file import receive_file
from erpmarket.fiscal.books_models import CreditMark
from erpmarket.fiscal.exchange_models import ExchangeJob, ReceivedDocument, ReceivedFile
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.factories import make_document, make_folios
from erpmarket.fiscal.tests.supplier_file import make_supplier_file
from erpmarket.fiscal.tests.trade_factories import make_factura, make_trader
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/recibidas/"


@pytest.fixture
def xml(el_vecino: Any, dona_rosa: Any, caf_office: Any) -> bytes:
    return make_supplier_file(el_vecino, dona_rosa, caf_office, names=("Harina 25 kg",))


@pytest.fixture
def received(dona_rosa: Any, xml: bytes) -> ReceivedDocument:
    with company_scope(dona_rosa.company_id):
        receive_file(raw=xml, name="e.xml", sender="dte@vecino.example", at=now())
        row: ReceivedDocument = ReceivedDocument.objects.get()
        return row


def upload(shop: Any, content: bytes) -> Any:
    file = SimpleUploadedFile("factura.xml", content, content_type="text/xml")
    return shop.client(shop.owner).post(PAGE, {"xml": file})


def test_an_uploaded_factura_is_in_the_list_with_its_days(dona_rosa: Any, xml: bytes) -> None:
    response = upload(dona_rosa, xml)
    page = response.content.decode()
    assert response.status_code == 200
    assert "Archivo recibido" in page
    assert "Comercial El Vecino SpA" in page
    assert "quedan 8 días" in page


def test_the_same_upload_again_says_so_and_keeps_nothing(dona_rosa: Any, xml: bytes) -> None:
    upload(dona_rosa, xml)
    response = upload(dona_rosa, xml)
    assert response.status_code == 422
    assert "ya lo tienes" in response.content.decode()
    with company_scope(dona_rosa.company_id):
        assert ReceivedFile.objects.count() == 1


def test_a_file_that_is_no_factura_is_kept_with_the_reason(dona_rosa: Any) -> None:
    response = upload(dona_rosa, b"hola")
    page = response.content.decode()
    assert response.status_code == 200
    assert "no se pudo recibir" in page
    assert "archivo ilegible" in page
    with company_scope(dona_rosa.company_id):
        assert bytes(ReceivedFile.objects.get().raw) == b"hola"


def test_no_file_asks_for_one(dona_rosa: Any) -> None:
    response = dona_rosa.client(dona_rosa.owner).post(PAGE, {})
    assert response.status_code == 422
    assert "Elige el archivo .xml" in response.content.decode()


def test_the_page_of_a_factura_shows_lines_clock_and_buttons(
    dona_rosa: Any, received: ReceivedDocument
) -> None:
    page = dona_rosa.client(dona_rosa.owner).get(f"{PAGE}{received.id}/").content.decode()
    assert "Harina 25 kg" in page
    assert "Quedan 7 días para aceptar o reclamar" in page
    assert 'value="ACD"' in page
    assert 'value="RFT"' in page


def test_an_answer_goes_to_the_worker_and_its_button_is_gone(
    dona_rosa: Any, received: ReceivedDocument
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    response = client.post(f"{PAGE}{received.id}/responder/", {"accion": "ACD"}, follow=True)
    page = response.content.decode()
    assert "Registro en el SII" in page
    assert 'value="ACD"' not in page
    assert 'value="RCD"' not in page
    with company_scope(dona_rosa.company_id):
        assert ExchangeJob.objects.filter(kind="claim", action="ACD").count() == 1


def test_a_second_click_is_one_answer(dona_rosa: Any, received: ReceivedDocument) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    client.post(f"{PAGE}{received.id}/responder/", {"accion": "RCD", "nota": "Precio"})
    again = client.post(f"{PAGE}{received.id}/responder/", {"accion": "RCD", "nota": "Precio"})
    assert again.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert ExchangeJob.objects.filter(kind="claim").count() == 1


@pytest.mark.parametrize("action", ["", "NCA", "?", "XYZ"])
def test_an_unknown_answer_is_refused(
    dona_rosa: Any, received: ReceivedDocument, action: str
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    response = client.post(f"{PAGE}{received.id}/responder/", {"accion": action})
    assert response.status_code == 422
    with company_scope(dona_rosa.company_id):
        assert not ExchangeJob.objects.filter(kind="claim").exists()


def test_a_document_whose_days_are_over_cannot_be_answered(
    dona_rosa: Any, received: ReceivedDocument
) -> None:
    with company_scope(dona_rosa.company_id):
        ReceivedDocument.objects.update(sii_received_at=now() - timedelta(days=8, hours=1))
    page = dona_rosa.client(dona_rosa.owner).get(f"{PAGE}{received.id}/").content.decode()
    assert "El plazo terminó" in page
    assert 'value="ACD"' not in page


def test_a_cashier_sees_no_supplier(dona_rosa: Any, received: ReceivedDocument) -> None:
    client = dona_rosa.client(dona_rosa.cashier)
    for address in (PAGE, f"{PAGE}{received.id}/", f"{PAGE}{received.id}/xml/"):
        assert client.get(address).status_code == 403


def test_a_stranger_finds_nothing(el_vecino: Any, received: ReceivedDocument) -> None:
    client = el_vecino.client(el_vecino.owner)
    assert client.get(f"{PAGE}{received.id}/").status_code == 404
    assert client.get(f"{PAGE}{received.id}/xml/").status_code == 404
    answer = client.post(f"{PAGE}{received.id}/responder/", {"accion": "ACD"})
    assert answer.status_code == 404


def test_the_xml_is_handed_out_byte_for_byte(
    dona_rosa: Any, received: ReceivedDocument, xml: bytes
) -> None:
    response = dona_rosa.client(dona_rosa.owner).get(f"{PAGE}{received.id}/xml/")
    assert response.content == xml


def test_a_factura_is_sent_to_its_customer_once(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        row: IssuedDocument = make_factura(make_trader(dona_rosa, caf_office, kinds=(33,))).row
    client, uid = dona_rosa.client(dona_rosa.owner), uuid7()
    address = f"/sii/documentos/{row.id}/intercambio/"
    for _ in range(2):
        response = client.post(address, {"uid": uid, "correo": "dte@cliente.example"})
        assert "Sale a dte@cliente.example" in response.content.decode()
    assert client.post(address, {"uid": uid, "correo": "nada"}).status_code == 422
    with company_scope(dona_rosa.company_id):
        assert ExchangeJob.objects.filter(kind="send").count() == 1
    # The same page, brought back by the browser, to another address.
    client.post(address, {"uid": uid, "correo": "otra@cliente.example"})
    with company_scope(dona_rosa.company_id):
        sent = ExchangeJob.objects.filter(kind="send").order_by("id")
        assert [job.recipient for job in sent] == ["dte@cliente.example", "otra@cliente.example"]
    page = client.get(f"/sii/documentos/{row.id}/").content.decode()
    assert "Correo de intercambio" in page


def test_a_boleta_has_no_exchange(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        row = make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)
    order = {"uid": uuid7(), "correo": "dte@cliente.example"}
    response = client.post(f"/sii/documentos/{row.id}/intercambio/", order)
    assert response.status_code == 422
    assert "Correo de intercambio" not in client.get(f"/sii/documentos/{row.id}/").content.decode()
    with company_scope(dona_rosa.company_id):
        assert not ExchangeJob.objects.exists()


@pytest.mark.parametrize("fields", [{}, {"motivo": "porque sí"}])
def test_a_mark_that_is_none_of_the_list_says_so(
    dona_rosa: Any, received: ReceivedDocument, fields: dict[str, str]
) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(f"{PAGE}{received.id}/credito/", fields)

    assert answer.status_code == 422
    assert "Elige de la lista por qué no da crédito." in answer.text
    with company_scope(dona_rosa.company_id):
        assert not CreditMark.objects.exists()


@pytest.mark.parametrize("raw", [b"hola", b"<EnvioDTE/>"])
def test_a_document_whose_stored_file_cannot_be_read_has_a_page(
    dona_rosa: Any, received: ReceivedDocument, raw: bytes
) -> None:
    with company_scope(dona_rosa.company_id):
        file = ReceivedFile.objects.create(
            **{
                field.attname: getattr(received.file, field.attname)
                for field in ReceivedFile._meta.concrete_fields
                if field.attname not in ("id", "raw", "digest")
            },
            raw=raw,
            digest="0" * 64,
        )
        ReceivedDocument.objects.filter(id=received.id).update(file=file)

    answer = dona_rosa.client(dona_rosa.owner).get(f"{PAGE}{received.id}/")

    assert answer.status_code == 200
    assert "No pudimos leer su archivo" in answer.text
    assert "Comercial El Vecino SpA" in answer.text
