"""A changed price wants a new label on the shelf, and the label can be scanned."""

import base64
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from erpmarket.catalog.actions import change_price, request_labels, undo_price_change
from erpmarket.catalog.actions.draw_labels import draw_next_sheet
from erpmarket.catalog.actions.labels import drop_labels, print_labels, return_sheet
from erpmarket.catalog.content import keep_pairs, read_content
from erpmarket.catalog.errors import NothingToPrint, TooManyLabels
from erpmarket.catalog.kinds import Unit
from erpmarket.catalog.label_paper import LabelForm, ShelfLabel, code_modules, shelf_label
from erpmarket.catalog.label_pdf import labels_pdf
from erpmarket.catalog.label_raster import label_bitmap, label_picture
from erpmarket.catalog.models import LabelRequest, LabelSheet, PriceChange
from erpmarket.catalog.tests.factories import AT, make_product
from erpmarket.tenancy.scope import company_scope

UID = UUID("0197c0de-0000-7000-8000-000000000001")
OTHER = UUID("0197c0de-0000-7000-8000-000000000002")
EAN = "7802920000138"


def waiting() -> list[tuple[str, int]]:
    rows = LabelRequest.objects.filter(printed_at__isnull=True).order_by("product__name")
    return list(rows.values_list("product__name", "copies"))


def print_all(uid: UUID = UID, form: LabelForm = LabelForm.LETTER) -> LabelSheet:
    rows = LabelRequest.objects.filter(printed_at__isnull=True)
    return print_labels(dict(rows.values_list("id", "copies")), form=form, uid=uid, at=AT)


def same(at: datetime) -> datetime:
    return at


def label(**changed: Any) -> ShelfLabel:
    plain: dict[str, Any] = {
        "name": "Leche entera Campo Sur caja 1 L",
        "price_clp": 1190,
        "code": EAN,
        "side": "",
        "side_clp": 1190,
        "side_words": "por litro",
        "on": "22-11-26",
    }
    return ShelfLabel(**(plain | changed))


def test_each_price_change_queues_one_label(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        assert waiting() == []
        for price_clp in (1290, 1390):
            change_price(product_id=milk.id, price_clp=price_clp, at=AT)

        assert waiting() == [("Leche", 1)]


def test_printing_keeps_the_price_on_the_label_and_empties_the_queue(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche 1 L", barcodes=[EAN])
        request_labels({milk.id: 3}, at=AT, by_hand=True)
        sheet = print_all()

        assert waiting() == []
        assert [(row["name"], row["price_clp"], row["copies"]) for row in sheet.labels] == [
            ("Leche 1 L", 1190, 3)
        ]
        printed = LabelRequest.objects.get()
        assert (printed.price_clp, printed.copies, printed.printed_at) == (1190, 3, AT)


def test_the_same_print_twice_is_one_sheet(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        request_labels({make_product("Leche").id: 1}, at=AT)
        first = print_all()
        again = print_labels({}, form=LabelForm.LETTER, uid=UID, at=AT)

        assert again.id == first.id
        with pytest.raises(NothingToPrint):
            print_all(OTHER)
        assert LabelSheet.objects.count() == 1


def test_too_many_labels_are_refused_and_stay_in_the_queue(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        request_labels({make_product("Leche").id: 1}, at=AT)
        wanted = {LabelRequest.objects.get().id: 481}
        with pytest.raises(TooManyLabels):
            print_labels(wanted, form=LabelForm.A4, uid=UID, at=AT)

        assert waiting() == [("Leche", 1)]


def test_undoing_takes_the_label_back_when_the_shelf_is_right(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        milk = make_product("Leche")
        request_labels({milk.id: 1}, at=AT)
        print_all()
        change_price(product_id=milk.id, price_clp=1290, at=AT)
        assert waiting() == [("Leche", 1)]
        undo_price_change(change_id=PriceChange.objects.get().id, at=AT)

        assert waiting() == []


def test_a_sheet_that_did_not_come_out_goes_back_once(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        request_labels({make_product("Leche").id: 2}, at=AT)
        sheet = print_all()
        counts = [return_sheet(sheet_id=sheet.id, at=AT) for _ in range(2)]

        assert (counts, waiting()) == ([1, 0], [("Leche", 2)])
        assert drop_labels(list(LabelRequest.objects.values_list("id", flat=True))) == 1
        assert waiting() == []


def test_the_worker_draws_a_sheet_and_gives_up_after_three_tries(
    dona_rosa: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company_scope(dona_rosa.company_id):
        request_labels({make_product("Leche 1 L", barcodes=[EAN]).id: 1}, at=AT)
        good = print_all()
    assert draw_next_sheet(company_id=dona_rosa.company_id, clock=lambda: AT)
    assert not draw_next_sheet(company_id=dona_rosa.company_id, clock=lambda: AT)
    with company_scope(dona_rosa.company_id):
        good.refresh_from_db()
        assert bytes(good.pdf or b"").startswith(b"%PDF-")
        request_labels({make_product("Pan").id: 1}, at=AT)
        bad = print_all(OTHER)

    def broken(*_: object, **__: object) -> bytes:
        raise OSError("no paper")

    monkeypatch.setattr("erpmarket.catalog.actions.draw_labels.labels_pdf", broken)
    for number in range(3):
        at = AT + timedelta(minutes=2 * number)
        with pytest.raises(OSError, match="no paper"):
            draw_next_sheet(company_id=dona_rosa.company_id, clock=partial(same, at))
    late = AT + timedelta(hours=1)
    assert not draw_next_sheet(company_id=dona_rosa.company_id, clock=lambda: late)
    with company_scope(dona_rosa.company_id):
        bad.refresh_from_db()
        assert "Devuélvelas a la cola" in bad.refusal


@pytest.mark.parametrize(
    ("code", "price_clp"), [(EAN, 1190), ("12345670", 890), ("AZU-1", 9_999_990), ("12", 50)]
)
def test_the_code_on_the_tills_label_reads_back(code: str, price_clp: int) -> None:
    picture = label_picture(label(code=code, price_clp=price_clp))

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [code]
    assert picture.size == (384, 272)


def test_the_bitmap_for_the_agent_is_the_picture() -> None:
    made = label_bitmap(label())
    dots = Image.frombytes("1", (made.width_dots, 272), base64.b64decode(made.dots_base64))
    white_on_black = dots.convert("L").point(lambda level: 255 - level)

    assert [found.text for found in zxingcpp.read_barcodes(white_on_black)] == [EAN]
    assert white_on_black.tobytes() == label_picture(label()).tobytes()


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Queso gauda laminado Los Robles, corte muy delgado, bandeja familiar de 1 kilo"},
        {"name": "W" * 80},
        {"price_clp": 1_258_990},
        {"code": "9" * 20, "side_clp": 1_258_990},
        {"code": "ABCDEFGHIJKLMNOPQRST"},
    ],
)
def test_nothing_leaves_the_tills_label(changed: dict[str, Any]) -> None:
    """Ink at the border would be cut off by the printer, or wrapped onto the next label."""
    dark = label_picture(label(**changed)).point(lambda level: 255 - level)
    left, top, right, bottom = dark.getbbox() or (0, 0, 0, 0)

    assert left >= 8
    assert right <= 384 - 8
    assert (top >= 4, bottom <= 272 - 4) == (True, True)


def test_a_code_too_long_to_be_read_is_shown_without_bars() -> None:
    assert code_modules("ABCDEFGHIJKLMNOPQRST") == ()
    assert len(code_modules(EAN)) == 95
    assert len(code_modules("12345670")) == 67
    assert code_modules("ñandú-€") == ()


def _inked_bands(name: str, form: LabelForm) -> list[tuple[int, int]]:
    """Find from which row to which a label has ink, at 300 rows an inch, from its top down."""
    named = label(name=name)
    row = {**{each: getattr(named, each) for each in ShelfLabel.__slots__}, "copies": 1}
    page = pypdfium2.PdfDocument(labels_pdf([row], form=form))[0].render(scale=300 / 72).to_pil()
    # Without the line to cut along.
    width, height = (50, 30) if form is LabelForm.ROLL else (70, 34)
    inside = page.convert("L").crop((60, 60, width * 11, height * 11))
    inked = [
        inside.crop((0, y, inside.width, y + 1)).getextrema()[0] < 128 for y in range(inside.height)
    ]
    edges = [y for y, (before, is_ink) in enumerate(pairwise([False, *inked])) if before != is_ink]
    return list(zip(edges[::2], edges[1::2], strict=False))


@pytest.mark.parametrize("form", [LabelForm.LETTER, LabelForm.A4, LabelForm.ROLL])
def test_a_name_of_two_lines_does_not_touch_the_price(form: LabelForm) -> None:
    bands = _inked_bands("Queso " + "g " * 28, form)

    (_, name_end), (price_start, _) = bands[1:3]
    # A third of a millimetre at least: less looks like one blot.
    assert price_start - name_end >= 4
    assert len(bands) == len(_inked_bands("Queso g", form)) + 1


@pytest.mark.parametrize(
    ("form", "pages"), [(LabelForm.LETTER, 2), (LabelForm.A4, 2), (LabelForm.ROLL, 25)]
)
def test_sheets_hold_twenty_four_and_rolls_one(form: LabelForm, pages: int) -> None:
    row = {**{name: getattr(label(), name) for name in ShelfLabel.__slots__}, "copies": 25}

    pdf = pypdfium2.PdfDocument(labels_pdf([row], form=form))
    read = [
        sorted(found.text for found in zxingcpp.read_barcodes(page.render(scale=300 / 72).to_pil()))
        for page in pdf
    ]

    # Every label is on its page, and a scanner reads each.
    assert read == ([[EAN]] * 25 if form is LabelForm.ROLL else [[EAN] * 24, [EAN]])
    assert len(read) == pages


@pytest.mark.parametrize(
    ("name", "content", "shown"),
    [
        ("Fideos espirales 400 g", "", (2225, "por kg")),
        ("Leche caja 1 L", "", (890, "por litro")),
        ("Detergente 1,5 lts", "", (593, "por litro")),
        ("Bebida 6 x 350 cc", "", (424, "por litro")),
        ("Arroz grado 1", "1 kg", (890, "por kg")),
        ("Nescafé tarro", "", (None, "")),
        ("Pack 1 kg + 200 g", "", (None, "")),
        ("Vino 0 L", "", (None, "")),
        ("Sprite 7g up", "", (127_143, "por kg")),
    ],
)
def test_the_price_per_measure_comes_from_the_content(
    dona_rosa: Any, name: str, content: str, shown: tuple[int | None, str]
) -> None:
    with company_scope(dona_rosa.company_id):
        product = make_product(name, price_clp=890)
    product.content = content

    made = shelf_label(product, "", on=AT.date())

    assert (made.side_clp, made.side_words) == shown


def test_goods_by_the_kilo_show_their_plu(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        bread = make_product("Pan marraqueta", unit=Unit.KILO, plu=12, price_clp=2190)

    made = shelf_label(bread, "", on=AT.date())

    assert (made.side, made.side_clp, made.side_words) == ("PLU 12", None, "precio por kilo")
    assert made.on == "23-11-26"


def test_a_number_stays_with_its_unit() -> None:
    assert (
        keep_pairs("Detergente 3 L x 2 unidades") == "Detergente 3\N{NO-BREAK SPACE}L x 2 unidades"
    )


def test_words_without_a_content_tell_none() -> None:
    assert read_content("Galletas x10") is None
    assert read_content("") is None
