"""Where each folio is, for how long they last, and the page that says so."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.folio_leases import Holder, lease_folios, return_lease, revoke_lease
from erpmarket.fiscal.actions.load_caf import load_caf
from erpmarket.fiscal.actions.void_folios import VoidOrder, confirm_void, void_folios
from erpmarket.fiscal.folio_account import Claim, FolioFate, account
from erpmarket.fiscal.folio_pace import days_of_folios, weekday_rates
from erpmarket.fiscal.folio_queries import (
    FolioLevel,
    account_folios,
    forecast_folios,
    list_expiring_folios,
    list_folios_to_annul,
)
from erpmarket.fiscal.models import FolioLease, FolioVoid
from erpmarket.fiscal.tests.factories import AT, make_document
from erpmarket.tenancy.scope import company_scope

PAGE = "/sii/folios/cuadre/"
TILL = Holder(uid=UUID(int=1), name="Caja 1")
BLOCKS = st.builds(
    lambda first, size, fate: Claim(first=first, last=first + size, fate=fate),
    st.integers(1, 60),
    st.integers(0, 20),
    st.sampled_from(list(FolioFate)[:-1]),
)


def load(
    shop: Any,
    office: Any,
    *,
    kind: int = 39,
    quantity: int = 10,
    authorized_on: date = date(2026, 1, 2),
    at: Any = AT,
) -> int:
    xml = office.issue_caf(
        rut=shop.rut,
        name=shop.shop_name,
        kind=kind,
        quantity=quantity,
        authorized_on=authorized_on,
    )
    return int(load_caf(xml=xml, at=at).first_folio)


def lease(count: int) -> FolioLease:
    return lease_folios(holder=TILL, kind=39, count=count, request_uid=uuid7(), at=AT)


def void(first: int, last: int) -> FolioVoid:
    order = VoidOrder(kind=39, first=first, last=last, reason="Prueba", recorded_by=None)
    return void_folios(order, at=AT)


def told(*, at: Any = AT) -> list[tuple[int, int, str]]:
    return [
        (block.first, block.last, str(block.fate))
        for caf in account_folios("demo", at=at)
        for block in caf.blocks
    ]


@given(st.lists(BLOCKS, max_size=8))
def test_blocks_cover_every_folio_once_with_its_gravest_fate(claims: list[Claim]) -> None:
    blocks = account(10, 50, claims)

    order = list(FolioFate)
    assert [n for b in blocks for n in range(b.first, b.last + 1)] == list(range(10, 51))
    for block in blocks:
        for folio in range(block.first, block.last + 1):
            fates = [c.fate for c in claims if c.first <= folio <= c.last]
            assert block.fate is min(fates, key=order.index, default=FolioFate.UNEXPLAINED)


def test_every_folio_of_a_file_is_accounted_for(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office, quantity=30)
        for _ in range(3):
            make_document(dona_rosa)
        out = lease(4)
        lost = lease(5)
        back = lease(6)
        return_lease(lease_id=back.id, used_up_to=back.first_folio + 1, at=AT)
        revoke_lease(lease_id=lost.id, reason="Robo", revoked_by=None, at=AT)
        void(first + 25, first + 26)

        assert told() == [
            (first, first + 2, "issued"),
            (out.first_folio, out.last_folio, "leased"),
            (lost.first_folio, lost.last_folio, "lost"),
            (first + 12, first + 13, "unexplained"),
            (first + 14, first + 24, "open"),
            (first + 25, first + 26, "void"),
            (first + 27, first + 29, "open"),
        ]
        [caf] = account_folios("demo", at=AT)
        assert [caf.count(fate) for fate in FolioFate] == [3, 2, 5, 4, 0, 14, 2]
        words = {block.fate: block.words for block in caf.blocks}
        assert words[FolioFate.LEASED] == "Caja 1"
        assert words[FolioFate.LOST] == "Caja 1: Robo"
        assert words[FolioFate.VOID] == "Prueba"


def test_to_annul_are_expired_lost_and_void_ones_that_the_sii_does_not_know(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office, quantity=10)
        old = load(dona_rosa, caf_office, kind=33, quantity=5, authorized_on=date(2026, 6, 1))
        lost = lease(2)
        revoke_lease(lease_id=lost.id, reason="Robo", revoked_by=None, at=AT)
        told_to_sii, new = void(first + 5, first + 5), void(first + 7, first + 8)
        confirm_void(void_id=told_to_sii.id, at=AT)
        later = AT + timedelta(days=20)

        rows = list_folios_to_annul(account_folios("demo", at=later))

        assert [(r.kind, r.first, r.last, str(r.fate), r.void_id) for r in rows] == [
            (33, old, old + 4, "expired", None),
            (39, first, first + 1, "lost", None),
            (39, first + 7, first + 8, "void", new.id),
        ]
        assert rows[0].words == "vencieron el 01-12-2026"


def test_forecast_divides_what_is_left_by_the_last_four_weeks(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        load(dona_rosa, caf_office, quantity=100)
        load(dona_rosa, caf_office, kind=41, quantity=50)
        for days in (60, 27, 10, 10, 3, 0, 0, 0):
            make_document(dona_rosa, at=AT - timedelta(days=days))

        boletas, exempt = forecast_folios("demo", at=AT)

        # 92 left; 7 papers in 28 days, on Tuesdays, Fridays and a Saturday: 52 weeks use 91, and the
        # last one goes by Tuesday, so that they last until the Thursday before the next Friday.
        assert (boletas.kind, boletas.left, boletas.per_day) == (39, 92, Decimal("0.3"))
        assert (boletas.days_left, boletas.ends_on) == (370, date(2027, 11, 25))
        assert boletas.level is FolioLevel.FINE
        assert (exempt.left, exempt.per_day, exempt.days_left) == (50, None, None)
        assert exempt.level is FolioLevel.FINE


def test_a_new_shop_is_measured_by_its_own_days(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        load(dona_rosa, caf_office, quantity=20)
        for days in (1, 1, 0, 0):
            make_document(dona_rosa, at=AT - timedelta(days=days))

        [boletas] = forecast_folios("demo", at=AT)

        assert (boletas.per_day, boletas.days_left) == (Decimal("2.0"), 8)
        assert boletas.per_day_words == "2"


@pytest.mark.parametrize(
    ("quantity", "sold", "level"),
    [
        (9, 1, FolioLevel.FINE),
        (8, 1, FolioLevel.SOON),
        (4, 1, FolioLevel.SOON),
        (3, 1, FolioLevel.URGENT),
        (1, 1, FolioLevel.OUT),
        (5, 0, FolioLevel.SOON),
        (6, 0, FolioLevel.FINE),
    ],
)
def test_levels_change_at_seven_and_two_days_or_by_count(
    dona_rosa: Any, caf_office: Any, quantity: int, sold: int, level: FolioLevel
) -> None:
    with company_scope(dona_rosa.company_id):
        load(dona_rosa, caf_office, quantity=quantity)
        for _ in range(sold):
            make_document(dona_rosa)

        [row] = forecast_folios("demo", at=AT)

        assert row.level is level


def test_expiry_is_told_a_month_before_and_not_earlier(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office, kind=33, authorized_on=date(2026, 7, 15))
        days = {d: AT + timedelta(days=d) for d in (25, 26, 56)}

        seen = {d: list_expiring_folios("demo", at=at) for d, at in days.items()}

        assert seen[25] == []
        [soon], [over] = seen[26], seen[56]
        assert (soon.first, soon.count, soon.expires_on) == (first, 10, date(2027, 1, 15))
        assert (soon.is_expired, over.is_expired) == (False, True)


# --- the page -------------------------------------------------------------------------------------


def ask_void(client: Any, first: int, last: int, reason: str = "Se dañó") -> Any:
    return client.post(PAGE, {"kind": "39", "first": first, "last": last, "reason": reason})


def test_folios_are_voided_on_the_page_with_who_and_why(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office)
    client = dona_rosa.client(dona_rosa.owner)

    answer = ask_void(client, first + 2, first + 3)

    assert (answer.status_code, answer.url) == (302, PAGE)
    with company_scope(dona_rosa.company_id):
        row = FolioVoid.objects.get()
        assert (row.first_folio, row.last_folio, row.recorded_by_id, row.reason) == (
            first + 2,
            first + 3,
            dona_rosa.owner.membership_id,
            "Se dañó",
        )
    text = client.get(PAGE).text
    assert "Cada folio tiene su explicación." in text
    assert "Ya lo sabe el SII" in text
    assert client.post(f"/sii/folios/anulados/{row.id}/").status_code == 302
    assert "Ya lo sabe el SII" not in client.get(PAGE).text


def test_void_that_is_refused_says_why_in_place(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office)
        make_document(dona_rosa)
    client = dona_rosa.client(dona_rosa.owner)

    answers = [ask_void(client, first, first), ask_void(client, first + 1, first + 1, " ")]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert "se anula con una nota de crédito" in answers[0].text
    assert "Escribe por qué se anulan." in answers[1].text
    with company_scope(dona_rosa.company_id):
        assert not FolioVoid.objects.exists()


def test_a_cashier_sees_the_account_and_voids_nothing(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office)
    client = dona_rosa.client(dona_rosa.cashier)

    assert "Anular folios" not in client.get(PAGE).text
    assert ask_void(client, first, first).status_code == 403
    with company_scope(dona_rosa.company_id):
        assert not FolioVoid.objects.exists()


def test_a_lost_till_is_written_off_on_the_page(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        load(dona_rosa, caf_office)
        block = lease(4)
    client = dona_rosa.client(dona_rosa.owner)
    address = f"/sii/folios/cajas/{block.id}/perdida/"

    without_reason = client.post(address, {"motivo": " \0"})
    with_reason = client.post(address, {"motivo": "Se la robaron"})

    assert (without_reason.status_code, with_reason.status_code) == (422, 302)
    assert "Escribe qué pasó con esa caja." in without_reason.text
    assert "Caja 1: Se la robaron" in client.get(PAGE).text


def test_strangers_cannot_touch_leases_and_voids(
    dona_rosa: Any, el_vecino: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office)
        block, row = lease(2), void(first + 5, first + 5)
    client = el_vecino.client(el_vecino.owner)

    answers = [
        client.post(f"/sii/folios/cajas/{block.id}/perdida/", {"motivo": "Mía"}),
        client.post(f"/sii/folios/anulados/{row.id}/"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    with company_scope(dona_rosa.company_id):
        assert FolioLease.objects.get().revoked_at is None
        assert FolioVoid.objects.get().confirmed_at is None
    assert "Todavía no hay folios" in client.get(PAGE).text


def test_the_list_to_annul_is_a_spreadsheet(dona_rosa: Any, caf_office: Any) -> None:
    with company_scope(dona_rosa.company_id):
        first = load(dona_rosa, caf_office)
        void(first + 5, first + 6)

    answer = dona_rosa.client(dona_rosa.owner).get("/sii/folios/por-anular.csv")

    assert answer["Content-Disposition"] == 'attachment; filename="folios-por-anular.csv"'
    assert answer.content.decode("utf-8-sig").splitlines() == [
        "Tipo;Documento;Desde;Hasta;Cantidad;Motivo",
        f"39;Boleta;{first + 5};{first + 6};2;Anulados: Prueba",
    ]


def test_a_shop_that_rests_on_sundays_is_told_the_right_day() -> None:
    """A mean over all days would say Sunday for folios that Saturday uses up."""
    monday, friday = date(2026, 10, 26), date(2026, 11, 20)
    used = {
        day: 20 if day.weekday() == 5 else 10
        for day in (monday + timedelta(days=n) for n in range(26))
        if day.weekday() != 6
    }

    rates = weekday_rates(used, first=monday, last=friday)

    assert [int(rate) for rate in rates] == [10, 10, 10, 10, 10, 20, 0]
    # Saturday uses 20, Sunday none, Monday would need one more than there is.
    assert days_of_folios(29, rates, after=friday) == 2
    assert days_of_folios(30, rates, after=friday) == 3
    assert days_of_folios(19, rates, after=friday) == 0
    assert days_of_folios(700, rates, after=friday) == 70


def test_the_account_is_paged_and_what_is_to_do_is_told_of_all_files(
    dona_rosa: Any, caf_office: Any
) -> None:
    with company_scope(dona_rosa.company_id):
        firsts = [load(dona_rosa, caf_office, quantity=2) for _ in range(12)]
        void(firsts[0], firsts[0])
    client = dona_rosa.client(dona_rosa.owner)

    page = client.get("/sii/folios/cuadre/").text
    [more] = re.findall(r'hx-get="\?antes=(\d+)"', page)
    rest = client.get(
        f"/sii/folios/cuadre/?antes={more}",
        headers={"HX-Request": "true", "HX-Target": "more"},
    ).text

    def titles(text: str) -> list[str]:
        return re.findall(r"<h2>Boleta ([\d.]+) a", text)

    shown = [f"{first:,}".replace(",", ".") for first in reversed(firsts)]
    assert (titles(page), titles(rest)) == (shown[:10], shown[10:])
    assert "Ya lo sabe el SII" in page, "of a file that the first page does not show"
    assert "antes=" not in rest
