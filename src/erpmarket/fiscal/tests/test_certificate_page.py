from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.common.clock import now
from erpmarket.fiscal.models import Certificate
from erpmarket.fiscal.tests.factories import PFX_PASSWORD, SIGNER, make_certificate
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/certificado/"


@pytest.fixture(scope="module")
def pfx(caf_office: Any) -> bytes:
    return bytes(
        caf_office.issue_certificate(rut=SIGNER, name="Rosa Núñez Soto", password=PFX_PASSWORD)
    )


def upload(client: Any, pfx: bytes, password: str = PFX_PASSWORD) -> Any:
    upload = SimpleUploadedFile("firma.pfx", pfx, "application/x-pkcs12")
    return client.post(PAGE, {"pfx": upload, "password": password})


def holders(shop: Any) -> list[tuple[str, bool]]:
    with company_scope(shop.company_id):
        return list(Certificate.objects.order_by("id").values_list("holder_rut", "is_active"))


def test_certificate_is_stored_and_says_whose_it_is(dona_rosa: Any, pfx: bytes) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = upload(client, pfx)
    text = client.get(PAGE).text

    assert (answer.status_code, answer.url) == (302, PAGE)
    assert holders(dona_rosa) == [(SIGNER, True)]
    assert "Rosa Núñez Soto" in text
    assert "12.345.678-5" in text
    assert "días de certificado" in text


def test_new_certificate_keeps_the_former_as_history(dona_rosa: Any, pfx: bytes) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    upload(client, pfx)

    upload(client, pfx)

    assert holders(dona_rosa) == [(SIGNER, False), (SIGNER, True)]
    assert "Anteriores" in client.get(PAGE).text


def test_wrong_password_is_said_at_the_password(dona_rosa: Any, pfx: bytes) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), pfx, "otra")

    assert answer.status_code == 422
    assert "La contraseña no abre el certificado" in answer.text
    assert 'id="id_password_error"' in answer.text
    assert holders(dona_rosa) == []


def test_password_never_comes_back(dona_rosa: Any, pfx: bytes) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), pfx, "clave-que-no-vuelve")

    assert "clave-que-no-vuelve" not in answer.text


def test_file_that_is_no_certificate_is_refused_in_place(dona_rosa: Any) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), b"no soy un pfx")

    assert answer.status_code == 422
    assert "no es un certificado digital" in answer.text
    assert holders(dona_rosa) == []


def test_huge_file_is_refused_in_place(dona_rosa: Any) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), b"x" * 200_000)

    assert answer.status_code == 422
    assert "demasiado grande" in answer.text


def test_expired_certificate_is_refused_in_place(dona_rosa: Any, caf_office: Any) -> None:
    old = caf_office.issue_certificate(
        rut=SIGNER,
        name="Rosa Núñez Soto",
        password=PFX_PASSWORD,
        valid_from=now() - timedelta(days=800),
        valid_to=now() - timedelta(days=1),
    )

    answer = upload(dona_rosa.client(dona_rosa.owner), old)

    assert answer.status_code == 422
    assert "venció el" in answer.text
    assert holders(dona_rosa) == []


def test_certificate_without_a_rut_is_refused_in_place(dona_rosa: Any, caf_office: Any) -> None:
    nobody = caf_office.issue_certificate(
        rut=SIGNER, name="Rosa Núñez Soto", password=PFX_PASSWORD, rut_place="none"
    )

    answer = upload(dona_rosa.client(dona_rosa.owner), nobody)

    assert answer.status_code == 422
    assert "no trae el RUT" in answer.text


def test_empty_form_says_what_is_missing(dona_rosa: Any) -> None:
    answer = dona_rosa.client(dona_rosa.owner).post(PAGE, {})

    assert answer.status_code == 422
    assert "Elige el archivo .pfx o .p12" in answer.text
    assert "Escribe la clave del certificado." in answer.text


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (400, "No hay que hacer nada."),
        (20, "Renuévalo antes del"),
        (-1, "El certificado venció el"),
    ],
)
def test_page_says_how_long_the_certificate_holds(
    dona_rosa: Any, caf_office: Any, days: int, words: str
) -> None:
    with company_scope(dona_rosa.company_id):
        make_certificate(
            caf_office, valid_to=now() + timedelta(days=days), at=now() - timedelta(days=30)
        )

    assert words in dona_rosa.client(dona_rosa.owner).get(PAGE).text


@pytest.mark.parametrize("person", ["cashier", "stock_keeper"])
def test_certificate_is_for_owners_only(dona_rosa: Any, pfx: bytes, person: str) -> None:
    client = dona_rosa.client(getattr(dona_rosa, person))

    assert client.get(PAGE).status_code == 403
    assert upload(client, pfx).status_code == 403
    assert holders(dona_rosa) == []


def test_certificate_of_a_stranger_stays_unseen(dona_rosa: Any, el_vecino: Any, pfx: bytes) -> None:
    upload(dona_rosa.client(dona_rosa.owner), pfx)

    text = el_vecino.client(el_vecino.owner).get(PAGE).text

    assert "Todavía no hay certificado" in text
    assert "Rosa" not in text
