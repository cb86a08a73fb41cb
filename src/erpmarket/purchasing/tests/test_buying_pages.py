"""Buying in the browser: suppliers, orders, receptions, payments."""

import io
import re
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.lots import watch_expiry
from erpmarket.inventory.models import Lot, Stock, StockMove
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.actions.shift import open_shift
from erpmarket.pos.models import Shift
from erpmarket.purchasing.actions import AskedLine, draft_order, send_order
from erpmarket.purchasing.models import (
    CostChange,
    OrderLine,
    PayableEntry,
    PurchaseOrder,
    Receipt,
    ReceiptLine,
    Supplier,
    SupplierReturn,
)
from erpmarket.purchasing.queries import list_receiving_places
from erpmarket.purchasing.tests.factories import AT, make_receipt, make_supplier
from erpmarket.tenancy.scope import company_scope

SUPPLIER = {
    "rut": "77.346.128-7",
    "name": "Lácteos del Sur Ltda.",
    "business": "Lácteos",
    "payment_days": "30",
    "lead_days": "2",
    "minimum_order_clp": "50.000",
}


def _receipt_form(supplier: Supplier, warehouse_id: int, product_id: int, **more: str) -> Any:
    return {
        "uid": str(uuid7()),
        "supplier": str(supplier.id),
        "warehouse": str(warehouse_id),
        "kind": "33",
        "folio": "48377",
        "issued_on": "2026-11-20",
        "rows": "1",
        "l0-product": str(product_id),
        "l0-packs": "9",
        "l0-billed": "10",
        "l0-per_pack": "6",
        "l0-amount": "100.000",
        "l0-tax": "27",
        "l0-expires_on": "2027-03-01",
        "freight": "2.000",
        **more,
    }


def test_goods_whose_dates_are_watched_are_asked_for_them(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk, soap = make_product("Leche", code="L1"), make_product("Jabón", code="J1")
        watch_expiry(product_id=milk.id, is_watched=True, at=AT)
    client = dona_rosa.client(dona_rosa.stock_keeper)

    def folded(product: Any) -> bool:
        page = client.post("/compras/recibir/", {"rows": "0", "add": str(product.id)}).text
        assert product.name in page
        return '<details class="more-fields"><summary>Vencimiento' in page

    assert (folded(milk), folded(soap)) == (False, True)


def test_supplier_is_added_edited_and_its_history_is_told(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.stock_keeper)
    client.post("/compras/proveedores/nuevo/", SUPPLIER)
    with company_scope(dona_rosa.company_id):
        supplier = Supplier.objects.get()
        assert (supplier.rut, supplier.payment_days) == ("77346128-7", 30)

    address = f"/compras/proveedores/{supplier.id}/"
    client.post(address, {**SUPPLIER, "payment_days": "45", "is_active": "on"})

    assert "Días para pagar: 30 → <strong>45</strong>" in client.get(address).text


@pytest.mark.parametrize(
    ("rut", "words"),
    [("77.346.128-8", "revisa el último dígito"), ("77.346.128-7", "ya está en tus proveedores")],
)
def test_supplier_with_a_wrong_or_known_rut_is_refused(
    dona_rosa: Any, rut: str, words: str
) -> None:
    with company_scope(dona_rosa.company_id):
        make_supplier()
    client = dona_rosa.client(dona_rosa.owner)

    answer = client.post("/compras/proveedores/nuevo/", {**SUPPLIER, "rut": rut})

    assert answer.status_code == 422
    assert words in answer.text
    with company_scope(dona_rosa.company_id):
        assert Supplier.objects.count() == 1


def test_goods_are_reviewed_and_received_with_ila_freight_and_what_is_missing(
    dona_rosa: Any,
) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, product = make_supplier(), make_product()
    client = dona_rosa.client(dona_rosa.stock_keeper)
    form = _receipt_form(supplier, dona_rosa.warehouse_id, product.id)

    seen = client.post("/compras/recibir/", {**form, "action": "review"})
    # 100.000 + 10 % ILA + 2.000 de flete + IVA de 102.000
    assert "$131.380" in seen.text
    with company_scope(dona_rosa.company_id):
        assert Receipt.objects.count() == 0
    for _ in range(2):
        answer = client.post("/compras/recibir/", {**form, "action": "save"})

    assert answer.status_code == 302
    assert "faltan 6\u00a0un de lo facturado" in client.get(answer.url).text
    with company_scope(dona_rosa.company_id):
        stock = Stock.objects.get()
        assert (stock.quantity, stock.value) == (Decimal(54), Decimal(100_800))
        assert PayableEntry.objects.get().amount_clp == 131_380
        assert Lot.objects.get().quantity == Decimal(54)
        assert Receipt.objects.count() == 1


def test_guia_is_received_and_nothing_is_owed_yet(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, product = make_supplier(), make_product()
    form = _receipt_form(supplier, dona_rosa.warehouse_id, product.id, kind="52")

    dona_rosa.client(dona_rosa.owner).post("/compras/recibir/", {**form, "action": "save"})

    with company_scope(dona_rosa.company_id):
        assert (Receipt.objects.count(), PayableEntry.objects.count()) == (1, 0)


def test_scanned_product_becomes_a_line_and_a_dropped_one_goes(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product()
    client = dona_rosa.client(dona_rosa.stock_keeper)

    added = client.post(
        "/compras/recibir/", {"action": "seek", "code": product.code, "rows": "0"}
    ).text
    assert f'name="l0-product" value="{product.id}"' in added
    dropped = client.post(
        "/compras/recibir/", {"drop": "0", "rows": "1", "l0-product": str(product.id)}
    ).text
    assert "l0-product" not in dropped
    assert (
        "No encontramos «zzz»"
        in client.post("/compras/recibir/", {"action": "seek", "code": "zzz", "rows": "0"}).text
    )


def test_order_is_written_sent_and_received_against(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier, product = make_supplier(), make_product()
    client = dona_rosa.client(dona_rosa.stock_keeper)
    answer = client.post(
        "/compras/pedidos/nuevo/",
        {
            "uid": str(uuid7()),
            "supplier": str(supplier.id),
            "warehouse": str(dona_rosa.warehouse_id),
            "action": "save",
            "rows": "1",
            "l0-product": str(product.id),
            "l0-packs": "2,5",
            "l0-per_pack": "12",
            "l0-cost": "10.860",
        },
    )
    assert "$27.150" in client.get(answer.url).text
    client.post(answer.url, {"action": "told"})

    with company_scope(dona_rosa.company_id):
        order = PurchaseOrder.objects.get()
        assert (order.number, order.state) == (1, "sent")
        line = OrderLine.objects.get()
    page = client.get("/compras/recibir/", {"pedido": order.id}).text
    assert f'name="l0-order_line" value="{line.id}"' in page
    assert re.search(r'name="l0-packs" value="2,5"', page)


def test_order_is_drawn_as_a_pdf(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        lines = [AskedLine(product_id=make_product().id, packs=Decimal(2))]
        order = draft_order(make_supplier().id, lines, at=AT)
        send_order(order_id=order.id, uid=uuid7(), to="", at=AT)

    answer = dona_rosa.client(dona_rosa.owner).get(f"/compras/pedidos/{order.id}/pedido.pdf")

    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")


def _owed(shop: Any) -> tuple[Supplier, PayableEntry]:
    with company_scope(shop.company_id):
        supplier, product = make_supplier(), make_product()
        form = _receipt_form(supplier, shop.warehouse_id, product.id, action="save")
    shop.client(shop.owner).post("/compras/recibir/", form)
    with company_scope(shop.company_id):
        return supplier, PayableEntry.objects.get()


def test_driver_is_paid_at_the_page_out_of_the_open_drawer(dona_rosa: Any) -> None:
    supplier, owed = _owed(dona_rosa)
    with company_scope(dona_rosa.company_id):
        till = open_till(
            branch_id=dona_rosa.branch_id, warehouse_id=dona_rosa.warehouse_id, name="Caja 1"
        )
        open_shift(
            till=till, cashier_id=dona_rosa.cashier.membership_id, opening_clp=200_000, at=AT
        )
    client = dona_rosa.client(dona_rosa.owner)
    address = f"/compras/proveedores/{supplier.id}/pagar/"
    assert "Del cajón de Caja 1" in client.get(address).text

    answer = client.post(
        address,
        {"uid": str(uuid7()), "method": f"drawer:{till.id}", f"p{owed.id}-amount": "131.380"},
    )

    assert answer.status_code == 302
    with company_scope(dona_rosa.company_id):
        shift = Shift.objects.get()
        assert shift.expected_clp == 68_620
    closed = client.post(
        f"/caja/{till.id}/turno/",
        {
            "action": "close",
            "shift_id": str(shift.id),
            "counted_clp": "68620",
            "closer": str(dona_rosa.cashier.membership_id),
            "pin": dona_rosa.cashier.pin,
        },
        follow=True,
    ).text
    assert "Pago a proveedor: Lácteos del Sur Ltda.: Factura 48.377" in closed
    assert "La caja cuadra" in closed


def test_more_than_what_is_owed_is_refused_on_the_page(dona_rosa: Any) -> None:
    supplier, owed = _owed(dona_rosa)

    answer = dona_rosa.client(dona_rosa.owner).post(
        f"/compras/proveedores/{supplier.id}/pagar/",
        {"uid": str(uuid7()), "method": "transfer", f"p{owed.id}-amount": "131.381"},
    )

    assert answer.status_code == 422
    assert "De Factura 48.377 quedan $131.380" in answer.text
    with company_scope(dona_rosa.company_id):
        assert PayableEntry.objects.count() == 1


def test_what_is_owed_is_a_page_and_two_files(dona_rosa: Any) -> None:
    supplier, _ = _owed(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)

    assert "$131.380" in client.get("/compras/por-pagar/").text
    lines = client.get("/compras/por-pagar/archivo.csv").content.decode().splitlines()
    assert lines[1].startswith(
        "Lácteos del Sur Ltda.;Factura 48.377;20-11-2026;;131380;131380;Sin fecha"
    )
    found = client.get("/compras/por-pagar/archivo.xlsx", {"proveedor": supplier.id}).content
    sheet = load_workbook(io.BytesIO(found)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][4:] == [131_380, 131_380]


def test_cost_is_corrected_after_it_was_seen_and_goods_go_back(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        receipt = make_receipt(dona_rosa.warehouse_id, make_supplier(), [make_product().id])
    client = dona_rosa.client(dona_rosa.owner)
    bill = {
        "uid": str(uuid7()),
        "reason": "Factura definitiva",
        "way": "correction",
        "kind": "33",
        "n1-value": "24.000",
    }
    seen = client.post(f"/compras/{receipt.id}/costo/", {**bill, "action": "review"}).text
    assert "<del>$21.720</del> <ins>$24.000</ins>" in seen
    with company_scope(dona_rosa.company_id):
        assert CostChange.objects.count() == 0

    client.post(f"/compras/{receipt.id}/costo/", {**bill, "action": "save"})
    back = {"uid": str(uuid7()), "reason": "Llegó roto", "n1-quantity": "4"}
    client.post(f"/compras/{receipt.id}/devolver/", back)

    page = client.get(f"/compras/{receipt.id}/").text
    assert "volvieron 4\u00a0un" in page
    assert "Costo corregido: Factura definitiva" in page
    with company_scope(dona_rosa.company_id):
        assert (CostChange.objects.count(), SupplierReturn.objects.count()) == (1, 1)


def test_stock_keeper_sees_no_debts_and_pays_nothing(dona_rosa: Any) -> None:
    supplier, owed = _owed(dona_rosa)
    client = dona_rosa.client(dona_rosa.stock_keeper)

    assert client.get("/compras/por-pagar/").status_code == 403
    answer = client.post(
        f"/compras/proveedores/{supplier.id}/pagar/",
        {"uid": str(uuid7()), "method": "transfer", f"p{owed.id}-amount": "1"},
    )

    assert answer.status_code == 403
    with company_scope(dona_rosa.company_id):
        assert PayableEntry.objects.count() == 1
        assert ReceiptLine.objects.count() == StockMove.objects.count()


def test_goods_come_in_where_they_came_in_last(dona_rosa: Any) -> None:
    client = dona_rosa.client(dona_rosa.owner)
    with company_scope(dona_rosa.company_id):
        back = open_warehouse(branch_id=dona_rosa.branch_id, name="A la vuelta")
        supplier, product = make_supplier(), make_product()
        assert list_receiving_places()[0].id == back.id
        make_receipt(dona_rosa.warehouse_id, supplier, [product.id])
        assert [row.id for row in list_receiving_places()] == [dona_rosa.warehouse_id, back.id]

    page = client.get("/compras/recibir/").text
    assert page.index(f'value="{dona_rosa.warehouse_id}"') < page.index("A la vuelta")
