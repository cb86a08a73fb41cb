from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from erpmarket.fiscal.models import Caf, FolioRange
from erpmarket.fiscal.tests.factories import make_document, make_folios
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/folios/"


def issue(shop: Any, office: Any, **changed: Any) -> bytes:
    order = {"rut": shop.rut, "name": shop.shop_name, "kind": 39, "quantity": 100, **changed}
    return bytes(office.issue_caf(**order))


def upload(client: Any, xml: bytes) -> Any:
    return client.post(PAGE, {"caf": SimpleUploadedFile("folios.xml", xml, "text/xml")})


def ranges(shop: Any) -> list[tuple[int, int]]:
    with company_scope(shop.company_id):
        return list(FolioRange.objects.order_by("id").values_list("next_folio", "last_folio"))


def test_folios_are_loaded_and_shown(dona_rosa: Any, caf_office: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    answer = upload(client, issue(dona_rosa, caf_office))

    [(first, last)] = ranges(dona_rosa)
    assert last - first == 99
    assert (answer.status_code, answer.url) == (302, f"{PAGE}?desde={first}")
    assert "cargados. Ya los puedes usar." in client.get(answer.url).text
    text = client.get(PAGE).text
    assert "cargados. Ya los puedes usar." not in text
    assert f"{first:,} a {last:,}".replace(",", ".") in text
    assert "<strong>100</strong>" in text


def test_folios_page_counts_used_and_left(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=200)
        for _ in range(3):
            make_document(dona_rosa)

    text = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    assert "<strong>197</strong>" in text
    assert '<td class="num opt">3</td>' in text
    assert 'width="98%"' in text


def test_folios_that_end_soon_ask_for_more(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=2)
        make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)

    assert "Pide más" in client.get(PAGE).text

    with company_scope(dona_rosa.company_id):
        make_document(dona_rosa)
    assert "Usados" in client.get(PAGE).text


def test_a_small_file_beside_a_big_one_does_not_ask_for_more(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office, quantity=200)
        make_folios(dona_rosa, caf_office, quantity=50)

    text = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    assert "<strong>50</strong>" in text
    assert "Pide más" not in text


def test_folios_page_without_folios_says_what_it_means(dona_rosa: Any) -> None:
    text = dona_rosa.client(dona_rosa.owner).get(PAGE).text

    assert "Todavía no hay folios" in text


def test_same_folios_twice_are_refused_in_place(dona_rosa: Any, caf_office: Any) -> None:
    xml = issue(dona_rosa, caf_office)
    client = dona_rosa.client(dona_rosa.owner)
    upload(client, xml)
    before = ranges(dona_rosa)

    answer = upload(client, xml)

    assert answer.status_code == 422
    assert "Esos folios ya están cargados" in answer.text
    assert ranges(dona_rosa) == before


def test_folios_of_another_company_are_refused_in_place(
    dona_rosa: Any, el_vecino: Any, caf_office: Any
) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), issue(el_vecino, caf_office))

    assert answer.status_code == 422
    assert "Esos folios son de 77.346.128-7" in answer.text
    assert ranges(dona_rosa) == []


def test_tampered_folios_are_refused_in_place(dona_rosa: Any, caf_office: Any) -> None:
    xml = issue(dona_rosa, caf_office, quantity=100, first=700_001)

    answer = upload(
        dona_rosa.client(dona_rosa.owner), xml.replace(b"<H>700100</H>", b"<H>700900</H>")
    )

    assert answer.status_code == 422
    assert "La firma del SII en ese archivo no calza" in answer.text
    assert ranges(dona_rosa) == []


@pytest.mark.parametrize(
    "xml",
    [b"hola", b"<AUTORIZACION/>", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
)
def test_file_that_gives_no_folios_is_refused_in_place(dona_rosa: Any, xml: bytes) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), xml)

    assert answer.status_code == 422
    assert 'class="err"' in answer.text
    assert ranges(dona_rosa) == []


def test_huge_file_is_refused_in_place(dona_rosa: Any) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), b"<" + b"x" * 30_000)

    assert answer.status_code == 422
    assert "demasiado grande" in answer.text


def test_folios_of_a_type_that_nobody_issues_here_are_refused_in_place(
    dona_rosa: Any, caf_office: Any
) -> None:
    answer = upload(dona_rosa.client(dona_rosa.owner), issue(dona_rosa, caf_office, kind=46))

    assert answer.status_code == 422
    assert "Son folios de tipo 46" in answer.text
    assert ranges(dona_rosa) == []


def test_upload_without_a_file_says_which_to_choose(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)

    nothing = client.post(PAGE, {})
    empty = upload(client, b"")

    assert nothing.status_code == empty.status_code == 422
    assert "Elige el archivo XML" in nothing.text
    assert "Ese archivo está vacío" in empty.text


def test_cashiers_see_folios_and_cannot_load_them(dona_rosa: Any, caf_office: Any) -> None:
    client = dona_rosa.client(dona_rosa.cashier)

    assert "Cargar folios" not in client.get(PAGE).text
    assert upload(client, issue(dona_rosa, caf_office)).status_code == 403
    assert ranges(dona_rosa) == []


def test_folios_show_a_stranger_nothing(dona_rosa: Any, el_vecino: Any, caf_office: Any) -> None:
    upload(dona_rosa.client(dona_rosa.owner), issue(dona_rosa, caf_office))

    text = el_vecino.client(el_vecino.owner).get(PAGE).text

    assert "Todavía no hay folios" in text
    with company_scope(el_vecino.company_id):
        assert not Caf.objects.exists()


def test_keys_of_folios_never_reach_the_page(dona_rosa: Any, caf_office: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    upload(client, issue(dona_rosa, caf_office))

    assert "PRIVATE KEY" not in client.get(PAGE).text


def test_folios_need_the_same_queries_for_one_range_and_for_five(
    dona_rosa: Any, caf_office: Any, django_assert_num_queries: Any
) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    upload(client, issue(dona_rosa, caf_office))
    # Session, scope (4), member, company, ranges, forecast (left, used, types), expiring, branches.
    with django_assert_num_queries(14):
        client.get(PAGE)
    for _ in range(4):
        upload(client, issue(dona_rosa, caf_office, quantity=5))

    with django_assert_num_queries(14):
        client.get(PAGE)
