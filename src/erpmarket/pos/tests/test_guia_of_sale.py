"""A guía of goods sold on credit: its factura is one button away, and no return is offered."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from erpmarket.common import clock
from erpmarket.common.ids import uuid7
from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.fiscal.models import DocumentReference, IssuedDocument
from erpmarket.fiscal.tests.trade_factories import BUYER, make_trader
from erpmarket.pos.models import Sale, SaleReturn
from erpmarket.pos.tests.device_desk import INVOICE_TO, enrol_at
from erpmarket.pos.tests.factories import AT, SellingShop, make_product, make_selling_shop
from erpmarket.pos.tests.till_device import TestDevice, sold_line
from erpmarket.tenancy.scope import company_scope
from erpmarket.ui.formats import whole

JOURNEY = {"plate": "ABCD12", "driver_rut": "12345678-5", "driver_name": "Luis Soto"}


@pytest.fixture
def selling(dona_rosa: Any, caf_office: Any, monkeypatch: pytest.MonkeyPatch) -> SellingShop:
    for room in ("pos.device_views", "fiscal.trade_views"):
        monkeypatch.setattr(f"erpmarket.{room}.now", lambda: AT)
    monkeypatch.setattr(clock, "now", lambda: AT)
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 52, 61))
        return make_selling_shop(dona_rosa, caf_office)


def _deliver(selling: SellingShop, *, rut: str = "") -> tuple[TestDevice, IssuedDocument]:
    """Sell three of sugar, 100 off, and a book without VAT to an account; all goes with a guía."""
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
        book = make_product(selling.category, "L1", name="Libro", price_clp=1_000, is_exempt=True)
        customer = make_customer("Pensión Los Aromos", limit_clp=50_000, rut=rut)
    device = enrol_at(selling)
    body = {
        "shift_uid": str(selling.shift.uid),
        "lines": [sold_line(sugar, "3", discount_clp=100, amount_clp=3_950), sold_line(book)],
        "payments": [{"kind": "credit", "amount_clp": 4_950}],
        "total_clp": 4_950,
        "paper": None,
        "issue": "server",
        "deliver_to": INVOICE_TO,
        "journey": JOURNEY,
        "customer_id": customer.id,
    }
    [told] = device.tell(device.event("sale", body, at=AT), at=AT)
    assert told["state"] == "taken", told
    with company_scope(selling.shop.company_id):
        return device, IssuedDocument.objects.get(kind=52)


class _Typed(HTMLParser):
    """What a page's form would send as it stands."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name") or ""
        is_box = found.get("type") == "checkbox"
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in found:
            self.values[self._select] = found.get("value") or ""
        elif tag == "input" and name and (not is_box or "checked" in found):
            self.values[name] = found.get("value") or ("on" if is_box else "")


def test_the_factura_of_a_guia_comes_filled_in_and_is_offered_once(selling: SellingShop) -> None:
    _, guia = _deliver(selling)
    owner = selling.shop.client(selling.shop.owner)
    own_page = reverse("fiscal:document", args=[guia.id])
    address = f"{reverse('fiscal:new_factura')}?de={guia.id}"
    assert f'href="{address}"' in owner.get(own_page).text

    typed = _Typed(owner.get(address).text).values

    assert typed["b-rut"].replace(".", "") == str(BUYER.rut)
    assert (typed["b-name"], typed["b-giro"]) == (BUYER.name, BUYER.giro)
    assert (typed["l0-quantity"], typed["l0-price"]) == ("3", "1316,666667")
    assert (typed["l1-name"], typed["l1-price"], typed["l1-exempt"]) == ("Libro", "1000", "on")
    reference = (typed["reference_kind"], typed["reference_folio"], typed["reference_date"])
    assert reference == ("52", str(guia.folio), guia.issue_date.isoformat())
    total = str(guia.total_clp)
    issued = owner.post(address, {**typed, "action": "issue", "seen": total})
    assert issued.status_code == 302, issued.text
    with company_scope(selling.shop.company_id):
        factura = IssuedDocument.objects.get(kind=33)
        assert (factura.total_clp, factura.exempt_clp) == (4_950, 1_000)
        assert DocumentReference.objects.get(document=factura).target_id == guia.id
    page = owner.get(own_page).text
    assert address not in page
    assert f"haz la nota de crédito en Factura {whole(factura.folio)}" in page


def test_a_guia_says_the_right_way_where_a_return_was_offered(selling: SellingShop) -> None:
    device, guia = _deliver(selling)
    owner = selling.shop.client(selling.shop.owner)
    way = "Una guía no se devuelve ni se anula con una nota."
    assert way in owner.get(reverse("fiscal:document", args=[guia.id])).text

    told = device.ask(f"vendidas/{guia.source_uid}", at=AT).json()
    assert (told["may_return"], told["urls"]["back"]) == (False, "")
    assert told["no_return"].startswith(way)

    address = reverse("pos:return", args=[guia.source_uid])
    page = owner.get(address).text
    assert way in page
    assert "Devolver y emitir la nota" not in page
    form = {"uid": str(uuid7()), "reason": "Venía roto", "goods_back": "on", "back-1": "1"}
    refused = owner.post(address, form)
    assert (refused.status_code, way in refused.text) == (422, True)
    order = {
        "uid": str(uuid7()),
        "reason": "Venía roto",
        "goods_back": True,
        "made_by": selling.shop.owner.membership_id,
        "approved_by": selling.shop.owner.membership_id,
        "lines": [{"position": 1, "quantity": "1"}],
    }
    answer = device.ask(f"vendidas/{guia.source_uid}/devolver", order, at=AT)
    assert (answer.status_code, answer.json()["code"]) == (422, "return_refused")
    assert way in answer.json()["message"]
    with company_scope(selling.shop.company_id):
        assert not SaleReturn.objects.exists()
        assert not IssuedDocument.objects.filter(kind=61).exists()
        assert Customer.objects.get().balance_clp == 4_950


@pytest.mark.parametrize(("rut", "is_said"), [("", True), ("12345678-5", True), (None, False)])
def test_a_debtor_who_is_not_the_receiver_is_named_before_the_factura(
    selling: SellingShop, rut: str | None, is_said: bool
) -> None:
    _, guia = _deliver(selling, rut=str(BUYER.rut) if rut is None else rut)
    owner = selling.shop.client(selling.shop.owner)
    words = "Esta venta quedó fiada en la cuenta de Pensión Los Aromos"

    pages = (
        owner.get(reverse("fiscal:document", args=[guia.id])).text,
        owner.get(f"{reverse('fiscal:new_factura')}?de={guia.id}").text,
    )

    assert [words in page for page in pages] == [is_said] * 2


def test_a_boleta_is_returned_as_before(selling: SellingShop) -> None:
    device = enrol_at(selling)
    with company_scope(selling.shop.company_id):
        sugar = make_product(selling.category)
    lease = device.lease(at=AT)
    sale = device.sale(
        lease, [sold_line(sugar)], shift_uid=str(selling.shift.uid), folio=lease.first, at=AT
    )
    device.tell(sale, at=AT)
    with company_scope(selling.shop.company_id):
        uid = Sale.objects.get().uid

    told = device.ask(f"vendidas/{uid}", at=AT).json()

    assert (told["may_return"], told["no_return"]) == (True, "")
