"""Blocks of folios: by branch, for tills, back again, void; and never in two places."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from erpmarket.common.ids import uuid7
from erpmarket.fiscal.actions.folio_leases import (
    Holder,
    LeaseRefused,
    lease_folios,
    return_lease,
    revoke_lease,
)
from erpmarket.fiscal.actions.load_caf import CafRefused, load_caf
from erpmarket.fiscal.actions.take_folio import CafExhausted, take_folio
from erpmarket.fiscal.actions.void_folios import VoidOrder, VoidRefused, confirm_void, void_folios
from erpmarket.fiscal.folio_account import FolioSpan
from erpmarket.fiscal.models import Caf, FolioLease, FolioRange, FolioVoid, IssuedDocument
from erpmarket.fiscal.tests.factories import AT, make_document
from erpmarket.tenancy.actions import open_branch
from erpmarket.tenancy.scope import company_scope

TODAY = date(2026, 11, 20)
TILL = Holder(uid=UUID(int=1), name="Caja 1")
OTHER_TILL = Holder(uid=UUID(int=2), name="Caja 2")


@pytest.fixture
def shop(dona_rosa: Any) -> Any:
    with company_scope(dona_rosa.company_id):
        yield dona_rosa


@pytest.fixture
def office(shop: Any, caf_office: Any) -> Any:
    def load(
        *,
        first: int | None = None,
        quantity: int = 10,
        kind: int = 39,
        authorized_on: date = date(2026, 11, 2),
        branch_id: int | None = None,
        at: datetime = AT,
    ) -> int:
        xml = caf_office.issue_caf(
            rut=shop.rut,
            name=shop.shop_name,
            kind=kind,
            quantity=quantity,
            first=first,
            authorized_on=authorized_on,
        )
        return int(load_caf(xml=xml, at=at, branch_id=branch_id).first_folio)

    return load


def take(shop: Any, *, kind: int = 39, branch_id: int | None = None, on: date = TODAY) -> int:
    return take_folio(
        kind=kind, environment="demo", branch_id=branch_id or shop.branch_id, on=on
    ).folio


def lease(holder: Holder = TILL, *, count: int = 4, uid: UUID | None = None) -> FolioLease:
    return lease_folios(holder=holder, kind=39, count=count, request_uid=uid or uuid7(), at=AT)


def order(first: int, last: int, **changed: Any) -> VoidOrder:
    asked = {"kind": 39, "reason": "Se dañó el talonario", "recorded_by": None, **changed}
    return VoidOrder(first=first, last=last, **asked)


def ranges() -> list[tuple[int, int]]:
    rows = FolioRange.objects.order_by("next_folio", "id")
    return [(r.next_folio, r.last_folio) for r in rows if r.next_folio <= r.last_folio]


def write_document(shop: Any, folio: int, *, lease_id: int | None = None) -> None:
    """Write a paper past the allocator, as a bug would; in a savepoint, so that tests go on."""
    caf = Caf.objects.get(first_folio__lte=folio, last_folio__gte=folio, kind=39)
    with transaction.atomic():
        IssuedDocument.objects.create(
            kind=39,
            environment="demo",
            folio=folio,
            caf=caf,
            lease_id=lease_id,
            branch_id=shop.branch_id,
            issue_date=TODAY,
            issued_at=AT,
            receiver_rut="66666666-6",
            net_clp=0,
            exempt_clp=0,
            vat_clp=0,
            total_clp=0,
            xml=b"",
            source_uid=uuid7(),
        )


# --- who is given which folio ---------------------------------------------------------------------


def test_a_branch_uses_its_own_folios_first_and_never_those_of_another(
    shop: Any, office: Any
) -> None:
    other = open_branch(name="Sucursal", address="Calle 1", commune="Maipú", city="Santiago")
    for_all = office(quantity=2)
    own = office(quantity=2, branch_id=shop.branch_id)
    office(quantity=2, branch_id=other.id)

    given = [take(shop) for _ in range(4)]

    assert given == [own, own + 1, for_all, for_all + 1]
    with pytest.raises(CafExhausted):
        take(shop)


def test_expired_folios_are_passed_over_to_the_day(shop: Any, office: Any) -> None:
    old = office(kind=33, authorized_on=date(2026, 6, 1))
    young = office(kind=33, authorized_on=date(2026, 6, 15))

    assert take(shop, kind=33, on=date(2026, 11, 30)) == old
    assert take(shop, kind=33, on=date(2026, 12, 1)) == young
    with pytest.raises(CafExhausted) as caught:
        take(shop, kind=33, on=date(2026, 12, 15))
    assert caught.value.message == (
        "Se acabaron los folios de facturas. Pide más al SII y cárgalos en SII, Folios."
    )


def test_folios_of_boletas_never_expire(shop: Any, office: Any) -> None:
    first = office(authorized_on=date(2015, 1, 2))

    assert take(shop, on=date(2036, 1, 1)) == first


def test_expired_folios_cannot_be_loaded(shop: Any, office: Any) -> None:
    with pytest.raises(CafRefused) as caught:
        office(kind=33, authorized_on=date(2026, 5, 20))

    assert caught.value.reason == "expired"
    assert "vencieron el 20-11-2026" in caught.value.message
    assert not Caf.objects.exists()


@pytest.mark.parametrize("kind", [33, 34, 39, 41, 52, 56, 61])
def test_folios_of_every_type_of_the_trade_can_be_used(shop: Any, office: Any, kind: int) -> None:
    first = office(kind=kind)

    assert take(shop, kind=kind) == first


# --- leases ---------------------------------------------------------------------------------------


def test_a_lease_cuts_a_block_that_no_sale_gets(shop: Any, office: Any) -> None:
    first = office(quantity=10)

    block = lease(count=4)

    assert (block.first_folio, block.last_folio) == (first, first + 3)
    assert take(shop) == first + 4
    assert ranges() == [(first + 5, first + 9)]


def test_the_same_request_gets_the_same_block(shop: Any, office: Any) -> None:
    first, uid = office(quantity=10), uuid7()

    blocks = [lease(uid=uid), lease(uid=uid)]

    assert blocks[0].id == blocks[1].id
    assert ranges() == [(first + 4, first + 9)]


def test_a_request_of_another_till_is_refused(shop: Any, office: Any) -> None:
    first, uid = office(quantity=10), uuid7()
    lease(uid=uid)

    with pytest.raises(LeaseRefused) as caught:
        lease(OTHER_TILL, uid=uid)

    assert caught.value.reason == "another_request"
    assert ranges() == [(first + 4, first + 9)]


def test_a_lease_is_shorter_where_the_range_ends(shop: Any, office: Any) -> None:
    first = office(quantity=3)
    office(quantity=10)

    block = lease(count=8)

    assert (block.first_folio, block.last_folio) == (first, first + 2)


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_a_lease_of_no_right_size_is_refused(shop: Any, office: Any, count: int) -> None:
    first = office(quantity=10)

    with pytest.raises(LeaseRefused) as caught:
        lease(count=count)

    assert caught.value.reason == "bad_count"
    assert ranges() == [(first, first + 9)]


def test_the_unused_end_goes_back_when_it_is_still_the_ranges_end(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=4)

    return_lease(lease_id=block.id, used_up_to=first + 1, at=AT)

    assert ranges() == [(first + 2, first + 9)]
    assert take(shop) == first + 2


def test_the_unused_end_of_a_middle_block_is_given_out_before_the_rest(
    shop: Any, office: Any
) -> None:
    first = office(quantity=10)
    block = lease(count=4)
    take(shop)

    return_lease(lease_id=block.id, used_up_to=first + 1, at=AT)

    assert ranges() == [(first + 2, first + 3), (first + 5, first + 9)]
    again = lease(OTHER_TILL, count=4)
    assert (again.first_folio, again.last_folio) == (first + 2, first + 3)
    assert take(shop) == first + 5


def test_a_block_that_was_not_used_comes_back_whole(shop: Any, office: Any) -> None:
    first = office(quantity=4)
    block = lease(count=4)

    return_lease(lease_id=block.id, used_up_to=None, at=AT)

    assert ranges() == [(first, first + 3)]


def test_a_block_that_was_used_up_gives_nothing_back(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=4)

    return_lease(lease_id=block.id, used_up_to=first + 3, at=AT)

    assert ranges() == [(first + 4, first + 9)]


def test_the_same_return_twice_counts_once_and_another_is_refused(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=4)
    return_lease(lease_id=block.id, used_up_to=first, at=AT)

    return_lease(lease_id=block.id, used_up_to=first, at=AT + timedelta(hours=1))
    with pytest.raises(LeaseRefused) as caught:
        return_lease(lease_id=block.id, used_up_to=first + 1, at=AT)

    assert caught.value.reason == "returned_otherwise"
    assert ranges() == [(first + 1, first + 9)]
    assert FolioLease.objects.get().returned_at == AT


@pytest.mark.parametrize("beyond", [-2, 4])
def test_a_return_outside_the_block_is_refused(shop: Any, office: Any, beyond: int) -> None:
    first = office(quantity=10)
    block = lease(count=4)

    with pytest.raises(LeaseRefused) as caught:
        return_lease(lease_id=block.id, used_up_to=first + beyond, at=AT)

    assert caught.value.reason == "outside_block"
    assert FolioLease.objects.get().returned_at is None


def test_folios_with_a_paper_cannot_come_back(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=4)
    write_document(shop, first + 2, lease_id=block.id)

    with pytest.raises(LeaseRefused) as caught:
        return_lease(lease_id=block.id, used_up_to=first, at=AT)

    assert (caught.value.reason, FolioLease.objects.get().returned_from) == ("used_further", None)
    assert str(first + 2) in caught.value.message


def test_a_lost_device_leaves_the_list_of_folios_of_unknown_fate(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=6)
    for used in (first, first + 1, first + 3):
        write_document(shop, used, lease_id=block.id)

    unknown = revoke_lease(
        lease_id=block.id, reason="Robo", revoked_by=shop.owner.membership_id, at=AT
    )

    assert unknown == (
        FolioSpan(first=first + 2, last=first + 2),
        FolioSpan(first=first + 4, last=first + 5),
    )
    assert ranges() == [(first + 6, first + 9)]
    row = FolioLease.objects.get()
    assert (row.revoked_at, row.revoked_by_id, row.revoke_reason) == (
        AT,
        shop.owner.membership_id,
        "Robo",
    )
    with pytest.raises(LeaseRefused) as caught:
        return_lease(lease_id=block.id, used_up_to=first + 3, at=AT)
    assert caught.value.reason == "revoked"


def test_a_paper_of_a_lost_device_that_still_arrives_is_taken_in(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=6)
    revoke_lease(lease_id=block.id, reason="Se mojó", revoked_by=None, at=AT)

    write_document(shop, first + 5, lease_id=block.id)

    assert IssuedDocument.objects.get().folio == first + 5


# --- void -----------------------------------------------------------------------------------------


def test_void_folios_are_never_given_out(shop: Any, office: Any) -> None:
    first = office(quantity=6)

    row = void_folios(order(first + 2, first + 3, recorded_by=shop.owner.membership_id), at=AT)

    assert ranges() == [(first, first + 1), (first + 4, first + 5)]
    assert [take(shop) for _ in range(4)] == [first, first + 1, first + 4, first + 5]
    with pytest.raises(CafExhausted):
        take(shop)
    assert (row.reason, row.recorded_at, row.recorded_by_id, row.confirmed_at) == (
        "Se dañó el talonario",
        AT,
        shop.owner.membership_id,
        None,
    )


def test_the_sii_learns_of_void_folios_once(shop: Any, office: Any) -> None:
    first = office(quantity=6)
    row = void_folios(order(first, first), at=AT)

    confirm_void(void_id=row.id, at=AT)
    confirm_void(void_id=row.id, at=AT + timedelta(days=1))

    assert FolioVoid.objects.get().confirmed_at == AT


def test_void_over_the_border_of_two_files_is_one_void(shop: Any, office: Any) -> None:
    first = office(quantity=3)
    office(quantity=3)

    void_folios(order(first + 1, first + 4), at=AT)

    assert ranges() == [(first, first), (first + 5, first + 5)]


def _refusal(first: int, last: int, **changed: Any) -> VoidRefused:
    before = (ranges(), FolioVoid.objects.count())
    with pytest.raises(VoidRefused) as caught:
        void_folios(order(first, last, **changed), at=AT)
    assert (ranges(), FolioVoid.objects.count()) == before
    return caught.value


def test_what_cannot_become_void_is_refused_with_its_reason(shop: Any, office: Any) -> None:
    first = office(quantity=20)
    make_document(shop)
    block = lease(count=4)
    void_folios(order(first + 10, first + 11), at=AT)

    assert _refusal(first + 12, first + 12, reason="  ").reason == "no_reason"
    assert _refusal(first + 13, first + 12).reason == "bad_range"
    assert _refusal(first + 19, first + 20).reason == "outside_caf"
    assert _refusal(first + 12, first + 12, kind=33).reason == "outside_caf"
    assert _refusal(first, first).reason == "issued"
    assert "nota de crédito" in _refusal(first, first).message
    assert _refusal(block.last_folio, first + 6).reason == "leased"
    assert "Caja 1" in _refusal(block.last_folio, first + 6).message
    assert _refusal(first + 9, first + 12).reason == "already_void"


def test_folios_of_a_lost_device_can_become_void_but_its_papers_cannot(
    shop: Any, office: Any
) -> None:
    first = office(quantity=10)
    block = lease(count=4)
    write_document(shop, first, lease_id=block.id)
    revoke_lease(lease_id=block.id, reason="Robo", revoked_by=None, at=AT)

    assert _refusal(first, first + 3).reason == "issued"
    void_folios(order(first + 1, first + 3), at=AT)

    with pytest.raises(IntegrityError, match="fiscal_document_not_void"):
        write_document(shop, first + 2, lease_id=block.id)


# --- the database, whoever writes -----------------------------------------------------------------


def test_a_paper_needs_a_folio_that_is_its_own(shop: Any, office: Any) -> None:
    first = office(quantity=20)
    block, other = lease(count=4), lease(OTHER_TILL, count=4)
    void_folios(order(first + 10, first + 10), at=AT)

    for folio, lease_id, broken in (
        (first + 9, None, "fiscal_document_taken"),
        (first + 10, None, "fiscal_document_not_void"),
        (first + 1, None, "fiscal_document_not_leased"),
        (first + 1, other.id, "fiscal_document_not_leased"),
        (first + 9, block.id, "fiscal_document_in_lease"),
    ):
        with pytest.raises(IntegrityError, match=broken):
            write_document(shop, folio, lease_id=lease_id)
    assert not IssuedDocument.objects.exists()
    write_document(shop, first + 1, lease_id=block.id)


def test_a_paper_of_a_folio_that_came_back_is_refused(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=4)
    return_lease(lease_id=block.id, used_up_to=first + 1, at=AT)

    with pytest.raises(IntegrityError, match="fiscal_document_in_lease"):
        write_document(shop, first + 2, lease_id=block.id)
    write_document(shop, first + 1, lease_id=block.id)


def _sql(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_counter_that_is_set_back_over_used_folios_is_refused(shop: Any, office: Any) -> None:
    first = office(quantity=20)
    make_document(shop)
    lease(count=4)
    void_folios(order(first + 10, first + 19), at=AT)
    back = "UPDATE fiscal_foliorange SET next_folio = %s WHERE last_folio = %s"
    before = ranges()

    with pytest.raises(IntegrityError, match="fiscal_block_not_issued"):
        _sql(back, first, first + 9)
    with pytest.raises(IntegrityError, match="fiscal_block_not_leased"):
        _sql(back, first + 3, first + 9)
    with pytest.raises(IntegrityError, match="fiscal_block_not_void"):
        _sql("UPDATE fiscal_foliorange SET last_folio = %s", first + 12)
    with pytest.raises(IntegrityError, match="fiscal_range_in_caf"):
        _sql("UPDATE fiscal_foliorange SET last_folio = %s", first + 20)
    assert ranges() == before


def test_two_ranges_never_give_out_one_folio(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    caf = Caf.objects.get()

    with pytest.raises(IntegrityError, match="fiscal_block_not_open"), transaction.atomic():
        FolioRange.objects.create(
            caf=caf, kind=39, environment="demo", next_folio=first + 9, last_folio=first + 9
        )


def test_a_lease_of_folios_that_are_elsewhere_is_refused(shop: Any, office: Any) -> None:
    first = office(quantity=10)
    block = lease(count=2)

    def forge(start: int, last: int) -> None:
        with transaction.atomic():
            FolioLease.objects.create(
                range_id=block.range_id,
                request_uid=uuid7(),
                kind=39,
                environment="demo",
                first_folio=start,
                last_folio=last,
                holder_uid=uuid7(),
                holder_name="X",
                leased_at=AT,
            )

    with pytest.raises(IntegrityError, match="fiscal_block_not_open"):
        forge(first + 5, first + 6)
    with pytest.raises(IntegrityError, match="fiscal_lease_overlap"):
        forge(first + 1, first + 1)
    assert FolioLease.objects.count() == 1


def test_a_lease_is_a_fact(shop: Any, office: Any) -> None:
    office(quantity=10)
    block = lease(count=4)
    return_lease(lease_id=block.id, used_up_to=None, at=AT)

    for change in ("last_folio = last_folio + 1", "returned_from = first_folio + 2"):
        with pytest.raises(IntegrityError, match="is a fact"):
            _sql(f"UPDATE fiscal_foliolease SET {change}")
