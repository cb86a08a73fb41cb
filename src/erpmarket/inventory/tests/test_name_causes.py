from typing import Any

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.tests.factories import make_document, make_folios
from erpmarket.inventory.queries import name_causes
from erpmarket.inventory.tests.factories import make_issue
from erpmarket.tenancy.scope import company_scope


def test_sale_is_named_by_its_paper(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        product = make_product()
        uid = make_issue(dona_rosa.warehouse_id, product)
        paper = make_document(dona_rosa, uid=uid)
        found = name_causes([uid, uuid7()])

    folio = f"{paper.folio:,}".replace(",", ".")
    assert list(found) == [uid]
    assert (found[uid].words, found[uid].url_name, found[uid].id) == (
        f"Boleta {folio}",
        "fiscal:document",
        paper.id,
    )
    kardex = dona_rosa.client(dona_rosa.owner).get(f"/productos/{product.id}/").text
    assert f'href="/sii/documentos/{paper.id}/"' in kardex


def test_causes_of_another_shop_have_no_name(
    dona_rosa: Any, el_vecino: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        make_folios(dona_rosa, caf_office)
        uid = uuid7()
        make_document(dona_rosa, uid=uid)

    with company_scope(el_vecino.company_id):
        assert name_causes([uid]) == {}
