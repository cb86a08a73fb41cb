"""A file is looked through, loaded and taken back; what it says is what becomes of the shop."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from erpmarket.catalog.actions import NewPrice, change_prices
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.models import Barcode, Category, PriceChange, Product, ProductEdit
from erpmarket.catalog.tests.factories import make_product
from erpmarket.common.ids import uuid7
from erpmarket.inventory.actions import imports as deeds
from erpmarket.inventory.actions.import_writing import undo_cause
from erpmarket.inventory.actions.imports import (
    apply_next,
    begin_apply,
    begin_undo,
    bring_file,
    check_run,
    name_columns,
    rows_to_apply,
    undo_next,
)
from erpmarket.inventory.import_queries import name_imports
from erpmarket.inventory.import_tasks import work_on_imports
from erpmarket.inventory.importing.errors import AlreadyThere, NotNow
from erpmarket.inventory.importing.exporting import export
from erpmarket.inventory.importing.sheets import write_csv, write_excel
from erpmarket.inventory.models import ImportChange, ImportKind, ImportRun, Stock, StockMove
from erpmarket.inventory.queries import name_causes
from erpmarket.inventory.tests.factories import make_issue, make_stock
from erpmarket.tenancy.scope import company_scope

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
HEADINGS = ("Código interno", "Nombre", "Códigos de barra", "Categoría", "Precio")


def csv_file(*rows: Sequence[object], headings: Sequence[str] = HEADINGS) -> bytes:
    page = io.StringIO()
    csv.writer(page, delimiter=";").writerows([headings, *rows])
    return page.getvalue().encode()


def bring(shop: Any, raw: bytes, kind: str = "catalogue", **named: Any) -> ImportRun:
    told: dict[str, Any] = {
        "uid": uuid7(),
        "kind": ImportKind(kind),
        "file_name": "lista.csv",
        "raw": raw,
        "warehouse_id": shop.warehouse_id if kind == "stock" else None,
        "at": AT,
        "by_id": shop.owner.membership_id,
    }
    return bring_file(**{**told, **named})


def checked(shop: Any, raw: bytes, kind: str = "catalogue", **named: Any) -> ImportRun:
    run = bring(shop, raw, kind, **named)
    check_run(run.id)
    run.refresh_from_db()
    return run


def load(run: ImportRun) -> ImportRun:
    begin_apply(run.id, at=AT)
    rows = rows_to_apply(run.id)
    while apply_next(run.id, rows, at=AT):
        pass
    run.refresh_from_db()
    return run


def take_back(run: ImportRun, at: datetime = AT + timedelta(minutes=5)) -> ImportRun:
    begin_undo(run.id)
    while undo_next(run.id, at=at):
        pass
    run.refresh_from_db()
    return run


def loaded(shop: Any, raw: bytes, kind: str = "catalogue", **named: Any) -> ImportRun:
    return load(checked(shop, raw, kind, **named))


def test_a_dry_run_tells_what_would_change_and_changes_nothing(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product("Leche", code="L1", price_clp=1190)
        same = make_product("Pan", code="P1", price_clp=1990, category=product.category)
        raw = csv_file(
            ("L1", "Leche entera", "", "", "1.290"),
            ("P1", "Pan", "", same.category.name, "1990"),
            ("N1", "Aceite", "7801234567894", "Aceites", "$2.190"),
        )

        run = checked(dona_rosa, raw)

        assert run.state == "checked"
        assert run.counts == {
            "new": 1,
            "changed": 1,
            "same": 1,
            "wrong": 0,
            "good": 3,
            "new_categories": ["Aceites"],
        }
        assert run.sample == [
            [2, "Leche entera", "Nombre Leche → Leche entera; Precio $1.190 → $1.290"],
            [4, "Aceite", "Producto nuevo, $2.190"],
        ]
        assert Product.objects.count() == 2
        assert Product.objects.get(id=product.id).name == "Leche"
        assert not Category.objects.filter(name="Aceites").exists()


def test_a_loaded_catalogue_writes_products_prices_and_their_ledgers(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product("Leche", code="L1", price_clp=1190)
        raw = csv_file(
            ("L1", "Leche entera", "036000291452", "", "1.290"),
            ("", "Aceite", "7801234567894", "Aceites", "2190"),
        )

        run = loaded(dona_rosa, raw)

        assert (run.state, run.rows_done, run.counts["done"]) == ("applied", 2, 2)
        product.refresh_from_db()
        assert (product.name, product.price_clp) == ("Leche entera", 1290)
        assert product.search_name == "leche entera l1"
        change = PriceChange.objects.get()
        assert (change.old_clp, change.new_clp, change.cause_uid) == (1190, 1290, run.uid)
        assert (change.reason, change.made_by_id) == ("import", dona_rosa.owner.membership_id)
        edit = ProductEdit.objects.get()
        assert edit.changes == {
            "name": ["Leche", "Leche entera"],
            "barcodes": ["", "0036000291452"],
        }
        oil = Product.objects.get(code="7801234567894")
        assert (oil.price_clp, oil.category.name, oil.unit) == (2190, "Aceites", "un")
        assert list(Barcode.objects.filter(product=oil).values_list("code", flat=True)) == [
            "7801234567894"
        ]
        assert oil.revision < product.revision


def test_undoing_puts_prices_and_names_back_and_archives_what_was_new(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product("Leche", code="L1", price_clp=1190, barcodes=["7802920000138"])
        run = loaded(
            dona_rosa,
            csv_file(
                ("L1", "Leche entera", "7801234567894", "", "1290"),
                ("N1", "Aceite", "", "Aceites", "2190"),
            ),
        )

        run = take_back(run)

        product.refresh_from_db()
        assert (run.state, run.counts["kept"]) == ("undone", 0)
        assert (product.name, product.price_clp) == ("Leche", 1190)
        assert [row.code for row in Barcode.objects.filter(product=product)] == ["7802920000138"]
        assert not Product.objects.get(code="N1").is_active
        assert PriceChange.objects.order_by("-id")[0].reason == "undo"


def test_undoing_leaves_what_moved_on_and_says_so(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche", code="L1", price_clp=1190)
        run = loaded(
            dona_rosa,
            csv_file(("L1", "Leche", "", "", "1290"), ("N1", "Aceite", "", "Aceites", "2190")),
        )
        change_prices([NewPrice(product_id=milk.id, price_clp=1350)], at=AT)
        oil = Product.objects.get(code="N1")
        make_stock(dona_rosa.warehouse_id, oil)

        run = take_back(run)

        milk.refresh_from_db()
        oil.refresh_from_db()
        assert milk.price_clp == 1350
        assert oil.is_active
        notes = ImportChange.objects.filter(run=run).order_by("row").values_list("note", flat=True)
        assert list(notes) == [
            "Cambió de nuevo después de esta carga: quedó como está.",
            "Ya se vendió o tiene movimientos: queda en venta.",
        ]
        assert run.counts["kept"] == 2


def test_the_same_file_after_undoing_brings_archived_products_back(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        raw = csv_file(("N1", "Aceite", "", "Aceites", "2190"))
        take_back(loaded(dona_rosa, raw))

        run = loaded(dona_rosa, raw)

        assert run.sample == [[2, "Aceite", "Vuelve a la venta"]]
        assert Product.objects.get(code="N1").is_active


def test_counted_stock_is_booked_with_its_cost_and_taken_back(dona_rosa: Any) -> None:
    headings = ("Código", "Stock", "Costo")
    with company_scope(dona_rosa.company_id):
        new = make_product("Aceite", code="A1", unit=Unit.PIECE)
        held = make_product("Pan", code="P1", unit=Unit.KILO, category=new.category)
        make_stock(dona_rosa.warehouse_id, held, quantity="10", value="8000")
        raw = csv_file(("A1", "1.024", "890,5"), ("P1", "7,5", ""), headings=headings)

        run = loaded(dona_rosa, raw, "stock")

        stock = {row.product_id: row for row in Stock.objects.all()}
        assert (stock[new.id].quantity, stock[new.id].value) == (1024, Decimal("911872.0000"))
        assert (stock[held.id].quantity, stock[held.id].value) == (Decimal("7.5"), 6000)
        moves = StockMove.objects.filter(cause_uid=run.uid).order_by("cause_position")
        assert [(move.kind, move.quantity) for move in moves] == [
            ("count", 1024),
            ("count", Decimal("-2.5")),
        ]
        assert name_causes([run.uid])[run.uid].words == "Planilla lista.csv"

        run = take_back(run)

        stock = {row.product_id: row for row in Stock.objects.all()}
        assert (stock[new.id].quantity, stock[new.id].value) == (0, 0)
        assert (stock[held.id].quantity, stock[held.id].value) == (10, 8000)
        assert run.counts["kept"] == 0


def test_stock_that_was_sold_meanwhile_stays_counted_and_undoing_tells(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product("Aceite", code="A1")
        run = checked(
            dona_rosa,
            csv_file(("A1", "10", "500"), headings=("Código", "Stock", "Costo")),
            "stock",
        )
        # Sold between the upload and the button: the count was before.
        make_issue(dona_rosa.warehouse_id, product, quantity="3", at=AT + timedelta(minutes=1))

        load(run)
        assert Stock.objects.get(product=product).quantity == 7
        take_back(run)
        with CaptureQueriesContext(connection) as queries:
            named = name_imports([run.uid, undo_cause(run.uid), uuid7()])

        assert len(queries) == 1
        assert {uid: one.words for uid, one in named.items()} == {
            run.uid: "Planilla lista.csv",
            undo_cause(run.uid): "Se deshizo la planilla lista.csv",
        }
        assert Stock.objects.get(product=product).quantity == 0
        assert ImportChange.objects.get(run=run).note == (
            "Ya se vendió o se usó parte: no se puede quitar todo."
        )


WRONG_ROWS = (
    (("L1", "Leche", "7801234567895", "", "1190"), "Códigos de barra",
     "El código 7801234567895 está mal copiado: revisa el último dígito."),
    (("L1", "Leche", "", "", "1190,5"), "Precio",
     "El precio va en pesos enteros, sin decimales: escribe 1190."),
    (("L1", "Leche", "", "", "gratis"), "Precio",
     "«gratis» no es un número: escribe por ejemplo 1.990 o 1,5."),
    (("L1", "Leche", "7801234567894", "", "1190"), "Códigos de barra",
     ("El código 7801234567894 ya es de Pan (P1). Quítalo de esta fila, o pon P1 como código "
      "interno.")),
    (("", "Leche", "", "", "1190"), "Código interno",
     "Escribe el código interno o un código de barra."),
    (("N1", "Aceite", "", "", "1190"), "Categoría", "Es un producto nuevo: escribe su categoría."),
    (("N1", "Aceite", "", "Varios", ""), "Precio", "Es un producto nuevo: escribe su precio."),
    (("7,80123E+12", "Aceite", "", "Varios", "10"), "Código interno",
     "Excel acortó este código. Da a la columna formato Texto y escríbelo entero."),
    (("N1", "Aceite " * 20, "", "Varios", "10"), "Nombre", "Es muy largo: usa hasta 80 letras."),
)  # fmt: skip


@pytest.mark.parametrize(("cells", "column", "words"), WRONG_ROWS)
def test_a_wrong_row_says_where_and_what_to_do_and_is_not_loaded(
    dona_rosa: Any, cells: tuple[str, ...], column: str, words: str
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche", code="L1", price_clp=1190)
        make_product("Pan", code="P1", barcodes=["7801234567894"], category=milk.category)

        run = checked(dona_rosa, csv_file(("P1", "Pan", "", "", "1555"), cells))
        assert run.problems == [[3, column, words]]
        load(run)

        assert sorted(Product.objects.values_list("code", "name", "price_clp")) == [
            ("L1", "Leche", 1190),
            ("P1", "Pan", 1555),
        ]


def test_a_code_that_stands_twice_in_a_file_is_told_with_the_first_row(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Leche", code="L1", barcodes=["7801234567894"])
        raw = csv_file(
            ("L1", "Leche", "", "", "1300"),
            ("L1", "Leche", "", "", "1400"),
            ("7801234567894", "Leche", "", "", "1500"),
        )

        run = checked(dona_rosa, raw)

        assert run.problems == [
            [3, "Código interno", "«L1» ya está en la fila 2. Deja una de las dos."],
            [4, "Código interno", "Es el mismo producto de la fila 2. Deja una de las dos."],
        ]


def test_prices_and_counts_of_nobodys_product_are_told(dona_rosa: Any, el_vecino: Any) -> None:
    """Company isolation: a neighbour's code is a code of nobody."""
    with company_scope(el_vecino.company_id):
        make_product("Aceite", code="A1", price_clp=990)
    with company_scope(dona_rosa.company_id):
        run = checked(dona_rosa, csv_file(("A1", "1"), headings=("Código", "Precio")), "prices")

        assert run.problems == [
            [
                2,
                "Código interno",
                "No hay ningún producto con el código A1. Cárgalo antes en Productos.",
            ]
        ]
    with company_scope(el_vecino.company_id):
        assert not ImportRun.objects.exists()
        assert Product.objects.get().price_clp == 990


def test_the_same_bytes_again_are_told_kindly(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        raw = csv_file(("N1", "Aceite", "", "Aceites", "2190"))
        first = bring(dona_rosa, raw)

        with pytest.raises(AlreadyThere) as refused:
            bring(dona_rosa, raw)
        again = bring(dona_rosa, raw, is_again=True)
        same = bring(dona_rosa, raw, uid=first.uid)

        assert refused.value.run_id == first.id
        assert "el 23-11-2026 a las 12:00" in refused.value.message
        assert (again.id != first.id, same.id) == (True, first.id)


def test_loading_twice_changes_nothing_more(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        run = loaded(dona_rosa, csv_file(("N1", "Aceite", "", "Aceites", "2190")))

        begin_apply(run.id, at=AT)
        assert apply_next(run.id, rows_to_apply(run.id), at=AT) is False

        assert Product.objects.count() == 1
        with pytest.raises(NotNow):
            name_columns(run.id, {0: "code"})


def test_what_changed_after_the_dry_run_is_refused_row_by_row(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        raw = csv_file(
            ("N1", "Aceite", "7801234567894", "Aceites", "2190"),
            ("N2", "Vinagre", "", "Aceites", "1190"),
        )
        run = checked(dona_rosa, raw)
        make_product("Otro", code="O1", barcodes=["7801234567894"])

        run = load(run)

        assert run.counts["done"] == 1
        assert run.counts["refused"][0][:2] == [2, "Códigos de barra"]
        assert not Product.objects.filter(code="N1").exists()
        assert Product.objects.filter(code="N2").exists()


def test_a_worker_killed_between_batches_is_followed_by_the_next_one(
    fresh_database: str, found_cast: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prevents a file that is half loaded, or rows that are loaded twice."""
    assert fresh_database
    dona_rosa, _ = found_cast()
    monkeypatch.setattr(deeds, "BATCH", dict.fromkeys(ImportKind, 3))
    with company_scope(dona_rosa.company_id):
        rows = [(f"N{n}", f"Producto {n}", "", "Varios", "100") for n in range(8)]
        run = checked(dona_rosa, csv_file(*rows))
        begin_apply(run.id, at=AT)
        assert apply_next(run.id, rows_to_apply(run.id), at=AT)
        assert Product.objects.count() == 3

    work_on_imports(now=lambda: AT)

    with company_scope(dona_rosa.company_id):
        run.refresh_from_db()
        assert (run.state, run.rows_done) == ("applied", 8)
        assert Product.objects.count() == 8
        assert ImportChange.objects.filter(run=run).count() == 8


def test_a_batch_that_breaks_is_not_there_at_all(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company_scope(dona_rosa.company_id):
        run = checked(dona_rosa, csv_file(("N1", "Aceite", "", "Aceites", "2190")))
        begin_apply(run.id, at=AT)
        rows = rows_to_apply(run.id)
        monkeypatch.setattr(ImportRun, "save", _break)
        with pytest.raises(RuntimeError):
            apply_next(run.id, rows, at=AT)

        assert not Product.objects.exists()
        assert not ImportChange.objects.exists()
        run.refresh_from_db()
        assert run.rows_done == 0


def _break(*_: object, **__: object) -> None:
    raise RuntimeError("killed")


def test_who_pays_with_a_food_card_may_come_in_a_column(dona_rosa: Any) -> None:
    headings = ("Código", "Nombre", "Categoría", "Precio", "Se paga con BAES")
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche", code="L1", price_clp=1190)
        soap = make_product("Jabón", code="J1", price_clp=990, category=milk.category)
        Product.objects.filter(id=soap.id).update(takes_baes=True)
        raw = csv_file(
            ("L1", "Leche", milk.category.name, "1190", "sí"),
            ("J1", "Jabón", milk.category.name, "990", "no"),
            ("N1", "Aceite", "Aceites", "2190", "sí"),
            ("N2", "Cloro", "Aceites", "1490", ""),
            headings=headings,
        )

        run = loaded(dona_rosa, raw)

        paid = dict(Product.objects.values_list("code", "takes_baes"))
        assert paid == {"L1": True, "J1": False, "N1": True, "N2": False}
        take_back(run)
        paid = dict(Product.objects.filter(code__in=("L1", "J1")).values_list("code", "takes_baes"))
        assert paid == {"L1": False, "J1": True}


@pytest.mark.parametrize("kind", ["catalogue", "prices", "stock"])
@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_what_is_exported_and_brought_back_changes_nothing(
    dona_rosa: Any, kind: str, form: str
) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("=HYPERLINK(1)", code="007", barcodes=["7801234567894", "0012"])
        bread = make_product(
            "Pan, «especial»; 'hoy'", code="-1", unit=Unit.KILO, plu=12, category=milk.category
        )
        make_product("Archivado", code="X", is_exempt=True, takes_baes=True, category=milk.category)
        Product.objects.filter(code="X").update(is_active=False, content="400 g")
        make_stock(dona_rosa.warehouse_id, bread, quantity="1234.567", value="999.9999")
        make_issue(dona_rosa.warehouse_id, milk, quantity="2")
    found = export(dona_rosa.company_id, kind, warehouse_id=dona_rosa.warehouse_id)
    write = (
        write_csv(found.headings, found.rows)
        if form == "csv"
        else write_excel(found.headings, found.rows, title=found.title)
    )
    raw = b"".join(write)

    with company_scope(dona_rosa.company_id):
        run = checked(dona_rosa, raw, kind)

        total = 2 if kind == "stock" else 3
        assert run.problems == []
        assert run.counts["same"] == total
        assert (run.counts["new"], run.counts["changed"]) == (0, 0)


def test_no_exported_text_can_run_as_a_formula(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("=cmd|' /C calc'!A0", code="@SUM(1)")
    found = export(dona_rosa.company_id, "catalogue", warehouse_id=None)
    text = b"".join(write_csv(found.headings, found.rows)).decode("utf-8-sig")
    found = export(dona_rosa.company_id, "catalogue", warehouse_id=None)
    raw = b"".join(write_excel(found.headings, found.rows, title="x"))

    row = next(csv.reader(io.StringIO(text.splitlines()[1]), delimiter=";"))
    assert row[:2] == ["'@SUM(1)", "'=cmd|' /C calc'!A0"]
    cells = openpyxl.load_workbook(io.BytesIO(raw)).worksheets[0][2]
    assert [(cell.value, cell.data_type) for cell in cells[:2]] == [
        ("'@SUM(1)", "s"),
        ("'=cmd|' /C calc'!A0", "s"),
    ]


def test_the_kardex_is_exported_with_its_balances(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product("Leche", code="L1")
        make_stock(dona_rosa.warehouse_id, product, quantity="10", value="8000")
        make_issue(dona_rosa.warehouse_id, product, quantity="2.5", at=AT)
    found = export(dona_rosa.company_id, "kardex", warehouse_id=None)

    lines = b"".join(write_csv(found.headings, found.rows)).decode("utf-8-sig").splitlines()

    assert lines[2].split(";")[0] == "23-11-2026 12:00"
    assert lines[2].split(";")[4:9] == ["Venta", "-2,5", "-2000", "7,5", "6000"]


def test_unknown_headings_ask_which_column_is_what(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        make_product("Leche", code="L1", price_clp=1190)
        raw = csv_file(("L1", "1290"), headings=("Ref. local", "Cuánto vale"))
        run = checked(dona_rosa, raw, "prices")
        assert (run.state, run.counts["headings"]) == ("mapping", ["Ref. local", "Cuánto vale"])

        name_columns(run.id, {0: "code", 1: "price"})
        check_run(run.id)

        run.refresh_from_db()
        assert run.sample == [[2, "Leche", "$1.190 → $1.290"]]
