"""Migration 0015 takes what was closed before papers were told apart for printed."""

from typing import Any
from uuid import UUID

from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.models import Shift
from erpmarket.pos.tests.factories import AT
from erpmarket.pos.tests.migrating import migrate_pos
from erpmarket.tenancy.scope import company_scope


def _shifts(shop: Any) -> tuple[Shift, Shift, Shift]:
    """Make a shift that is closed, one whose first paper is known, and one that is open."""
    till = open_till(branch_id=shop.branch_id, warehouse_id=shop.warehouse_id, name="Caja 8")
    more = {"till": till, "cashier_id": shop.cashier.membership_id, "opened_at": AT}
    closed, known, opened = (
        Shift.objects.create(uid=uuid7(), opening_clp=0, **more, **facts)
        for facts in (
            {"closed_at": AT, "z_number": 1},
            {"closed_at": AT, "z_number": 2, "z_paper_uid": uuid7()},
            {},
        )
    )
    return closed, known, opened


def _papers() -> dict[int, UUID | None]:
    return dict(Shift.objects.values_list("id", "z_paper_uid"))


def test_each_z_closed_before_is_printed_and_what_is_known_stays(
    fresh_database: str, found_cast: Any
) -> None:
    rosa, neighbour = found_cast()
    with company_scope(rosa.company_id):
        closed, known, opened = _shifts(rosa)
    with company_scope(neighbour.company_id):
        other, _, _ = _shifts(neighbour)

    migrate_pos(fresh_database, "0014_z_paper", "0015_old_z_papers")

    with company_scope(rosa.company_id):
        assert _papers() == {closed.id: closed.uid, known.id: known.z_paper_uid, opened.id: None}
    with company_scope(neighbour.company_id):
        assert _papers()[other.id] == other.uid
