"""The till's own program in front of the real server: what its customers hold is in the books, once."""

import base64
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.browser.conftest import load_folios

from dte.ted import ted_from_document

NODE = Path(sys.executable).parent / "node"
TILL = Path(__file__).parents[2] / "frontend" / "till" / "device" / "till_program.js"
SALES, DROPS, MOST_RETRIES = 1_000, 20, 10
SEED = 20261123


@pytest.fixture
def sold(selling: Any, network: Any, caf_office: Any) -> Any:
    """A thousand sales of a till that hears nothing of what the server took at twenty points."""
    from erpmarket.catalog.models import Product  # noqa: PLC0415  (settings are ready now)
    from erpmarket.common.clock import now  # noqa: PLC0415
    from erpmarket.pos.actions.devices import make_enrolment_code  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    load_folios(selling, caf_office, 2 * SALES)
    with company_scope(selling.shop.company_id):
        sugar = Product.objects.get(code="A1")
        code = make_enrolment_code(
            till_id=selling.till.id, made_by=selling.shop.owner.membership_id, at=now()
        )
    chance = random.Random(SEED)
    drops = [
        (point, chance.randint(1, MOST_RETRIES))
        for point in sorted(chance.sample(range(SALES), DROPS))
    ]
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
        "drops": drops,
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
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"drops": drops}


@pytest.mark.timeout(400)
def test_a1_answers_lost_at_twenty_points_of_a_thousand_sales_double_and_lose_nothing(
    selling: Any, sold: Any
) -> None:
    from erpmarket.fiscal.models import FolioLease, IssuedDocument  # noqa: PLC0415
    from erpmarket.inventory.models import Stock, StockMove  # noqa: PLC0415
    from erpmarket.pos.device_models import DeviceEvent  # noqa: PLC0415
    from erpmarket.pos.models import Payment, Sale  # noqa: PLC0415
    from erpmarket.tenancy.scope import company_scope  # noqa: PLC0415

    held = {each["folio"]: (each["uid"], base64.b64decode(each["ted"])) for each in sold["papers"]}

    assert sold["letters"] == []
    assert sold["lost"] == sum(times for _, times in sold["drops"])
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
        assert {str(uid) for uid in Sale.objects.values_list("uid", flat=True)} == {
            uid for uid, _ in held.values()
        }
        assert Sale.objects.count() == Payment.objects.count() == SALES
        assert StockMove.objects.filter(quantity=-2).count() == SALES
        assert Stock.objects.get(product__code="A1").quantity == 100 - 2 * SALES
        assert list(DeviceEvent.objects.order_by("seq").values_list("seq", "outcome")) == [
            (seq, "taken") for seq in range(1, SALES + 1)
        ]
        leases = FolioLease.objects.order_by("first_folio")
        # What was not used up went back.
        assert [lease.last_folio for lease in leases if lease.returned_at is None] == [
            lease.last_folio for lease in leases if lease.last_folio in held
        ]
        assert min(held) == leases[0].first_folio
        assert sorted(held) == list(range(min(held), min(held) + SALES))
