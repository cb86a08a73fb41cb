"""A customer's account names the papers of what they took and brought back."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from erpmarket.common.ids import uuid7
from erpmarket.customers.tests.factories import make_customer
from erpmarket.fiscal.models import IssuedDocument
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.return_sale import BackPart, ReturnRequest, return_sale
from erpmarket.pos.models import Sale
from erpmarket.pos.tests.device_desk import enrol_at
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    make_product,
    make_selling_shop,
    make_stock,
)
from erpmarket.pos.tests.till_device import sold_line
from erpmarket.tenancy.scope import company_scope
from erpmarket.ui.formats import whole


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    monkeypatch.setattr("erpmarket.pos.device_views.now", lambda: AT)
    monkeypatch.setattr("erpmarket.common.clock.now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 56, 61))
        return make_selling_shop(dona_rosa, caf_office)


def test_what_was_bought_and_brought_back_on_credit_leads_to_its_paper(
    selling: SellingShop,
) -> None:
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        make_stock(selling.till.warehouse_id, sugar)
        marta = make_customer("Marta Soto", limit_clp=50_000)
    device = enrol_at(selling)
    lease = device.lease(at=AT)
    event = device.sale(
        lease,
        [sold_line(sugar)],
        shift_uid=str(selling.shift.uid),
        folio=lease.first,
        at=AT,
        payments=[{"kind": "credit", "amount_clp": 1_350}],
    )
    event["body"]["customer_id"] = marta.id
    [told] = device.tell(event, at=AT)
    assert told["state"] == "taken", told
    with company_scope(selling.shop.company_id):
        request = ReturnRequest(
            uid=uuid7(),
            sale_uid=Sale.objects.get().uid,
            parts=(BackPart(position=1, quantity=Decimal(1)),),
            goods_back=True,
            reason="Venía roto",
            returned_by=selling.shop.owner.membership_id,
        )
        return_sale(request=request, at=AT)
        boleta, nota = IssuedDocument.objects.order_by("kind")

    page = selling.shop.client(selling.shop.owner).get(f"/clientes/{marta.id}/").text

    for paper, words in (
        (boleta, f"Boleta {whole(boleta.folio)}"),
        (nota, f"Nota de crédito {whole(nota.folio)}"),
    ):
        link = f'href="{reverse("fiscal:document", args=[paper.id])}">{words}</a>'
        assert link in page
