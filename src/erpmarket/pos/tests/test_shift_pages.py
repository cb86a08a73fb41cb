"""The pages of a shift: blind close with a PIN, cash moves, relief, X and Z, the log."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest

from dte.blocks import Amount, Text, blocks_from_json
from erpmarket.common.ids import uuid7
from erpmarket.fiscal.tests.trade_factories import make_trader
from erpmarket.pos.actions.cash_moves import CashOrder, move_cash
from erpmarket.pos.actions.commit_sale import commit_sale
from erpmarket.pos.actions.deeds import Deed, record_deed
from erpmarket.pos.actions.open_till import set_agent
from erpmarket.pos.models import CashMoveKind, Shift
from erpmarket.pos.shift_models import DeedKind, ShiftRules, TillDeed
from erpmarket.pos.shift_pages import PERMIT_LASTS
from erpmarket.pos.shift_queries import get_shift
from erpmarket.pos.shift_report import read_shift_report
from erpmarket.pos.tests.factories import (
    AT,
    SellingShop,
    card,
    cart_line,
    cash,
    make_product,
    make_request,
    make_selling_shop,
)
from erpmarket.tenancy.scope import company_scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A till with a sale in cash and one by card, seen by its owner and its cashier."""

    shop: Any
    selling: SellingShop
    owner: Any
    cashier: Any

    def post(self, name: str, person: Any, client: Any = None, **form: Any) -> Any:
        full = {"pin": person.pin, "uid": str(uuid7()), **form}
        return (client or self.cashier).post(f"/caja/{self.selling.till.id}/{name}/", full)

    def take_out(self, amount_clp: int, words: str) -> None:
        order = CashOrder(
            uid=uuid7(),
            kind=CashMoveKind.OUT,
            amount_clp=amount_clp,
            words=words,
            by_id=self.shop.cashier.membership_id,
        )
        with company_scope(self.shop.company_id):
            move_cash(order, till_id=self.selling.till.id, at=AT)

    def close(self, counted: str, person: Any, **more: Any) -> Any:
        facts = {
            "action": "close",
            "shift_id": str(self.selling.shift.id),
            "counted_clp": counted,
            "closer": str(person.membership_id),
            **more,
        }
        return self.post("turno", person, **facts)

    @property
    def report(self) -> str:
        return f"/caja/turnos/{self.selling.shift.id}/"

    def shift(self) -> Shift:
        with company_scope(self.shop.company_id):
            row: Shift = Shift.objects.get(id=self.selling.shift.id)
            return row


@pytest.fixture
def desk(dona_rosa: Any, caf_office: Any) -> Desk:
    with company_scope(dona_rosa.company_id):
        make_trader(dona_rosa, caf_office, kinds=(33, 34, 56, 61))
        selling = make_selling_shop(dona_rosa, caf_office)
        sugar = make_product(selling.category)
        for tenders in ([cash(1_350)], [card(1_350)]):
            request = make_request(cart_line(sugar), total_clp=1_350, tenders=tenders)
            commit_sale(till_id=selling.till.id, request=request, at=AT)
    return Desk(
        shop=dona_rosa,
        selling=selling,
        owner=dona_rosa.client(dona_rosa.owner),
        cashier=dona_rosa.client(dona_rosa.cashier),
    )


def test_a_seller_cannot_close_a_shift_without_the_pin_of_its_cashier_or_a_supervisor(
    desk: Desk,
) -> None:
    stranger = desk.shop.stock_keeper

    tries = [
        desk.close("21350", desk.shop.cashier, pin=""),
        desk.close("21350", desk.shop.cashier, pin="9999"),
        desk.close("21350", stranger),
    ]

    assert [answer.status_code for answer in tries] == [422, 422, 422]
    assert "Te quedan 4 intentos" in tries[1].text
    assert "21.350" not in tries[1].text.replace('value="21.350"', "")
    assert desk.shift().closed_at is None
    assert desk.close("21350", desk.shop.owner).status_code == 302
    assert desk.shift().closed_by_id == desk.shop.owner.membership_id


def test_what_must_be_there_is_not_shown_before_the_count(desk: Desk) -> None:
    page = desk.cashier.get(f"/caja/{desk.selling.till.id}/turno/").text
    refused = desk.close("1", desk.shop.cashier, pin="9999").text

    for text in (page, refused):
        assert "21.350" not in text
        assert "20.000" not in text


def test_counted_notes_and_coins_stay_with_the_shift(desk: Desk) -> None:
    answer = desk.close("21350", desk.shop.cashier, d20000="1", d1000="1", d100="3", d50="1")

    assert answer.status_code == 302
    assert desk.shift().counts == {"20000": 1, "1000": 1, "100": 3, "50": 1}
    page = desk.cashier.get(answer.url).text
    assert "La caja cuadra" in page
    assert "3 de $100" in page


def test_who_types_over_the_sum_of_the_pieces_counted_otherwise(desk: Desk) -> None:
    desk.close("21340", desk.shop.cashier, d20000="1")

    shift = desk.shift()
    assert (shift.counted_clp, shift.counts, shift.difference_clp) == (21_340, None, -10)


def test_a_difference_is_explained_once_on_its_page(desk: Desk) -> None:
    address = desk.close("21000", desk.shop.cashier).url
    assert "¿Por qué hay diferencia?" in desk.cashier.get(address).text

    empty = desk.cashier.post(f"{address}motivo/", {"reason": " "})
    told = desk.cashier.post(f"{address}motivo/", {"reason": "Vuelto mal dado"})
    again = desk.cashier.post(f"{address}motivo/", {"reason": "Otra cosa"})

    assert [empty.status_code, told.status_code, again.status_code] == [422, 302, 422]
    assert desk.shift().difference_reason == "Vuelto mal dado"
    assert "¿Por qué hay diferencia?" not in desk.cashier.get(address).text


def test_an_open_shift_has_no_difference_to_explain(desk: Desk) -> None:
    answer = desk.owner.post(f"{desk.report}motivo/", {"reason": "Nada"})

    assert answer.status_code == 403
    assert desk.shift().difference_reason == ""


def test_x_asks_a_cashier_for_a_supervisor_and_the_permit_is_for_that_shift_and_soon_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = desk.shop.owner
    asked = desk.cashier.get(desk.report)
    assert "21.350" not in asked.text
    assert desk.cashier.post(f"{desk.report}pdf").status_code == 403

    form = {"approver": str(owner.membership_id), "pin": "9999"}
    assert desk.cashier.post(desk.report, form).status_code == 422
    allowed = desk.cashier.post(desk.report, {**form, "pin": owner.pin})

    assert allowed.status_code == 302
    page = desk.cashier.get(allowed.url).text
    assert "Informe X" in page
    assert "$21.350" in page
    forged = allowed.url.replace("permiso=", "permiso=9")
    assert "21.350" not in desk.cashier.get(forged).text
    monkeypatch.setattr(
        "erpmarket.pos.shift_pages.PERMIT_LASTS", -PERMIT_LASTS + timedelta(seconds=-1)
    )
    assert "21.350" not in desk.cashier.get(allowed.url).text


def test_z_tells_sales_by_means_papers_by_folio_and_the_drawer(desk: Desk) -> None:
    desk.take_out(350, "Hielo")
    address = desk.close("21000", desk.shop.cashier).url
    first = desk.selling

    page = desk.owner.get(address).text

    for words in (
        "Informe Z N° 1",
        "Efectivo (1)",
        "Tarjeta (1)",
        "Boleta (2)",
        "Salida de efectivo: Hielo",
        "−$350",
        "La caja cuadra",
    ):
        assert words in page, words
    assert first.till.name in page


def test_z_comes_as_pdf_and_as_blocks_that_add_up(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        set_agent(till_id=desk.selling.till.id, agent_url="http://127.0.0.1:9100", agent_token="t")
    desk.take_out(350, "Hielo")
    address = desk.close("20990", desk.shop.cashier).url

    pdf = desk.cashier.post(f"{address}pdf")
    told = desk.cashier.post(f"{address}rollo", {"caja": str(desk.selling.till.id)}).json()

    assert pdf.content.startswith(b"%PDF-")
    assert told["agent"]["url"] == "http://127.0.0.1:9100"
    amounts = {
        block.label: block.amount_clp
        for block in blocks_from_json(told["blocks"])
        if isinstance(block, Amount)
    }
    drawer = ("Al abrir", "Ventas en efectivo", "Salida de efectivo")
    assert sum(amounts[label] for label in drawer) == amounts["Debe haber"] == 21_000
    assert amounts["Contado"] - amounts["Debe haber"] == amounts["Diferencia"] == -10
    assert desk.cashier.post(f"{address}rollo", {"caja": "0"}).status_code == 404


def _texts(told: Any) -> list[str]:
    return [block.text for block in blocks_from_json(told["blocks"]) if isinstance(block, Text)]


def _pdf_text(answer: Any) -> str:
    pages = pypdfium2.PdfDocument(answer.content)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def test_the_second_paper_of_a_z_says_copia_and_the_log_says_who_asked_for_it(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        set_agent(till_id=desk.selling.till.id, agent_url="http://127.0.0.1:9100", agent_token="t")
    x = [desk.owner.post(f"{desk.report}pdf") for _ in range(2)]
    assert ["COPIA" in _pdf_text(answer) for answer in x] == [False, False]
    address = desk.close("20990", desk.shop.cashier).url
    caja = {"caja": str(desk.selling.till.id)}
    job = str(uuid7())
    assert "Este informe ya salió en papel" not in desk.owner.get(address).text

    first = desk.cashier.post(f"{address}rollo", {**caja, "uid": job}).json()
    # The printer did not answer: nothing is out, for this page and for one loaded anew.
    again = [
        desk.cashier.post(f"{address}rollo", {**caja, "uid": uid}).json()
        for uid in (job, str(uuid7()))
    ]
    assert "Este informe ya salió en papel" not in desk.owner.get(address).text
    told_out = desk.cashier.post(f"{address}rollo", {**caja, "uid": job, "salio": "si"})
    assert (told_out.status_code, told_out.json()) == (200, {})
    # Each PDF is another paper; one that is told twice is one.
    pdf, other_pdf = (_pdf_text(desk.owner.post(f"{address}pdf")) for _ in range(2))
    copy = {**caja, "uid": str(uuid7())}
    second = desk.owner.post(f"{address}rollo", copy).json()
    desk.owner.post(f"{address}rollo", {**copy, "salio": "si"})

    for told in (first, *again):
        assert not any("COPIA" in text for text in _texts(told))
    assert other_pdf.startswith("COPIA")
    texts = _texts(second)
    assert (texts[0], texts[-1]) == ("COPIA", "* * *  COPIA  * * *")
    assert texts[1].startswith("Reimpreso ")
    assert second["blocks"][3:-1][:-2] == first["blocks"][:-2]
    assert pdf.startswith("COPIA")
    assert "Reimpreso el" in pdf
    with company_scope(desk.shop.company_id):
        copies = TillDeed.objects.filter(kind=DeedKind.REPRINT)
        assert (
            sorted(copies.values_list("words", "made_by_id", "amount_clp"))
            == [("Informe Z N° 1", desk.shop.owner.membership_id, 0)] * 3
        )
    # Copies change nothing of the Z itself.
    page = desk.owner.get(address).text
    assert "Este informe ya salió en papel" in page
    assert "Llegó después del cierre" not in page
    assert "Copia reimpresa" not in page
    assert desk.cashier.get(f"{address}pdf").status_code == 405


def test_two_pages_that_both_printed_a_first_z_leave_the_second_in_the_log(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        set_agent(till_id=desk.selling.till.id, agent_url="http://127.0.0.1:9100", agent_token="t")
    address = desk.close("22700", desk.shop.cashier).url
    papers = [{"caja": str(desk.selling.till.id), "uid": str(uuid7())} for _ in range(2)]
    for paper in papers:
        desk.owner.post(f"{address}rollo", paper)

    for paper in papers:
        desk.owner.post(f"{address}rollo", {**paper, "salio": "si"})

    with company_scope(desk.shop.company_id):
        assert TillDeed.objects.get(kind=DeedKind.REPRINT).words == "Informe Z N° 1"


def test_means_less_rounding_are_what_was_sold(desk: Desk) -> None:
    with company_scope(desk.shop.company_id):
        rice = make_product(desk.selling.category, "R1", name="Arroz", price_clp=1_993)
        request = make_request(cart_line(rice), total_clp=1_993, tenders=[cash(2_000)])
        commit_sale(till_id=desk.selling.till.id, request=request, at=AT)
        report = read_shift_report(get_shift(desk.selling.shift.id), at=AT)

    means = sum(row.amount_clp for row in report.means)
    assert (means, report.rounded_off_clp) == (4_690, 3)
    assert means + report.rounded_off_clp == report.shift.total_clp == 4_693
    assert report.rounding_clp == -3
    assert [(each.count, each.total_clp) for each in report.papers] == [(3, 4_693)]


def test_the_office_lists_shifts_by_day_and_only_who_sees_the_books(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erpmarket.pos.shift_pages.now", lambda: AT)
    desk.close("21000", desk.shop.cashier)

    page = desk.owner.get("/caja/turnos/").text

    assert "Caja 1 · Z 1" in page
    assert "Sin motivo" in page
    for address in ("/caja/turnos/", "/caja/bitacora/", "/caja/bitacora.csv"):
        assert desk.cashier.get(address).status_code == 403


def test_only_who_administers_sets_the_rules(desk: Desk) -> None:
    form = {"approval_above_clp": "30.000", "cutoff_hour": "4"}

    assert desk.cashier.post("/caja/turnos/reglas/", form).status_code == 403
    bad = desk.owner.post("/caja/turnos/reglas/", {**form, "cutoff_hour": "7"})
    assert bad.status_code == 422
    assert desk.owner.post("/caja/turnos/reglas/", form).status_code == 302

    with company_scope(desk.shop.company_id):
        row = ShiftRules.objects.get()
        assert (row.approval_above_clp, row.day_cutoff.hour) == (30_000, 4)


def test_what_a_till_tells_is_in_the_log_with_filters_and_csv(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erpmarket.pos.shift_pages.now", lambda: AT)
    removed = Deed(
        uid=uuid7(),
        shift_id=desk.selling.shift.id,
        kind=DeedKind.LINE_REMOVED,
        by_id=desk.shop.cashier.membership_id,
        words="=Azúcar",
        amount_clp=1_350,
    )
    with company_scope(desk.shop.company_id):
        record_deed(removed, at=AT)
    desk.take_out(350, "Hielo")

    all_of_it = desk.owner.get("/caja/bitacora/").text
    assert "Línea quitada" in all_of_it
    assert "Salida de efectivo: Hielo" in all_of_it
    assert "=Azúcar" not in desk.owner.get("/caja/bitacora/?que=cash_out").text
    assert "Nada en esos días" in desk.owner.get("/caja/bitacora/?hasta=2026-11-19").text
    csv = b"".join(desk.owner.get("/caja/bitacora.csv?que=line_removed").streaming_content).decode()
    rows = csv.splitlines()
    assert len(rows) == 2
    assert "1350" in rows[1]
    # A spreadsheet must not take it for a formula.
    assert ";=Azúcar" not in rows[1]


def test_strangers_find_no_shift(desk: Desk, el_vecino: Any) -> None:
    client = el_vecino.client(el_vecino.owner)

    assert client.get(desk.report).status_code == 404
    assert client.post(f"{desk.report}pdf").status_code == 404
    assert client.post(f"{desk.report}rollo").status_code == 404
    assert client.post(f"{desk.report}motivo/", {"reason": "x"}).status_code == 404
    assert desk.shift().difference_reason == ""
