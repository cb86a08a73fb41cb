"""One row of everything in a shop, with names that nobody else may ever read: for test_strangers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from erpmarket.catalog.actions import NewPrice, change_prices
from erpmarket.catalog.actions.labels import print_labels
from erpmarket.catalog.actions.price_lists import (
    ListedPrice,
    create_price_list,
    set_listed_prices,
)
from erpmarket.catalog.actions.promotions import Offer, create_promotion
from erpmarket.catalog.kinds import PromotionKind
from erpmarket.catalog.label_paper import LabelForm
from erpmarket.catalog.list_models import PriceListRow
from erpmarket.catalog.models import LabelRequest, Product, ScaleRule
from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import CustomerFacts, register_customer
from erpmarket.fiscal.actions.folio_leases import Holder, lease_folios
from erpmarket.fiscal.actions.request_paper import request_paper
from erpmarket.fiscal.actions.save_filter import save_filter
from erpmarket.fiscal.actions.void_folios import VoidOrder, void_folios
from erpmarket.fiscal.books_models import FolioReport
from erpmarket.fiscal.certification_models import (
    CertificationFile,
    CertificationRun,
    CertificationStage,
)
from erpmarket.fiscal.exchange_models import ReceivedDocument, ReceivedFile
from erpmarket.fiscal.pdf import PdfPaper
from erpmarket.fiscal.public_links import make_token
from erpmarket.inventory.actions import open_warehouse
from erpmarket.inventory.actions.counts import CountOrder, Entered, open_count, record_entry
from erpmarket.inventory.actions.imports import bring_file, check_run
from erpmarket.inventory.actions.lots import add_lot
from erpmarket.inventory.actions.removals import RemovalOrder, RemovedLine, remove_goods
from erpmarket.inventory.actions.transfers import SendOrder, SentLine, send_transfer
from erpmarket.inventory.models import CountDeed, CountKind, ImportKind
from erpmarket.notifications.actions.notices import notify
from erpmarket.notifications.actions.outbox import enqueue_mail
from erpmarket.notifications.levels import Level
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.device_models import DeviceEvent, TillDevice
from erpmarket.pos.tests.factories import (
    AT,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.purchasing.actions import (
    AskedLine,
    Invoice,
    PurchaseLine,
    draft_order,
    enter_invoice,
    receive_purchase,
    register_supplier,
)
from erpmarket.tenancy.scope import company_scope

# What only this shop has: none of it may ever be in an answer to somebody else.
SECRETS = ("Mermelada secreta", "Proveedor secreto", "Cliente secreta", "Almacén Doña Rosa")


def make_secret_list(jam: Product) -> dict[str, int]:
    """A price list that holds the jam."""
    row = create_price_list(uid=uuid7(), name="Mermelada secreta")
    price = ListedPrice(product_id=jam.id, price_clp=100)
    set_listed_prices(list_id=row.id, prices=[price], by_id=None, at=AT)
    return {"list_id": row.id, "row_id": PriceListRow.objects.get().id}


def make_secret_offer() -> int:
    terms = {"n": 3, "m": 2, "select": {"all": True}}
    offer = Offer(name="Mermelada secreta 3x2", kind=PromotionKind.N_FOR_M, terms=terms)
    version = create_promotion(uid=uuid7(), offer=offer, at=AT)
    return int(version.promotion_id)


def make_shop_ids(shop: Any, office: Any) -> dict[str, Any]:
    """Make one row of everything in a shop; its ids by the name of the URL argument."""
    with company_scope(shop.company_id):
        selling = make_selling_shop(shop, office)
        jam = make_product(selling.category, name="Mermelada secreta")
        supplier = register_supplier(rut="68123457-8", name="Proveedor secreto", business="Todo")
        customer = register_customer(uid=uuid7(), facts=CustomerFacts(name="Cliente secreta"))
        receipt = receive_purchase(
            uid=uuid7(),
            supplier_id=supplier.id,
            warehouse_id=shop.warehouse_id,
            document_kind=33,
            document_folio=77,
            lines=[
                PurchaseLine(
                    product_id=jam.id,
                    packs=Decimal(1),
                    units_per_pack=Decimal(6),
                    value=Decimal(6000),
                )
            ],
            at=AT,
        )
        request = make_request(cart_line(jam), total_clp=1350, tenders=[cash(1350)])
        sold = commit_sale(till_id=selling.till.id, request=request, at=AT)
        holder = Holder(uid=uuid7(), name="Caja secreta")
        lease = lease_folios(holder=holder, kind=39, count=2, request_uid=uuid7(), at=AT)
        order = VoidOrder(
            kind=39,
            first=lease.last_folio + 3,
            last=lease.last_folio + 3,
            reason="secreto",
            recorded_by=None,
        )
        return {
            "lease_id": lease.id,
            "void_id": void_folios(order, at=AT).id,
            "till_id": selling.till.id,
            "rule_id": ScaleRule.objects.create(
                kind="weight", layout="20.....NNDDD", made_at=AT
            ).id,
            "shift_id": selling.shift.id,
            "company_id": shop.company_id,
            "customer_id": customer.id,
            **make_secret_list(jam),
            **make_device(selling.till.id),
            "product_id": jam.id,
            "promotion_id": make_secret_offer(),
            "receipt_id": receipt.id,
            "supplier_id": supplier.id,
            **make_purchases(supplier.id, jam.id),
            "document_id": sold.paper.id,
            "filter_id": make_filter(shop.owner.membership_id),
            "token": make_token(company_id=shop.company_id, document_id=0)[:-1] + "x",
            "job_id": request_paper([sold.paper], paper=PdfPaper.ROLL, at=AT).id,
            "sale_uid": sold.sale.uid,
            "deed": "anular",
            "category_id": selling.category.id,
            "notice_id": make_notice(),
            "mail_id": make_mail(),
            "received_id": make_received(),
            **make_prices(jam),
            **make_transfer(shop, jam),
            "report_id": make_folio_report(),
            "run_id": make_import(shop),
            "file_id": make_certification_file(),
            "key": "set-8100001",
            "part": "secretas",
            **make_count(shop, jam),
        }


def make_filter(membership_id: int) -> int:
    """A filter of documents that somebody keeps."""
    row = save_filter(membership_id=membership_id, name="secreto", query="tipo=39", at=AT)
    return int(row.id)


def make_device(till_id: int) -> dict[str, int]:
    """A browser that sells at the till, its keys nobody's, and what it told in vain."""
    device = TillDevice.objects.create(
        till_id=till_id,
        uid=uuid7(),
        name="Tablet secreta",
        sign_key=b"",
        wrap_key=b"",
        enrolled_at=AT,
        last_seen_at=AT,
    )
    event = DeviceEvent.objects.create(
        device=device,
        seq=1,
        uid=uuid7(),
        kind="sale",
        body_hash=b"",
        happened_at=AT,
        received_at=AT,
        outcome="refused",
        told={"body": {"total_clp": 990}},
    )
    return {"device_id": device.id, "event_id": event.id}


def make_prices(product: Any) -> dict[str, int]:
    """A price that changed, one that will, and the label that was printed for it."""
    prices = [NewPrice(product_id=product.id, price_clp=1360)]
    change = change_prices(prices, at=AT).changes[0]
    later = datetime.now(UTC) + timedelta(days=1)
    plan = change_prices(prices, at=AT, effective_at=later).plans[0]
    waiting = dict(LabelRequest.objects.values_list("id", "copies"))
    sheet = print_labels(waiting, form=LabelForm.LETTER, uid=uuid7(), at=AT)
    return {"change_id": change.id, "plan_id": plan.id, "sheet_id": sheet.id}


def make_count(shop: Any, product: Any) -> dict[str, int]:
    """A count that waits for approval, and goods that were written off."""
    count = open_count(
        CountOrder(uid=uuid7(), warehouse_id=shop.warehouse_id, kind=CountKind.FREE),
        at=AT,
        by_id=shop.stock_keeper.membership_id,
    )
    entered = Entered(
        uid=uuid7(),
        product_id=product.id,
        unit=product.unit,
        deed=CountDeed.SET,
        quantity=Decimal(3),
        counted_at=AT + timedelta(minutes=1),
    )
    by_id = shop.stock_keeper.membership_id
    record_entry(count.id, entered, at=AT + timedelta(minutes=2), by_id=by_id)
    removed = RemovedLine(product_id=product.id, unit=product.unit, quantity=Decimal(1))
    order = RemovalOrder(
        uid=uuid7(), warehouse_id=shop.warehouse_id, reason="expired", lines=[removed]
    )
    done = remove_goods(order, at=AT, by_id=by_id)
    return {"count_id": count.id, "removal_id": done.removal.id}


def make_purchases(supplier_id: int, product_id: int) -> dict[str, object]:
    """An order that nobody sent yet, and a debt."""
    lines = [AskedLine(product_id=product_id, packs=Decimal(1))]
    owed = enter_invoice(
        Invoice(
            uid=uuid7(),
            supplier_id=supplier_id,
            document_kind=33,
            document_folio=79,
            amount_clp=1000,
            issued_on=AT.date(),
            due_on=AT.date(),
        ),
        by_id=None,
    )
    order = draft_order(supplier_id, lines, at=AT)
    return {"order_id": order.id, "entry_id": owed.id}


def make_transfer(shop: Any, product: Any) -> dict[str, int]:
    """Goods on the way to a second warehouse, and a lot of what stayed."""
    cellar = open_warehouse(branch_id=shop.branch_id, name="Subterráneo")
    line = SentLine(product_id=product.id, quantity=Decimal(1))
    order = SendOrder(uid=uuid7(), origin_id=shop.warehouse_id, target_id=cellar.id, lines=[line])
    sent = send_transfer(order, at=AT, by_id=shop.owner.membership_id)
    lot = add_lot(
        product_id=product.id,
        warehouse_id=shop.warehouse_id,
        quantity=Decimal(2),
        expires_on=AT.date(),
        cause_uid=uuid7(),
        position=1,
        at=AT,
    )
    return {"warehouse_id": cellar.id, "transfer_id": sent.id, "lot_id": lot.id}


def make_notice() -> int:
    notice = notify(
        kind="strange", level=Level.WARNING, title="Mermelada secreta", words="Ver.", at=AT
    )
    return int(notice.id)


def make_import(shop: Any) -> int:
    """A file that was brought, and whose button nobody else may press."""
    run = bring_file(
        uid=uuid7(),
        kind=ImportKind.PRICES,
        file_name="secreta.csv",
        raw=b"Codigo;Precio\nMermelada secreta;99\n",
        warehouse_id=None,
        at=AT,
        by_id=shop.owner.membership_id,
    )
    check_run(run.id)
    return int(run.id)


def make_mail() -> int:
    mail = enqueue_mail(
        uid=uuid7(), recipient="ana@cliente.example", subject="Cliente secreta", text="", at=AT
    )
    return int(mail.id)


def make_certification_file() -> int:
    """A signed book of a certification."""
    run = CertificationRun.objects.create(
        environment="rehearsal", resolution_date=AT.date(), started_at=AT
    )
    stage = CertificationStage.objects.create(
        run=run, step="sales_book", title="Libro secreto", parcel=uuid7(), prepared_at=AT
    )
    row = CertificationFile.objects.create(
        stage=stage, kind="sales_book", wanted_at=AT, available_at=AT, made_at=AT, xml=b"<secret/>"
    )
    return int(row.id)


def make_folio_report() -> int:
    return FolioReport.objects.create(
        environment="demo",
        day=AT.date(),
        sequence=1,
        state="sent",
        xml=b"<ConsumoFolios/>",
        track_id="1",
        wanted_at=AT,
        sent_at=AT,
        available_at=AT,
    ).id


def make_received() -> int:
    """A factura that a supplier sent; nobody else may open it, so that its file may be empty."""
    file = ReceivedFile.objects.create(
        environment="demo", digest="0" * 64, name="a.xml", received_at=AT, raw=b"", state=0
    )
    row = ReceivedDocument.objects.create(
        file=file,
        position=0,
        environment="demo",
        issuer_rut="68123457-8",
        issuer_name="Proveedor secreto",
        kind=33,
        folio=78,
        issue_date=AT.date(),
        net_clp=0,
        exempt_clp=0,
        vat_clp=0,
        total_clp=0,
        state=0,
        received_at=AT,
    )
    return int(row.id)
