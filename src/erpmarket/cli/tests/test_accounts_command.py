from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from erpmarket.common.ids import uuid7
from erpmarket.customers.actions import charge, issue_vale, spend_vale
from erpmarket.customers.models import Customer
from erpmarket.customers.tests.factories import make_customer
from erpmarket.tenancy.scope import company_scope

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.mark.usefixtures("fresh_database")
def test_accounts_that_add_up_are_proven_and_one_that_does_not_is_named(found_cast: Any) -> None:
    dona_rosa = found_cast()[0]
    with company_scope(dona_rosa.company_id):
        marta = make_customer(limit_clp=5_000)
        charge(customer_id=marta.id, uid=uuid7(), amount_clp=3_000, at=AT)
        vale = issue_vale(uid=uuid7(), amount_clp=900, by_id=dona_rosa.owner.membership_id, at=AT)
        spend_vale(code=vale.code, uid=uuid7(), amount_clp=400, at=AT)
    said, told = StringIO(), StringIO()
    call_command("accounts", stdout=said)
    with company_scope(dona_rosa.company_id):
        Customer.objects.filter(id=marta.id).update(balance_clp=2_999)

    with pytest.raises(CommandError, match="1 cuentas no calzan"):
        call_command("accounts", stderr=told)

    assert "Listo" in said.getvalue()
    assert f"cliente {marta.id}: dice 2999, sus movimientos suman 3000" in told.getvalue()
