"""The till's own program in front of the real server: what its customers hold is in the books, once."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dte.ted import ted_from_document

NODE = Path(sys.executable).parent / "node"
TILL = Path(__file__).parents[2] / "frontend" / "till" / "device" / "till_program.js"
SALES = 60


@pytest.fixture
def sold(selling: Any, network: Any) -> Any:
    """Sixty sales of a till whose line loses every other answer."""
    from erpmarket.catalog.models import Product  # noqa: PLC0415  (settings are ready now)
    from erpmarket.common.clock import now  # noqa: PLC0415
    from erpmarket.pos.actions.devices import make_enrolment_code  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    with company_scope(selling.shop.company_id):
        sugar = Product.objects.get(code="A1")
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )
    line = {
        "product_id": sugar.id,
        "name": sugar.name,
        "unit": "un",
        "quantity": "2",
        "price_clp": sugar.price_clp,
        "exempt": False,
        "discount_clp": 0,
        "amount_clp": 2 * sugar.price_clp,
    }
    order = {
        "address": network.address,
        "company_id": selling.shop.company_id,
        "code": code,
        "sales": SALES,
        "lose_every": 2,
        "body": {
            "shift_uid": str(selling.shift.uid),
            "lines": [line],
            "payments": [{"kind": "cash", "amount_clp": 3000, "reference": ""}],
            "total_clp": 2 * sugar.price_clp,
        },
    }
    done = subprocess.run(
        [NODE, TILL],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_paper_of_the_till_is_in_the_books_once_with_its_own_stamp(
    selling: Any, sold: Any
) -> None:
    from erpmarket.fiscal.models import FolioLease, IssuedDocument  # noqa: PLC0415
    from erpmarket.pos.device_models import DeviceEvent  # noqa: PLC0415
    from erpmarket.pos.models import Sale  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    held = {each["folio"]: (each["uid"], base64.b64decode(each["ted"])) for each in sold["papers"]}

    assert sold["letters"] == []
    assert sold["lost"] > 1
    assert (sold["state"]["waiting"], sold["state"]["clock"]) == (0, "right")
    assert sold["rows"] == 3
    assert len(held) == SALES
    with company_scope(selling.shop.company_id):
        papers = IssuedDocument.objects.filter(lease__isnull=False)
        booked = {
            paper.folio: (str(paper.source_uid), ted_from_document(bytes(paper.xml)))
            for paper in papers
        }
        assert booked == held
        assert Sale.objects.filter(uid__in=[uid for uid, _ in held.values()]).count() == SALES
        assert list(DeviceEvent.objects.order_by("seq").values_list("seq", "outcome")) == [
            (seq, "taken") for seq in range(1, SALES + 1)
        ]
        leases = FolioLease.objects.order_by("first_folio")
        assert all(lease.returned_at is not None for lease in leases)
        assert min(held) == leases[0].first_folio
        assert sorted(held) == list(range(min(held), min(held) + SALES))
