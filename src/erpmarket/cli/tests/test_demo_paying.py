from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from erpmarket.cli.demo.paying import pay_what_fell_due
from erpmarket.purchasing.actions.payables import Invoice, enter_invoice
from erpmarket.purchasing.models import PayableEntry
from erpmarket.purchasing.payable_queries import list_open_papers
from erpmarket.purchasing.tests.factories import make_supplier
from erpmarket.tenancy.scope import company_scope

TODAY = date(2026, 11, 20)


def test_shop_pays_what_fell_due_on_its_day_and_forgets_one_paper(dona_rosa: Any) -> None:
    with company_scope(dona_rosa.company_id):
        supplier = make_supplier()
        for days in (-20, -10, -4, -1, 0, 6):
            enter_invoice(
                Invoice(
                    uid=uuid4(),
                    supplier_id=supplier.id,
                    document_kind=33,
                    document_folio=1_000 + days,
                    amount_clp=10_000 - days,
                    issued_on=TODAY - timedelta(days=30),
                    due_on=TODAY + timedelta(days=days),
                ),
                by_id=None,
            )

    first = pay_what_fell_due(dona_rosa.company_id, today=TODAY)
    with company_scope(dona_rosa.company_id):
        open_ones = [(one.late_days, one.left_clp) for one in list_open_papers(today=TODAY)]
        paid = PayableEntry.objects.filter(kind="payment").order_by("happened_on")
        payments = [(row.happened_on, row.amount_clp, row.method) for row in paid]

    assert first == 3
    assert open_ones == [(4, 10_004), (0, 10_000), (-6, 9_994)]
    assert payments == [
        (TODAY - timedelta(days=20), -10_020, "transfer"),
        (TODAY - timedelta(days=10), -10_010, "transfer"),
        (TODAY - timedelta(days=1), -10_001, "transfer"),
    ]
