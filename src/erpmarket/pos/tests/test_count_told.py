"""Migration 0013 counts what each device told before there was a count, and counts it right."""

import os
from typing import Any

from erpmarket.common.ids import uuid7
from erpmarket.pos.actions.open_till import open_till
from erpmarket.pos.device_models import DeviceEvent, TillDevice
from erpmarket.pos.tests.factories import AT
from erpmarket.pos.tests.migrating import migrate_pos
from erpmarket.tenancy.scope import company_scope


def _device(shop: Any, name: str, *, told_count: int) -> TillDevice:
    till = open_till(branch_id=shop.branch_id, warehouse_id=shop.warehouse_id, name=name)
    device: TillDevice = TillDevice.objects.create(
        till=till,
        uid=uuid7(),
        name=name,
        sign_key=b"s",
        wrap_key=b"w",
        enrolled_at=AT,
        last_seen_at=AT,
        last_seq=4,
        told_count=told_count,
    )
    return device


def _note(device: TillDevice, seq: int, outcome: str) -> None:
    DeviceEvent.objects.create(
        device=device,
        seq=seq,
        uid=uuid7(),
        kind="sale",
        body_hash=os.urandom(32),
        happened_at=AT,
        received_at=AT,
        outcome=outcome,
    )


def test_each_device_gets_the_count_of_what_it_told_itself_conflicts_apart(
    fresh_database: str, found_cast: Any
) -> None:
    rosa, neighbour = found_cast()
    with company_scope(rosa.company_id):
        sold, silent = (_device(rosa, name, told_count=7) for name in ("Caja 8", "Caja 9"))
        for seq, outcome in ((1, "taken"), (2, "taken"), (3, "refused"), (3, "conflict")):
            _note(sold, seq, outcome)
        _note(sold, 4, "conflict")
    with company_scope(neighbour.company_id):
        other = _device(neighbour, "Caja 8", told_count=0)
        _note(other, 1, "taken")

    migrate_pos(fresh_database, "0012_sale_note", "0013_count_told")

    with company_scope(rosa.company_id):
        counts = dict(TillDevice.objects.values_list("id", "told_count"))
        assert counts == {sold.id: 3, silent.id: 0}
    with company_scope(neighbour.company_id):
        assert dict(TillDevice.objects.values_list("id", "told_count")) == {other.id: 1}
